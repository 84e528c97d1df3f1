//! Stores that are correct only if calls are sequential.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Version,
    store::{Append, AppendError, EventStore, ExpectedVersion, StoreError},
};

use crate::{
    broken::{Appended, Defect, version_of, yield_to_others},
    verdict::rejected,
};

rejected! {
    a_store_that_checks_and_then_acts: CheckThenAct => [
        one_of_the_mutually_exclusive_commands_is_accepted,
        one_of_64_racers_for_a_version_wins_and_the_others_conflict_with_the_next,
    ],
    a_store_whose_conflicts_report_an_earlier_version: ToldTooEarly => [
        one_conflict_among_several_streams_leaves_all_of_them_unchanged,
        the_first_of_several_conflicts_in_the_order_given_is_named,
    ],
    a_store_where_appends_of_any_version_conflict: AnyConflicts => [
        a_reader_among_writers_gets_each_stream_in_order,
        nothing_appears_later_at_or_below_a_horizon,
        all_of_64_racers_that_expect_any_version_win,
    ],
    a_store_where_appends_to_an_existing_stream_conflict: ExistingConflicts => [
        all_of_64_racers_that_expect_an_existing_stream_win,
    ],
    a_store_that_appends_batches_event_by_event: EventByEvent => [
        a_failed_append_does_not_hold_the_horizon_back,
        batches_that_race_for_one_stream_are_not_interleaved,
    ],
    a_store_that_appends_several_streams_one_after_the_other: StreamByStream => [
        a_repeated_append_to_several_streams_gets_the_first_receipts,
        a_repetition_of_half_an_append_to_several_streams_is_refused,
        racers_for_overlapping_streams_append_to_all_of_their_streams_or_none,
    ],
    a_store_that_deadlocks: Deadlocks::default() => [
        concurrent_atomic_executions_on_the_same_aggregates_all_count,
        racers_that_name_the_same_streams_in_different_orders_all_succeed,
    ],
    a_store_that_gives_up_under_load: GivesUp::default() => [
        all_of_64_racers_that_expect_any_version_win,
    ],
}

async fn check(store: &MemoryStore, append: &Append) -> Result<(), AppendError> {
    for part in &append.streams {
        let actual = version_of(store, &part.stream).await;
        if !part.expected.allows(actual) {
            let (stream, expected) = (part.stream.clone(), part.expected);
            return Err(AppendError::Conflict { stream, expected, actual });
        }
    }
    Ok(())
}

/// Whether this is an ordinary append that may run concurrently with others.
fn is_plain(append: &Append) -> bool {
    append.idempotency_key.is_none() && append.validate().is_ok()
}

struct CheckThenAct;

#[async_trait]
impl Defect for CheckThenAct {
    async fn append(&self, store: &MemoryStore, mut append: Append) -> Appended {
        if is_plain(&append) && check(store, &append).await.is_ok() {
            yield_to_others().await;
            crate::broken::expect_any(&mut append);
        }
        store.append(append).await
    }
}

/// A conflict reports the version that was read before the append.
struct ToldTooEarly;

#[async_trait]
impl Defect for ToldTooEarly {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let seen = match append.streams.first() {
            Some(part) => version_of(store, &part.stream).await,
            None => Version::EMPTY,
        };
        yield_to_others().await;
        store.append(append).await.map_err(|error| match error {
            AppendError::Conflict { stream, expected, .. } => {
                AppendError::Conflict { stream, expected, actual: seen }
            }
            other => other,
        })
    }
}

/// Reads the version, and then uses it as the expected one.
async fn pinned(store: &MemoryStore, mut append: Append, which: ExpectedVersion) -> Appended {
    if let [only] = &mut append.streams[..]
        && only.expected == which
    {
        let version = version_of(store, &only.stream).await;
        if which.allows(version) {
            yield_to_others().await;
            only.expected = ExpectedVersion::Exact(version);
        }
    }
    store.append(append).await
}

struct AnyConflicts;

#[async_trait]
impl Defect for AnyConflicts {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        pinned(store, append, ExpectedVersion::Any).await
    }
}

struct ExistingConflicts;

#[async_trait]
impl Defect for ExistingConflicts {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        pinned(store, append, ExpectedVersion::StreamExists).await
    }
}

struct EventByEvent;

#[async_trait]
impl Defect for EventByEvent {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let [only] = &append.streams[..] else { return store.append(append).await };
        if only.expected != ExpectedVersion::Any || only.events.is_empty() || !is_plain(&append) {
            return store.append(append).await;
        }
        let mut receipts = Vec::new();
        for event in &only.events {
            receipts =
                store.append(Append::to(only.stream.clone(), only.expected, vec![event.clone()])).await?;
            yield_to_others().await;
        }
        Ok(receipts)
    }
}

struct StreamByStream;

#[async_trait]
impl Defect for StreamByStream {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if append.streams.len() < 2 || !is_plain(&append) {
            return store.append(append).await;
        }
        check(store, &append).await?;
        let mut receipts = Vec::new();
        for part in crate::broken::parts_of(append) {
            yield_to_others().await;
            receipts.extend(store.append(part).await?);
        }
        Ok(receipts)
    }
}

/// Two concurrent appends to several streams block each other.
#[derive(Default)]
struct Deadlocks(AtomicUsize);

#[async_trait]
impl Defect for Deadlocks {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if append.streams.len() < 2 {
            return store.append(append).await;
        }
        let others = self.0.fetch_add(1, Ordering::SeqCst);
        yield_to_others().await;
        self.0.fetch_sub(1, Ordering::SeqCst);
        if others > 0 {
            let source = "deadlock detected".into();
            return Err(StoreError::Contended { action: "appending", source }.into());
        }
        store.append(append).await
    }
}

/// Accepts only eight concurrent appends.
#[derive(Default)]
struct GivesUp(AtomicUsize);

#[async_trait]
impl Defect for GivesUp {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let others = self.0.fetch_add(1, Ordering::SeqCst);
        yield_to_others().await;
        self.0.fetch_sub(1, Ordering::SeqCst);
        if others > 8 {
            let waited = std::time::Duration::ZERO;
            return Err(StoreError::Exhausted { action: "appending", waited }.into());
        }
        store.append(append).await
    }
}
