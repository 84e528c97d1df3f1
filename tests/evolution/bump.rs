//! The code of the next version, before an event is changed.

use std::fs;

use eventsource::{
    prelude::*,
    testing::{SchemaTest, check_payloads},
};
use insta::assert_snapshot;

use super::releases::{Package, panic_of};

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(name = "account.opened", version = 2, from(OpenedV1))]
    WasOpened {
        owner: String,
        #[serde(rename = "openedAt", default = "start")]
        at: Timestamp,
        lines: Vec<Line>,
    },
    Closed,
}

#[derive(Debug, Serialize, Deserialize, Schema)]
struct Line {
    amount: Option<u64>,
    kind: Kind,
    #[serde(flatten)]
    note: Note,
}

#[derive(Debug, Serialize, Deserialize, Schema)]
#[serde(tag = "type")]
enum Kind {
    Credit { by: char },
    Debit,
}

#[derive(Debug, Serialize, Deserialize, Schema)]
struct Note {
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<Box<Note>>,
    rates: std::collections::BTreeMap<String, f64>,
}

fn start() -> Timestamp {
    "2020-01-01T00:00:00Z".parse().expect("a time")
}

#[derive(Debug, Deserialize, Schema)]
struct OpenedV1 {
    owner: String,
}

impl From<OpenedV1> for AccountEvent {
    fn from(old: OpenedV1) -> Self {
        Self::WasOpened { owner: old.owner, at: start(), lines: Vec::new() }
    }
}

fn bumped(package: &Package, chosen: &str) -> Option<String> {
    let test = SchemaTest { bump: Some(chosen.to_owned()), ..package.test() };
    package.check_as::<AccountEvent>(&test)
}

#[test]
fn the_next_version_of_a_type_is_written_before_it_is_changed() {
    let package = Package::default();
    package.accept::<AccountEvent>();
    assert_snapshot!(bumped(&package, "account.opened").expect("a failure"));
    // The payload that it wrote is one of this program.
    let manifest = package.path().to_str().expect("UTF-8");
    let closed = [AccountEvent::Closed];
    let text = fs::read_to_string(package.path().join("event-payloads/account.opened/v2-1.json"));
    fs::write(package.path().join("event-payloads/account.opened/v1-1.json"), "{\"owner\":\"Ada\"}")
        .expect("a file");
    assert_eq!(
        panic_of(|| check_payloads(manifest, "AccountEvent", closed, true, |_, _| {})),
        None,
        "{text:?}"
    );
    // It is not written again.
    let said = bumped(&package, "account.opened").expect("a failure");
    assert!(!said.contains("A payload of this version was written"), "{said}");
}

#[test]
fn all_types_of_a_set_are_bumped_and_those_of_others_are_not() {
    let package = Package::default();
    package.accept::<AccountEvent>();
    let said = bumped(&package, "all").expect("a failure");
    assert!(said.contains("the next version of `account.opened` is 3"), "{said}");
    assert!(said.contains("the next version of `account.closed` is 2"), "{said}");
    assert!(said.contains("struct ClosedV1 {}"), "{said}");
    assert_eq!(bumped(&package, "order.placed, loan.granted"), None);
}
