//! Whether an append keeps what commits with the events.
//!
//! It is read in the transaction of the append, and whoever changes it does so in a transaction: since one transaction
//! writes at a time, each append is either in the log that the other one sees, or sees the change.

use std::collections::BTreeSet;

use super::lookup::LogState;

impl LogState {
    /// The names of the projections that commit with the events, if these are not exactly their generations.
    pub(crate) fn refusal(&self, generations: &[i64]) -> Option<Vec<String>> {
        let due: BTreeSet<_> = self.inline.iter().map(|(generation, _)| *generation).collect();
        let given: BTreeSet<_> = generations.iter().copied().collect();
        (given != due).then(|| self.inline.iter().map(|(_, name)| name.clone()).collect())
    }
}
