//! Helpers of the tests: the store with short queries, and made-up streams and events.

mod at_work;
mod concurrent;
mod disturbed;
mod letters;
mod lockers;
mod messages;
mod neighbours;
mod policies;
mod processes;
mod reactions;
mod read_models;
mod reader;
mod screens;
mod scripted;
mod shipments;
mod store;
mod tally;
mod totals;

use std::borrow::Cow;

use eventsource::{
    EventId, Metadata, RecordedEvent, StreamId, Timestamp, Version,
    store::{ExpectedVersion, NewEvent},
};
use serde_json::value::RawValue;

/// Runs a future that must complete without waiting for another task.
pub(crate) use crate::waiting::in_time as at_once;
/// Repeats a query until it returns a value, for what a correct store does soon, but not immediately.
pub(crate) use crate::waiting::wait_for as eventually;

pub(crate) use at_work::{
    Program, add_at_once, added, assert_complete, called, crashed, ended, first_parked, impatient, included,
    is, letters, options, races, seen, started, started_with, status, total_of, totals,
};
pub(crate) use concurrent::{Chance, all, polled, race};
pub(crate) use disturbed::{Disturbance, Disturbed};
pub(crate) use letters::{Letters, Printing};
pub(crate) use lockers::{Contracted, Expanded, Locker, LockerNotes, Record, Show, Shown, locker};
pub(crate) use messages::{Lamp, Payment, Payments, Switches, payment, switch};
pub(crate) use neighbours::{NEIGHBOURS, among_neighbours, is_neighbour};
pub(crate) use policies::{Reacting, copied};
pub(crate) use processes::{
    AGAIN, BROKEN_FOLD, CANCEL_A, CANCELS_B, CONTINUE, Deal, DealEvent, EVERY, IMPURE, NO_ID, PLAIN,
    REFUSED_ID, START, STRICT, STUBBORN, TIMER_A, TIMER_B, TIMER_EVERY, TIMER_LAST, TIMER_UNLUCKY, TWICE,
    when_unlucky,
};
pub(crate) use reactions::{at, ignoring, last_step, message, set, step, timer, timer_id};
pub(crate) use read_models::{
    INSTANT, LONG, REBUILD, ReadModels, accounts, balances, column, definition, every_parked, key,
    new_worker, parked, raw, row, row_key, table, value,
};
pub(crate) use reader::Reader;
pub(crate) use screens::{CLEARED, Pile, Screen, UNSEEN};
pub(crate) use scripted::{Behaviour, FAULT, Gate, Switch};
use scripted::{Scripted, done};
pub(crate) use shipments::{Delivered, Notices, Shipment, Shipments, notices, releases, shipment, stream_of};
pub(crate) use store::{Conflict, Store, part, retried_on_conflict, several};
pub(crate) use tally::{Add, AlreadyClosed, Close, Tally, TallyEvent, add, close, tally};
pub(crate) use totals::{Calls, Letter, Mails, Total, Totals, UNLUCKY, is_unlucky};

/// A stream with this id.
pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::new("conformance", id).expect("a valid id")
}

/// Expects exactly this version of a stream.
pub(crate) fn exactly(version: u64) -> ExpectedVersion {
    ExpectedVersion::Exact(Version::new(version))
}

/// One event with this payload, byte for byte.
pub(crate) fn event(payload: &str) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: Cow::Borrowed("conformance.happened"),
        schema_version: 1,
        payload: RawValue::from_string(payload.to_owned()).expect("the payload is JSON"),
        metadata: Metadata::new(),
    }
}

/// This many events, distinguished by their payloads.
pub(crate) fn events(count: usize) -> Vec<NewEvent> {
    (1..=count).map(|n| event(&format!("{{\"n\":{n}}}"))).collect()
}

/// Distinct times over the whole supported range: the first and the last ones, some around 1970, and many between.
pub(crate) fn some_times() -> Vec<Timestamp> {
    let (first, last) = (Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond());
    let mut times = vec![first, first + 1, first + 1_000_000, -1_000_001, -1_000_000, -1, 0, 1, 999_999];
    times.extend([-7_199_999_999, -1_000_000, -1, 0].map(|before| last + before));
    // Steps of an irrational part of the range (the golden ratio) spread the times evenly over it.
    let (mut time, step) = (first, (last / 1_618_034 - first / 1_618_034) * 1_000_003);
    for _ in 0..300 {
        time = first + (time - first + step) % (last - first);
        times.push(time);
    }
    let time = |time| Timestamp::from_microsecond(time).expect("it is between the first and the last");
    times.into_iter().map(time).collect()
}

/// The versions of events, as numbers.
pub(crate) fn versions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.context.version.get()).collect()
}

/// The ids of events.
pub(crate) fn ids(events: &[RecordedEvent]) -> Vec<EventId> {
    events.iter().map(|event| event.context.id).collect()
}

/// Asserts that an event was stored unchanged in every part.
#[track_caller]
pub(crate) fn assert_kept(kept: &RecordedEvent, given: &NewEvent) {
    assert_eq!(kept.context.id, given.id, "the event id");
    assert_eq!(*kept.context.event_type, *given.event_type, "the event type");
    assert_eq!(kept.context.schema_version, given.schema_version, "the schema version");
    assert_eq!(kept.context.metadata, given.metadata, "the metadata");
    assert_same_text(kept.payload(), given.payload.get());
}

/// Like `assert_eq`, without printing megabytes.
#[track_caller]
pub(crate) fn assert_same_text(kept: &str, given: &str) {
    if kept != given {
        let differs = kept.bytes().zip(given.bytes()).take_while(|(kept, given)| kept == given).count();
        let excerpt = |text: &str| {
            String::from_utf8_lossy(
                &text.as_bytes()[differs.saturating_sub(20)..text.len().min(differs + 40)],
            )
            .into_owned()
        };
        panic!(
            "the text differs from byte {differs} on: kept {} bytes with {:?}, given {} bytes with {:?}",
            kept.len(),
            excerpt(kept),
            given.len(),
            excerpt(given),
        );
    }
}
