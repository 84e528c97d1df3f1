//! Scheduled commands are stored as events are, so the same assertions hold for them.

use std::convert::Infallible;

use eventsource::{
    event::{StoredEvent, Undecodable},
    prelude::*,
    reacting::ScheduledCommand,
};
use insta::assert_snapshot;

use super::releases::said;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Reminded,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String)]
struct Account;

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: AccountEvent) {}
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Schema, Command)]
#[command(aggregate = Account, name = "reminder.send", version = 3, from(RemindV1, RemindV2))]
struct Remind {
    #[command(id)]
    account: String,
    text: String,
    urgent: bool,
}

impl Handle<Remind> for Account {
    type Error = Infallible;

    fn handle(&self, _: &Remind) -> Result<Vec<AccountEvent>, Infallible> {
        Ok(vec![AccountEvent::Reminded])
    }
}

#[derive(Debug, Deserialize, Schema)]
struct RemindV1 {
    account: String,
}

#[derive(Debug, Deserialize, Schema)]
struct RemindV2 {
    account: String,
    text: String,
}

impl From<RemindV1> for RemindV2 {
    fn from(old: RemindV1) -> Self {
        Self { account: old.account, text: "pay".to_owned() }
    }
}

impl From<RemindV2> for Remind {
    fn from(old: RemindV2) -> Self {
        Self { account: old.account, text: old.text, urgent: false }
    }
}

fn remind(text: &str, urgent: bool) -> Remind {
    Remind { account: "a".to_owned(), text: text.to_owned(), urgent }
}

/// The command in its stored form.
fn stored<C: ScheduledCommand>(command: C) -> C::Stored {
    command.into()
}

/// The command that a payload is, by way of its stored form.
fn decoded<C: ScheduledCommand>(version: u32, payload: &str) -> Result<Vec<C>, Undecodable> {
    let stored = C::Stored::decode(StoredEvent::new(C::NAME, version, payload))?;
    Ok(stored.into_iter().map(Into::into).collect())
}

#[test]
fn a_scheduled_command_is_stored_under_its_name_and_read_in_every_version() {
    let stored = stored(remind("pay", true));
    assert_eq!((stored.event_type().name, stored.event_type().writes), ("reminder.send", 3));
    let payload = stored.encode().expect("JSON");
    assert_eq!(payload.get(), r#"{"account":"a","text":"pay","urgent":true}"#);
    assert_eq!(decoded::<Remind>(3, payload.get()).expect("readable"), [remind("pay", true)]);
    assert_eq!(
        decoded::<Remind>(2, r#"{"account":"a","text":"now"}"#).expect("readable"),
        [remind("now", false)]
    );
    assert_eq!(decoded::<Remind>(1, r#"{"account":"a"}"#).expect("readable"), [remind("pay", false)]);
    assert!(matches!(decoded::<Remind>(4, "{}"), Err(Undecodable::UnknownVersion { known: 3 })));
    let error = decoded::<Remind>(2, r#"{"account":"a"}"#).expect_err("a field is missing");
    assert!(matches!(&error, Undecodable::Payload { .. }), "{error}");
}

#[test]
fn the_schema_and_the_payloads_of_a_scheduled_command_are_asserted_as_those_of_events() {
    eventsource::assert_event_schema!(Remind);
    eventsource::assert_event_payloads!(Remind, [remind("pay", true)]);
}

#[test]
fn a_changed_command_is_reported_with_the_lines_to_write() {
    macro_rules! release {
        ($name:ident: $version:tt { $($fields:tt)* }) => {
            mod $name {
                use super::*;

                #[derive(Serialize, Deserialize, Schema, Command)]
                #[command(aggregate = Account, name = "call.make", version = $version)]
                pub(super) struct Call { #[command(id)] account: String, $($fields)* }
            }
        };
    }
    release! { first: 1 { minutes: u32 } }
    release! { compatible: 1 { minutes: u32, #[serde(default)] note: String } }
    release! { breaking: 1 { seconds: u32 } }

    let text = said::<first::Call, compatible::Call>().expect("a new snapshot");
    assert!(text.contains("stored events survive it"), "{text}");
    assert_snapshot!(said::<first::Call, breaking::Call>().expect("a report"));
}
