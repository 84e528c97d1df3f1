//! Stores whose operations affect all partitions, generations or keys instead of one.

use async_trait::async_trait;
use eventsource::{
    MemoryStore,
    memory::MemoryTransaction,
    store::{
        Generation, GenerationId, GenerationState, Lease, ParkedEvent, ParkedOutcome, ParkedQuery,
        ParkedRequest, ParkedSelection, ProjectionStore, StopReason, StoreTransaction, WorkerId,
    },
};

use super::{flaw::Flaw, flaws};
use crate::broken::Asked;

flaws! {
    a_store_that_leaves_all: ToAll(Call::Leave) => [a_worker_that_leaves_releases_only_its_own_partitions],
    a_store_that_releases_all: ToAll(Call::Release) => [a_release_affects_one_partition],
    a_store_that_notes_an_error_of_all: ToAll(Call::NoteError) => [an_error_is_noted_for_one_partition],
    a_store_that_stops_all: ToAll(Call::Stop) => [a_stop_affects_one_partition],
    a_store_that_advances_all: ToAll(Call::Advance) => [an_advance_moves_one_checkpoint],
    a_store_that_requests_all: ToAll(Call::RequestParked) => [a_request_is_for_one_key_of_one_generation],
    a_store_that_unparks_all: ToAll(Call::Unpark) => [an_event_is_applied_for_one_generation],
    a_store_that_abandons_all: ToAll(Call::Abandon) => [abandoning_a_generation_affects_no_other],
    a_store_that_swaps_all: ToAll(Call::SwapWhenReady) => [changing_the_automatic_swap_of_a_generation_affects_no_other],
    a_store_that_revives_all: ToAll(Call::Revive) => [reviving_a_generation_affects_no_other],
    a_store_that_demotes_all: ToAll(Call::Demote) => [one_inline_generation_is_promoted_or_demoted],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Leave,
    Release,
    NoteError,
    Stop,
    Advance,
    RequestParked,
    Unpark,
    Abandon,
    SwapWhenReady,
    Revive,
    Demote,
}

/// Applies an operation to all generations; everything else is correct.
struct ToAll(Call);

async fn all(store: &MemoryStore) -> Vec<Generation> {
    store.generations().await.expect("memory can be read")
}

/// All current leases.
async fn leases(store: &MemoryStore) -> Vec<Lease> {
    let mut leases = Vec::new();
    for generation in all(store).await {
        for (partition, checkpoint) in (0..).zip(&generation.checkpoints) {
            if let Some(worker) = checkpoint.owner {
                let (generation, epoch) = (generation.id, checkpoint.epoch);
                leases.push(Lease { generation, partition, epoch, worker });
            }
        }
    }
    leases
}

#[async_trait]
impl Flaw for ToAll {
    async fn leave(&self, store: &MemoryStore, worker: WorkerId) -> Asked<()> {
        if self.0 != Call::Leave {
            return store.leave(worker).await;
        }
        for lease in leases(store).await {
            store.leave(lease.worker).await?;
        }
        Ok(())
    }

    async fn release(&self, store: &MemoryStore, lease: &Lease) -> Asked<()> {
        if self.0 != Call::Release {
            return store.release(lease).await;
        }
        for lease in leases(store).await {
            store.release(&lease).await?;
        }
        Ok(())
    }

    async fn note_error(&self, store: &MemoryStore, lease: &Lease, error: Option<&str>) -> Asked<()> {
        if self.0 != Call::NoteError {
            return store.note_error(lease, error).await;
        }
        for lease in leases(store).await {
            store.note_error(&lease, error).await?;
        }
        Ok(())
    }

    async fn stop(&self, store: &MemoryStore, lease: &Lease, reason: &StopReason) -> Asked<()> {
        if self.0 != Call::Stop {
            return store.stop(lease, reason).await;
        }
        for lease in leases(store).await {
            store.stop(&lease, reason).await?;
        }
        Ok(())
    }

    async fn commit(&self, store: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        transaction.commit().await?;
        if self.0 != Call::Advance {
            return Ok(());
        }
        let checkpoints = all(store).await.into_iter().flat_map(|it| it.checkpoints);
        let furthest = checkpoints.map(|it| it.position).max().unwrap_or_default();
        for lease in leases(store).await {
            if let Some((mut transaction, _)) = store.begin(&lease).await? {
                transaction.advance(&lease, furthest, 0).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    async fn request_parked(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Asked<bool> {
        if self.0 != Call::RequestParked {
            return store.request_parked(generation, key, request).await;
        }
        for generation in all(store).await {
            store.request_parked(generation.id, None, request).await?;
        }
        Ok(true)
    }

    async fn unpark(
        &self,
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Asked<()> {
        if self.0 != Call::Unpark {
            return transaction.unpark(lease, event, outcome).await;
        }
        let of_key = ParkedQuery::first(ParkedSelection::Key(event.key.clone()), usize::MAX);
        for event in &store.parked(lease.generation, &of_key).await? {
            transaction.unpark(lease, event, outcome).await?;
        }
        Ok(())
    }

    async fn abandon(&self, store: &MemoryStore, generation: GenerationId) -> Asked<()> {
        if self.0 != Call::Abandon {
            return store.abandon(generation).await;
        }
        for generation in all(store).await {
            if generation.state == GenerationState::Building {
                store.abandon(generation.id).await?;
            }
        }
        Ok(())
    }

    async fn swap_when_ready(&self, store: &MemoryStore, generation: GenerationId, swap: bool) -> Asked<()> {
        if self.0 != Call::SwapWhenReady {
            return store.swap_when_ready(generation, swap).await;
        }
        for generation in all(store).await {
            store.swap_when_ready(generation.id, swap).await?;
        }
        Ok(())
    }

    async fn revive(&self, store: &MemoryStore, generation: GenerationId) -> Asked<bool> {
        if self.0 != Call::Revive {
            return store.revive(generation).await;
        }
        for other in all(store).await {
            store.revive(other.id).await?;
        }
        Ok(store.generations().await?.iter().any(|it| it.id == generation))
    }

    async fn demote(&self, store: &MemoryStore, generation: GenerationId) -> Asked<()> {
        if self.0 != Call::Demote {
            return store.demote(generation).await;
        }
        for generation in all(store).await {
            store.demote(generation.id).await?;
        }
        Ok(())
    }
}
