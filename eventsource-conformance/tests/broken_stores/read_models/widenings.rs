//! Stores that lose the event types of a generation, or leave its leases to programs that do not read them.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position,
    memory::MemoryTransaction,
    store::{
        Claim, Definition, EventTypes, Generation, GenerationId, GenerationRequest, Lease, LogFilter,
        LogPage, ProjectionStore, StoreTransaction,
    },
};

use super::{elsewhere, flaw::Flaw, flaws, held};
use crate::broken::Asked;

flaws! {
    a_store_that_does_not_keep_event_types: KeepsNone => [
        a_generation_keeps_the_event_types_it_was_defined_with,
    ],
    a_store_that_widens_nothing: Widens { commits: false } => [
        a_widened_generation_keeps_the_types_of_both_programs,
        widening_revokes_the_leases_under_which_events_may_be_skipped,
        no_partition_is_claimed_or_advances_during_a_widening,
    ],
    a_store_that_widens_before_the_commit: Widens { commits: true } => [
        a_widening_that_is_rolled_back_changes_nothing,
    ],
    a_store_that_revokes_no_lease: RevokesNone => [
        widening_revokes_the_leases_under_which_events_may_be_skipped,
    ],
    a_store_that_revokes_every_lease: RevokesAll => [
        a_widened_generation_keeps_the_types_of_both_programs,
    ],
    a_store_that_begins_during_a_widening: BeginsDuringWidening::default() => [
        no_partition_is_claimed_or_advances_during_a_widening,
    ],
    a_store_that_reads_nothing_in_a_transaction: ReadsNothing => [events_can_be_read_during_a_widening],
    a_store_that_widens_a_missing_generation: WidensAnything => [a_missing_generation_is_not_widened],
}

type Begun = Asked<Option<(MemoryTransaction, Generation)>>;

struct KeepsNone;

#[async_trait]
impl Flaw for KeepsNone {
    async fn begin_generation(
        &self,
        store: &MemoryStore,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Asked<Option<(GenerationId, MemoryTransaction)>> {
        let definition = Definition { event_types: EventTypes::default(), ..definition.clone() };
        store.begin_generation(&definition, request).await
    }
}

/// Widens at once or not at all. Its transaction is that of another store.
struct Widens {
    commits: bool,
}

#[async_trait]
impl Flaw for Widens {
    async fn begin_widening(&self, store: &MemoryStore, of: GenerationId, types: &EventTypes) -> Begun {
        let Some((transaction, found)) = store.begin_widening(of, types).await? else { return Ok(None) };
        match self.commits {
            true => transaction.commit().await?,
            false => transaction.roll_back().await?,
        }
        Ok(Some((elsewhere().await, found)))
    }
}

/// The lease under which a partition was held stays valid.
struct RevokesNone;

#[async_trait]
impl Flaw for RevokesNone {
    async fn begin(
        &self,
        store: &MemoryStore,
        lease: &Lease,
    ) -> Asked<Option<(MemoryTransaction, Position)>> {
        if held(store, lease.generation, lease.partition).await.is_none() {
            store.claim(&Claim::of(lease.generation, lease.partition, lease.worker)).await?;
        }
        match held(store, lease.generation, lease.partition).await {
            Some(lease) => store.begin(&lease).await,
            None => Ok(None),
        }
    }
}

struct RevokesAll;

#[async_trait]
impl Flaw for RevokesAll {
    async fn begin_widening(&self, store: &MemoryStore, of: GenerationId, types: &EventTypes) -> Begun {
        let mut types = types.clone();
        types.types.insert("a.type".to_owned(), Some("a category".to_owned()));
        store.begin_widening(of, &types).await
    }
}

/// A widening does not keep a transaction from being begun, which takes longer than the start of a task.
#[derive(Default)]
struct BeginsDuringWidening {
    widens: AtomicBool,
    begun: AtomicBool,
}

#[async_trait]
impl Flaw for BeginsDuringWidening {
    async fn begin_widening(&self, store: &MemoryStore, of: GenerationId, types: &EventTypes) -> Begun {
        let begun = store.begin_widening(of, types).await?;
        self.widens.store(begun.is_some(), Ordering::SeqCst);
        Ok(begun)
    }

    async fn begin(
        &self,
        store: &MemoryStore,
        lease: &Lease,
    ) -> Asked<Option<(MemoryTransaction, Position)>> {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        if !self.widens.load(Ordering::SeqCst) {
            return store.begin(lease).await;
        }
        self.begun.store(true, Ordering::SeqCst);
        Ok(Some((elsewhere().await, Position::START)))
    }

    /// During a widening, answered after the transaction was begun, so that the outcome does not depend on timing.
    async fn generations(&self, store: &MemoryStore) -> Asked<Vec<Generation>> {
        while self.widens.load(Ordering::SeqCst) && !self.begun.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        store.generations().await
    }

    async fn commit(&self, _: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        transaction.commit().await?;
        self.widens.store(false, Ordering::SeqCst);
        Ok(())
    }
}

struct ReadsNothing;

#[async_trait]
impl Flaw for ReadsNothing {
    async fn read_rest(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        after: Position,
        _: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        transaction.read_rest(after, &LogFilter::none(), limit).await
    }
}

struct WidensAnything;

#[async_trait]
impl Flaw for WidensAnything {
    async fn begin_widening(&self, store: &MemoryStore, of: GenerationId, types: &EventTypes) -> Begun {
        if let Some(begun) = store.begin_widening(of, types).await? {
            return Ok(Some(begun));
        }
        let first = store.generations().await?.first().map(|it| it.id);
        match first {
            Some(first) => store.begin_widening(first, types).await,
            None => Ok(None),
        }
    }
}
