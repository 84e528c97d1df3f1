//! The check that an append updates exactly the inline projections.
//!
//! The list of inline generations is read in the transaction of the append, and is only changed in a transaction. Since
//! one transaction writes at a time, each append is either in the log that the change sees, or it sees the change.

use std::collections::BTreeSet;

use super::lookup::Found;

impl Found {
    /// The names of the inline projections, if `generations` are not exactly theirs.
    pub(crate) fn refusal(&self, generations: &[i64]) -> Option<Vec<String>> {
        let inline: BTreeSet<_> = self.inline.iter().map(|(generation, _)| *generation).collect();
        let given: BTreeSet<_> = generations.iter().copied().collect();
        (given != inline).then(|| self.inline.iter().map(|(_, name)| name.clone()).collect())
    }
}
