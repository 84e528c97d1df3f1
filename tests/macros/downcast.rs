//! Older versions that are written: the payload, its version, and events that it cannot express.

use std::{collections::BTreeMap, error::Error};

use eventsource::{
    EventId, Metadata,
    event::EncodeError,
    prelude::*,
    store::{ImportEvent, NewEvent},
};

use crate::recorded::decode;

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    /// Version 1 had no currency, version 2 called the owner `name`.
    #[event(version = 3, from(OpenedV1, OpenedV2), write = 2, downcast = opened_v2)]
    Opened {
        owner: String,
        currency: String,
    },
    /// Version 1 had neither a currency nor a text.
    #[event(version = 3, from(DebitV1, DebitV2), write = 1, downcast = older::debit_v1)]
    Debited(Debit),
    #[event(version = 2, from(ClosedV1), write = 1, downcast = closed_v1)]
    Closed,
    #[event(version = 2, from(CountedV1), write = 1, downcast = counted_v1)]
    Counted {
        by: BTreeMap<u8, u8>,
    },
    Noted {
        text: String,
    },
}

#[derive(Deserialize, Schema)]
struct OpenedV1 {
    name: String,
}

#[derive(Serialize, Deserialize, Schema)]
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

fn opened_v2(owner: &str, currency: &str) -> OpenedV2 {
    OpenedV2 { name: owner.to_owned(), currency: currency.to_owned() }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Schema)]
struct Debit {
    cents: u64,
    currency: String,
    text: String,
}

#[derive(Serialize, Deserialize, Schema)]
struct DebitV1 {
    cents: u64,
}

#[derive(Deserialize, Schema)]
struct DebitV2 {
    cents: u64,
    currency: String,
}

impl From<DebitV1> for DebitV2 {
    fn from(old: DebitV1) -> Self {
        Self { cents: old.cents, currency: "EUR".to_owned() }
    }
}

impl From<DebitV2> for AccountEvent {
    fn from(old: DebitV2) -> Self {
        Self::Debited(Debit { cents: old.cents, currency: old.currency, text: String::new() })
    }
}

mod older {
    #[derive(Debug, thiserror::Error)]
    #[error("a debit in another currency than EUR")]
    pub(super) struct OtherCurrency;

    /// The text is lost.
    pub(super) fn debit_v1(debit: &super::Debit) -> Result<super::DebitV1, OtherCurrency> {
        if debit.currency == "EUR" { Ok(super::DebitV1 { cents: debit.cents }) } else { Err(OtherCurrency) }
    }
}

#[derive(Serialize, Deserialize, Schema)]
struct ClosedV1 {
    by: String,
}

impl From<ClosedV1> for AccountEvent {
    fn from(_: ClosedV1) -> Self {
        Self::Closed
    }
}

fn closed_v1() -> ClosedV1 {
    ClosedV1 { by: "the bank".to_owned() }
}

#[derive(Serialize, Deserialize, Schema)]
struct CountedV1 {
    by: BTreeMap<Option<u8>, u8>,
}

impl From<CountedV1> for AccountEvent {
    fn from(old: CountedV1) -> Self {
        Self::Counted { by: old.by.into_iter().filter_map(|(key, value)| Some((key?, value))).collect() }
    }
}

/// A payload that JSON cannot hold.
fn counted_v1(_: &BTreeMap<u8, u8>) -> CountedV1 {
    CountedV1 { by: BTreeMap::from([(None, 1)]) }
}

fn opened(currency: &str) -> AccountEvent {
    AccountEvent::Opened { owner: "Ann".to_owned(), currency: currency.to_owned() }
}

fn debited(currency: &str, text: &str) -> AccountEvent {
    AccountEvent::Debited(Debit { cents: 5, currency: currency.to_owned(), text: text.to_owned() })
}

/// The version and the payload under which an event is stored, and the events to which that decodes.
fn stored(event: &AccountEvent) -> (u32, String, Vec<AccountEvent>) {
    let NewEvent { event_type, schema_version, payload, .. } =
        NewEvent::encode(event, Metadata::new()).unwrap();
    let decoded = decode::<AccountEvent>(&event_type, schema_version, payload.get()).unwrap();
    (schema_version, payload.get().to_owned(), decoded)
}

#[test]
fn an_event_is_written_in_the_older_version_and_read_back_through_the_chain() {
    let (version, payload, decoded) = stored(&opened("SEK"));
    assert_eq!((version, &*payload), (2, r#"{"name":"Ann","currency":"SEK"}"#));
    assert_eq!(decoded, [opened("SEK")]);

    let (version, payload, decoded) = stored(&debited("EUR", "rent"));
    assert_eq!((version, &*payload), (1, r#"{"cents":5}"#));
    assert_eq!(decoded, [debited("EUR", "")]);

    let (version, payload, decoded) = stored(&AccountEvent::Closed);
    assert_eq!((version, &*payload), (1, r#"{"by":"the bank"}"#));
    assert_eq!(decoded, [AccountEvent::Closed]);
}

#[test]
fn a_variant_without_the_attribute_is_written_in_its_newest_version() {
    let (version, payload, _) = stored(&AccountEvent::Noted { text: "a".to_owned() });
    assert_eq!((version, &*payload), (1, r#"{"text":"a"}"#));
}

#[test]
fn the_versions_above_the_written_one_are_read() {
    let newest = decode::<AccountEvent>("account.opened", 3, r#"{"owner":"Ann","currency":"SEK"}"#).unwrap();
    assert_eq!(newest, [opened("SEK")]);
    let between = decode::<AccountEvent>("account.debited", 2, r#"{"cents":5,"currency":"SEK"}"#).unwrap();
    assert_eq!(between, [debited("SEK", "")]);
}

#[test]
fn an_event_that_the_older_version_cannot_express_is_an_error_that_says_what_to_do() {
    let error = debited("SEK", "").encode().unwrap_err();
    assert!(matches!(error, EncodeError::Downcast { writes: 1, version: 3, .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "cannot encode an event of type `account.debited`: version 1, which this program writes, cannot express it; \
         reject such commands until all running programs read version 3, and then deploy a release without `write = 1`"
    );
    assert_eq!(error.source().unwrap().to_string(), "a debit in another currency than EUR");
}

#[test]
fn an_older_payload_that_json_cannot_hold_is_an_error() {
    let error = AccountEvent::Counted { by: BTreeMap::new() }.encode().unwrap_err();
    assert!(matches!(error, EncodeError::Json { event_type: "account.counted", .. }), "{error:?}");
}

#[test]
fn an_imported_event_is_written_in_the_older_version_too() {
    let stream = StreamId::new("account", "acc-1").unwrap();
    let import = ImportEvent::new(stream.clone(), &debited("EUR", "rent")).unwrap().id(EventId::new());
    assert_eq!((import.event.schema_version, import.event.payload.get()), (1, r#"{"cents":5}"#));
    assert!(ImportEvent::new(stream, &debited("SEK", "rent")).is_err());
}

#[derive(Debug, PartialEq, EventSet)]
enum All {
    Account(AccountEvent),
}

#[test]
fn a_set_says_which_version_of_each_type_is_written() {
    for types in [AccountEvent::TYPES, All::TYPES] {
        let versions: Vec<_> = types.iter().map(|ty| (ty.version, ty.writes)).collect();
        assert_eq!(versions, [(3, 2), (3, 1), (2, 1), (2, 1), (1, 1)]);
    }
    let written: Vec<_> = All::schema().iter().map(|ty| (ty.versions.len(), ty.writes)).collect();
    assert_eq!(written, [(3, 2), (3, 1), (2, 1), (2, 1), (1, 1)]);
}
