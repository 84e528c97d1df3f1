//! Stores that read histories wrongly.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use async_trait::async_trait;
use eventsource::{
    EventContext, EventId, Metadata, Position, RecordedEvent, StreamId, Timestamp, Version,
    store::{HistoryVisitor, StoreError},
};
use tokio::task::yield_now;

use crate::{
    broken::{Asked, Defect, History, None},
    verdict::rejected,
};

rejected! {
    a_store_that_makes_up_an_event_to_hand_out: Handed(|history| {
        if history.events.is_empty() {
            history.events.push(made_up(&history.stream, history.after.next()));
        }
    }) => [
        a_stream_without_events_has_an_empty_history,
    ],
    a_store_that_hands_out_the_event_of_the_version_given: Handed(|history| {
        if history.after > Version::EMPTY {
            history.events.insert(0, made_up(&history.stream, history.after));
        }
    }) => [
        a_history_equals_the_stream_read_after_a_version,
        a_history_has_all_events_acknowledged_before_the_read,
    ],
    a_store_that_hands_out_the_newest_event_first: Handed(|history| history.events.reverse()) => [
        a_history_equals_the_stream_read_after_a_version,
        a_history_of_any_length_is_read_to_its_end,
        a_history_ends_where_the_visitor_stops,
    ],
    a_store_that_hands_out_other_payloads: Handed(|history| {
        history.events.iter_mut().for_each(|event| event.event = "{}".into());
    }) => [
        a_history_equals_the_stream_read_after_a_version,
    ],
    a_store_that_hands_out_a_thousand_events_at_most: Handed(|history| history.events.truncate(1_000)) => [
        a_history_of_any_length_is_read_to_its_end,
    ],
    a_store_that_hands_out_the_last_event_of_a_page_twice: Handed(|history| {
        if let Some(last) = history.events.get(999).cloned() {
            history.events.insert(1_000, last);
        }
    }) => [
        a_history_of_any_length_is_read_to_its_end,
    ],
    a_store_that_continues_after_the_visitor_stops: GoesOn => [
        a_history_ends_where_the_visitor_stops,
    ],
    a_store_that_takes_an_end_for_a_failure: Fails => [
        a_history_ends_where_the_visitor_stops,
    ],
    a_store_that_reads_histories_from_a_replica: Handed(|history| drop(history.events.pop())) => [
        a_history_has_all_events_acknowledged_before_the_read,
    ],
    a_store_that_mixes_up_concurrent_histories: MixesUp::default() => [
        concurrent_histories_do_not_affect_each_other,
    ],
    a_store_that_swallows_a_panic: SwallowsPanics => [
        a_panic_of_the_visitor_leaves_the_store_usable,
    ],
    a_store_that_is_locked_by_a_panic: Locked::default() => [
        a_panic_of_the_visitor_leaves_the_store_usable,
    ],
}

fn made_up(stream: &StreamId, version: Version) -> RecordedEvent {
    let context = EventContext {
        stream: stream.clone(),
        version,
        position: Position::new(1),
        id: EventId::new(),
        event_type: "made.up".into(),
        schema_version: 1,
        metadata: Metadata::new(),
        recorded_at: Timestamp::now(),
    };
    RecordedEvent { context, event: "{}".into() }
}

/// Passes other events to the visitor.
struct Handed(fn(&mut History));

#[async_trait]
impl Defect for Handed {
    async fn hand_out(&self, mut history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        (self.0)(&mut history);
        None.hand_out(history, visitor).await
    }
}

struct GoesOn;

#[async_trait]
impl Defect for GoesOn {
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        for event in &history.events {
            let _ = visitor(event.context.version, event.stored());
        }
        Ok(())
    }
}

struct Fails;

#[async_trait]
impl Defect for Fails {
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        let handed =
            history.events.iter().try_for_each(|event| visitor(event.context.version, event.stored()));
        let failed = StoreError::Backend { action: "reading a stream", source: "the visitor stopped".into() };
        if handed.is_break() { Err(failed) } else { Ok(()) }
    }
}

/// Passes the events of the most recent request.
#[derive(Default)]
struct MixesUp(Mutex<Vec<RecordedEvent>>);

#[async_trait]
impl Defect for MixesUp {
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        self.0.lock().expect("no panic").clone_from(&history.events);
        yield_now().await;
        let events = self.0.lock().expect("no panic").clone();
        None.hand_out(History { events, ..history }, visitor).await
    }
}

struct SwallowsPanics;

#[async_trait]
impl Defect for SwallowsPanics {
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        let hand_out =
            || history.events.iter().try_for_each(|event| visitor(event.context.version, event.stored()));
        let _ = catch_unwind(AssertUnwindSafe(hand_out));
        Ok(())
    }
}

/// Reads no more history once a visitor has panicked.
#[derive(Default)]
struct Locked(Mutex<()>);

#[async_trait]
impl Defect for Locked {
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        let Ok(_locked) = self.0.lock() else {
            return Ok(());
        };
        let _ = history.events.iter().try_for_each(|event| visitor(event.context.version, event.stored()));
        Ok(())
    }
}
