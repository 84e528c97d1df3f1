//! `version`, `from` and `upcast`: chains of `From`, functions that make several events, one or none, and
//! hops that an upcaster makes unnecessary.

use eventsource::{EventContext, prelude::*};

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 1)]
    Closed,
    #[event(version = 2, from(Old<1>))]
    Opened,
    #[event(version = 4, from(Old<1>, Old<2>, Old<3>))]
    Renamed,
    // No `From<Old<2>> for Old<4>`, and none from `Old<5>` to the event: the functions replace them.
    #[event(version = 4, from(Old<1>, Old<2>, Old<5>), upcast(2 = vector, 3 = array))]
    Moved,
    #[event(version = 2, from((u8, Vec<String>)), upcast(1 = option))]
    Merged,
    #[event(version = 2, from(std::collections::BTreeMap<String, u64>), upcast(1 = nested::iterator))]
    Split,
}

#[derive(Deserialize, Schema)]
struct Old<const VERSION: usize> {}

impl From<Old<1>> for Old<2> {
    fn from(_: Old<1>) -> Self {
        Self {}
    }
}

impl From<Old<2>> for Old<3> {
    fn from(_: Old<2>) -> Self {
        Self {}
    }
}

impl From<Old<1>> for AccountEvent {
    fn from(_: Old<1>) -> Self {
        Self::Opened
    }
}

impl From<Old<3>> for AccountEvent {
    fn from(_: Old<3>) -> Self {
        Self::Renamed
    }
}

fn vector(_: Old<2>, _: &EventContext) -> Vec<AccountEvent> {
    vec![AccountEvent::Closed, AccountEvent::Opened]
}

fn array(_: Old<5>, _: &EventContext) -> [AccountEvent; 1] {
    [AccountEvent::Moved]
}

fn option(_: (u8, Vec<String>), _: &EventContext) -> Option<AccountEvent> {
    None
}

mod nested {
    use std::collections::BTreeMap;

    use super::{AccountEvent, EventContext};

    pub(super) fn iterator(
        old: BTreeMap<String, u64>,
        _: &EventContext,
    ) -> impl IntoIterator<Item = AccountEvent> {
        old.into_iter().map(|_| AccountEvent::Split)
    }
}

#[test]
fn versions_come_from_the_attribute() {
    let versions: Vec<_> = AccountEvent::TYPES.iter().map(|ty| ty.version).collect();
    assert_eq!(versions, [1, 2, 4, 4, 2, 2]);
}
