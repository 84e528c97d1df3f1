//! Leases: which worker may process a partition.

use std::collections::BTreeSet;

use eventsource::{
    Position,
    store::{Claim, Definition, GenerationId, Lease, ReadModelStore, StopReason, Worker, WorkerId},
};

use crate::support::{
    INSTANT, LONG, ReadModels, at_once, balances, definition, eventually, new_worker, race,
};

fn failed() -> StopReason {
    StopReason::Failed {
        event: "`account.opened` v1".into(),
        position: Position::new(7),
        attempts: 5,
        error: "no such \"account\"".into(),
    }
}

async fn with_partitions<S: ReadModelStore>(store: &ReadModels<S>, partitions: u32) -> GenerationId {
    store.make(&Definition { partitions, ..balances() }).await
}

pub(crate) async fn an_unclaimed_partition_can_be_claimed<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = with_partitions(&store, 2).await;
    let worker = store.worker().await;
    let lease = store.claimed(generation, 1, worker).await.expect("the partition is unclaimed");
    assert_eq!((lease.generation, lease.partition, lease.worker), (generation, 1, worker));
    let [first, second] = store.generation(generation).await.checkpoints.try_into().expect("two");
    assert_eq!((second.owner, second.owner_lives, second.epoch), (Some(worker), true, lease.epoch));
    assert_eq!((first.owner, first.owner_lives), (None, false), "the other partition is unclaimed");
}

pub(crate) async fn a_partition_of_a_live_worker_cannot_be_claimed<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let other = store.worker().await;
    assert_eq!(store.claimed(generation, 0, other).await, None);
    assert_eq!(store.checkpoint(generation).await.owner, Some(lease.worker));
    assert!(store.try_begin(&lease).await.is_some(), "the lease is not lost");
}

pub(crate) async fn a_partition_of_an_expired_worker_can_be_claimed<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lost = store.lease_of_a_dead_worker(generation).await;
    let other = store.worker().await;
    let lease = store.claimed(generation, 0, other).await.expect("its owner has expired");
    assert!(lease.epoch > lost.epoch);
    assert!(store.try_begin(&lost).await.is_none(), "the lease is lost");
    assert!(store.try_begin(&lease).await.is_some());
}

pub(crate) async fn a_worker_that_sends_heartbeats_keeps_its_partitions<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = store.make(&balances()).await;
    let (worker, other) = (new_worker(), store.worker().await);
    store.beat(&worker, INSTANT).await;
    let lease = store.claimed(generation, 0, worker.id).await.expect("the partition is unclaimed");
    let alive = store.beat(&worker, LONG).await;
    assert!(alive.contains(&worker));
    assert_eq!(store.claimed(generation, 0, other).await, None);
    assert!(store.try_begin(&lease).await.is_some());
}

pub(crate) async fn a_worker_may_claim_its_own_partition_again<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let earlier = store.lease(generation).await;
    let later = store.claimed(generation, 0, earlier.worker).await.expect("it holds it itself");
    assert!(later.epoch > earlier.epoch, "the epoch rises with every claim");
    assert!(store.try_begin(&earlier).await.is_none(), "the earlier lease is lost");
    assert!(store.try_begin(&later).await.is_some());
}

pub(crate) async fn epochs_rise_from_one_owner_to_the_next<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let mut epochs = Vec::new();
    for _ in 0..4 {
        let lease = store.lease(generation).await;
        epochs.push(lease.epoch);
        store.release(&lease).await.expect("the store can be written");
    }
    assert!(epochs.is_sorted_by(|earlier, later| earlier < later), "{epochs:?}");
}

pub(crate) async fn a_released_partition_can_be_claimed_immediately<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    store.release(&lease).await.expect("the store can be written");
    let other = store.worker().await;
    assert!(store.claimed(generation, 0, other).await.is_some());
}

pub(crate) async fn a_lost_lease_changes_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lost = store.lease_of_a_dead_worker(generation).await;
    let holder = store.worker().await;
    store.claimed(generation, 0, holder).await.expect("its owner has expired");
    store.release(&lost).await.expect("without effect");
    store.note_error(&lost, Some("stale")).await.expect("without effect");
    store.stop(&lost, &failed()).await.expect("without effect");
    let checkpoint = store.checkpoint(generation).await;
    assert_eq!((checkpoint.owner, checkpoint.owner_lives), (Some(holder), true));
    assert_eq!((checkpoint.last_error, checkpoint.stopped), (None, None));
    let third = store.worker().await;
    assert_eq!(store.claimed(generation, 0, third).await, None);
}

pub(crate) async fn the_partitions_of_a_worker_that_left_can_be_claimed<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = with_partitions(&store, 3).await;
    let (worker, stays) = (store.worker().await, store.worker().await);
    for partition in 0..2 {
        store.claimed(generation, partition, worker).await.expect("the partition is unclaimed");
    }
    store.claimed(generation, 2, stays).await.expect("the partition is unclaimed");
    store.leave(worker).await.expect("the store can be written");
    let other = new_worker();
    let alive: Vec<_> = store.beat(&other, LONG).await.iter().map(|worker| worker.id).collect();
    assert!(!alive.contains(&worker) && alive.contains(&stays));
    for partition in 0..2 {
        assert!(store.claimed(generation, partition, other.id).await.is_some());
    }
    assert_eq!(store.claimed(generation, 2, other.id).await, None, "another worker's");
}

pub(crate) async fn a_partition_is_not_claimed_while_a_transaction_holds_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = store.make(&balances()).await;
    let lease = store.lease_of_a_dead_worker(generation).await;
    let other = store.worker().await;
    let mut transaction = store.begun(&lease).await;
    assert_eq!(store.claimed(generation, 0, other).await, None, "the transaction is open");
    store.advanced(&mut transaction, &lease, 5, 5).await;
    assert_eq!(store.claimed(generation, 0, other).await, None, "the transaction is open still");
    store.committed(transaction).await;
    let claimed = eventually("claiming after the transaction", || store.claimed(generation, 0, other)).await;
    let (_, position) = store.try_begin(&claimed).await.expect("the lease is not lost");
    assert_eq!(position, Position::new(5), "what was committed counts");
    assert!(store.try_begin(&lease).await.is_none());
}

pub(crate) async fn a_stopped_partition_cannot_be_claimed_until_it_is_resumed<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    store.stop(&lease, &failed()).await.expect("the store can be written");
    let stopped = store.checkpoint(generation).await.stopped.expect("it stopped");
    assert_eq!(stopped.reason, failed());
    assert!(store.try_begin(&lease).await.is_none(), "it is stopped");
    store.release(&lease).await.expect("the store can be written");
    let other = store.worker().await;
    for worker in [other, lease.worker] {
        assert_eq!(store.claimed(generation, 0, worker).await, None, "it is stopped");
    }
    assert_eq!(store.resume(generation).await.expect("the store can be written"), 1);
    assert_eq!(store.checkpoint(generation).await.stopped, None);
    assert!(store.claimed(generation, 0, other).await.is_some());
}

pub(crate) async fn a_stopped_partition_is_claimed_by_a_worker_that_can_continue<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = with_partitions(&store, 2).await;
    let worker = store.worker().await;
    let [stopped, beside] = [0, 1].map(|partition| (generation, partition));
    let lease = store.claimed(stopped.0, stopped.1, worker).await.expect("the partition is unclaimed");
    let other = store.claimed(beside.0, beside.1, worker).await.expect("the partition is unclaimed");
    for lease in [&lease, &other] {
        store.stop(lease, &failed()).await.expect("the store can be written");
    }
    // Its owner is alive.
    let next = store.worker().await;
    let claim = Claim::of(generation, 0, next).stopped_in(lease.epoch);
    let claimed = store.claim(&claim).await.expect("the store can be written");
    let claimed = claimed.expect("it stopped in this epoch");
    assert_eq!((claimed.generation, claimed.partition, claimed.worker), (generation, 0, next));
    assert!(claimed.epoch > lease.epoch, "the epoch rises with every claim");
    let [first, second] = store.generation(generation).await.checkpoints.try_into().expect("two");
    assert_eq!((first.owner, first.epoch, first.stopped), (Some(next), claimed.epoch, None));
    assert_eq!((second.owner, second.stopped.map(|it| it.reason)), (Some(worker), Some(failed())));
    assert!(store.try_begin(&lease).await.is_none(), "the lease is lost");
    assert!(store.try_begin(&claimed).await.is_some());
}

pub(crate) async fn a_stop_of_another_epoch_is_not_ended<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let next = store.worker().await;
    let claim = |epoch: u64| {
        let (store, claim) = (store.clone(), Claim::of(generation, 0, next).stopped_in(epoch));
        async move { store.claim(&claim).await.expect("the store can be written") }
    };
    let first = store.lease(generation).await;
    assert_eq!(claim(first.epoch).await, None, "it is not stopped");
    assert_eq!(store.checkpoint(generation).await.owner, Some(first.worker));
    store.stop(&first, &failed()).await.expect("the store can be written");
    store.resume(generation).await.expect("the store can be written");
    assert_eq!(claim(first.epoch).await, None, "it is resumed");
    let second = store.claimed(generation, 0, first.worker).await.expect("it holds it itself");
    store.stop(&second, &failed()).await.expect("the store can be written");
    for epoch in [first.epoch, second.epoch + 1, 0] {
        assert_eq!(claim(epoch).await, None, "it stopped in {}, not in {epoch}", second.epoch);
    }
    assert_eq!(store.checkpoint(generation).await.stopped.map(|it| it.reason), Some(failed()));
    assert!(claim(second.epoch).await.is_some());
    let missing = Claim::of(generation, 7, next).stopped_in(second.epoch);
    let missing = store.claim(&missing).await.expect("the store can be written");
    assert_eq!(missing, None, "there is no such partition");
}

pub(crate) async fn every_reason_to_stop_is_kept_as_it_was_given<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let position = Position::new(u64::from(u32::MAX) + 1);
    let (event, attempts) = (String::from("an 'odd' one \u{1f980}"), 3);
    for reason in [
        failed(),
        StopReason::Panicked { event, position, attempts, message: "index out of bounds".into() },
        StopReason::Undecodable { position, error: String::new() },
        StopReason::NeedsNewerProgram {
            position,
            category: "or'der".into(),
            event_type: "order.lost \u{1f980}".into(),
            schema_version: 3,
            known: Some(2),
            application: "shop".into(),
        },
    ] {
        store.stop(&lease, &reason).await.expect("the store can be written");
        assert_eq!(store.checkpoint(generation).await.stopped.expect("it stopped").reason, reason);
        store.resume(generation).await.expect("the store can be written");
    }
}

pub(crate) async fn resuming_returns_how_many_partitions_were_stopped<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = with_partitions(&store, 3).await;
    let other = store.make(&definition("others", 1)).await;
    let worker = store.worker().await;
    for (generation, partition) in [(generation, 0), (generation, 2), (other, 0)] {
        let lease = store.claimed(generation, partition, worker).await.expect("the partition is unclaimed");
        store.stop(&lease, &failed()).await.expect("the store can be written");
    }
    assert_eq!(store.resume(generation).await.expect("the store can be written"), 2);
    assert_eq!(store.resume(generation).await.expect("the store can be written"), 0);
    assert!(store.checkpoint(other).await.stopped.is_some(), "another projection's");
}

pub(crate) async fn exactly_one_of_the_racers_for_a_partition_gets_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = store.make(&balances()).await;
    for _ in 0..4 {
        let before = store.checkpoint(generation).await.epoch;
        let mut racers = Vec::new();
        for _ in 0..16 {
            racers.push(store.worker().await);
        }
        // A partition may be locked by another racer at that moment. Then the racer tries again, until one of them
        // holds it.
        let leases: Vec<Lease> = race(16, |n| {
            let (store, worker) = (store.clone(), racers[n]);
            async move {
                eventually("a partition is held after a race for it", || async {
                    match store.claimed(generation, 0, worker).await {
                        Some(lease) => Some(Some(lease)),
                        None => store.checkpoint(generation).await.owner.map(|_| None),
                    }
                })
                .await
            }
        })
        .await
        .into_iter()
        .flatten()
        .collect();
        let [lease] = &leases[..] else { panic!("{} of 16 got it: {leases:?}", leases.len()) };
        let checkpoint = store.checkpoint(generation).await;
        assert_eq!((checkpoint.owner, checkpoint.epoch), (Some(lease.worker), lease.epoch));
        assert!(lease.epoch > before);
        store.release(lease).await.expect("the store can be written");
    }
}

pub(crate) async fn partitions_are_claimed_separately<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = with_partitions(&store, 4).await;
    let mut holders = BTreeSet::new();
    for partition in 0..4 {
        let worker = store.worker().await;
        let lease = store.claimed(generation, partition, worker).await.expect("the partition is unclaimed");
        store.apply(&lease, u64::from(partition) + 1, &[]).await;
        holders.insert(worker);
    }
    let kept = store.generation(generation).await;
    let owners: BTreeSet<_> = kept.checkpoints.iter().filter_map(|checkpoint| checkpoint.owner).collect();
    assert_eq!(owners, holders);
    let positions: Vec<_> = kept.checkpoints.iter().map(|checkpoint| checkpoint.position.get()).collect();
    assert_eq!(positions, [1, 2, 3, 4]);
}

pub(crate) async fn a_heartbeat_returns_all_live_workers<S: ReadModelStore>(store: ReadModels<S>) {
    let workers: Vec<Worker> = (0..3).map(|_| new_worker()).collect();
    for (n, worker) in workers.iter().enumerate() {
        let alive = store.beat(worker, LONG).await;
        assert_eq!(alive.len(), n + 1);
        assert!(
            workers[..=n].iter().all(|worker| alive.contains(worker)),
            "everything in the heartbeat is stored"
        );
    }
    let brief = new_worker();
    store.beat(&brief, INSTANT).await;
    eventually("a worker without heartbeats is not among the live ones", || async {
        let alive = store.beat(&workers[0], LONG).await;
        assert!(workers.iter().all(|worker| alive.contains(worker)));
        (!alive.contains(&brief)).then_some(())
    })
    .await;
}

pub(crate) async fn a_missing_partition_cannot_be_claimed<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let worker = store.worker().await;
    let none = GenerationId::new(generation.get() + 1_000);
    assert_eq!(store.claimed(none, 0, worker).await, None);
    let lease = Lease { generation, partition: 0, epoch: 1, worker: WorkerId::new() };
    let begun = at_once("beginning with a lease that was never given", store.try_begin(&lease)).await;
    assert!(begun.is_none());
}
