//! A check at compile time that the events of an aggregate are complete.

use super::distinct::equal;
use crate::{Aggregate, Event, EventSet};

/// Fails to compile if the events of an aggregate are a part of their category. The bound is on the aggregate and not
/// on its events: a type that is not an event is one error, that of the `impl`.
#[track_caller]
pub const fn assert_complete<A: Aggregate>() {
    let (category, categories) = (<A::Event as Event>::CATEGORY, <A::Event as EventSet>::CATEGORIES);
    let mut index = 0;
    while index < categories.len() {
        if equal(categories[index], category) {
            return;
        }
        index += 1;
    }
    panic!(
        "the state of an aggregate needs all events of its streams, but this enum of events is `partial`: list every \
         type of the category in it, and remove `partial`"
    );
}
