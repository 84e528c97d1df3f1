//! What a check of stored events has found.

use std::{collections::BTreeSet, error::Error, fmt};

use crate::{
    DecodeError, EventSet,
    store::{Escaped, LogFilter},
};

/// Every event type and version in a store, by category, and whether this program can decode it. Its `Display` is a
/// table.
#[derive(Debug)]
#[must_use = "an unread report hides events that cannot be decoded"]
#[non_exhaustive]
pub struct SchemaReport {
    /// One entry per stored category, type and version, ordered by all three.
    pub checks: Vec<SchemaCheck>,
    /// The categories of the set that seem to have had another name when their events were stored.
    pub renamed: Vec<RenamedCategory>,
    /// The categories of the set of which no event is stored.
    pub empty: Vec<&'static str>,
    /// Those of them that may have had another name, with that: a stored category that the set does not read, with types
    /// of the same names apart from the category. This is no failure, because a new category may have such types too.
    pub resembling: Vec<(&'static str, String)>,
}

/// A stored event type and version, in the streams of one category.
#[derive(Debug)]
#[non_exhaustive]
pub struct SchemaCheck {
    /// The category of the streams.
    pub category: String,
    /// The persisted type name.
    pub event_type: String,
    /// The version of the payload.
    pub schema_version: u32,
    /// How many of these events are in the store.
    pub count: u64,
    /// The result of decoding some or all of them.
    pub verdict: SchemaVerdict,
}

/// Whether events of a category, type and version can be decoded.
#[derive(Debug)]
pub enum SchemaVerdict {
    /// All tried payloads can be decoded.
    Decodes {
        /// How many were tried.
        tried: u64,
    },
    /// Some payloads cannot be decoded.
    Fails {
        /// How many were tried.
        tried: u64,
        /// How many of them cannot be decoded.
        failed: u64,
        /// Why the first of these cannot be decoded.
        error: DecodeError,
    },
    /// They are decoded to nothing: the set has removed the type.
    Ignored,
    /// The set does not read these events: it has neither their type nor all events of their category. They were not
    /// tried, and are no failure.
    NotRead,
}

/// A category of the set of which no event is stored, while events of its types are stored in another category. Every
/// aggregate of the category would load as if it had no events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamedCategory {
    /// The category in the program.
    pub category: &'static str,
    /// The category in the store.
    pub stored_as: String,
    /// How many events of the types of the category are stored there.
    pub events: u64,
}

impl SchemaReport {
    pub(super) fn of<E: EventSet>(checks: Vec<SchemaCheck>) -> Self {
        let of_types = E::TYPES.iter().map(|ty| ty.category);
        let known: BTreeSet<&'static str> = E::CATEGORIES.iter().copied().chain(of_types).collect();
        let is_stored = |category: &&str| checks.iter().any(|check| check.category == **category);
        let empty: Vec<_> = known.iter().copied().filter(|category| !is_stored(category)).collect();
        let mut renamed: Vec<RenamedCategory> = Vec::new();
        for check in checks.iter().filter(|check| !known.contains(&*check.category)) {
            let is_of = |name: &str| name == check.event_type;
            let Some(ty) = E::TYPES.iter().find(|ty| ty.names().any(is_of)) else { continue };
            if !empty.contains(&ty.category) {
                continue;
            }
            let same =
                |it: &&mut RenamedCategory| it.category == ty.category && it.stored_as == check.category;
            match renamed.iter_mut().find(same) {
                Some(renamed) => renamed.events += check.count,
                None => renamed.push(RenamedCategory {
                    category: ty.category,
                    stored_as: check.category.clone(),
                    events: check.count,
                }),
            }
        }
        let resembling = resembling::<E>(&empty, &checks);
        Self { checks, renamed, empty, resembling }
    }

    /// The categories, types and versions that this program cannot decode.
    pub fn failures(&self) -> impl Iterator<Item = (&SchemaCheck, &DecodeError)> {
        self.checks.iter().filter_map(|check| match &check.verdict {
            SchemaVerdict::Fails { error, .. } => Some((check, error)),
            SchemaVerdict::Decodes { .. } | SchemaVerdict::Ignored | SchemaVerdict::NotRead => None,
        })
    }

    /// The stored categories of which the set reads no event.
    pub fn unread_categories(&self) -> impl Iterator<Item = &str> {
        let categories: BTreeSet<&str> = self.checks.iter().map(|check| &*check.category).collect();
        let is_read = |check: &SchemaCheck| !matches!(check.verdict, SchemaVerdict::NotRead);
        categories.into_iter().filter(move |category| {
            !self.checks.iter().any(|check| check.category == *category && is_read(check))
        })
    }

    /// Whether all tried payloads can be decoded, and no category seems to be renamed.
    #[must_use]
    pub fn is_decodable(&self) -> bool {
        self.failures().next().is_none() && self.renamed.is_empty()
    }
}

impl SchemaVerdict {
    /// Before any payload was tried.
    pub(super) fn before<E: EventSet>(reads: &LogFilter, category: &str, event_type: &str) -> Self {
        if E::REMOVED.contains(&event_type) {
            Self::Ignored
        } else if reads.selects(category, event_type) {
            Self::Decodes { tried: 0 }
        } else {
            Self::NotRead
        }
    }

    /// Adds the outcome of one more payload.
    pub(super) fn add(&mut self, error: Option<DecodeError>) {
        match (&mut *self, error) {
            (Self::Decodes { tried }, None) => *tried += 1,
            (Self::Decodes { tried }, Some(error)) => {
                *self = Self::Fails { tried: *tried + 1, failed: 1, error };
            }
            (Self::Fails { tried, failed, .. }, error) => {
                *tried += 1;
                *failed += u64::from(error.is_some());
            }
            (Self::Ignored | Self::NotRead, _) => {}
        }
    }
}

impl SchemaCheck {
    /// By what the checks of a report are ordered.
    pub(super) fn place(&self) -> (&str, &str, u32) {
        (&self.category, &self.event_type, self.schema_version)
    }

    /// How sure a check without failures is: if more than this share of the events could not be decoded, one of them
    /// would have been found with a probability of 95 %. `None` if some failed or none was tried.
    ///
    /// Of `n` events that are chosen at random, all decode with the probability (1 − share)ⁿ. The share at which that
    /// is 5 % is about 3 ÷ n, known as the [rule of three](https://en.wikipedia.org/wiki/Rule_of_three_(statistics)).
    #[must_use]
    pub fn undetected_share(&self) -> Option<f64> {
        match self.verdict {
            SchemaVerdict::Decodes { tried } if tried >= self.count => Some(0.0),
            #[expect(clippy::cast_precision_loss, reason = "a share needs few digits")]
            SchemaVerdict::Decodes { tried } if tried > 0 => Some(1.0 - 0.05_f64.powf(1.0 / tried as f64)),
            _ => None,
        }
    }
}

impl fmt::Display for SchemaReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> =
            self.checks.iter().map(|it| (shown(&it.category), shown(&it.event_type))).collect();
        let categories = names.iter().map(|(category, _)| category.len()).max().unwrap_or_default();
        let types = names.iter().map(|(_, event_type)| event_type.len()).max().unwrap_or_default();
        for (check, (category, event_type)) in self.checks.iter().zip(&names) {
            let SchemaCheck { schema_version, count, .. } = check;
            writeln!(
                f,
                "{category:categories$}  {event_type:types$}  v{schema_version:<3} {count:>12}  {check}"
            )?;
        }
        for category in self.unread_categories() {
            writeln!(f, "no event of the stored category `{}` is read by this event set", Escaped(category))?;
        }
        for category in &self.empty {
            if let Some(renamed) = self.renamed.iter().find(|renamed| renamed.category == *category) {
                writeln!(f, "FAILS: {renamed}")?;
            } else if !self.checks.is_empty() {
                writeln!(f, "no event of the category `{category}` is stored")?;
                for (_, stored) in self.resembling.iter().filter(|(of, _)| of == category) {
                    writeln!(
                        f,
                        "the stored category `{}` has types of the same names, which this event set does not read: if \
                         `{category}` is its new name, every aggregate would load without events",
                        Escaped(stored)
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// The empty categories of a set, each with a stored one that the set does not read and whose types have the same names
/// apart from the category.
fn resembling<E: EventSet>(empty: &[&'static str], checks: &[SchemaCheck]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for ty in E::TYPES.iter().filter(|ty| empty.contains(&ty.category)) {
        let Some(own) = ty.name.strip_prefix(ty.category).filter(|rest| rest.starts_with('.')) else {
            continue;
        };
        for check in checks.iter().filter(|check| matches!(check.verdict, SchemaVerdict::NotRead)) {
            let pair = (ty.category, check.category.clone());
            if check.event_type.strip_prefix(&*check.category) == Some(own) && !found.contains(&pair) {
                found.push(pair);
            }
        }
    }
    found
}

fn shown(name: &str) -> String {
    Escaped(name).to_string()
}

/// The verdict in words.
impl fmt::Display for SchemaCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            SchemaVerdict::NotRead => f.write_str("is not read by this event set"),
            SchemaVerdict::Ignored => f.write_str("is ignored: `removed(…)`"),
            SchemaVerdict::Decodes { tried } if *tried >= self.count => f.write_str("decodes (all tried)"),
            SchemaVerdict::Decodes { tried } => {
                write!(f, "decodes ({tried} tried")?;
                if let Some(share) = self.undetected_share() {
                    write!(
                        f,
                        ": a fault in more than {} % of them would have been found with a probability of 95 %",
                        percent(share)
                    )?;
                }
                f.write_str(")")
            }
            SchemaVerdict::Fails { tried, failed, error } => {
                write!(f, "FAILS ({failed} of {tried} tried): {error}")?;
                error.source().map_or(Ok(()), |cause| write!(f, ": {cause}"))
            }
        }
    }
}

/// Percents, rounded up: to one digit after the point below 10 %.
fn percent(share: f64) -> f64 {
    let digits = if share < 0.1 { 10.0 } else { 1.0 };
    (share * 100.0 * digits).ceil() / digits
}

impl fmt::Display for RenamedCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { category, stored_as, events } = self;
        let stored_as = Escaped(stored_as);
        write!(
            f,
            "no event of the category `{category}` is stored, but {events} events of its types are stored in the category \
             `{stored_as}`: every aggregate would load without events; write `category = \"{stored_as}\"` on the enum, and \
             rename its types only"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decodes(tried: u64, count: u64) -> String {
        let verdict = SchemaVerdict::Decodes { tried };
        let (category, event_type) = ("account".to_owned(), "account.opened".to_owned());
        SchemaCheck { category, event_type, schema_version: 1, count, verdict }.to_string()
    }

    #[test]
    fn a_check_says_how_sure_it_is() {
        assert_eq!(decodes(20, 20), "decodes (all tried)");
        let sure = |tried: u64, percent: &str| {
            format!(
                "decodes ({tried} tried: a fault in more than {percent} % of them would have been found with a \
                 probability of 95 %)"
            )
        };
        // For many, 3 ÷ n.
        for (tried, percent) in [(1, "95"), (20, "14"), (100, "3"), (300, "1"), (1_000, "0.3")] {
            assert_eq!(decodes(tried, 180_000), sure(tried, percent));
        }
    }
}
