//! The check that an append updates exactly the inline projections.
//!
//! The list of inline generations is read in the transaction of the append, and is only changed in a transaction. Since
//! one transaction writes at a time, each append is either in the log that the change sees, or it sees the change.

use eventsource_core::store::{GenerationId, rules::generations::check_inline};

use super::lookup::Found;

impl Found {
    /// The names of the inline projections, if `generations` are not exactly theirs.
    pub(crate) fn refusal(&self, generations: &[GenerationId]) -> Option<Vec<String>> {
        let inline = self.inline.iter().map(|(generation, name)| (*generation, name.as_str()));
        check_inline(inline, generations).err()
    }
}
