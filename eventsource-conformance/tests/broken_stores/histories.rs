//! Stores that hand out the events of a stream badly.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use async_trait::async_trait;
use eventsource_core::{
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
        of_a_stream_without_events_nothing_is_handed_out,
    ],
    a_store_that_hands_out_the_event_of_the_version_given: Handed(|history| {
        if history.after > Version::EMPTY {
            history.events.insert(0, made_up(&history.stream, history.after));
        }
    }) => [
        a_history_is_what_is_read_of_the_stream_after_a_version,
        a_history_has_what_was_acknowledged_before_it_was_asked_for,
    ],
    a_store_that_hands_out_the_newest_event_first: Handed(|history| history.events.reverse()) => [
        a_history_is_what_is_read_of_the_stream_after_a_version,
        a_history_of_any_length_is_handed_out_to_its_end,
        a_history_ends_where_it_is_broken_off,
    ],
    a_store_that_hands_out_other_payloads: Handed(|history| {
        history.events.iter_mut().for_each(|event| event.event = "{}".into());
    }) => [
        a_history_is_what_is_read_of_the_stream_after_a_version,
    ],
    a_store_that_hands_out_a_thousand_events_at_most: Handed(|history| history.events.truncate(1_000)) => [
        a_history_of_any_length_is_handed_out_to_its_end,
    ],
    a_store_that_hands_out_the_last_event_of_a_page_twice: Handed(|history| {
        if let Some(last) = history.events.get(999).cloned() {
            history.events.insert(1_000, last);
        }
    }) => [
        a_history_of_any_length_is_handed_out_to_its_end,
    ],
    a_store_that_goes_on_though_it_is_told_to_end: GoesOn => [
        a_history_ends_where_it_is_broken_off,
    ],
    a_store_that_takes_an_end_for_a_failure: Fails => [
        a_history_ends_where_it_is_broken_off,
    ],
    a_store_that_hands_out_what_a_replica_has: Handed(|history| drop(history.events.pop())) => [
        a_history_has_what_was_acknowledged_before_it_was_asked_for,
    ],
    a_store_that_mixes_up_histories_at_once: MixesUp::default() => [
        each_of_many_histories_at_once_is_what_it_would_be_alone,
    ],
    a_store_that_keeps_a_panic_to_itself: KeepsQuiet => [
        a_panic_of_who_is_handed_a_history_leaves_the_store_usable,
    ],
    a_store_that_is_locked_by_a_panic: Locked::default() => [
        a_panic_of_who_is_handed_a_history_leaves_the_store_usable,
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

/// Hands out something else.
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
            let _ = visitor(event.version, event.stored());
        }
        Ok(())
    }
}

struct Fails;

#[async_trait]
impl Defect for Fails {
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        let handed = history.events.iter().try_for_each(|event| visitor(event.version, event.stored()));
        let failed = StoreError::Backend { action: "reading a stream", source: "it was told to end".into() };
        if handed.is_break() { Err(failed) } else { Ok(()) }
    }
}

/// Hands out what was asked for last.
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

struct KeepsQuiet;

#[async_trait]
impl Defect for KeepsQuiet {
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        let hand_out = || history.events.iter().try_for_each(|event| visitor(event.version, event.stored()));
        let _ = catch_unwind(AssertUnwindSafe(hand_out));
        Ok(())
    }
}

/// Hands out nothing more once somebody has panicked.
#[derive(Default)]
struct Locked(Mutex<()>);

#[async_trait]
impl Defect for Locked {
    async fn hand_out(&self, history: History, visitor: &mut HistoryVisitor<'_>) -> Asked<()> {
        let Ok(_locked) = self.0.lock() else {
            return Ok(());
        };
        let _ = history.events.iter().try_for_each(|event| visitor(event.version, event.stored()));
        Ok(())
    }
}
