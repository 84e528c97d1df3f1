//! Stores whose leases exclude no other worker, or all of them.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position,
    memory::MemoryTransaction,
    store::{Claim, GenerationId, Lease, ProjectionStore, StopReason, Worker, WorkerId},
};

use super::{elsewhere, flaw::Flaw, flaws, generations::Listed, held};
use crate::broken::{Asked, yield_to_others};

flaws! {
    a_store_that_forgets_the_owner_of_a_partition: Listed(|list| {
        list.iter_mut().flat_map(|it| &mut it.checkpoints).for_each(|it| it.owner = None);
    }) => [
        an_unclaimed_partition_can_be_claimed,
        exactly_one_of_the_racers_for_a_partition_gets_it,
    ],
    a_store_where_every_worker_can_claim: Steals { looks: false } => [
        a_partition_of_a_live_worker_cannot_be_claimed,
        a_worker_that_sends_heartbeats_keeps_its_partitions,
        a_lost_lease_changes_nothing,
    ],
    a_store_that_checks_and_then_claims: Steals { looks: true } => [
        exactly_one_of_the_racers_for_a_partition_gets_it,
    ],
    a_store_that_forgets_the_epoch: AnyEpoch => [
        a_partition_of_an_expired_worker_can_be_claimed,
        a_worker_may_claim_its_own_partition_again,
        a_partition_is_not_claimed_while_a_transaction_holds_it,
        a_lost_lease_promotes_nothing,
    ],
    a_store_where_workers_live_for_ever: Immortal => [
        a_partition_of_an_expired_worker_can_be_claimed,
        a_heartbeat_returns_all_live_workers,
    ],
    a_store_that_counts_the_first_heartbeat_only: BeatsOnce::default() => [
        a_worker_that_sends_heartbeats_keeps_its_partitions,
    ],
    a_store_where_a_holder_cannot_claim: NotOwn => [a_worker_may_claim_its_own_partition_again],
    a_store_where_every_epoch_is_the_first: FirstEpoch => [epochs_rise_from_one_owner_to_the_next],
    a_store_that_releases_no_partition: NeverReleases => [
        a_released_partition_can_be_claimed_immediately,
        epochs_rise_from_one_owner_to_the_next,
    ],
    a_store_where_a_lost_lease_counts: Trusting => [a_lost_lease_changes_nothing],
    a_store_where_no_worker_can_leave: NoWorkerLeaves => [the_partitions_of_a_worker_that_left_can_be_claimed],
    a_store_whose_transactions_hold_nothing: HoldsNothing => [
        a_partition_is_not_claimed_while_a_transaction_holds_it,
    ],
    a_store_that_stops_nothing: NeverStops => [
        a_stopped_partition_cannot_be_claimed_until_it_is_resumed,
        resuming_returns_how_many_partitions_were_stopped,
    ],
    a_store_that_ends_any_stop: EndsAnyStop => [a_stop_of_another_epoch_is_not_ended],
    a_store_that_ends_no_stop: EndsNoStop => [
        a_stopped_partition_is_claimed_by_a_worker_that_can_continue,
        a_stop_of_another_epoch_is_not_ended,
    ],
    a_store_that_keeps_part_of_the_reason: PartOfTheReason => [
        every_reason_to_stop_is_kept_as_it_was_given,
    ],
    a_store_that_does_not_count_what_it_resumes: ResumesOne => [
        resuming_returns_how_many_partitions_were_stopped,
    ],
    a_store_that_claims_the_first_partition: FirstPartition => [
        partitions_are_claimed_separately,
        an_unclaimed_partition_can_be_claimed,
    ],
    a_store_where_a_worker_sees_only_itself: OnlyItself => [a_heartbeat_returns_all_live_workers],
    a_store_that_gives_leases_on_nothing: OnNothing => [
        a_missing_partition_cannot_be_claimed,
        a_retired_generation_is_kept_and_not_processed,
    ],
}

type Claimed = Asked<Option<Lease>>;
type Begun = Asked<Option<(MemoryTransaction, Position)>>;

/// Claims partitions of live workers, or of workers that were live when it checked.
struct Steals {
    looks: bool,
}

#[async_trait]
impl Flaw for Steals {
    async fn claim(&self, store: &MemoryStore, claim: Claim) -> Claimed {
        if let Some(lease) = held(store, claim.generation, claim.partition).await {
            if self.looks {
                return store.claim(&claim).await;
            }
            store.release(&lease).await?;
        }
        yield_to_others().await;
        if let Some(lease) = held(store, claim.generation, claim.partition).await {
            store.release(&lease).await?;
        }
        store.claim(&claim).await
    }
}

/// Begins under the current lease, whichever lease is given.
struct AnyEpoch;

#[async_trait]
impl Flaw for AnyEpoch {
    async fn begin(&self, store: &MemoryStore, lease: &Lease) -> Begun {
        match held(store, lease.generation, lease.partition).await {
            Some(lease) => store.begin(&lease).await,
            None => Ok(None),
        }
    }

    async fn begin_promotion(&self, store: &MemoryStore, lease: &Lease) -> Begun {
        match held(store, lease.generation, lease.partition).await {
            Some(lease) => store.begin_promotion(&lease).await,
            None => Ok(None),
        }
    }
}

struct Immortal;

#[async_trait]
impl Flaw for Immortal {
    async fn heartbeat(&self, store: &MemoryStore, worker: &Worker, _: Duration) -> Asked<Vec<Worker>> {
        store.heartbeat(worker, Duration::MAX).await
    }
}

/// From the second heartbeat on, a worker has expired.
#[derive(Default)]
struct BeatsOnce(Mutex<BTreeSet<WorkerId>>);

#[async_trait]
impl Flaw for BeatsOnce {
    async fn heartbeat(&self, store: &MemoryStore, worker: &Worker, lease: Duration) -> Asked<Vec<Worker>> {
        let first = self.0.lock().expect("no panic").insert(worker.id);
        store.heartbeat(worker, if first { lease } else { Duration::ZERO }).await
    }
}

struct NotOwn;

#[async_trait]
impl Flaw for NotOwn {
    async fn claim(&self, store: &MemoryStore, claim: Claim) -> Claimed {
        match held(store, claim.generation, claim.partition).await {
            Some(lease) if lease.worker == claim.worker => Ok(None),
            _ => store.claim(&claim).await,
        }
    }
}

struct FirstEpoch;

#[async_trait]
impl Flaw for FirstEpoch {
    async fn claim(&self, store: &MemoryStore, claim: Claim) -> Claimed {
        let claimed = store.claim(&claim).await?;
        Ok(claimed.map(|lease| Lease { epoch: 1, ..lease }))
    }

    async fn release(&self, store: &MemoryStore, lease: &Lease) -> Asked<()> {
        match held(store, lease.generation, lease.partition).await {
            Some(lease) => store.release(&lease).await,
            None => Ok(()),
        }
    }
}

struct NeverReleases;

#[async_trait]
impl Flaw for NeverReleases {
    async fn release(&self, _: &MemoryStore, _: &Lease) -> Asked<()> {
        Ok(())
    }
}

struct Trusting;

#[async_trait]
impl Flaw for Trusting {
    async fn note_error(&self, store: &MemoryStore, lease: &Lease, error: Option<&str>) -> Asked<()> {
        match held(store, lease.generation, lease.partition).await {
            Some(lease) => store.note_error(&lease, error).await,
            None => Ok(()),
        }
    }
}

struct NoWorkerLeaves;

#[async_trait]
impl Flaw for NoWorkerLeaves {
    async fn leave(&self, _: &MemoryStore, _: WorkerId) -> Asked<()> {
        Ok(())
    }
}

struct HoldsNothing;

#[async_trait]
impl Flaw for HoldsNothing {
    async fn begin(&self, store: &MemoryStore, lease: &Lease) -> Begun {
        let Some((transaction, position)) = store.begin(lease).await? else { return Ok(None) };
        drop(transaction);
        Ok(Some((elsewhere().await, position)))
    }
}

struct NeverStops;

#[async_trait]
impl Flaw for NeverStops {
    async fn stop(&self, _: &MemoryStore, _: &Lease, _: &StopReason) -> Asked<()> {
        Ok(())
    }
}

/// Ends a stop whatever the epoch is.
struct EndsAnyStop;

#[async_trait]
impl Flaw for EndsAnyStop {
    async fn claim(&self, store: &MemoryStore, claim: Claim) -> Claimed {
        let held = held(store, claim.generation, claim.partition).await;
        let stopped_in = claim.stopped_in.map(|_| held.map_or(0, |lease| lease.epoch));
        store.claim(&Claim { stopped_in, ..claim }).await
    }
}

struct EndsNoStop;

#[async_trait]
impl Flaw for EndsNoStop {
    async fn claim(&self, store: &MemoryStore, claim: Claim) -> Claimed {
        if claim.stopped_in.is_some() { Ok(None) } else { store.claim(&claim).await }
    }
}

struct PartOfTheReason;

#[async_trait]
impl Flaw for PartOfTheReason {
    async fn stop(&self, store: &MemoryStore, lease: &Lease, reason: &StopReason) -> Asked<()> {
        let error = reason.to_string();
        store.stop(lease, &StopReason::Undecodable { position: Position::new(1), error }).await
    }
}

struct ResumesOne;

#[async_trait]
impl Flaw for ResumesOne {
    async fn resume(&self, store: &MemoryStore, generation: GenerationId) -> Asked<u64> {
        store.resume(generation).await.map(|_| 1)
    }
}

struct FirstPartition;

#[async_trait]
impl Flaw for FirstPartition {
    async fn claim(&self, store: &MemoryStore, claim: Claim) -> Claimed {
        store.claim(&Claim { partition: 0, ..claim }).await
    }
}

struct OnlyItself;

#[async_trait]
impl Flaw for OnlyItself {
    async fn heartbeat(&self, store: &MemoryStore, worker: &Worker, lease: Duration) -> Asked<Vec<Worker>> {
        let mut alive = store.heartbeat(worker, lease).await?;
        alive.retain(|other| other.id == worker.id);
        Ok(alive)
    }
}

struct OnNothing;

#[async_trait]
impl Flaw for OnNothing {
    async fn claim(&self, store: &MemoryStore, claim: Claim) -> Claimed {
        let Claim { generation, partition, worker, .. } = claim;
        let lease = Lease { generation, partition, epoch: 1, worker };
        Ok(store.claim(&claim).await?.or(Some(lease)))
    }
}
