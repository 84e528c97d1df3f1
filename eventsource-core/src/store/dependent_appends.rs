//! Dependent appends: an append can no longer be stored if an earlier one, whose version it expects, was not.

use std::collections::HashMap;

use super::{Append, AppendError, ExpectedVersion, Receipt, StreamAppend, rules::DecidedVersions};
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
        let decided = DecidedVersions::of(&append);
        let outcome = call(self.invalidate(append)).await;
        self.record(expectations, &decided, outcome)
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
        decided: &DecidedVersions,
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
                for Expectation { stream, expected } in expectations {
                    let last_known = expected.exact().unwrap_or(Version::EMPTY);
                    self.broken.entry(stream).or_insert(last_known);
                }
                return Err(error);
            }
        };
        let parts = expectations.into_iter().zip(decided.is_in_each(&receipts)).zip(&receipts);
        for ((Expectation { stream, .. }, is_as_decided), receipt) in parts {
            match is_as_decided {
                None => None,
                Some(true) => self.broken.remove(&stream),
                Some(false) => self.broken.insert(stream, receipt.version),
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
        if self.expected.exact().is_some() {
            self.expected = ExpectedVersion::Exact(Version::new(u64::MAX));
        }
    }
}

/// The expected version of one part of an append.
struct Expectation {
    stream: StreamId,
    expected: ExpectedVersion,
}

impl Expectation {
    fn of(part: &StreamAppend) -> Self {
        Self { stream: part.stream.clone(), expected: part.expected }
    }
}
