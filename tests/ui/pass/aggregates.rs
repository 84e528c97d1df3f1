//! `event`, `id`, `snapshot` and `weight`, on a struct, a unit struct, a tuple struct and an enum.

use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened,
}

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String, weight = weigh)]
struct Struct {
    open: bool,
}

#[derive(Default, Aggregate)]
#[aggregate(id = std::net::IpAddr)]
#[aggregate(event = AccountEvent)]
struct Unit;

#[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = u64, snapshot(version = 7, every = 250))]
struct Tuple(bool, #[schema(as = "string")] String);

#[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = Box<str>, snapshot(every = 1, version = 2), weight = Self::len)]
enum Enum {
    #[default]
    Nothing,
    Open,
}

fn weigh(account: &Struct) -> usize {
    if account.open { 7 } else { 3 }
}

impl Enum {
    fn len(&self) -> usize {
        9
    }
}

impl Apply<AccountEvent> for Struct {
    fn apply(&mut self, AccountEvent::Opened: AccountEvent) {
        self.open = true;
    }
}

impl Apply<AccountEvent> for Unit {
    fn apply(&mut self, _: AccountEvent) {}
}

impl Apply<AccountEvent> for Tuple {
    fn apply(&mut self, _: AccountEvent) {
        self.0 = true;
    }
}

impl Apply<AccountEvent> for Enum {
    fn apply(&mut self, _: AccountEvent) {
        *self = Self::Open;
    }
}

#[test]
fn aggregates_declare_their_snapshots() {
    assert!(Struct::snapshots().is_none());
    assert!(Unit::snapshots().is_none());
    let tuple = Tuple::snapshots().expect("declared");
    assert_eq!((tuple.every, tuple.form.version), (250, 7));
    let states = Enum::snapshots().expect("declared");
    assert_eq!((states.every, states.form.version), (1, 2));
}

#[test]
fn aggregates_declare_what_they_weigh() {
    assert_eq!(Struct { open: true }.weight(), 7);
    assert_eq!(Struct { open: false }.weight(), 3);
    assert_eq!(Enum::Open.weight(), 9);
    assert_eq!(Unit.weight(), 1);
}
