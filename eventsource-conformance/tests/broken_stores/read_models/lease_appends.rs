//! Stores that handle appends in the transaction of a lease wrongly.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, RecordedEvent,
    memory::MemoryTransaction,
    store::{
        Append, AppendError, EventStore, GenerationId, LogFilter, LogPage, ProjectionStore, Receipt,
        StoreTransaction,
    },
};

use super::{flaw::Flaw, flaws};
use crate::broken::{Asked, expect_any, whole_log};

flaws! {
    a_store_that_appends_before_the_checkpoint_moves: AppendsEarly => [
        an_append_of_a_lease_that_is_rolled_back_leaves_nothing,
        a_lost_lease_appends_nothing,
    ],
    a_store_that_gives_other_events_than_a_lease_appends: Appends(|_, (receipts, mut events)| {
        events.reverse();
        (receipts, events)
    }) => [events_and_checkpoint_commit_together],
    a_store_that_does_not_recognise_a_repeated_append_of_a_lease: Appends(|log, (receipts, events)| {
        let events = if receipts.iter().any(|it| it.repeated) { log } else { events };
        (receipts, events)
    }) => [a_repeated_append_of_a_lease_appends_nothing],
    a_store_whose_appends_of_leases_do_not_conflict: NeverConflicts => [
        an_append_of_a_lease_that_conflicts_leaves_nothing,
        one_of_the_appends_of_leases_racing_for_a_version_wins,
    ],
    a_store_that_appends_with_a_lease_but_without_inline_projections: Ignores => [
        an_append_of_a_lease_updates_exactly_the_inline_projections,
    ],
    a_store_whose_readers_pass_open_appends_of_leases: ReadsTooFar(AtomicBool::new(false)) => [
        readers_skip_no_append_of_a_lease,
    ],
}

type Within = Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError>;

struct AppendsEarly;

#[async_trait]
impl Flaw for AppendsEarly {
    async fn append_within(
        &self,
        store: &MemoryStore,
        _: &mut MemoryTransaction,
        append: &Append,
        _: &[GenerationId],
    ) -> Within {
        let before = whole_log(store).await.len();
        let receipts = store.append(append.clone()).await?;
        Ok((receipts, whole_log(store).await.split_off(before)))
    }
}

/// Returns a wrong outcome, made from the correct one and the log.
struct Appends(fn(Vec<RecordedEvent>, Outcome) -> Outcome);

type Outcome = (Vec<Receipt>, Vec<RecordedEvent>);

#[async_trait]
impl Flaw for Appends {
    async fn append_within(
        &self,
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        append: &Append,
        inline: &[GenerationId],
    ) -> Within {
        let outcome = transaction.append(append, inline).await?;
        Ok((self.0)(whole_log(store).await, outcome))
    }
}

struct NeverConflicts;

#[async_trait]
impl Flaw for NeverConflicts {
    async fn append_within(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        append: &Append,
        inline: &[GenerationId],
    ) -> Within {
        let mut append = append.clone();
        expect_any(&mut append);
        transaction.append(&append, inline).await
    }
}

struct Ignores;

#[async_trait]
impl Flaw for Ignores {
    async fn append_within(
        &self,
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        append: &Append,
        _: &[GenerationId],
    ) -> Within {
        let list = store.generations().await?;
        let inline: Vec<_> = list.iter().filter(|it| it.inline).map(|it| it.id).collect();
        transaction.append(append, &inline).await
    }
}

/// The horizon is already behind the event that an open transaction will append.
struct ReadsTooFar(AtomicBool);

#[async_trait]
impl Flaw for ReadsTooFar {
    async fn append_within(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        append: &Append,
        inline: &[GenerationId],
    ) -> Within {
        self.0.store(true, Ordering::SeqCst);
        transaction.append(append, inline).await
    }

    async fn commit(&self, _: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        self.0.store(false, Ordering::SeqCst);
        transaction.commit().await
    }

    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let mut page = store.read_log(after, filter, limit).await?;
        if self.0.load(Ordering::SeqCst) {
            page.horizon = Position::new(page.horizon.get() + 1);
        }
        Ok(page)
    }
}
