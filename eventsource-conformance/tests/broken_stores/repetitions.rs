//! Stores that do not recognise a repeated append correctly by its event ids.

use std::{collections::HashSet, sync::Mutex};

use async_trait::async_trait;
use eventsource::{
    EventId, MemoryStore, Position, StreamId, Version,
    store::{Append, AppendError, EventStore, ExpectedVersion, InvalidAppend, Receipt, StreamAppend},
};

use crate::{
    broken::{Answered, Appended, Defect, Given, Kept, is_stored, version_of, whole_log, yield_to_others},
    verdict::rejected,
};

rejected! {
    a_store_that_gives_events_ids_of_its_own: Given(|append| {
        append.streams.iter_mut().flat_map(|part| &mut part.events).for_each(|event| event.id = EventId::new());
    }) => [
        a_command_whose_append_was_lost_is_appended_again,
        an_append_with_one_event_id_twice_is_refused,
    ],
    a_store_that_keeps_half_of_an_event_id: Kept(|event| {
        let half = event.context.id.as_uuid().as_u128() >> 64 << 64;
        event.context.id = uuid::Uuid::from_u128(half).into();
    }) => [
        a_batch_is_read_back_in_the_order_it_was_given,
        several_streams_are_appended_as_one,
    ],
    a_store_that_takes_a_repetition_for_a_conflict: NoRepetitions => [
        a_command_whose_answer_was_lost_counts_once,
        a_command_whose_append_was_lost_is_appended_again,
    ],
    a_store_that_refuses_a_repetition: RefusesRepetitions => [
        a_command_whose_answer_was_lost_counts_once,
        a_command_whose_append_was_lost_is_appended_again,
    ],
    a_store_that_recognises_a_repetition_by_its_last_event: LastId => [
        event_ids_that_are_stored_only_in_part_are_refused,
        a_failed_append_does_not_hold_the_horizon_back,
    ],
    a_store_that_recognises_a_repetition_by_its_first_event: FirstId => [
        a_first_append_can_be_repeated,
        an_invalid_append_is_refused_before_anything_else_is_checked,
    ],
    a_store_that_recognises_repetitions_only_where_the_version_does_not_fit: OnlyWhereItDoesNotFit => [
        stored_event_ids_are_recognised_under_another_expectation,
    ],
    a_store_that_recognises_repetitions_in_any_stream: AnyStream => [
        a_repetition_is_recognised_even_with_a_stream_without_new_events,
        an_event_id_of_another_stream_is_refused,
        event_ids_that_have_changed_streams_are_refused,
    ],
    a_store_that_makes_new_ids_for_used_ones: NewForUsed => [
        event_ids_that_have_changed_streams_are_refused,
        a_failed_append_does_not_hold_the_horizon_back,
    ],
    a_store_that_remembers_ids_of_what_it_did_not_store: RemembersConflicts::default() => [
        event_ids_that_are_stored_only_in_part_are_refused,
        a_conflicting_append_can_be_repeated_later_under_the_same_event_ids,
    ],
    a_store_that_gives_the_newest_receipt_to_a_repetition: NewestReceipt => [
        a_repeated_append_is_recognised_after_later_appends,
        a_repeated_append_to_several_streams_gets_the_first_receipts,
        a_repeated_key_gets_the_first_receipt_and_stores_nothing,
    ],
    a_store_that_does_not_say_that_it_repeats: Answered(|_, appended| {
        let mut receipts = appended?;
        receipts.iter_mut().for_each(|receipt| receipt.repeated = false);
        Ok(receipts)
    }) => [
        a_command_whose_answer_was_lost_counts_once,
        a_used_key_takes_precedence_over_the_version,
    ],
    a_store_that_always_says_that_it_repeats: Answered(|_, appended| {
        let mut receipts = appended?;
        receipts.iter_mut().for_each(|receipt| receipt.repeated = true);
        Ok(receipts)
    }) => [
        a_key_of_a_command_is_free_for_other_aggregates,
        a_key_is_free_on_other_streams,
    ],
    a_store_that_looks_up_the_ids_before_it_appends: IdsThenAppend => [
        an_append_that_is_repeated_concurrently_happens_once,
    ],
}

fn ids(append: &Append) -> impl Iterator<Item = EventId> {
    append.streams.iter().flat_map(|part| &part.events).map(|event| event.id)
}

/// Whether all of this append is stored already.
async fn happened(store: &MemoryStore, append: &Append) -> bool {
    let log = whole_log(store).await;
    let stored = |part: &StreamAppend| {
        part.events
            .iter()
            .all(|event| log.iter().any(|it| it.context.id == event.id && it.context.stream == part.stream))
    };
    ids(append).next().is_some() && append.streams.iter().all(stored)
}

async fn conflict(store: &MemoryStore, append: &Append) -> AppendError {
    let part = &append.streams[0];
    let actual = version_of(store, &part.stream).await;
    AppendError::Conflict { stream: part.stream.clone(), expected: part.expected, actual }
}

struct NoRepetitions;

#[async_trait]
impl Defect for NoRepetitions {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        match append.idempotency_key.is_none() && happened(store, &append).await {
            true => Err(conflict(store, &append).await),
            false => store.append(append).await,
        }
    }
}

struct RefusesRepetitions;

#[async_trait]
impl Defect for RefusesRepetitions {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if append.idempotency_key.is_none() && happened(store, &append).await {
            let id = ids(&append).next().expect("it has events");
            return Err(InvalidAppend::UsedEventId { stream: append.streams[0].stream.clone(), id }.into());
        }
        store.append(append).await
    }
}

/// The receipt of a stored event, as of an append to its stream.
async fn receipt_of(store: &MemoryStore, stream: &StreamId, id: EventId) -> Option<Receipt> {
    let log = whole_log(store).await;
    let event = log.iter().find(|event| event.context.id == id && event.context.stream == *stream)?;
    let (version, position) = (event.context.version, event.context.position);
    Some(Receipt { stream: stream.clone(), version, position, repeated: true, request: None })
}

struct LastId;

#[async_trait]
impl Defect for LastId {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if let [only] = &append.streams[..]
            && let Some(last) = only.events.last()
            && let Some(receipt) = receipt_of(store, &only.stream, last.id).await
        {
            append.validate()?;
            return Ok(vec![receipt]);
        }
        store.append(append).await
    }
}

struct FirstId;

#[async_trait]
impl Defect for FirstId {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let log = whole_log(store).await;
        let mut receipts = Vec::new();
        for part in &append.streams {
            let Some(first) = part.events.first().filter(|event| is_stored(&log, event.id)) else { break };
            receipts.extend(receipt_of(store, &part.stream, first.id).await);
        }
        if receipts.is_empty() { store.append(append).await } else { Ok(receipts) }
    }
}

struct OnlyWhereItDoesNotFit;

#[async_trait]
impl Defect for OnlyWhereItDoesNotFit {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if let [only] = &append.streams[..]
            && let ExpectedVersion::Exact(_) = only.expected
            && only.expected.allows(version_of(store, &only.stream).await)
            && happened(store, &append).await
        {
            let id = only.events[0].id;
            return Err(InvalidAppend::UsedEventId { stream: only.stream.clone(), id }.into());
        }
        store.append(append).await
    }
}

struct AnyStream;

#[async_trait]
impl Defect for AnyStream {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let log = whole_log(store).await;
        if append.validate().is_ok()
            && ids(&append).next().is_some()
            && ids(&append).all(|id| is_stored(&log, id))
        {
            let receipt = |part: &StreamAppend| {
                let last =
                    part.events.last().and_then(|last| log.iter().find(|event| event.context.id == last.id));
                Receipt {
                    stream: part.stream.clone(),
                    version: last.map_or(Version::EMPTY, |event| event.context.version),
                    position: last.map_or(Position::START, |event| event.context.position),
                    repeated: true,
                    request: None,
                }
            };
            return Ok(append.streams.iter().map(receipt).collect());
        }
        store.append(append).await
    }
}

struct NewForUsed;

#[async_trait]
impl Defect for NewForUsed {
    async fn append(&self, store: &MemoryStore, mut append: Append) -> Appended {
        if append.validate().is_ok() && !happened(store, &append).await {
            let log = whole_log(store).await;
            let events = append.streams.iter_mut().flat_map(|part| &mut part.events);
            events.filter(|event| is_stored(&log, event.id)).for_each(|event| event.id = EventId::new());
        }
        store.append(append).await
    }
}

#[derive(Default)]
struct RemembersConflicts(Mutex<HashSet<EventId>>);

#[async_trait]
impl Defect for RemembersConflicts {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let used = ids(&append).find(|id| self.0.lock().expect("not poisoned").contains(id));
        if let Some(id) = used {
            return Err(InvalidAppend::UsedEventId { stream: append.streams[0].stream.clone(), id }.into());
        }
        let appended = store.append(append.clone()).await;
        if let Err(AppendError::Conflict { .. }) = appended {
            self.0.lock().expect("not poisoned").extend(ids(&append));
        }
        appended
    }
}

struct NewestReceipt;

#[async_trait]
impl Defect for NewestReceipt {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let mut receipts = store.append(append).await?;
        for receipt in receipts.iter_mut().filter(|receipt| receipt.repeated) {
            let log = whole_log(store).await;
            if let Some(last) = log.iter().rfind(|event| event.context.stream == receipt.stream) {
                (receipt.version, receipt.position) = (last.context.version, last.context.position);
            }
        }
        Ok(receipts)
    }
}

/// Checks whether an append happened, and then appends under new ids that no other call checks.
struct IdsThenAppend;

#[async_trait]
impl Defect for IdsThenAppend {
    async fn append(&self, store: &MemoryStore, mut append: Append) -> Appended {
        if append.streams.len() == 1 && append.idempotency_key.is_none() && append.validate().is_ok() {
            let before = happened(store, &append).await;
            yield_to_others().await;
            if !before && happened(store, &append).await {
                append.streams[0].events.iter_mut().for_each(|event| event.id = EventId::new());
            }
        }
        store.append(append).await
    }
}
