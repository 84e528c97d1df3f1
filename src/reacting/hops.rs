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
