//! Dependent appends: an append can no longer be stored if an earlier one, whose version it expects, was not.

use std::collections::HashMap;

use super::{Append, AppendError, ExpectedVersion, Receipt, StreamAppend};
use crate::{StreamId, Version};

/// Tracks a sequence of appends, each of which may have been decided on the events of the earlier ones.
///
/// The expected version alone does not prove that the earlier appends succeeded: if another process appended instead,
/// the stream may have exactly that version, with other events. So once an append did not leave the expected version,
/// every later append that expects an exact version of its streams is a conflict, unless it was stored before.
#[derive(Debug, Default)]
pub struct DependentAppends {
    /// The streams that do not have the version which the next append expects, with their last known version.
    broken: HashMap<StreamId, Version>,
}

impl DependentAppends {
    /// A tracker to which no append was passed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next append with this call.
    ///
    /// # Errors
    ///
    /// The error of the call; and a conflict, if the append expects a version that an earlier one failed to produce.
    pub async fn append<F>(
        &mut self,
        append: Append,
        call: impl FnOnce(Append) -> F,
    ) -> Result<Vec<Receipt>, AppendError>
    where
        F: Future<Output = Result<Vec<Receipt>, AppendError>>,
    {
        let expectations: Vec<_> = append.streams.iter().map(Expectation::of).collect();
        let is_keyed = append.idempotency_key.is_some();
        let outcome = call(self.invalidate(append)).await;
        self.record(expectations, is_keyed, outcome)
    }

    /// The append to try. Expected versions that can no longer be right are invalidated.
    fn invalidate(&self, mut append: Append) -> Append {
        append
            .streams
            .iter_mut()
            .filter(|part| self.broken.contains_key(&part.stream))
            .for_each(StreamAppend::invalidate);
        append
    }

    /// Records the outcome of an append, and returns it with the versions that the caller expected.
    fn record(
        &mut self,
        expectations: Vec<Expectation>,
        is_keyed: bool,
        outcome: Result<Vec<Receipt>, AppendError>,
    ) -> Result<Vec<Receipt>, AppendError> {
        let receipts = match outcome {
            Ok(receipts) => receipts,
            Err(mut error) => {
                if let AppendError::OutcomeUnknown { append, .. } = &mut error {
                    for (part, expectation) in append.streams.iter_mut().zip(&expectations) {
                        part.expected = expectation.expected;
                    }
                }
                if let AppendError::Conflict { stream, expected, actual } = &mut error
                    && let Some(mine) = expectations.iter().find(|it| it.stream == *stream)
                {
                    *expected = mine.expected;
                    self.broken.insert(stream.clone(), *actual);
                }
                for Expectation { stream, expected, .. } in expectations {
                    let last_known = exact(expected).unwrap_or(Version::EMPTY);
                    self.broken.entry(stream).or_insert(last_known);
                }
                return Err(error);
            }
        };
        for (Expectation { stream, left, .. }, receipt) in expectations.into_iter().zip(&receipts) {
            let Some(due) = left else { continue };
            match is_left(due, is_keyed, receipt) {
                true => self.broken.remove(&stream),
                false => self.broken.insert(stream, receipt.version),
            };
        }
        Ok(receipts)
    }
}

impl StreamAppend {
    /// Replaces an exact expected version by one that no stream has. The append is then recognised if it was stored
    /// before, and is a conflict otherwise.
    #[doc(hidden)]
    pub fn invalidate(&mut self) {
        if exact(self.expected).is_some() {
            self.expected = ExpectedVersion::Exact(Version::new(u64::MAX));
        }
    }
}

/// The versions of the streams after an append that is stored as it was decided, as far as they can be known.
#[derive(Debug)]
pub struct VersionsDue {
    versions: Vec<Option<Version>>,
    is_keyed: bool,
}

impl VersionsDue {
    /// For this append.
    #[must_use]
    pub fn of(append: &Append) -> Self {
        let versions = append.streams.iter().map(left_by).collect();
        Self { versions, is_keyed: append.idempotency_key.is_some() }
    }

    /// Whether later appends to the same streams can rely on this append.
    #[must_use]
    pub fn are_met_by(&self, receipts: &[Receipt]) -> bool {
        let mut parts = self.versions.iter().zip(receipts);
        parts.all(|(due, receipt)| due.is_none_or(|due| is_left(due, self.is_keyed, receipt)))
    }
}

/// The expected version of one part of an append, and the version after it.
struct Expectation {
    stream: StreamId,
    expected: ExpectedVersion,
    left: Option<Version>,
}

impl Expectation {
    fn of(part: &StreamAppend) -> Self {
        Self { stream: part.stream.clone(), expected: part.expected, left: left_by(part) }
    }
}

/// The version of the stream after the append, as far as it can be known beforehand.
fn left_by(part: &StreamAppend) -> Option<Version> {
    let events = u64::try_from(part.events.len()).unwrap_or(u64::MAX);
    exact(part.expected).map(|version| Version::new(version.get().saturating_add(events)))
}

/// Whether the events of this append brought the stream to the version `due`. An append stored earlier under the
/// key may have other events, even if it has as many.
fn is_left(due: Version, is_keyed: bool, receipt: &Receipt) -> bool {
    let are_others = is_keyed && receipt.repeated;
    due == receipt.version && !are_others
}

fn exact(expected: ExpectedVersion) -> Option<Version> {
    match expected {
        ExpectedVersion::Exact(version) => Some(version),
        ExpectedVersion::NoStream => Some(Version::EMPTY),
        ExpectedVersion::Any | ExpectedVersion::StreamExists => None,
    }
}
