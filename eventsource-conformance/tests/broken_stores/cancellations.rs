//! Stores that do not survive a cancelled call.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, RecordedEvent, StreamId,
    store::{Append, Direction, EventStore, LogFilter, LogPage, Receipt, StoreError, StoredType},
};
use futures_util::FutureExt;
use tokio::task::yield_now;

use crate::{
    broken::{Appended, Asked, Defect, parts_of, version_of},
    verdict::rejected,
};

rejected! {
    a_store_whose_dropped_appends_are_stored_in_part: InParts => [
        concurrent_atomic_executions_on_the_same_aggregates_all_count,
        a_dropped_append_is_stored_whole_or_not_at_all_and_can_be_repeated,
        a_repetition_of_half_an_append_to_several_streams_is_refused,
    ],
    a_store_that_appends_before_it_is_polled: BeforeItIsPolled => [
        a_receipt_names_the_last_event_of_the_append,
        a_dropped_append_that_was_never_polled_stores_nothing,
        a_command_records_its_events_and_gets_their_receipt,
        the_state_in_the_cache_is_that_of_the_events_as_they_are_read_back,
    ],
    a_store_whose_dropped_appends_lock_it: LockedByAppends::default() => [
        nothing_acknowledged_is_lost_among_calls_that_are_dropped,
        two_hundred_concurrent_commands_on_one_aggregate_all_count,
    ],
    a_store_whose_dropped_reads_lock_it: LockedByReads::default() => [
        acknowledged_events_are_visible_to_the_next_reader,
    ],
    a_store_whose_dropped_reads_leave_a_transaction_open: TransactionLeftOpen::default() => [
        a_dropped_read_leaves_the_store_usable,
        a_reader_among_writers_gets_every_event_once,
    ],
    a_store_whose_dropped_snapshots_are_stored_in_part: SnapshotInParts => [
        a_snapshot_is_kept_as_it_was_given,
        an_older_snapshot_does_not_replace_a_newer_one,
    ],
    a_store_that_runs_out_of_connections: Leaks::default() => [nothing_acknowledged_is_lost_among_calls_that_are_dropped],
}

/// Stores stream by stream, with a pause in between.
struct InParts;

#[async_trait]
impl Defect for InParts {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        append.validate()?;
        if append.idempotency_key.is_some() || append.streams.len() == 1 {
            return store.append(append).await;
        }
        for part in &append.streams {
            let empty = Append::to(part.stream.clone(), part.expected, Vec::new());
            if !part.events.is_empty() && store.append(empty).await.is_err() {
                return store.append(append).await;
            }
        }
        let mut receipts = Vec::new();
        for part in parts_of(append) {
            receipts.extend(store.append(part).await?);
            yield_now().await;
        }
        Ok(receipts)
    }
}

struct BeforeItIsPolled;

#[async_trait]
impl Defect for BeforeItIsPolled {
    fn asked(&self, store: &MemoryStore, append: &Append) {
        if append.streams.len() == 1 && append.idempotency_key.is_none() {
            let _ = store.append(append.clone()).now_or_never();
        }
    }
}

fn locked() -> StoreError {
    StoreError::Unavailable { action: "waiting for a lock", source: "its owner no longer exists".into() }
}

/// Takes a lock that is released only when the call completes.
#[derive(Default)]
struct LockedByAppends(AtomicUsize);

#[async_trait]
impl Defect for LockedByAppends {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if self.0.fetch_add(1, Ordering::SeqCst) > 16 {
            return Err(locked().into());
        }
        yield_now().await;
        let appended = store.append(append).await;
        self.0.fetch_sub(1, Ordering::SeqCst);
        appended
    }
}

#[derive(Default)]
struct LockedByReads(AtomicUsize);

impl LockedByReads {
    async fn locked<T>(&self, read: impl Future<Output = Asked<T>>) -> Asked<T> {
        self.0.fetch_add(1, Ordering::SeqCst);
        yield_now().await;
        let read = read.await;
        self.0.fetch_sub(1, Ordering::SeqCst);
        read
    }
}

#[async_trait]
impl Defect for LockedByReads {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if self.0.load(Ordering::SeqCst) > 2 {
            return Err(locked().into());
        }
        store.append(append).await
    }

    async fn find_receipt(&self, store: &MemoryStore, of: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        self.locked(store.find_receipt(of, key)).await
    }

    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        self.locked(store.read_stream(stream, direction, limit)).await
    }

    async fn stored_types(&self, store: &MemoryStore, samples: usize) -> Asked<Vec<StoredType>> {
        self.locked(store.stored_types(samples)).await
    }
}

/// A read that is dropped leaves its transaction open on a connection, and the next append on that connection
/// is acknowledged and never committed.
#[derive(Default)]
struct TransactionLeftOpen(AtomicBool);

#[async_trait]
impl Defect for TransactionLeftOpen {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if !self.0.swap(false, Ordering::SeqCst) {
            return store.append(append).await;
        }
        let mut receipts = Vec::new();
        for part in append.streams {
            let version = version_of(store, &part.stream).await.plus(part.events.len() as u64);
            receipts.push(Receipt {
                stream: part.stream,
                version,
                position: Position::new(1),
                repeated: false,
                request: None,
            });
        }
        Ok(receipts)
    }

    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        self.0.store(true, Ordering::SeqCst);
        yield_now().await;
        let page = store.read_log(after, filter, limit).await;
        self.0.store(false, Ordering::SeqCst);
        page
    }
}

struct SnapshotInParts;

#[async_trait]
impl Defect for SnapshotInParts {
    async fn save_snapshot(
        &self,
        store: &MemoryStore,
        snapshot: eventsource::snapshot::Snapshot,
    ) -> Asked<()> {
        let mut half = snapshot.clone();
        half.form.version += 1_000;
        half.state = serde_json::value::RawValue::NULL.to_owned();
        store.save_snapshot(half).await?;
        yield_now().await;
        store.save_snapshot(snapshot).await
    }
}

/// Does not get connections back from calls that were dropped.
#[derive(Default)]
struct Leaks(AtomicUsize);

#[async_trait]
impl Defect for Leaks {
    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        if self.0.fetch_add(1, Ordering::SeqCst) > 12 {
            self.0.fetch_sub(1, Ordering::SeqCst);
            let waited = std::time::Duration::ZERO;
            return Err(StoreError::Exhausted { action: "reading a stream", waited });
        }
        yield_now().await;
        let read = store.read_stream(stream, direction, limit).await;
        self.0.fetch_sub(1, Ordering::SeqCst);
        read
    }
}
