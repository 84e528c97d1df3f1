//! Stores that do not recognise a repeated append correctly by its key.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, StreamId,
    store::{
        Append, AppendError, EventStore, InvalidAppend, LogFilter, LogPage, Receipt, Request, StoreError,
    },
};

use crate::{
    broken::{Answered, Appended, Asked, Defect, Given, version_of, whole_log, yield_to_others},
    verdict::rejected,
};

rejected! {
    a_store_that_forgets_keys: Given(|append| append.idempotency_key = None) => [
        a_command_under_a_key_that_cannot_be_stored_is_refused,
        a_dropped_command_under_a_key_counts_once_when_it_is_repeated,
        an_idempotency_key_that_cannot_be_stored_is_refused,
        one_of_the_commands_racing_under_one_key_counts,
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
        the_key_of_an_empty_append_is_stored,
    ],
    a_store_that_forgets_requests: Given(|append| append.request = None) => [
        a_command_name_that_cannot_be_stored_is_refused,
        another_command_under_a_used_key_is_not_executed,
        other_commands_executed_as_one_under_a_used_key_are_not_executed,
        the_request_of_a_key_is_kept_with_its_receipts,
    ],
    a_store_that_returns_the_request_of_the_repetition: Answered(|append, appended| {
        appended.map(|receipts| {
            let request = append.request.clone();
            receipts.into_iter().map(|it| Receipt { request: request.clone(), ..it }).collect()
        })
    }) => [
        another_command_under_a_used_key_is_not_executed,
        the_request_of_a_key_is_kept_with_its_receipts,
    ],
    a_store_that_forgets_contents: Given(|append| {
        append.request = append.request.take().map(|request| Request::stored(request.command, None));
    }) => [
        another_content_under_a_used_key_is_not_executed,
        the_request_of_a_key_is_kept_with_its_receipts,
    ],
    a_store_that_fails_on_lookups_of_invalid_keys: FailsOnNul => [
        a_key_that_cannot_be_stored_is_not_found,
        a_type_name_that_cannot_be_stored_matches_no_event,
    ],
    a_store_that_cannot_find_receipts: NoReceipts => [
        a_command_repeated_under_its_key_gets_the_first_receipt,
        the_receipt_of_a_key_can_be_found,
    ],
    a_store_that_finds_a_receipt_for_every_key: AnyReceipt => [
        a_rejection_does_not_use_up_the_key,
    ],
    a_store_whose_keys_hold_on_every_stream: KeysEverywhere::default() => [
        a_key_of_a_command_is_free_for_other_aggregates,
        a_key_is_free_on_other_streams,
    ],
    a_store_that_folds_keys: FoldsKeys => [
        other_keys_append_again,
    ],
    a_store_that_checks_the_version_before_the_key: VersionBeforeKey => [
        a_used_key_takes_precedence_over_the_version,
        an_invalid_append_is_refused_before_anything_else_is_checked,
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
    a_store_that_looks_up_the_key_before_it_appends: KeyThenAppend::default() => [
        one_of_the_appends_racing_under_one_key_happens,
        one_of_the_appends_racing_under_one_key_on_several_streams_happens,
    ],
}

/// As if the text were sent to a server that refuses it.
struct FailsOnNul;

fn refused() -> StoreError {
    StoreError::Backend { action: "reading", source: "invalid byte sequence: 0x00".into() }
}

#[async_trait]
impl Defect for FailsOnNul {
    async fn find_receipt(&self, store: &MemoryStore, of: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        if key.contains('\0') { Err(refused()) } else { store.find_receipt(of, key).await }
    }

    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        match filter.event_types.iter().flatten().any(|name| name.contains('\0')) {
            true => Err(refused()),
            false => store.read_log(after, filter, limit).await,
        }
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
        let last = log.iter().rfind(|event| event.context.stream == *of);
        Ok(last.map(|event| Receipt {
            stream: of.clone(),
            version: event.context.version,
            position: event.context.position,
            repeated: true,
            request: None,
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
                let actual = version_of(store, &part.stream).await;
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
                let position = Position::START;
                let (stream, version) = (stream.clone(), *actual);
                let receipt = Receipt { stream, version, position, repeated: true, request: None };
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

/// Stores keys in a separate step after the events.
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
        yield_to_others().await;
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
