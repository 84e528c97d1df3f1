//! Upcasting: from the form of an older schema version to the next ones. The derived `decode` calls these.

use super::Decoded;
use crate::{__private::Events, EventContext};

/// A hop of an upcaster chain: every `From` is one.
#[diagnostic::on_unimplemented(
    message = "no upcast from `{Old}` to `{Self}`",
    label = "this hop of the upcaster chain is missing",
    note = "write `impl From<{Old}> for {Self}`"
)]
pub trait UpcastFrom<Old>: Sized {
    /// The same fact in the newer form.
    fn upcast_from(old: Old) -> Self;
}

#[diagnostic::do_not_recommend]
impl<Old, New: From<Old>> UpcastFrom<Old> for New {
    fn upcast_from(old: Old) -> Self {
        old.into()
    }
}

/// One hop of an upcaster chain.
pub fn hop<Old, New: UpcastFrom<Old>>(old: Old) -> New {
    New::upcast_from(old)
}

/// Calls an upcaster function on an older version. It has one lifetime, not any, because a function that returns
/// `impl IntoIterator` borrows from the context as far as the compiler knows.
pub fn upcast<'a, E, Old, Made: Events<E>>(
    function: impl FnOnce(Old, &'a EventContext) -> Made,
    old: Old,
    context: &'a EventContext,
) -> Decoded<E> {
    Decoded::Many(function(old, context).into_vec())
}
