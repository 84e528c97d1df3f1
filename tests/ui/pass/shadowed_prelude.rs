//! The generated code names everything by its full path.

#![expect(unused_macros, reason = "they must not be found")]

use eventsource::{Aggregate, Apply, Command, Event, EventSet, ReadModel, Schema};
use serde::{Deserialize, Serialize};

// serde's own output does not compile with a shadowed `str` or `core`, so only other names are shadowed.
struct Result;
struct Option;
struct Vec;
struct Box;
struct String;
trait Default {}
trait Clone {}
trait Iterator {}
trait Extend {}
trait Send {}
trait Sync {}
trait Sized {}
trait From {}
trait Into {}
fn drop() {}
#[derive(Debug)]
struct Some;
#[derive(Debug)]
struct None;
#[derive(Debug)]
struct Ok;
#[derive(Debug)]
struct Err;
struct Decoded;
struct DecodeError;
struct EncodeError;
struct EventType;
struct RecordedEvent;
struct TypeSchema;
struct Shape;
struct SnapshotCodec;
struct ReadModelTable;
struct Column;
#[expect(nonstandard_style)]
const recorded: u8 = 0;
#[expect(nonstandard_style)]
const event: u8 = 0;
#[expect(nonstandard_style)]
const types: u8 = 0;
const TYPES: u8 = 0;
const CATEGORY: u8 = 0;
const TABLE: u8 = 0;
const VERSION: u8 = 0;

macro_rules! unreachable {
    () => {
        compile_error!("not this one")
    };
}
macro_rules! vec {
    () => {
        compile_error!("not this one")
    };
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 3, from(OpenedV1, OpenedV2), upcast(1 = split))]
    Opened {
        owner: u64,
        many: std::vec::Vec<u8>,
        maybe: std::option::Option<u8>,
    },
    Closed,
}

#[derive(Deserialize, Schema)]
struct OpenedV1 {}
#[derive(Deserialize, Schema)]
struct OpenedV2 {}

impl std::convert::From<OpenedV2> for AccountEvent {
    fn from(_: OpenedV2) -> Self {
        Self::Closed
    }
}

fn split(_: OpenedV1, _: &eventsource::EventContext) -> [AccountEvent; 2] {
    [AccountEvent::Closed, AccountEvent::Closed]
}

#[derive(EventSet)]
enum ShopEvent {
    Account(AccountEvent),
}

#[derive(std::default::Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = std::string::String, snapshot(version = 1, every = 10))]
struct Account {
    open: bool,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: AccountEvent) {}
}

#[derive(Command)]
#[command(aggregate = Account)]
struct Open {
    #[command(id)]
    account: std::string::String,
}

#[derive(std::clone::Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "rows")]
struct Row {
    #[read_model(key)]
    account: std::string::String,
    #[read_model(key, sql = "bigint")]
    number: u64,
}

#[test]
fn a_shadowed_prelude_is_not_in_the_way() {
    assert_eq!(ShopEvent::TYPES.len(), 2);
    assert!(Account::snapshots().is_some());
    assert_eq!(Row { account: "a".into(), number: 7 }.row_key(), ("a".into(), 7));
    assert_eq!(Row::table().columns.len(), 2);
}
