//! Older versions: chains of `From`, functions that make several events or none, and renamed types.

use std::sync::atomic::{AtomicU32, Ordering};

use eventsource::{EventContext, prelude::*};

use crate::recorded::{decode, recorded};

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    /// Version 1 had no currency, version 2 called the owner `name`.
    #[event(version = 3, from(OpenedV1, OpenedV2), was("account.created", "opened"))]
    Opened { owner: String, currency: String },
    #[event(name = "account.debited", was("account.withdrawn"))]
    Debited { amount: i64 },
    #[event(version = 4, from(MovedV1, MovedV2, MovedV3), upcast(2 = split))]
    Moved { amount: i64 },
    #[event(version = 2, from(NotedV1), upcast(1 = noted))]
    Noted { by: String },
}

#[derive(Deserialize, Schema)]
struct OpenedV1 {
    name: String,
}

#[derive(Deserialize, Schema)]
struct OpenedV2 {
    name: String,
    currency: String,
}

impl From<OpenedV1> for OpenedV2 {
    fn from(old: OpenedV1) -> Self {
        Self { name: old.name, currency: "EUR".to_owned() }
    }
}

impl From<OpenedV2> for AccountEvent {
    fn from(old: OpenedV2) -> Self {
        Self::Opened { owner: old.name, currency: old.currency }
    }
}

#[derive(Deserialize, Schema)]
struct MovedV1 {
    cents: i64,
}

#[derive(Deserialize, Schema)]
struct MovedV2 {
    amounts: Vec<i64>,
}

#[derive(Deserialize, Schema)]
struct MovedV3 {
    euros: i64,
}

impl From<MovedV1> for MovedV2 {
    fn from(old: MovedV1) -> Self {
        Self { amounts: vec![old.cents] }
    }
}

impl From<MovedV3> for AccountEvent {
    fn from(old: MovedV3) -> Self {
        Self::Moved { amount: old.euros * 100 }
    }
}

fn split(old: MovedV2, _: &EventContext) -> impl IntoIterator<Item = AccountEvent> {
    old.amounts.into_iter().map(|amount| AccountEvent::Moved { amount })
}

#[derive(Deserialize, Schema)]
struct NotedV1 {}

fn noted(_: NotedV1, recorded: &EventContext) -> Option<AccountEvent> {
    Some(AccountEvent::Noted { by: recorded.metadata.value("user")?.to_owned() })
}

fn opened(owner: &str, currency: &str) -> AccountEvent {
    AccountEvent::Opened { owner: owner.to_owned(), currency: currency.to_owned() }
}

#[test]
fn each_older_version_goes_through_the_rest_of_the_chain() {
    let v1 = decode::<AccountEvent>("account.opened", 1, r#"{"name":"Ann"}"#).unwrap();
    assert_eq!(v1, [opened("Ann", "EUR")]);
    let v2 = decode::<AccountEvent>("account.opened", 2, r#"{"name":"Ann","currency":"SEK"}"#).unwrap();
    assert_eq!(v2, [opened("Ann", "SEK")]);
    let v3 = decode::<AccountEvent>("account.opened", 3, r#"{"owner":"Ann","currency":"SEK"}"#).unwrap();
    assert_eq!(v3, [opened("Ann", "SEK")]);
}

#[test]
fn every_version_is_read_under_every_name() {
    for name in ["account.opened", "account.created", "opened"] {
        let v1 = decode::<AccountEvent>(name, 1, r#"{"name":"Ann"}"#).unwrap();
        assert_eq!(v1, [opened("Ann", "EUR")], "{name}");
        let v3 = decode::<AccountEvent>(name, 3, r#"{"owner":"Ann","currency":"SEK"}"#).unwrap();
        assert_eq!(v3, [opened("Ann", "SEK")], "{name}");
    }
    let withdrawn = decode::<AccountEvent>("account.withdrawn", 1, r#"{"amount":5}"#).unwrap();
    assert_eq!(withdrawn, [AccountEvent::Debited { amount: 5 }]);
}

#[test]
fn new_events_are_written_under_the_current_name_and_version() {
    let event = opened("Ann", "SEK");
    assert_eq!((event.event_type().name, event.event_type().version), ("account.opened", 3));
    assert_eq!(AccountEvent::Debited { amount: 1 }.event_type().name, "account.debited");
    assert_eq!(AccountEvent::Debited { amount: 1 }.event_type().version, 1);
}

#[test]
fn an_upcaster_makes_several_events_or_none() {
    let moved = |amount| AccountEvent::Moved { amount };
    let many = decode::<AccountEvent>("account.moved", 2, r#"{"amounts":[1,2,3]}"#).unwrap();
    assert_eq!(many, [moved(1), moved(2), moved(3)]);
    assert_eq!(decode::<AccountEvent>("account.moved", 2, r#"{"amounts":[]}"#).unwrap(), []);
}

#[test]
fn a_version_before_an_upcaster_hops_to_it_and_a_later_one_does_not_use_it() {
    let before = decode::<AccountEvent>("account.moved", 1, r#"{"cents":7}"#).unwrap();
    assert_eq!(before, [AccountEvent::Moved { amount: 7 }]);
    let after = decode::<AccountEvent>("account.moved", 3, r#"{"euros":7}"#).unwrap();
    assert_eq!(after, [AccountEvent::Moved { amount: 700 }]);
}

#[test]
fn an_upcaster_sees_the_context_of_the_event() {
    let with_user = |user: Option<&str>| {
        let mut stored = recorded("account.noted", 1, "{}");
        if let Some(user) = user {
            stored.context.metadata = eventsource::Metadata::new().with("user", user);
        }
        stored.decode().unwrap().map(|recorded| recorded.event).collect::<Vec<AccountEvent>>()
    };
    assert_eq!(with_user(Some("ann")), [AccountEvent::Noted { by: "ann".into() }]);
    assert_eq!(with_user(None), []);
}

#[test]
fn the_events_that_one_stored_event_becomes_share_its_context() {
    let stored = recorded("account.moved", 2, r#"{"amounts":[1,2]}"#);
    let context = stored.context.clone();
    let contexts: Vec<_> =
        stored.decode::<AccountEvent>().unwrap().map(|recorded| recorded.context).collect();
    assert_eq!(contexts, [context.clone(), context]);
}

#[test]
fn the_schema_has_a_shape_for_every_version() {
    let schema = AccountEvent::schema();
    let versions: Vec<_> = schema.iter().map(|ty| (ty.name, ty.versions.len())).collect();
    let expected =
        [("account.opened", 3), ("account.debited", 1), ("account.moved", 4), ("account.noted", 2)];
    assert_eq!(versions, expected);
    assert_eq!(schema[0].aliases, ["account.created", "opened"]);
    assert_eq!(schema[0].versions[0], OpenedV1::shape());
    assert_eq!(schema[0].versions[1], OpenedV2::shape());
    assert_ne!(schema[0].versions[2], OpenedV2::shape());
}

static HOPS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "counted")]
enum Counted {
    #[event(version = 2, from(Counting))]
    Happened,
}

#[derive(Deserialize, Schema)]
struct Counting {}

impl From<Counting> for Counted {
    fn from(_: Counting) -> Self {
        HOPS.fetch_add(1, Ordering::Relaxed);
        Self::Happened
    }
}

#[test]
fn only_an_older_version_is_upcast_and_only_once() {
    decode::<Counted>("counted.happened", 2, "{}").unwrap();
    assert_eq!(HOPS.load(Ordering::Relaxed), 0);
    decode::<Counted>("counted.happened", 1, "{}").unwrap();
    assert_eq!(HOPS.load(Ordering::Relaxed), 1);
}
