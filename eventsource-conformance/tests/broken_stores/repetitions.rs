//! Stores that recognise a repeated append badly, by its event ids or by its key.

use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

use async_trait::async_trait;
use eventsource_core::{
    EventId, MemoryStore, StreamId, Version,
    store::{Append, AppendError, EventStore, ExpectedVersion, InvalidAppend, Receipt},
};

use crate::{
    broken::{Answered, Appended, Asked, Defect, Given, Kept, is_stored, let_others_go_first, whole_log},
    verdict::rejected,
};

rejected! {
    a_store_that_gives_events_ids_of_its_own: Given(|append| {
        append.streams.iter_mut().flat_map(|part| &mut part.events).for_each(|event| event.id = EventId::new());
    }) => [
        a_command_that_was_lost_on_the_way_is_asked_for_again,
        an_append_with_one_event_id_twice_is_refused,
    ],
    a_store_that_keeps_half_of_an_event_id: Kept(|event| {
        let half = event.id.as_uuid().as_u128() >> 64 << 64;
        event.context.id = uuid::Uuid::from_u128(half).into();
    }) => [
        a_batch_is_read_back_in_the_order_it_was_given,
        several_streams_are_appended_as_one,
    ],
    a_store_that_takes_a_repetition_for_a_conflict: NoRepetitions => [
        a_command_whose_answer_was_lost_counts_once,
        a_command_that_was_lost_on_the_way_is_asked_for_again,
    ],
    a_store_that_refuses_a_repetition: RefusesRepetitions => [
        a_command_whose_answer_was_lost_counts_once,
        a_command_that_was_lost_on_the_way_is_asked_for_again,
    ],
    a_store_that_recognises_a_repetition_by_its_last_event: LastId => [
        event_ids_of_which_only_some_are_stored_are_refused,
        what_fails_does_not_hold_the_horizon_back,
    ],
    a_store_that_recognises_a_repetition_by_its_first_event: FirstId => [
        a_first_append_can_be_repeated,
        what_cannot_be_kept_is_refused_before_anything_else_is_looked_at,
    ],
    a_store_that_recognises_repetitions_only_where_the_version_does_not_fit: OnlyWhereItDoesNotFit => [
        stored_event_ids_are_recognised_under_another_expectation,
    ],
    a_store_that_recognises_repetitions_in_any_stream: AnyStream => [
        a_stream_given_no_events_does_not_keep_a_repetition_from_being_recognised,
        an_event_id_that_another_stream_has_is_refused,
        event_ids_that_have_changed_streams_are_refused,
    ],
    a_store_that_makes_new_ids_for_used_ones: NewForUsed => [
        event_ids_that_have_changed_streams_are_refused,
        what_fails_does_not_hold_the_horizon_back,
    ],
    a_store_that_remembers_ids_of_what_it_did_not_store: RemembersConflicts::default() => [
        event_ids_of_which_only_some_are_stored_are_refused,
        what_conflicted_can_be_appended_later_under_the_same_event_ids,
    ],
    a_store_that_gives_the_newest_receipt_to_a_repetition: NewestReceipt => [
        a_repeated_append_is_recognised_after_others_have_appended,
        a_repeated_append_to_several_streams_gets_the_first_receipts,
        a_repeated_key_gets_the_first_receipt_and_stores_nothing,
    ],
    a_store_that_does_not_say_that_it_repeats: Answered(|_, appended| {
        let mut receipts = appended?;
        receipts.iter_mut().for_each(|receipt| receipt.repeated = false);
        Ok(receipts)
    }) => [
        a_command_whose_answer_was_lost_counts_once,
        a_used_key_counts_more_than_the_version,
    ],
    a_store_that_always_says_that_it_repeats: Answered(|_, appended| {
        let mut receipts = appended?;
        receipts.iter_mut().for_each(|receipt| receipt.repeated = true);
        Ok(receipts)
    }) => [
        a_key_of_a_command_is_free_for_other_aggregates,
        a_key_is_free_on_other_streams,
    ],
    a_store_that_forgets_keys: Given(|append| append.idempotency_key = None) => [
        a_dropped_command_under_a_key_counts_once_when_it_is_repeated,
        an_idempotency_key_that_cannot_be_kept_is_refused,
        of_commands_racing_under_one_key_one_counts,
    ],
    a_store_that_forgets_keys_of_several_streams: Given(|append| {
        if append.streams.len() > 1 {
            append.idempotency_key = None;
        }
    }) => [
        an_atomic_execution_repeated_under_its_key_gets_the_first_receipts,
        a_key_used_on_some_of_the_streams_only_is_refused,
    ],
    a_store_that_forgets_keys_of_appends_without_events: Given(|append| {
        if append.streams.iter().all(|part| part.events.is_empty()) {
            append.idempotency_key = None;
        }
    }) => [
        an_empty_append_under_a_key_is_remembered,
    ],
    a_store_that_cannot_find_receipts: NoReceipts => [
        a_command_repeated_under_its_key_gets_the_first_receipt,
        the_receipt_of_a_key_can_be_found,
    ],
    a_store_that_finds_a_receipt_for_every_key: AnyReceipt => [
        a_rejection_does_not_use_up_the_key,
        a_dropped_command_under_a_key_counts_once_when_it_is_repeated,
    ],
    a_store_whose_keys_hold_everywhere: KeysEverywhere::default() => [
        a_key_of_a_command_is_free_for_other_aggregates,
        a_key_is_free_on_other_streams,
    ],
    a_store_that_folds_keys: FoldsKeys => [
        other_keys_append_again,
    ],
    a_store_that_looks_at_the_version_before_the_key: VersionBeforeKey => [
        a_used_key_counts_more_than_the_version,
        what_cannot_be_kept_is_refused_before_anything_else_is_looked_at,
    ],
    a_store_that_uses_keys_up_in_conflicts: UsesUpKeys::default() => [
        a_conflict_stores_nothing,
        a_conflict_does_not_use_up_the_key,
    ],
    a_store_that_takes_a_key_used_on_some_streams_for_a_new_one: ForgivesUsedKeys => [
        a_key_used_on_some_of_the_streams_only_is_refused,
    ],
    a_store_that_names_the_first_stream_for_a_used_key: Answered(|append, appended| {
        appended.map_err(|error| match error {
            AppendError::Invalid(InvalidAppend::UsedKey { key, .. }) => {
                InvalidAppend::UsedKey { stream: append.streams[0].stream.clone(), key }.into()
            }
            other => other,
        })
    }) => [
        a_key_used_on_some_of_the_streams_only_is_refused,
    ],
    a_store_that_asks_for_the_key_before_it_appends: KeyThenAppend::default() => [
        of_appends_racing_under_one_key_one_happens,
        of_appends_racing_under_one_key_on_several_streams_one_happens,
    ],
    a_store_that_asks_for_the_ids_before_it_appends: IdsThenAppend => [
        a_repeated_append_under_way_twice_happens_once,
    ],
}

fn ids(append: &Append) -> impl Iterator<Item = EventId> {
    append.streams.iter().flat_map(|part| &part.events).map(|event| event.id)
}

/// Whether this append as a whole is stored already.
async fn happened(store: &MemoryStore, append: &Append) -> bool {
    let log = whole_log(store).await;
    let stored = |part: &eventsource_core::store::StreamAppend| {
        part.events.iter().all(|event| log.iter().any(|it| it.id == event.id && it.stream == part.stream))
    };
    ids(append).next().is_some() && append.streams.iter().all(stored)
}

async fn conflict(store: &MemoryStore, append: &Append) -> AppendError {
    let part = &append.streams[0];
    let actual = crate::broken::version_of(store, &part.stream).await;
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

/// The receipt of an event that is stored, for an append to its stream.
async fn receipt_of(store: &MemoryStore, stream: &StreamId, id: EventId) -> Option<Receipt> {
    let log = whole_log(store).await;
    let event = log.iter().find(|event| event.id == id && event.stream == *stream)?;
    Some(Receipt { stream: stream.clone(), version: event.version, position: event.position, repeated: true })
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
            && only.expected.allows(crate::broken::version_of(store, &only.stream).await)
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
            let receipt = |part: &eventsource_core::store::StreamAppend| {
                let last = part.events.last().and_then(|last| log.iter().find(|event| event.id == last.id));
                Receipt {
                    stream: part.stream.clone(),
                    version: last.map_or(Version::EMPTY, |event| event.version),
                    position: last.map_or(eventsource_core::Position::START, |event| event.position),
                    repeated: true,
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
            if let Some(last) = log.iter().rfind(|event| event.stream == receipt.stream) {
                (receipt.version, receipt.position) = (last.version, last.position);
            }
        }
        Ok(receipts)
    }
}

struct NoReceipts;

#[async_trait]
impl Defect for NoReceipts {
    async fn find_receipt(&self, _: &MemoryStore, _: &StreamId, _: &str) -> Asked<Option<Receipt>> {
        Ok(None)
    }
}

struct AnyReceipt;

#[async_trait]
impl Defect for AnyReceipt {
    async fn find_receipt(&self, store: &MemoryStore, of: &StreamId, _: &str) -> Asked<Option<Receipt>> {
        let log = whole_log(store).await;
        let last = log.iter().rfind(|event| event.stream == *of);
        Ok(last.map(|event| Receipt {
            stream: of.clone(),
            version: event.version,
            position: event.position,
            repeated: true,
        }))
    }
}

#[derive(Default)]
struct KeysEverywhere(Mutex<HashMap<String, Receipt>>);

#[async_trait]
impl Defect for KeysEverywhere {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let Some(key) = append.idempotency_key.clone().filter(|_| append.streams.len() == 1) else {
            return store.append(append).await;
        };
        if let Some(receipt) = self.0.lock().expect("not poisoned").get(&key) {
            return Ok(vec![Receipt { repeated: true, ..receipt.clone() }]);
        }
        let receipts = store.append(append).await?;
        self.0.lock().expect("not poisoned").insert(key, receipts[0].clone());
        Ok(receipts)
    }
}

/// Compares keys as some collations do.
struct FoldsKeys;

#[async_trait]
impl Defect for FoldsKeys {
    fn given(&self, append: Append) -> Append {
        let idempotency_key = append.idempotency_key.map(|key| fold(&key));
        Append { idempotency_key, ..append }
    }

    async fn find_receipt(&self, store: &MemoryStore, of: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        store.find_receipt(of, &fold(key)).await
    }
}

fn fold(text: &str) -> String {
    match text.trim_end() {
        "" => text.to_owned(),
        folded => folded.to_lowercase(),
    }
}

struct VersionBeforeKey;

#[async_trait]
impl Defect for VersionBeforeKey {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if append.idempotency_key.is_some() {
            for part in &append.streams {
                let actual = crate::broken::version_of(store, &part.stream).await;
                if !part.expected.allows(actual) {
                    let (stream, expected) = (part.stream.clone(), part.expected);
                    return Err(AppendError::Conflict { stream, expected, actual });
                }
            }
        }
        store.append(append).await
    }
}

#[derive(Default)]
struct UsesUpKeys(Mutex<HashMap<(StreamId, String), Receipt>>);

#[async_trait]
impl Defect for UsesUpKeys {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if let ([only], Some(key)) = (&append.streams[..], &append.idempotency_key) {
            let used = (only.stream.clone(), key.clone());
            if let Some(receipt) = self.0.lock().expect("not poisoned").get(&used) {
                return Ok(vec![receipt.clone()]);
            }
            let appended = store.append(append).await;
            if let Err(AppendError::Conflict { stream, actual, .. }) = &appended {
                let position = eventsource_core::Position::START;
                let receipt = Receipt { stream: stream.clone(), version: *actual, position, repeated: true };
                self.0.lock().expect("not poisoned").insert(used, receipt);
            }
            return appended;
        }
        store.append(append).await
    }

    async fn find_receipt(&self, store: &MemoryStore, of: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        let used = self.0.lock().expect("not poisoned").get(&(of.clone(), key.to_owned())).cloned();
        if used.is_some() { Ok(used) } else { store.find_receipt(of, key).await }
    }
}

struct ForgivesUsedKeys;

#[async_trait]
impl Defect for ForgivesUsedKeys {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        match store.append(append.clone()).await {
            Err(AppendError::Invalid(InvalidAppend::UsedKey { .. })) => {
                store.append(Append { idempotency_key: None, ..append }).await
            }
            appended => appended,
        }
    }
}

/// Keeps keys beside the events, in a step of its own.
#[derive(Default)]
struct KeyThenAppend(Mutex<HashMap<(StreamId, String), Receipt>>);

impl KeyThenAppend {
    fn used(&self, stream: &StreamId, key: &str) -> Option<Receipt> {
        self.0.lock().expect("not poisoned").get(&(stream.clone(), key.to_owned())).cloned()
    }
}

#[async_trait]
impl Defect for KeyThenAppend {
    async fn append(&self, store: &MemoryStore, mut append: Append) -> Appended {
        append.validate()?;
        let Some(key) = append.idempotency_key.take() else { return store.append(append).await };
        let used: Vec<_> = append.streams.iter().filter_map(|part| self.used(&part.stream, &key)).collect();
        if used.len() == append.streams.len() {
            return Ok(used);
        }
        if let Some(Receipt { stream, .. }) = used.into_iter().next() {
            return Err(InvalidAppend::UsedKey { stream, key }.into());
        }
        let_others_go_first().await;
        let receipts = store.append(append).await?;
        for receipt in &receipts {
            let used = Receipt { repeated: true, ..receipt.clone() };
            self.0.lock().expect("not poisoned").insert((receipt.stream.clone(), key.clone()), used);
        }
        Ok(receipts)
    }

    async fn find_receipt(&self, _: &MemoryStore, of: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        Ok(self.used(of, key))
    }
}

/// Looks whether an append happened, and then appends under ids that nobody else looks at.
struct IdsThenAppend;

#[async_trait]
impl Defect for IdsThenAppend {
    async fn append(&self, store: &MemoryStore, mut append: Append) -> Appended {
        if append.streams.len() == 1 && append.idempotency_key.is_none() && append.validate().is_ok() {
            let before = happened(store, &append).await;
            let_others_go_first().await;
            if !before && happened(store, &append).await {
                append.streams[0].events.iter_mut().for_each(|event| event.id = EventId::new());
            }
        }
        store.append(append).await
    }
}
