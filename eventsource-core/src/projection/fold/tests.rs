//! Tests of the changes that a batch makes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::*;
use crate::{
    EventContext, EventId, Metadata, Position, StreamId, Timestamp, Version,
    projection::{Fold, Rows},
    store::{Column, ColumnKind, ReadModelTable},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counter {
    pub(crate) id: Option<String>,
    pub(crate) count: u64,
}

/// An event about the counter of this name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Add(&'static str),
    Remove(&'static str),
    Ignore(&'static str),
    /// An event about a counter without a name.
    Nameless,
    /// An event about no counter.
    Other,
    /// The fold returns a row with another name.
    Rename(&'static str),
}

use Event::{Add, Ignore, Nameless, Other, Remove, Rename};

impl ReadModel for Counter {
    type Key = Option<String>;

    const TABLE: &'static str = "counters";
    const VERSION: u32 = 1;
    const PARTITIONS: u32 = 1;

    fn table() -> ReadModelTable {
        let column = |name: &str, kind, key| Column { name: name.to_owned(), kind, nullable: false, key };
        let columns = vec![column("id", ColumnKind::Text, true), column("count", ColumnKind::Numeric, false)];
        ReadModelTable { name: "counters".to_owned(), columns, owned_by_application: false }
    }

    fn row_key(&self) -> Option<String> {
        self.id.clone()
    }
}

impl Fold<Event> for Counter {
    fn key(event: &Recorded<Event>) -> Option<Option<String>> {
        match event.event {
            Add(id) | Remove(id) | Ignore(id) | Rename(id) => Some(Some(id.to_owned())),
            Nameless => Some(None),
            Other => None,
        }
    }

    fn fold(row: Option<Self>, event: &Recorded<Event>) -> Change<Self> {
        match event.event {
            Add(id) => {
                let count = row.map_or(0, |row| row.count) + 1;
                Change::Put(Self { id: Some(id.to_owned()), count })
            }
            Remove(_) => Change::Delete,
            Rename(_) => Change::Put(Self { id: Some("other".to_owned()), count: 0 }),
            Ignore(_) | Nameless | Other => Change::Keep,
        }
    }
}

pub(crate) fn recorded(events: &[Event]) -> Vec<Recorded<Event>> {
    let record = |(event, number): (&Event, u64)| {
        let context = EventContext {
            stream: StreamId::new("counter", "1").expect("a stream"),
            version: Version::new(number),
            position: Position::new(number),
            id: EventId::new(),
            event_type: "counter.counted".into(),
            schema_version: 1,
            metadata: Metadata::default(),
            recorded_at: Timestamp::now(),
        };
        Recorded { context, event: *event }
    };
    events.iter().zip(1..).map(record).collect()
}

pub(crate) fn keys() -> Keys {
    Keys::of(Counter::table())
}

pub(crate) fn raw(json: &[&str]) -> Vec<Box<RawValue>> {
    json.iter().map(|json| RawValue::from_string((*json).to_owned()).expect("JSON")).collect()
}

pub(crate) fn texts(raw: &[Box<RawValue>]) -> Vec<&str> {
    raw.iter().map(|raw| raw.get()).collect()
}

/// The keys that are queried, the rows that are put, and the rows that are deleted.
type Outcome = (Vec<String>, Vec<String>, Vec<String>);

/// Folds these events when the table holds these rows.
fn folded(rows: &[&str], events: &[Event]) -> Result<Outcome, String> {
    let (events, keys) = (recorded(events), keys());
    let fold = || {
        let mut batch = Batch::<Counter>::of(&events, None, &keys)?;
        let queried = batch.unknown(&keys)?;
        batch.load(&raw(rows), &keys)?;
        for range in batch.ranges(&keys) {
            batch.fold(&events, range, &keys)?;
        }
        Ok((queried, batch.changes(&keys)?))
    };
    let owned = |raw: &[Box<RawValue>]| texts(raw).into_iter().map(str::to_owned).collect();
    fold()
        .map(|(queried, Changes { puts, deletes })| (owned(&queried), owned(&puts), owned(&deletes)))
        .map_err(|error: ProjectionError| error.to_string())
}

const NONE: [&str; 0] = [];

#[test]
fn a_batch_queries_each_key_once_in_order_and_writes_each_row_once_in_the_order_of_the_events() {
    let events = [Add("b"), Add("a"), Other, Add("b"), Ignore("c"), Add("b")];
    let (queried, puts, deletes) = folded(&[r#"{"id":"b","count":7}"#], &events).expect("folds");
    assert_eq!(queried, [r#"{"id":"a"}"#, r#"{"id":"b"}"#, r#"{"id":"c"}"#]);
    assert_eq!(puts, [r#"{"id":"b","count":10}"#, r#"{"id":"a","count":1}"#]);
    assert_eq!(deletes, NONE);
}

#[test]
fn a_row_that_is_deleted_and_put_again_in_one_batch_is_put() {
    let (_, puts, deletes) =
        folded(&[r#"{"id":"a","count":7}"#], &[Add("a"), Remove("a"), Add("a")]).expect("folds");
    assert_eq!((puts, deletes.len()), (vec![r#"{"id":"a","count":1}"#.to_owned()], 0));
}

#[test]
fn a_row_that_is_deleted_last_is_deleted_if_it_existed() {
    let events = [Add("a"), Remove("a"), Add("b"), Remove("b"), Remove("c")];
    let (_, puts, deletes) = folded(&[r#"{"id":"a","count":7}"#], &events).expect("folds");
    assert_eq!(puts, NONE);
    assert_eq!(deletes, [r#"{"id":"a"}"#]);
}

#[test]
fn an_unchanged_row_is_not_written() {
    let (_, puts, deletes) =
        folded(&[r#"{"id":"a","count":7}"#], &[Ignore("a"), Ignore("b")]).expect("folds");
    assert_eq!((puts.len(), deletes.len()), (0, 0));
}

#[test]
fn an_event_that_keeps_a_row_does_not_delete_it() {
    let (_, puts, _) = folded(&[r#"{"id":"a","count":7}"#], &[Ignore("a"), Add("a")]).expect("folds");
    assert_eq!(puts, [r#"{"id":"a","count":8}"#]);
}

#[test]
fn a_row_with_another_key_than_that_of_the_event_is_an_error_that_names_both() {
    let error = folded(&[], &[Add("a"), Rename("a"), Add("a")]).expect_err("two keys");
    let expected = "read model `counters`: for `counter.counted` v1 at counter/1 version 2 (position 2), the fold \
                    returns a row with the key \"other\", but the key of the event is \"a\": both must be the same";
    assert_eq!(error, expected);
}

#[test]
fn a_key_that_is_null_is_an_error_that_names_the_event() {
    let error = folded(&[], &[Add("a"), Nameless]).expect_err("null");
    let expected = "cannot fold `counter.counted` v1 at counter/1 version 2 (position 2): read model `counters`: \
                    the key null holds a null";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_table_that_returns_another_key_or_an_invalid_row_is_an_error() {
    let error = folded(&[r#"{"id":"A","count":7}"#], &[Add("a")]).expect_err("another key");
    assert!(error.contains("the key \"A\", which was not queried"), "{error}");
    let error = folded(&[r#"{"id":"a"}"#], &[Add("a")]).expect_err("no count");
    assert!(error.contains("a row of the table: ") && error.contains("missing field `count`"), "{error}");
}

#[test]
fn rows_in_memory_equal_the_rows_of_a_table() {
    let mut rows = Rows::<Counter>::new();
    for event in recorded(&[Add("b"), Add("a"), Ignore("b"), Add("b"), Add("c"), Remove("c"), Other]) {
        rows.apply(&event).expect("folds");
    }
    let row = |id: &str, count| Counter { id: Some(id.to_owned()), count };
    assert_eq!(rows.get(&Some("b".to_owned())), Some(&row("b", 2)));
    assert_eq!(rows.get(&Some("c".to_owned())), None);
    assert_eq!((rows.len(), rows.is_empty()), (2, false));
    assert!(rows.apply(&recorded(&[Rename("a")])[0]).is_err());
    assert_eq!(rows.iter().cloned().collect::<Vec<_>>(), [row("a", 1), row("b", 2)]);
    assert_eq!(rows.into_iter().map(|row| row.count).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_row_that_a_store_may_change_is_folded_once_before_it_is_written() {
    let ranges = |owned_by_application: bool| {
        let keys = Keys::of(ReadModelTable { owned_by_application, ..Counter::table() });
        let events = recorded(&[Add("a"), Add("b"), Add("a"), Add("a"), Add("c")]);
        Batch::<Counter>::of(&events, None, &keys).ok().map(|batch| batch.ranges(&keys))
    };
    assert_eq!(ranges(true), Some(vec![0..2, 2..3, 3..5]));
    let whole = 0..5;
    assert_eq!(ranges(false), Some(vec![whole]), "it returns the rows that were written");
}
