//! Event handlers that handle events of different keys at the same time.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use eventsource::{
    Position,
    projections::{ParkedRetry, WaitError},
    store::{ReadModelStore, StartAt, StopReason},
};

use crate::support::{
    Behaviour, Calls, FAULT, Gate, Program, ReadModels, Switch, UNLUCKY, added, assert_complete, crashed,
    ended, eventually, impatient, included, is_unlucky, options, started, started_with, status,
};

/// Adds one event to each of these tallies.
async fn added_to<S: ReadModelStore>(program: &Program<S>, tallies: &[&str]) -> Vec<Position> {
    let mut positions = Vec::new();
    for tally in tallies {
        positions.push(added(program, tally, 1).await);
    }
    positions
}

fn last(positions: &[Position]) -> Position {
    *positions.last().expect("there are events")
}

/// How many events are handled at the moment, and how many at most.
#[derive(Clone, Default)]
struct Peak(Arc<(AtomicUsize, AtomicUsize)>);

impl Peak {
    fn enter(&self) {
        let now = self.0.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.1.fetch_max(now, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

/// A handler whose deliveries wait at a gate, and the most that waited there.
fn waiting<const CONCURRENCY: usize>(gate: &Gate) -> (Calls<CONCURRENCY>, Peak) {
    let (gate, peak) = (gate.clone(), Peak::default());
    let counted = peak.clone();
    let calls = Calls::that(move |_| {
        counted.enter();
        Behaviour::Wait(gate.clone())
    });
    (calls, peak)
}

pub(crate) async fn events_of_different_keys_are_handled_at_the_same_time<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let (calls, peak) = waiting::<4>(&gate);
    let program = store.program().handler(calls.clone(), StartAt::Beginning).build();
    // Of six keys, four can wait at the gate. The second event of a key waits for the first one.
    let positions = added_to(&program, &["a", "a", "b", "c", "d", "e", "f"]).await;
    let workers = started(&program).await;
    for _ in 0..4 {
        gate.reached().await;
    }
    let mut begun: Vec<_> = calls.sent().into_iter().map(|(tally, version, _)| (tally, version)).collect();
    begun.sort();
    assert_eq!(begun, ["a", "b", "c", "d"].map(|tally| (tally.to_owned(), 1)));
    assert_eq!(peak.most(), 4);
    gate.open();
    included(&program, "calls", last(&positions)).await;
    assert_eq!(calls.versions("a"), [1, 2]);
    assert_eq!(calls.sent().len(), positions.len());
    ended(workers).await;
}

pub(crate) async fn a_concurrency_of_zero_is_one<S: ReadModelStore>(store: ReadModels<S>) {
    let gate = Gate::closed();
    let (calls, peak) = waiting::<0>(&gate);
    let program = store.program().handler(calls.clone(), StartAt::Beginning).build();
    let positions = added_to(&program, &["a", "b", "c"]).await;
    let workers = started(&program).await;
    gate.reached().await;
    assert_eq!(peak.most(), 1);
    gate.open();
    included(&program, "calls", last(&positions)).await;
    let tallies: Vec<_> = calls.sent().into_iter().map(|(tally, ..)| tally).collect();
    assert_eq!(tallies, ["a", "b", "c"], "in the order of the log");
    ended(workers).await;
}

pub(crate) async fn each_key_stays_in_order_beside_the_others<S: ReadModelStore>(store: ReadModels<S>) {
    let calls = {
        let failed = Mutex::new(HashSet::new());
        // Some fail once.
        Calls::<8>::that(move |event| {
            let this = (event.aggregate_id().to_owned(), event.context.version);
            let fails = event.context.version.get() % 4 == 3 && failed.lock().expect("no panic").insert(this);
            if fails { Behaviour::Fail } else { Behaviour::Apply }
        })
    };
    let program = store.program().handler(calls.clone(), StartAt::Beginning).build();
    let workers = started_with(&program, options().batch_events(16)).await;
    let tallies: Vec<_> = (0..20).map(|number| format!("t-{number}")).collect();
    let mut end = Position::START;
    for round in 0..10 {
        for tally in tallies.iter().skip(round % 3) {
            end = store.add_many(tally, 1).await;
        }
    }
    included(&program, "calls", end).await;
    for (number, tally) in tallies.iter().enumerate() {
        let mut versions = calls.versions(tally);
        versions.dedup();
        assert_complete(&versions, (0..10).filter(|round| round % 3 <= number).count() as u64);
    }
    ended(workers).await;
}

/// A handler that waits at the gate for `slow`.
fn slow<const CONCURRENCY: usize>(gate: &Gate) -> Calls<CONCURRENCY> {
    let gate = gate.clone();
    Calls::that(move |event| match event.aggregate_id() == "slow" {
        true => Behaviour::Wait(gate.clone()),
        false => Behaviour::Apply,
    })
}

async fn handled<const CONCURRENCY: usize>(calls: &Calls<CONCURRENCY>, count: usize) {
    eventually("the events are delivered", || async {
        let sent = calls.sent().len();
        if sent == count { Ok(()) } else { Err(sent) }
    })
    .await;
}

async fn checkpoint<S: ReadModelStore>(store: &ReadModels<S>) -> Position {
    store.list().await[0].checkpoints[0].position
}

pub(crate) async fn a_slow_key_does_not_delay_the_others<S: ReadModelStore>(store: ReadModels<S>) {
    let gate = Gate::closed();
    let calls = slow::<2>(&gate);
    let program = store.program().handler(calls.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let held = last(&added_to(&program, &["a", "slow"]).await);
    gate.reached().await;
    let mut end = held;
    for number in 0..40 {
        end = store.add_many(&format!("t-{}", number % 5), 5).await;
    }
    handled(&calls, 202).await;
    assert!(checkpoint(&store).await < held, "the checkpoint is before the event in progress");
    gate.open();
    included(&program, "calls", end).await;
    assert_eq!(calls.versions("slow"), [1]);
    for number in 0..5 {
        assert_complete(&calls.versions(&format!("t-{number}")), 40);
    }
    assert!(checkpoint(&store).await >= end);
    ended(workers).await;
}

pub(crate) async fn what_was_not_committed_is_delivered_again_after_a_crash<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let first = slow::<2>(&gate);
    let program = store.program().handler(first.clone(), StartAt::Beginning).build();
    let workers = started_with(&program, impatient()).await;
    let positions = added_to(&program, &["a", "b", "slow", "a", "c"]).await;
    gate.reached().await;
    handled(&first, 5).await;
    eventually("what is before the slow event is committed", || async {
        let at = checkpoint(&store).await;
        if at >= positions[1] { Ok(()) } else { Err(at) }
    })
    .await;
    crashed(workers).await;

    let second = Calls::<2>::new();
    let program = store.program().handler(second.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    included(&program, "calls", last(&positions)).await;
    let again: HashSet<_> = second.sent().into_iter().collect();
    let is_due = |tally: &str, version| ["slow", "c"].contains(&tally) || (tally, version) == ("a", 2);
    let sent = first.sent().into_iter();
    let due: HashSet<_> = sent.filter(|(tally, version, _)| is_due(tally, *version)).collect();
    assert_eq!(again, due, "the same events under the same keys");
    ended(workers).await;
}

pub(crate) async fn each_event_is_committed_before_the_next_if_a_handler_says_so<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let first = {
        let gate = gate.clone();
        Calls::<1, true>::that(move |event| match event.context.version.get() == 3 {
            true => Behaviour::Wait(gate.clone()),
            false => Behaviour::Apply,
        })
    };
    let program = store.program().handler(first.clone(), StartAt::Beginning).build();
    let end = store.add_many("a", 4).await;
    let workers = started_with(&program, impatient()).await;
    gate.reached().await;
    crashed(workers).await;

    let second = Calls::<1, true>::new();
    let program = store.program().handler(second.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    included(&program, "calls", end).await;
    assert_eq!(second.versions("a"), [3, 4]);
    ended(workers).await;
}

pub(crate) async fn a_key_that_fails_is_parked_beside_the_others<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let calls = {
        let fixed = fixed.clone();
        Calls::<4>::that(move |event| match is_unlucky(&event.event) && !fixed.is_on() {
            true if event.aggregate_id() == "p" => Behaviour::Panic,
            true => Behaviour::Fail,
            false => Behaviour::Apply,
        })
        .parking()
    };
    let program = store.program().handler(calls.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let mut end = Position::START;
    for (tally, amount) in [("a", UNLUCKY), ("p", UNLUCKY), ("b", 1), ("a", 1), ("p", 1), ("b", 1), ("a", 1)]
    {
        end = added(&program, tally, amount).await;
    }
    included(&program, "calls", end).await;
    assert_complete(&calls.versions("b"), 2);
    assert_eq!(calls.versions("a"), [1, 1, 1], "three attempts, and none on later events");
    assert_eq!(calls.versions("p"), [1, 1, 1]);
    let parked = program.parked("calls").await.expect("the store can be read").events;
    let keys: Vec<_> =
        parked.iter().map(|it| (it.stream.id(), it.version.get(), it.error.is_some())).collect();
    assert_eq!(keys, [("a", 1, true), ("p", 1, true), ("a", 2, false), ("p", 2, false), ("a", 3, false)]);
    assert!(parked[1].error.as_ref().is_some_and(|error| error.contains("panicked")));

    fixed.turn();
    let key = parked[0].key.clone();
    assert_eq!(program.retry_parked("calls", &key).await.expect("it is retried"), ParkedRetry::Applied);
    assert_eq!(calls.versions("a"), [1, 1, 1, 1, 2, 3]);
    end = added(&program, "a", 1).await;
    included(&program, "calls", end).await;
    assert_eq!(calls.versions("a"), [1, 1, 1, 1, 2, 3, 4]);
    program.retry_all_parked("calls").await.expect("it is retried");
    assert_eq!(calls.versions("p"), [1, 1, 1, 1, 2]);
    assert_eq!(status(&program, "calls").await.parked, 0);
    ended(workers).await;
}

/// New events of a parked key come while its parked ones are retried, and while an earlier event of another key is not
/// handled yet, so that they are not committed.
pub(crate) async fn a_key_that_is_retried_stays_in_order_beside_a_slow_one<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (gate, fixed) = (Gate::closed(), Switch::default());
    let calls = {
        let (gate, fixed) = (gate.clone(), fixed.clone());
        Calls::<2>::that(move |event| match event.aggregate_id() {
            "slow" => Behaviour::Wait(gate.clone()),
            _ if is_unlucky(&event.event) && !fixed.is_on() => Behaviour::Fail,
            _ => Behaviour::Apply,
        })
        .parking()
    };
    let program = store.program().handler(calls.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let parked = added(&program, "a", UNLUCKY).await;
    included(&program, "calls", parked).await;
    let key = program.parked("calls").await.expect("the store can be read").events[0].key.clone();
    added(&program, "slow", 1).await;
    gate.reached().await;
    // Parked behind the first one, but not in the store yet.
    added(&program, "a", 1).await;
    added(&program, "b", 1).await;
    eventually("the event of `b` is delivered", || async {
        if calls.versions("b").is_empty() { Err("not yet") } else { Ok(()) }
    })
    .await;
    fixed.turn();
    assert_eq!(program.retry_parked("calls", &key).await.expect("it is retried"), ParkedRetry::Applied);
    let end = added(&program, "a", 1).await;
    eventually("the events of `a` are delivered", || async {
        let versions = calls.versions("a");
        if versions == [1, 1, 1, 1, 2, 3] { Ok(()) } else { Err(versions) }
    })
    .await;
    gate.open();
    included(&program, "calls", end).await;
    assert_eq!(calls.versions("a"), [1, 1, 1, 1, 2, 3]);
    assert_eq!(program.parked("calls").await.expect("the store can be read").events, []);
    ended(workers).await;
}

pub(crate) async fn it_stops_before_the_first_event_that_fails_although_later_ones_were_handled<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let (gate, fixed) = (Gate::closed(), Switch::default());
    let calls = {
        let (gate, fixed) = (gate.clone(), fixed.clone());
        Calls::<3>::that(move |event| match event.aggregate_id() {
            "slow" if !fixed.is_on() => Behaviour::Wait(gate.clone()),
            _ if is_unlucky(&event.event) && !fixed.is_on() => Behaviour::Fail,
            _ => Behaviour::Apply,
        })
    };
    let program = store.program().handler(calls.clone(), StartAt::Beginning).build();
    let mut positions = Vec::new();
    for (tally, amount) in [("slow", 1), ("slow", 1), ("a", 1), ("b", UNLUCKY), ("c", 1), ("d", 1)] {
        positions.push(added(&program, tally, amount).await);
    }
    let workers = started(&program).await;
    gate.reached().await;
    eventually("all attempts were made", || async {
        let versions = calls.versions("b");
        if versions.len() == 3 { Ok(()) } else { Err(versions) }
    })
    .await;
    gate.open();
    let end = last(&positions);
    match program.wait_for("calls", end).await {
        Err(WaitError::Stopped { reason: StopReason::Failed { position, error, attempts, .. }, .. }) => {
            assert_eq!((position, error.as_str(), attempts), (positions[3], FAULT, 3));
        }
        other => panic!("{other:?}"),
    }
    assert!(checkpoint(&store).await >= positions[2], "what is before it is handled");
    assert!(checkpoint(&store).await < positions[3]);
    assert_eq!((calls.versions("slow"), calls.versions("a")), (vec![1, 2], vec![1]));
    fixed.turn();
    program.resume("calls").await.expect("it is resumed");
    included(&program, "calls", end).await;
    assert_eq!((calls.versions("slow"), calls.versions("a")), (vec![1, 2], vec![1]));
    assert_eq!(calls.versions("b"), [1, 1, 1, 1]);
    for tally in ["c", "d"] {
        assert!([vec![1], vec![1, 1]].contains(&calls.versions(tally)), "at least once");
    }
    ended(workers).await;
}
