//! Checking whether this program can decode the events of a store.

use std::{error::Error, fmt};

use crate::{
    DecodeError, EventSet,
    store::{Escaped, EventStore, StoreError, StoredType},
};

/// How many payloads of each type and version are decoded.
const SAMPLES: usize = 20;

/// Every event type and version in a store, and whether this program can decode it. Its `Display` is a table.
#[derive(Debug)]
#[must_use = "an unread report hides events that cannot be decoded"]
pub struct SchemaReport {
    /// One entry per stored type and version, ordered by both.
    pub checks: Vec<SchemaCheck>,
}

/// A stored event type and version.
#[derive(Debug)]
pub struct SchemaCheck {
    /// The persisted type name.
    pub event_type: String,
    /// The version of the payload.
    pub schema_version: u32,
    /// How many events of this type and version are in the store.
    pub count: u64,
    /// The result of decoding some of them.
    pub verdict: SchemaVerdict,
}

/// Whether events of a type and version can be decoded.
#[derive(Debug)]
pub enum SchemaVerdict {
    /// All tried payloads can be decoded.
    Decodes {
        /// How many were tried.
        tried: usize,
    },
    /// A payload could not be decoded.
    Fails(DecodeError),
}

impl SchemaReport {
    /// The types and versions that this program cannot decode.
    pub fn failures(&self) -> impl Iterator<Item = (&SchemaCheck, &DecodeError)> {
        self.checks.iter().filter_map(|check| match &check.verdict {
            SchemaVerdict::Decodes { .. } => None,
            SchemaVerdict::Fails(error) => Some((check, error)),
        })
    }

    /// Whether all tried payloads can be decoded.
    #[must_use]
    pub fn is_decodable(&self) -> bool {
        self.failures().next().is_none()
    }
}

impl fmt::Display for SchemaReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.checks.iter().map(|check| check.event_type.len()).max().unwrap_or_default();
        for SchemaCheck { event_type, schema_version, count, verdict } in &self.checks {
            let event_type = Escaped(event_type).to_string();
            write!(f, "{event_type:width$}  v{schema_version:<3} {count:>12}  ")?;
            match verdict {
                SchemaVerdict::Decodes { tried } => writeln!(f, "decodes ({tried} tried)")?,
                SchemaVerdict::Fails(error) => {
                    write!(f, "FAILS: {error}")?;
                    match error.source() {
                        Some(cause) => writeln!(f, ": {cause}")?,
                        None => writeln!(f)?,
                    }
                }
            }
        }
        Ok(())
    }
}

pub(super) async fn check<E: EventSet>(store: &impl EventStore) -> Result<SchemaReport, StoreError> {
    let checks = store.stored_types(SAMPLES).await?.into_iter().map(check_type::<E>).collect();
    Ok(SchemaReport { checks })
}

fn check_type<E: EventSet>(stored: StoredType) -> SchemaCheck {
    let StoredType { event_type, schema_version, count, samples } = stored;
    let tried = samples.len();
    let failed = samples.into_iter().find_map(|event| event.decode::<E>().err());
    let verdict = failed.map_or(SchemaVerdict::Decodes { tried }, SchemaVerdict::Fails);
    SchemaCheck { event_type, schema_version, count, verdict }
}
