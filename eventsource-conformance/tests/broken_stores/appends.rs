//! Stores that write something other than the given events, or return receipts for something else.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use eventsource::{
    EventId, MemoryStore, Metadata, Position, StreamId, Timestamp, Version,
    store::{Append, EventStore, ExpectedVersion, InvalidAppend, NewEvent, StreamAppend},
};
use serde_json::value::RawValue;

use crate::{
    broken::{Answered, Appended, Defect, Given, Kept, expect_any, parts_of},
    verdict::rejected,
};

rejected! {
    a_store_that_refuses_appends_without_events: RefusesEmpty => [
        one_of_the_mutually_exclusive_commands_of_one_program_is_accepted,
        a_command_without_events_gets_the_current_version_and_position,
        an_empty_append_gets_the_current_version_and_position,
        an_empty_append_to_an_empty_stream_gets_version_zero_at_the_start,
        a_command_is_handled_on_the_events_of_the_commands_before_it_as_they_are_read_back,
    ],
    a_store_that_appends_a_placeholder_for_nothing: Given(|append| {
        for part in append.streams.iter_mut().filter(|part| part.events.is_empty()) {
            part.events.push(placeholder());
        }
    }) => [
        an_empty_append_gets_the_current_version_and_position,
        an_empty_append_to_an_empty_stream_gets_version_zero_at_the_start,
        a_command_whose_events_the_older_version_cannot_express_appends_nothing,
        the_newest_version_is_read_by_a_program_that_writes_an_older_one,
    ],
    a_store_that_writes_several_streams_one_by_one: OneByOne => [
        a_conflict_on_one_aggregate_has_all_commands_handled_again,
        a_key_used_on_some_of_the_streams_only_is_refused,
    ],
    a_store_that_writes_the_first_stream_only: Given(|append| append.streams.truncate(1)) => [
        an_append_that_names_a_stream_twice_is_refused,
        an_append_with_one_event_id_twice_is_refused,
    ],
    a_store_that_reverses_batches: Given(|append| {
        append.streams.iter_mut().for_each(|part| part.events.reverse());
    }) => [
        a_batch_is_read_back_in_the_order_it_was_given,
        an_event_id_may_be_any_uuid,
        a_check_of_all_events_finds_every_fault,
        an_event_is_stored_in_the_older_version_that_the_program_writes,
    ],
    a_store_that_sorts_batches_by_event_id: Given(|append| {
        append.streams.iter_mut().for_each(|part| part.events.sort_by_key(|event| event.id));
    }) => [
        a_batch_is_read_back_in_the_order_it_was_given,
        an_undecodable_event_ends_a_history_with_an_error,
        an_event_id_may_be_any_uuid,
    ],
    a_store_that_truncates_batches: Given(|append| {
        append.streams.iter_mut().for_each(|part| part.events.truncate(1_000));
    }) => [
        a_batch_of_ten_thousand_events_is_stored_whole,
        ten_thousand_events_are_loaded_and_replayed_to_the_last,
    ],
    a_store_that_takes_100_streams_at_most: Given(|append| append.streams.truncate(100)) => [
        five_hundred_streams_fit_in_one_append,
    ],
    a_store_that_gives_the_receipt_of_the_first_event: Answered(|append, appended| {
        let mut receipts = appended?;
        for (receipt, part) in receipts.iter_mut().zip(&append.streams).filter(|(receipt, _)| !receipt.repeated) {
            let before = part.events.len().saturating_sub(1) as u64;
            receipt.version = Version::new(receipt.version.get() - before);
            receipt.position = Position::new(receipt.position.get() - before);
        }
        Ok(receipts)
    }) => [
        an_empty_append_gets_the_current_version_and_position,
        append_with_the_current_version_is_accepted,
    ],
    a_store_that_gives_receipts_in_alphabetical_order: Answered(|_, appended| {
        let mut receipts = appended?;
        receipts.sort_by(|a, b| a.stream.cmp(&b.stream));
        Ok(receipts)
    }) => [
        commands_on_several_aggregates_are_recorded_as_one,
        a_key_holds_for_all_streams_of_its_append,
        receipts_come_in_the_order_of_the_streams_given,
    ],
    a_store_that_gives_one_receipt_for_all: Answered(|_, appended| {
        let mut receipts = appended?;
        receipts.truncate(1);
        Ok(receipts)
    }) => [
        commands_on_several_aggregates_are_recorded_as_one,
        a_command_is_handled_on_the_state_left_by_the_commands_before_it,
    ],
    a_store_that_gives_the_position_of_another_event: Answered(|_, appended| {
        let mut receipts = appended?;
        receipts.iter_mut().for_each(|receipt| receipt.position = Position::new(receipt.position.get() + 1));
        Ok(receipts)
    }) => [
        an_empty_append_to_an_empty_stream_gets_version_zero_at_the_start,
        an_aggregate_is_loaded_as_of_a_position,
    ],
    a_store_that_numbers_with_gaps: Kept(|event| {
        let version = event.context.version.get();
        event.context.version = Version::new(version + version / 3);
    }) => [
        the_past_is_folded_from_the_events_and_not_from_a_snapshot,
        a_command_does_not_fail_with_its_snapshot,
        a_batch_is_numbered_from_the_version_of_the_stream_without_gaps,
        a_stream_reads_without_the_events_of_others,
    ],
    a_store_that_counts_versions_from_zero: Kept(|event| {
        event.context.version = Version::new(event.context.version.get() - 1);
    }) => [
        append_expecting_no_stream_is_accepted_on_an_empty_one,
        an_undecodable_event_ends_a_history_with_an_error,
    ],
    a_store_that_takes_the_version_for_the_position: Kept(|event| {
        event.context.position = Position::new(event.context.version.get());
    }) => [
        an_aggregate_is_loaded_as_of_a_position,
        a_page_with_room_left_is_at_the_head,
    ],
    a_store_that_stamps_events_when_they_are_read: Kept(|event| {
        event.context.recorded_at = Timestamp::now();
    }) => [
        an_aggregate_is_loaded_as_of_a_time,
        a_history_has_the_events_with_their_context,
    ],
    a_store_without_a_clock: Kept(|event| {
        event.context.recorded_at = Timestamp::from_microsecond(0).expect("a time");
    }) => [
        an_event_is_stamped_with_the_time_once,
    ],
    a_store_that_changes_what_it_cannot_store: Given(make_do) => [
        a_schema_version_that_cannot_be_stored_is_refused,
        an_idempotency_key_that_cannot_be_stored_is_refused,
        an_append_that_names_no_stream_is_refused,
        an_append_that_names_a_stream_twice_is_refused,
        an_append_with_one_event_id_twice_is_refused,
    ],
    a_store_that_looks_up_the_key_before_it_validates_the_append: KeyFirst => [
        an_invalid_append_is_refused_before_anything_else_is_checked,
    ],
    a_store_that_loses_every_tenth_append: LosesSome::default() => [
        commands_of_one_program_on_one_aggregate_do_not_conflict,
        forty_concurrent_commands_on_one_aggregate_all_count,
        a_command_does_not_fail_with_its_snapshot,
        positions_increase_from_one_append_to_the_next,
    ],
}

fn placeholder() -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: "placeholder".into(),
        schema_version: 1,
        payload: RawValue::NULL.to_owned(),
        metadata: Metadata::new(),
    }
}

struct RefusesEmpty;

#[async_trait]
impl Defect for RefusesEmpty {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if append.streams.iter().all(|part| part.events.is_empty()) && !append.streams.is_empty() {
            return Err(InvalidAppend::NoStreams.into());
        }
        store.append(append).await
    }
}

struct OneByOne;

#[async_trait]
impl Defect for OneByOne {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        append.validate()?;
        let mut receipts = Vec::new();
        for part in parts_of(append) {
            receipts.extend(store.append(part).await?);
        }
        Ok(receipts)
    }
}

struct KeyFirst;

#[async_trait]
impl Defect for KeyFirst {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if let (Some(key), [only]) = (&append.idempotency_key, &append.streams[..])
            && let Some(receipt) = store.find_receipt(&only.stream, key).await?
        {
            return Ok(vec![receipt]);
        }
        store.append(append).await
    }
}

/// Acknowledges some appends without storing them.
#[derive(Default)]
struct LosesSome(AtomicU64);

#[async_trait]
impl Defect for LosesSome {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if self.0.fetch_add(1, Ordering::SeqCst) % 10 != 9 {
            return store.append(append).await;
        }
        let dry = MemoryStore::new();
        let mut only = append;
        expect_any(&mut only);
        dry.append(only).await
    }
}

/// Turns an invalid append into a valid one.
fn make_do(append: &mut Append) {
    let fit = |text: &str, max: usize| match text.replace('\0', "").chars().take(max).collect::<String>() {
        empty if empty.is_empty() => "-".to_owned(),
        text => text,
    };
    if append.validate().is_ok() {
        return;
    }
    append.idempotency_key = append.idempotency_key.as_deref().map(|key| fit(key, Append::MAX_KEY_BYTES));
    let mut streams = HashSet::new();
    append.streams.retain(|part| streams.insert(part.stream.clone()));
    let mut ids = HashSet::new();
    for event in append.streams.iter_mut().flat_map(|part| &mut part.events) {
        if !ids.insert(event.id) {
            event.id = EventId::new();
        }
        event.event_type = fit(&event.event_type, Append::MAX_TYPE_BYTES).into();
        event.schema_version = event.schema_version.clamp(1, i32::MAX.cast_unsigned());
        let is_too_deep = serde_json::from_str::<serde_json::Value>(event.payload.get()).is_err();
        if is_too_deep || event.payload.get().len() > Append::MAX_JSON_BYTES {
            event.payload = RawValue::NULL.to_owned();
        }
        event.metadata = Metadata::new();
    }
    if append.streams.is_empty() {
        let stream = StreamId::new("no", "stream").expect("valid");
        let expected = ExpectedVersion::Any;
        append.streams = vec![StreamAppend { stream, expected, events: Vec::new() }];
    }
}
