//! Appends that follow each other: which of them can no longer be stored, because one before it was not.

use std::collections::HashMap;

use super::{Append, AppendError, ExpectedVersion, Receipt, StreamAppend};
use crate::{StreamId, Version};

/// Tracks appends that are made one after the other, each perhaps decided on the events of those before it.
///
/// The expected version alone does not tell whether they did: if somebody else appended instead, the stream may have
/// just that version, with other events. So once an append did not leave what it should have, whatever follows on its
/// streams and expects an exact version is in conflict, unless it was stored before.
#[derive(Debug, Default)]
pub struct DependentAppends {
    /// The streams that are not as the next append expects, with their last known version.
    broken: HashMap<StreamId, Version>,
}

impl DependentAppends {
    /// Nothing has been appended yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the next one, by this call.
    ///
    /// # Errors
    ///
    /// Those of the call; and a conflict, if the append expects what an earlier one should have left.
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

    /// The append as it may be tried, where it cannot be right any more.
    fn invalidate(&self, mut append: Append) -> Append {
        append
            .streams
            .iter_mut()
            .filter(|part| self.broken.contains_key(&part.stream))
            .for_each(StreamAppend::invalidate);
        append
    }

    /// Records the outcome of an append, and returns it in terms of the append as it was given.
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
    /// Lets it expect a version that no stream has in place of an exact one, so that it is recognised if it was stored
    /// before, and in conflict otherwise.
    pub(crate) fn invalidate(&mut self) {
        if exact(self.expected).is_some() {
            self.expected = ExpectedVersion::Exact(Version::new(u64::MAX));
        }
    }
}

/// The versions at which an append leaves its streams where it is stored as it was decided, as far as they can be known.
pub(crate) struct VersionsDue {
    versions: Vec<Option<Version>>,
    is_keyed: bool,
}

impl VersionsDue {
    pub(crate) fn of(append: &Append) -> Self {
        let versions = append.streams.iter().map(left_by).collect();
        Self { versions, is_keyed: append.idempotency_key.is_some() }
    }

    /// Whether what follows on the same streams can rely on it.
    pub(crate) fn are_met_by(&self, receipts: &[Receipt]) -> bool {
        let mut parts = self.versions.iter().zip(receipts);
        parts.all(|(due, receipt)| due.is_none_or(|due| is_left(due, self.is_keyed, receipt)))
    }
}

/// What a part of an append expects, and what it leaves.
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

/// The version of the stream afterwards, as far as it can be known before.
fn left_by(part: &StreamAppend) -> Option<Version> {
    let events = u64::try_from(part.events.len()).unwrap_or(u64::MAX);
    exact(part.expected).map(|version| Version::new(version.get().saturating_add(events)))
}

/// Whether the stream is at the version that is due, by events that were decided here: what was stored under a key may
/// be others, even if as many of them.
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
