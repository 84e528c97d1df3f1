//! Operations on one partition, generation or key do not affect others.

use eventsource::{
    Position, RecordedEvent,
    store::{
        Definition, Generation, GenerationId, GenerationState, Lease, ParkedEvent, ParkedOutcome,
        ParkedRequest, ProjectionKind, ReadModelStore, StopReason, StoreTransaction,
    },
};

use crate::support::{REBUILD, ReadModels, definition, every_parked, parked, row};

/// Two projections with two partitions each. Each partition is held by a separate worker, and has parked an event
/// of `a` and one of `b`.
struct Scene<S> {
    store: ReadModels<S>,
    leases: [Lease; 4],
    events: Vec<RecordedEvent>,
}

/// The state of a generation, with its parked events.
type Found = Vec<(Generation, Vec<ParkedEvent>)>;

impl<S: ReadModelStore> Scene<S> {
    async fn new(store: ReadModels<S>) -> Self {
        let events = store.record(4).await;
        let mut leases = Vec::new();
        for name in ["accounts", "others"] {
            let generation = store.make(&Definition { partitions: 2, ..definition(name, 1) }).await;
            for partition in 0..2 {
                let worker = store.worker().await;
                let lease =
                    store.claimed(generation, partition, worker).await.expect("the partition is unclaimed");
                let index = partition as usize;
                let keys = [parked("a", &events[index], Some("no")), parked("b", &events[2 + index], None)];
                let mut transaction = store.begun(&lease).await;
                transaction.park(&lease, &keys).await.expect("the store can be written");
                store.advanced(&mut transaction, &lease, 1, 1).await;
                store.committed(transaction).await;
                leases.push(lease);
            }
        }
        let leases = leases.try_into().expect("two partitions of two projections");
        Self { store, leases, events }
    }

    /// The partition on which the test operates: neither the first nor the last.
    fn one(&self) -> &Lease {
        &self.leases[1]
    }

    async fn found(&self) -> Found {
        let mut found = Vec::new();
        for generation in self.store.list().await {
            let parked =
                self.store.parked(generation.id, &every_parked()).await.expect("the store can be read");
            found.push((generation, parked));
        }
        found
    }

    /// Asserts that only this change has happened since the given state was read.
    async fn assert_only(
        &self,
        mut before: Found,
        change: impl FnOnce(&mut Generation, &mut Vec<ParkedEvent>),
    ) {
        let now = self.found().await;
        let one = before
            .iter_mut()
            .find(|(it, _)| it.id == self.one().generation)
            .expect("the generation existed before");
        change(&mut one.0, &mut one.1);
        // The store sets the time of the change.
        let of = |found: &Found| {
            let found =
                found.iter().find(|(it, _)| it.id == self.one().generation).expect("the generation exists");
            found.0.checkpoints[1].updated_at
        };
        let updated_at = of(&now);
        let one = before
            .iter_mut()
            .find(|(it, _)| it.id == self.one().generation)
            .expect("the generation existed before");
        one.0.checkpoints[1].updated_at = updated_at;
        assert_eq!(now, before);
    }
}

fn free(generation: &mut Generation) {
    let checkpoint = &mut generation.checkpoints[1];
    (checkpoint.owner, checkpoint.owner_application, checkpoint.owner_lives) = (None, None, false);
}

pub(crate) async fn a_worker_that_leaves_releases_only_its_own_partitions<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let scene = Scene::new(store).await;
    let before = scene.found().await;
    scene.store.leave(scene.one().worker).await.expect("the store can be written");
    scene.assert_only(before, |generation, _| free(generation)).await;
}

pub(crate) async fn a_release_affects_one_partition<S: ReadModelStore>(store: ReadModels<S>) {
    let scene = Scene::new(store).await;
    let before = scene.found().await;
    scene.store.release(scene.one()).await.expect("the store can be written");
    scene.assert_only(before, |generation, _| free(generation)).await;
}

pub(crate) async fn an_error_is_noted_for_one_partition<S: ReadModelStore>(store: ReadModels<S>) {
    let scene = Scene::new(store).await;
    let before = scene.found().await;
    scene.store.note_error(scene.one(), Some("it failed")).await.expect("the store can be written");
    let noted = |generation: &mut Generation, _: &mut _| {
        generation.checkpoints[1].last_error = Some("it failed".to_owned());
    };
    scene.assert_only(before, noted).await;
}

pub(crate) async fn a_stop_affects_one_partition<S: ReadModelStore>(store: ReadModels<S>) {
    let scene = Scene::new(store).await;
    let position = scene.events[3].context.position;
    let reason = StopReason::Undecodable { position, error: "no".to_owned() };
    scene.store.stop(scene.one(), &reason).await.expect("the store can be written");
    for lease in &scene.leases {
        let generation = scene.store.generation(lease.generation).await;
        let stopped = &generation.checkpoints[lease.partition as usize].stopped;
        assert_eq!(stopped.as_ref().map(|it| &it.reason), (lease == scene.one()).then_some(&reason));
        assert_eq!(scene.store.try_begin(lease).await.is_some(), lease != scene.one());
    }
}

pub(crate) async fn an_advance_moves_one_checkpoint<S: ReadModelStore>(store: ReadModels<S>) {
    let scene = Scene::new(store).await;
    let before = scene.found().await;
    let mut transaction = scene.store.begun(scene.one()).await;
    scene.store.advanced(&mut transaction, scene.one(), 3, 5).await;
    scene.store.committed(transaction).await;
    let advanced = |generation: &mut Generation, _: &mut _| {
        let checkpoint = &mut generation.checkpoints[1];
        (checkpoint.position, checkpoint.events) = (Position::new(3), checkpoint.events + 5);
    };
    scene.assert_only(before, advanced).await;
}

pub(crate) async fn a_request_is_for_one_key_of_one_generation<S: ReadModelStore>(store: ReadModels<S>) {
    let scene = Scene::new(store).await;
    let generation = scene.one().generation;
    let requested = scene.store.request_parked(generation, Some("b"), &ParkedRequest::Retry).await;
    assert!(requested.expect("the store can be written"), "the key is parked");
    for (it, parked) in scene.found().await {
        for event in parked {
            let expected = (it.id == generation && event.key == "b").then_some(ParkedRequest::Retry);
            assert_eq!(event.request, expected, "{} of `{}`", event.key, it.name);
        }
    }
}

pub(crate) async fn an_event_is_applied_for_one_generation<S: ReadModelStore>(store: ReadModels<S>) {
    let scene = Scene::new(store).await;
    let before = scene.found().await;
    let event =
        before[0].1.iter().find(|it| it.position == scene.events[1].context.position).expect("it is parked");
    let mut transaction = scene.store.begun(scene.one()).await;
    let unparked = transaction.unpark(scene.one(), event, &ParkedOutcome::Applied).await;
    unparked.expect("the store can be written");
    scene.store.committed(transaction).await;
    let (position, now) = (event.position, scene.found().await);
    assert_eq!(now[1], before[1], "the same event is still parked by another projection");
    let left: Vec<_> = before[0].1.iter().filter(|it| it.position != position).cloned().collect();
    assert_eq!(now[0].1, left);
}

/// Two projections, each with a retired, a live and a building generation.
async fn with_three_each<S: ReadModelStore>(store: &ReadModels<S>) -> [[GenerationId; 3]; 2] {
    let mut all = Vec::new();
    for name in ["accounts", "others"] {
        let retired = store.make(&definition(name, 1)).await;
        let live = store.made(&definition(name, 1), REBUILD).await.expect("a generation is made");
        store.swapped(live, true).await;
        let building = store.made(&definition(name, 1), REBUILD).await.expect("a generation is made");
        let lease = store.lease(building).await;
        store.apply_to(&lease, name, 1, &[row("a", 1)]).await;
        store.release(&lease).await.expect("the store can be written");
        all.push([retired, live, building]);
    }
    all.try_into().expect("two")
}

pub(crate) async fn abandoning_a_generation_affects_no_other<S: ReadModelStore>(store: ReadModels<S>) {
    let [[retired, live, building], others] = with_three_each(&store).await;
    let mut expected = store.list().await;
    for (abandoned, left) in [(building, vec![retired, live]), (retired, vec![live])] {
        store.abandon(abandoned).await.expect("the store can be written");
        expected.retain(|it| left.contains(&it.id) || others.contains(&it.id));
        assert_eq!(store.list().await, expected);
    }
}

pub(crate) async fn changing_the_automatic_swap_of_a_generation_affects_no_other<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let [[.., building], _] = with_three_each(&store).await;
    let before = store.list().await;
    store.swap_when_ready(building, true).await.expect("the store can be written");
    let expected = before
        .into_iter()
        .map(|it| Generation { swap_when_ready: it.swap_when_ready || it.id == building, ..it });
    assert_eq!(store.list().await, expected.collect::<Vec<_>>());
}

pub(crate) async fn reviving_a_generation_affects_no_other<S: ReadModelStore>(store: ReadModels<S>) {
    let [[retired, _, building], [.., others]] = with_three_each(&store).await;
    for building in [building, others] {
        store.abandon(building).await.expect("the store can be written");
    }
    let states = |all: Vec<Generation>| all.into_iter().map(|it| (it.id, it.state)).collect::<Vec<_>>();
    let mut expected = states(store.list().await);
    assert!(store.revive(retired).await.expect("the store can be written"), "it is retired");
    expected.iter_mut().filter(|it| it.0 == retired).for_each(|it| it.1 = GenerationState::Building);
    assert_eq!(states(store.list().await), expected);
}

pub(crate) async fn one_inline_generation_is_promoted_or_demoted<S: ReadModelStore>(store: ReadModels<S>) {
    let inline = |name| Definition { kind: ProjectionKind::Inline, ..definition(name, 1) };
    let mut ids = Vec::new();
    for name in ["accounts", "others", "third"] {
        ids.push(store.make(&inline(name)).await);
    }
    let are_inline = || async { store.list().await.iter().map(|it| it.inline).collect::<Vec<_>>() };
    for (index, expected) in [(1, [false, true, false]), (0, [true, true, false]), (2, [true, true, true])] {
        let lease = store.lease(ids[index]).await;
        store.promoted(&lease).await;
        assert_eq!(are_inline().await, expected);
    }
    store.demote(ids[1]).await.expect("the store can be written");
    assert_eq!(are_inline().await, [true, false, true]);
}
