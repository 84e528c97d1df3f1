//! The end of a cascade: policies that trigger each other for ever.

use crate::{EventContext, Metadata};

/// How many reactions may follow from each other.
const MAX_HOPS: usize = 64;
/// How many names of policies are kept: enough to see the cycle.
const NAMES: usize = 8;

/// A policy reacts to the outcome of its own reactions, directly or by way of other policies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{hops} reactions have followed from each other, the last ones of the policies {path}; break the cycle: one of them \
     must not react to what another one causes"
)]
pub struct EndlessReaction {
    hops: usize,
    path: String,
}

/// The path of reactions that has led to an event, as a metadata entry keeps it: `3 a>b>a`.
pub(super) struct Hops {
    count: usize,
    path: String,
}

impl Hops {
    /// The path to the events that this policy causes with an event.
    pub(super) fn next(event: &EventContext, policy: &str) -> Result<Self, EndlessReaction> {
        let before = event.metadata.value(Metadata::REACTIONS).and_then(|entry| entry.split_once(' '));
        let before = before.and_then(|(count, path)| Some((count.parse::<usize>().ok()?, path)));
        let (count, path) = match before {
            None => (1, policy.to_owned()),
            Some((count, path)) => {
                let names: Vec<_> = path.split('>').chain([policy]).collect();
                (count.saturating_add(1), names[names.len().saturating_sub(NAMES)..].join(">"))
            }
        };
        if count > MAX_HOPS {
            return Err(EndlessReaction { hops: count - 1, path: path.replace('>', ", ") });
        }
        Ok(Self { count, path })
    }

    /// The metadata entry.
    pub(super) fn entry(&self) -> (String, String) {
        (Metadata::REACTIONS.to_owned(), format!("{} {}", self.count, self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventId, Position, StreamId, Timestamp, Version};

    fn event(entry: Option<&str>) -> EventContext {
        let metadata = entry.map_or_else(Metadata::new, |it| Metadata::new().with(Metadata::REACTIONS, it));
        EventContext {
            stream: StreamId::new("account", "1").expect("a valid id"),
            version: Version::new(1),
            position: Position::new(1),
            id: EventId::new(),
            event_type: "account.opened".into(),
            schema_version: 1,
            metadata,
            recorded_at: Timestamp::now(),
        }
    }

    #[test]
    fn each_reaction_adds_one_and_its_name() {
        for (before, after) in [
            (None, "1 c"),
            (Some("1 a"), "2 a>c"),
            (Some("62 a>b"), "63 a>b>c"),
            (Some("63 a>b"), "64 a>b>c"),
            (Some("9 1>2>3>4>5>6>7>8"), "10 2>3>4>5>6>7>8>c"),
            // Written by somebody else: it is no count.
            (Some("many"), "1 c"),
            (Some("x a"), "1 c"),
            (Some("-1 a"), "1 c"),
        ] {
            let hops = Hops::next(&event(before), "c").expect("it has not ended");
            assert_eq!(hops.entry(), (Metadata::REACTIONS.to_owned(), after.to_owned()), "after {before:?}");
        }
    }

    #[test]
    fn the_sixty_fifth_reaction_is_an_error_that_names_the_last_policies() {
        for before in ["64 a>b", "18446744073709551615 a>b"] {
            let error = Hops::next(&event(Some(before)), "c").err().expect("it ends").to_string();
            assert!(error.contains("the last ones of the policies a, b, c"), "{error}");
        }
    }
}
