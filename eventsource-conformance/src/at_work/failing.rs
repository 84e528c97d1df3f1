//! Projections that fail and report it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use eventsource::{
    Position, ReadModel,
    projections::{ProjectionState, WaitError},
    store::{ReadModelStore, StopReason},
};

use crate::support::{
    Behaviour, FAULT, Gate, Letter, Program, ReadModels, Switch, Totals, UNLUCKY, add, added,
    assert_complete, at_once, ended, eventually, included, is_unlucky, seen, started, status,
};

/// Appends two events, one that fails, and two more. Returns the positions of the failing and of the last event.
async fn with_a_failing_event<S: ReadModelStore>(program: &Program<S>) -> (Position, Position) {
    added(program, "a", 1).await;
    added(program, "b", 1).await;
    let fault = added(program, "a", UNLUCKY).await;
    added(program, "b", 1).await;
    (fault, added(program, "a", 1).await)
}

/// Asserts that only the two events before the failing one are applied.
async fn assert_stopped_before<S: ReadModelStore>(program: &Program<S>) {
    for tally in ["a", "b"] {
        assert_complete(&seen(program, tally).await, 1);
    }
}

async fn assert_all_applied<S: ReadModelStore>(program: &Program<S>, last: Position) {
    included(program, "totals", last).await;
    for (tally, count) in [("a", 3), ("b", 2)] {
        assert_complete(&seen(program, tally).await, count);
    }
}

pub(crate) async fn it_stops_before_the_event_and_says_why<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let program = store.program().projection(Totals::<1, 1>::failing_until(&fixed)).build();
    let (fault, last) = with_a_failing_event(&program).await;
    let mut workers = started(&program).await;
    let stopped = at_once("the projection stops", workers.stopped()).await;
    assert_eq!(stopped.name, "totals");
    match &stopped.reason {
        StopReason::Failed { event, position, attempts, error } => {
            assert_eq!((*position, *attempts, error.as_str()), (fault, 3, FAULT));
            assert!(event.contains("tally/a"), "{event}");
        }
        other => panic!("{other:?}"),
    }
    assert_stopped_before(&program).await;
    let found = status(&program, "totals").await;
    assert_eq!(found.state, ProjectionState::Stopped(stopped.reason.clone()));
    assert_eq!(found.last_error.as_deref(), Some(FAULT));
    assert!(found.position < fault, "{found:?}");
    match program.wait_for("totals", last).await {
        Err(WaitError::Stopped { name, reason }) => {
            assert_eq!((name, reason), ("totals".into(), stopped.reason))
        }
        other => panic!("{other:?}"),
    }

    fixed.turn();
    assert_eq!(program.resume("totals").await.expect("the store can be written"), 1);
    assert_all_applied(&program, last).await;
    eventually("no error is left", || async {
        status(&program, "totals").await.last_error.is_none().then_some(())
    })
    .await;
    assert_eq!(program.resume("totals").await.expect("the store can be written"), 0);
    ended(workers).await;
}

pub(crate) async fn a_stopped_projection_is_retried_by_the_next_start<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let broken = store.program().projection(Totals::<1, 1>::failing_until(&Switch::default())).build();
    let (_, last) = with_a_failing_event(&broken).await;
    let mut workers = started(&broken).await;
    at_once("the projection stops", workers.stopped()).await;
    ended(workers).await;
    assert_stopped_before(&broken).await;

    let fixed = store.program().projection(Totals::<1, 1>::new()).build();
    let workers = started(&fixed).await;
    assert_all_applied(&fixed, last).await;
    ended(workers).await;
}

pub(crate) async fn a_panic_stops_it_like_an_error<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let panics = {
        let fixed = fixed.clone();
        Totals::<1, 1>::that(move |event| match is_unlucky(&event.event) && !fixed.is_on() {
            true => Behaviour::Panic,
            false => Behaviour::Apply,
        })
    };
    let program = store.program().projection(panics).build();
    let (fault, last) = with_a_failing_event(&program).await;
    let mut workers = started(&program).await;
    match at_once("the projection stops", workers.stopped()).await.reason {
        StopReason::Panicked { position, attempts, message, .. } => {
            assert_eq!((position, attempts, message.as_str()), (fault, 3, FAULT));
        }
        other => panic!("{other:?}"),
    }
    assert_stopped_before(&program).await;
    fixed.turn();
    program.resume("totals").await.expect("the store can be written");
    assert_all_applied(&program, last).await;
    ended(workers).await;
}

async fn assert_stopped_by_an_undecodable_event<S: ReadModelStore>(
    store: &ReadModels<S>,
    projection: Totals<1, 1>,
) {
    let program = store.program().projection(projection).build();
    added(&program, "a", 1).await;
    let unknown = store.add_as("b", "tally.added", 2, r#"{"amount":"many"}"#).await;
    let last = added(&program, "a", 1).await;
    let mut workers = started(&program).await;
    match at_once("the projection stops", workers.stopped()).await.reason {
        StopReason::Undecodable { position, error } => {
            assert_eq!(position, unknown);
            assert!(error.contains("invalid type: string") && !error.contains("many"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    assert_complete(&seen(&program, "a").await, 1);
    assert_eq!(program.parked("totals").await.expect("the store can be read").events, []);
    program.wait_for("totals", last).await.expect_err("the undecodable event is not included");
    ended(workers).await;
}

pub(crate) async fn an_undecodable_event_stops_it<S: ReadModelStore>(store: ReadModels<S>) {
    assert_stopped_by_an_undecodable_event(&store, Totals::new()).await;
}

pub(crate) async fn an_undecodable_event_stops_it_even_if_failing_events_are_parked<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    assert_stopped_by_an_undecodable_event(&store, Totals::new().parking()).await;
}

pub(crate) async fn an_event_that_fails_twice_and_then_succeeds_is_applied_once<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let program = store
        .program()
        .projection(Totals::<1, 1>::that(move |event| {
            match is_unlucky(&event.event) && counted.fetch_add(1, Ordering::SeqCst) < 2 {
                true => Behaviour::Fail,
                false => Behaviour::Apply,
            }
        }))
        .build();
    let workers = started(&program).await;
    // A batch of its own, because a batch that fails is first split into smaller ones, which does not count as an
    // attempt.
    let last = added(&program, "a", UNLUCKY).await;
    included(&program, "totals", last).await;
    assert_complete(&seen(&program, "a").await, 1);
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
    ended(workers).await;
}

pub(crate) async fn an_error_is_shown_while_the_event_is_retried<S: ReadModelStore>(store: ReadModels<S>) {
    let gate = Gate::closed();
    let (held, attempts) = (gate.clone(), AtomicUsize::new(0));
    let program = store
        .program()
        .projection(Totals::<1, 1>::that(move |_| match attempts.fetch_add(1, Ordering::SeqCst) {
            0 => Behaviour::Fail,
            _ => Behaviour::Wait(held.clone()),
        }))
        .build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    gate.reached().await;
    // From another program: in the memory store an open transaction excludes other transactions, but not reads.
    assert_eq!(status(&program, "totals").await.last_error.as_deref(), Some(FAULT));
    gate.open();
    included(&program, "totals", last).await;
    assert_eq!(status(&program, "totals").await.last_error, None);
    ended(workers).await;
}

pub(crate) async fn a_stopped_projection_does_not_affect_others<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store
        .program()
        .projection(Totals::<1, 1>::failing_until(&Switch::default()))
        .projection(Letter::projection())
        .build();
    let mut workers = started(&program).await;
    let (_, last) = with_a_failing_event(&program).await;
    included(&program, "letters", last).await;
    assert_eq!(at_once("the projection stops", workers.stopped()).await.name, "totals");
    let last = program.execute(add("b", 1)).await.expect("commands still succeed").position;
    included(&program, "letters", last).await;
    ended(workers).await;
}

pub(crate) async fn a_stopped_partition_does_not_affect_others<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let program = store.program().projection(Totals::<1, 8>::failing_until(&fixed)).build();
    let tallies: Vec<_> = (0..16).map(|n| format!("t-{n}")).collect();
    for tally in &tallies {
        added(&program, tally, 1).await;
    }
    let fault = added(&program, "t-0", UNLUCKY).await;
    let mut workers = started(&program).await;
    at_once("the projection stops", workers.stopped()).await;
    for tally in &tallies {
        added(&program, tally, 1).await;
    }
    // With this many keys, some are in other partitions.
    let applied = || async {
        let mut twice = 0;
        for tally in &tallies {
            twice += usize::from(seen(&program, tally).await.len() == 2);
        }
        if twice >= 4 { Ok(()) } else { Err(twice) }
    };
    eventually("other partitions continue", applied).await;
    assert_complete(&seen(&program, "t-0").await, 1);
    fixed.turn();
    assert_eq!(program.resume("totals").await.expect("the store can be written"), 1);
    included(&program, "totals", fault).await;
    assert_complete(&seen(&program, "t-0").await[..2], 2);
    ended(workers).await;
}
