//! Several programs that share partitions.

use std::{borrow::Cow, sync::Arc};

use async_trait::async_trait;
use eventsource::{
    Fold, Projection, ProjectionError, ReadModel, Recorded,
    store::{ProjectionStore, ReadModelStore, WorkerId},
};

use crate::support::{
    Behaviour, Gate, LONG, Letter, Program, ReadModels, TallyEvent, Total, Totals, UNLUCKY, added,
    assert_complete, called, crashed, ended, eventually, impatient, included, is_unlucky, letters, options,
    seen, started, started_with, status,
};

/// Waits until these two programs hold this many partitions, and live programs hold all eight.
async fn spread<S: ReadModelStore>(program: &Program<S>, expected: [usize; 2]) {
    eventually(&format!("the partitions are distributed as {expected:?}"), || async {
        let owners = status(program, "totals").await.owners;
        let held = |name: &str| owners.iter().filter(|it| it.lives && it.application == name).count();
        let held = [held("one"), held("other")];
        if held == expected { Ok(()) } else { Err(held) }
    })
    .await;
}

fn tallies() -> impl Iterator<Item = String> {
    (0..16).map(|n| format!("t-{n}"))
}

/// Appends one more event to each of the tallies. Returns the position of the last one.
async fn add_to_all<S: ReadModelStore>(program: &Program<S>) -> eventsource::Position {
    let mut last = eventsource::Position::START;
    for tally in tallies() {
        last = added(program, &tally, 1).await;
    }
    last
}

async fn assert_all<S: ReadModelStore>(program: &Program<S>, count: u64) {
    for tally in tallies() {
        assert_complete(&seen(program, &tally).await, count);
    }
}

pub(crate) async fn partitions_are_spread_evenly_and_taken_over<S: ReadModelStore>(store: ReadModels<S>) {
    let (one, other) = (Totals::<1, 8>::new(), Totals::<1, 8>::new());
    let first = store.program().projection(one.clone()).build();
    let second = store.program().projection(other.clone()).build();
    let workers = started_with(&first, called("one")).await;
    spread(&first, [8, 0]).await;
    let more = started_with(&second, called("other")).await;
    spread(&first, [4, 4]).await;
    let last = add_to_all(&first).await;
    for program in [&first, &second] {
        included(program, "totals", last).await;
    }
    assert_all(&first, 1).await;
    assert!(one.given() > 0 && other.given() > 0, "each program processes some partitions");
    assert_eq!(one.given() + other.given(), 16, "each partition is processed by one program");

    drop(workers);
    spread(&second, [0, 8]).await;
    let last = add_to_all(&first).await;
    included(&first, "totals", last).await;
    assert_all(&first, 2).await;
    ended(more).await;
}

pub(crate) async fn the_partitions_of_a_crashed_program_are_taken_over<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let held = gate.clone();
    let hangs = Totals::<1, 2>::that(move |event| match is_unlucky(&event.event) {
        true => Behaviour::Wait(held.clone()),
        false => Behaviour::Apply,
    });
    let first = store.program().projection(hangs).build();
    let workers = started_with(&first, impatient()).await;
    for amount in [1, UNLUCKY] {
        added(&first, "a", amount).await;
    }
    gate.reached().await;
    crashed(workers).await;
    let second = store.program().projection(Totals::<1, 2>::new()).build();
    let more = started(&second).await;
    let last = added(&second, "a", 1).await;
    included(&second, "totals", last).await;
    assert_complete(&seen(&second, "a").await, 3);
    ended(more).await;
}

pub(crate) async fn events_of_a_key_stay_in_order_while_partitions_move<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = || store.program().projection(Totals::<1, 8>::new()).build();
    let writer = program();
    let writing = tokio::spawn(async move {
        let mut last = add_to_all(&writer).await;
        for _ in 1..12 {
            last = add_to_all(&writer).await;
        }
        last
    });
    let mut workers = started(&program()).await;
    for _ in 0..4 {
        let next = started(&program()).await;
        eventually("some partitions have moved", || async {
            let owners = status(&program(), "totals").await.owners;
            let first = owners.first().map(|it| it.partition)?;
            let ids: std::collections::HashSet<_> = owner_ids(&store).await.into_iter().flatten().collect();
            (first == 0 && ids.len() == 2).then_some(())
        })
        .await;
        ended(workers).await;
        workers = next;
    }
    let last = writing.await.expect("no panic");
    let reader = program();
    included(&reader, "totals", last).await;
    assert_all(&reader, 12).await;
    ended(workers).await;
}

async fn owner_ids<S: ReadModelStore>(store: &ReadModels<S>) -> Vec<Option<WorkerId>> {
    let generations = store.list().await;
    generations.iter().flat_map(|it| it.checkpoints.iter().map(|checkpoint| checkpoint.owner)).collect()
}

/// A projection that stalls before its transaction begins, while it computes the key of an event.
struct Stalled {
    rows: Totals<1, 1>,
    reached: Gate,
    go_on: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

#[async_trait]
impl<S: ReadModelStore> Projection<S> for Stalled {
    type Event = TallyEvent;
    const NAME: &'static str = Total::TABLE;

    fn key<'a>(&self, event: &'a Recorded<TallyEvent>) -> Option<Cow<'a, str>> {
        if is_unlucky(&event.event) {
            self.reached.knock();
            let go_on = self.go_on.lock().expect("no panic");
            // The sender is dropped later, so the projection stalls only once.
            let _ = tokio::task::block_in_place(|| go_on.recv());
        }
        Some(Cow::Borrowed(event.aggregate_id()))
    }

    async fn setup(&self, transaction: &mut S::Transaction) -> Result<(), ProjectionError> {
        Projection::<S>::setup(&self.rows, transaction).await
    }

    async fn apply(
        &self,
        events: &[Recorded<TallyEvent>],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        Projection::<S>::apply(&self.rows, events, transaction).await
    }
}

pub(crate) async fn a_stalled_program_whose_lease_was_taken_applies_nothing<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (reached, (go_on, stalled)) = (Gate::closed(), std::sync::mpsc::channel());
    let rows = Totals::<1, 1>::new();
    let projection =
        Stalled { rows: rows.clone(), reached: reached.clone(), go_on: std::sync::Mutex::new(stalled) };
    let first = store.program().projection(projection).build();
    // It sends no other heartbeat during the test.
    let workers = started_with(&first, options().lease(LONG)).await;
    let before = added(&first, "a", 1).await;
    included(&first, "totals", before).await;
    added(&first, "a", UNLUCKY).await;
    reached.reached().await;
    let owner = owner_ids(&store).await[0].expect("the partition is claimed");
    store.leave(owner).await.expect("the store can be written");

    let second = store.program().projection(Totals::<1, 1>::new()).build();
    let more = started(&second).await;
    let last = added(&second, "a", 1).await;
    included(&second, "totals", last).await;
    drop(go_on);
    let last = added(&second, "a", 1).await;
    included(&second, "totals", last).await;
    ended(workers).await;
    assert_complete(&seen(&second, "a").await, 4);
    assert_eq!(rows.given(), 1, "only the event before it stalled");
    ended(more).await;
}

pub(crate) async fn events_are_partitioned_by_the_key_of_the_projection<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = || store.program().projection(Letter::projection()).build();
    let (first, second) = (program(), program());
    let (workers, more) = (started(&first).await, started(&second).await);
    let mut last = eventsource::Position::START;
    for n in 0..5 {
        for letter in ["a", "b", "c", "d", "e", "f"] {
            last = added(&first, &format!("{letter}-{n}"), 1).await;
        }
    }
    included(&first, "letters", last).await;
    let rows = letters(&first).await;
    assert_eq!(rows.len(), 6);
    for row in rows {
        assert_eq!((row.total, row.seen.len()), (5, 5), "{row:?}");
        assert!(row.seen.is_sorted(), "{row:?}");
    }
    ended(workers).await;
    ended(more).await;
}

/// A projection that receives only events of tallies that begin with a letter.
#[derive(Clone)]
struct Lettered(Arc<std::sync::Mutex<Vec<String>>>);

#[async_trait]
impl<S: ProjectionStore> Projection<S> for Lettered {
    type Event = TallyEvent;
    const NAME: &'static str = "lettered";
    const PARTITIONS: u32 = 4;

    fn key<'a>(&self, event: &'a Recorded<TallyEvent>) -> Option<Cow<'a, str>> {
        Letter::key(event).map(Cow::Owned)
    }

    async fn apply(
        &self,
        events: &[Recorded<TallyEvent>],
        _: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let mut given = self.0.lock().expect("no panic");
        given.extend(events.iter().map(|event| event.aggregate_id().to_owned()));
        Ok(())
    }
}

pub(crate) async fn an_event_without_a_key_is_not_applied<S: ReadModelStore>(store: ReadModels<S>) {
    let projection = Lettered(Arc::default());
    let program = store.program().projection(projection.clone()).build();
    let workers = started(&program).await;
    for tally in ["a-1", "-1", "b-1", "-2"] {
        added(&program, tally, 1).await;
    }
    let last = added(&program, "-3", 1).await;
    included(&program, "lettered", last).await;
    let mut given = projection.0.lock().expect("no panic").clone();
    given.sort();
    assert_eq!(given, ["a-1", "b-1"]);
    ended(workers).await;
}
