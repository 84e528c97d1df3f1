//! Projections that park failing events and continue with the others.

use eventsource::{
    Position,
    projections::{OperateError, ParkedError, ParkedRetry, RebuildError, WaitError},
    store::{ParkedEvent, ReadModelStore},
};

use crate::support::{
    FAULT, Program, ReadModels, Switch, Total, Totals, UNLUCKY, added, assert_complete, ended, first_parked,
    included, seen, started, status, tally, total_of,
};

/// Appends events of three tallies. Tally `a` fails on its second event of four. Returns the position of the last
/// event.
async fn record<S: ReadModelStore>(program: &Program<S>) -> Position {
    for (tally, amount) in [("a", 1), ("b", 1), ("a", UNLUCKY), ("c", 1), ("a", 1), ("b", 1)] {
        added(program, tally, amount).await;
    }
    added(program, "a", 1).await
}

/// Asserts that the first event of `a` and all events of the other tallies are applied.
async fn assert_rest_applied<S: ReadModelStore>(program: &Program<S>) {
    for (tally, count) in [("a", 1), ("b", 2), ("c", 1)] {
        assert_complete(&seen(program, tally).await, count);
    }
}

async fn parked<S: ReadModelStore>(program: &Program<S>) -> Vec<ParkedEvent> {
    program.parked("totals").await.expect("the store can be read").events
}

/// The versions of the parked events.
async fn versions<S: ReadModelStore>(program: &Program<S>) -> Vec<u64> {
    parked(program).await.iter().map(|event| event.version.get()).collect()
}

pub(crate) async fn a_key_that_fails_is_parked_with_all_its_later_events<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program =
        store.program().projection(Totals::<1, 1>::failing_until(&Switch::default()).parking()).build();
    let last = record(&program).await;
    let workers = started(&program).await;
    included(&program, "totals", last).await;
    assert_rest_applied(&program).await;
    let found = parked(&program).await;
    assert_eq!(versions(&program).await, [2, 3, 4]);
    assert!(found.iter().all(|event| event.key == "a" && event.stream == tally("a")), "{found:?}");
    let errors: Vec<_> = found.iter().map(|event| (event.error.as_deref(), event.attempts)).collect();
    assert_eq!(errors, [(Some(FAULT), 3), (None, 0), (None, 0)]);

    // Later events of the key are parked as well.
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    let last = added(&program, "b", 1).await;
    included(&program, "totals", last).await;
    assert_eq!(versions(&program).await, [2, 3, 4, 5]);
    assert_complete(&seen(&program, "b").await, 3);
    assert_complete(&seen(&program, "a").await, 1);
    assert_eq!(status(&program, "totals").await.parked, 4);
    ended(workers).await;
}

pub(crate) async fn a_parked_key_is_applied_in_order_once_it_is_fixed<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let fixed = Switch::default();
    let program = store.program().projection(Totals::<1, 1>::failing_until(&fixed).parking()).build();
    let workers = started(&program).await;
    let last = record(&program).await;
    included(&program, "totals", last).await;

    match program.retry_parked("totals", "a").await.expect("it is retried") {
        ParkedRetry::FailedAgain { event } => {
            assert_eq!((event.version.get(), event.error.as_deref()), (2, Some(FAULT)))
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(versions(&program).await, [2, 3, 4]);
    assert_rest_applied(&program).await;

    fixed.turn();
    assert_eq!(program.retry_parked("totals", "a").await.expect("it is retried"), ParkedRetry::Applied);
    assert_eq!(parked(&program).await, []);
    assert_complete(&seen(&program, "a").await, 4);
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    assert_complete(&seen(&program, "a").await, 5);
    assert_eq!(parked(&program).await, []);
    ended(workers).await;
}

pub(crate) async fn a_discarded_event_is_skipped_and_stays_on_record<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program =
        store.program().projection(Totals::<1, 1>::failing_until(&Switch::default()).parking()).build();
    let workers = started(&program).await;
    let last = record(&program).await;
    included(&program, "totals", last).await;
    let position = first_parked(&program, "totals", "a").await;
    let retried =
        program.discard_parked("totals", "a", position, "entered twice").await.expect("it is discarded");
    assert_eq!(retried, ParkedRetry::Applied);
    let row = Total { tally: "a".to_owned(), total: 3, seen: [1, 3, 4].into_iter().collect() };
    assert_eq!(total_of(&program, "a").await, Some(row));
    let record = parked(&program).await;
    assert_eq!(versions(&program).await, [2]);
    assert_eq!(record[0].discarded.as_deref(), Some("entered twice"));
    assert_eq!(status(&program, "totals").await.parked, 0);
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    assert_eq!(seen(&program, "a").await, [1, 3, 4, 5]);
    ended(workers).await;
}

pub(crate) async fn two_failing_events_are_discarded_separately<S: ReadModelStore>(store: ReadModels<S>) {
    let program =
        store.program().projection(Totals::<1, 1>::failing_until(&Switch::default()).parking()).build();
    let workers = started(&program).await;
    for amount in [1, UNLUCKY, 1, UNLUCKY] {
        added(&program, "a", amount).await;
    }
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    let once = first_parked(&program, "totals", "a").await;
    match program.discard_parked("totals", "a", once, "once").await.expect("it is discarded") {
        ParkedRetry::FailedAgain { event } => assert_eq!(event.version.get(), 4),
        other => panic!("{other:?}"),
    }
    assert_eq!(seen(&program, "a").await, [1, 3]);
    // Another operator has seen the first one too, or the first one does not know the outcome. No other is discarded.
    match program.discard_parked("totals", "a", once, "late").await.expect("it is discarded already") {
        ParkedRetry::FailedAgain { event } => assert_eq!(event.version.get(), 4),
        other => panic!("{other:?}"),
    }
    let behind = Position::new(once.get() + 1);
    match program.discard_parked("totals", "a", behind, "wrong").await.expect_err("it is not the first") {
        ParkedError::NotDiscarded { key, position, .. } => {
            assert_eq!((key.as_str(), position), ("a", behind));
        }
        other => panic!("{other:?}"),
    }
    let twice = first_parked(&program, "totals", "a").await;
    assert_eq!(versions(&program).await, [2, 4, 5]);
    let retried = program.discard_parked("totals", "a", twice, "twice").await.expect("it is discarded");
    assert_eq!(retried, ParkedRetry::Applied);
    assert_eq!(seen(&program, "a").await, [1, 3, 5]);
    ended(workers).await;
}

pub(crate) async fn parked_events_stay_parked_when_another_program_takes_over<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let fixed = Switch::default();
    let projection = || Totals::<1, 1>::failing_until(&fixed).parking();
    let first = store.program().projection(projection()).build();
    let workers = started(&first).await;
    let last = record(&first).await;
    included(&first, "totals", last).await;
    ended(workers).await;

    fixed.turn();
    let second = store.program().projection(projection()).build();
    let workers = started(&second).await;
    let last = added(&second, "a", 1).await;
    included(&second, "totals", last).await;
    assert_eq!(versions(&second).await, [2, 3, 4, 5]);
    assert_rest_applied(&second).await;
    // Requested by a program without workers.
    assert_eq!(first.retry_parked("totals", "a").await.expect("it is retried"), ParkedRetry::Applied);
    assert_complete(&seen(&second, "a").await, 5);
    ended(workers).await;
}

pub(crate) async fn keys_are_parked_in_their_own_partitions<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let program = store.program().projection(Totals::<1, 4>::failing_until(&fixed).parking()).build();
    let workers = started(&program).await;
    let tallies: Vec<_> = (0..12).map(|n| format!("t-{n}")).collect();
    let fails = |n: usize| n.is_multiple_of(5);
    let mut last = Position::START;
    for (n, tally) in tallies.iter().enumerate() {
        for amount in [1, if fails(n) { UNLUCKY } else { 1 }, 1] {
            last = added(&program, tally, amount).await;
        }
    }
    included(&program, "totals", last).await;
    for (n, tally) in tallies.iter().enumerate() {
        assert_complete(&seen(&program, tally).await, if fails(n) { 1 } else { 3 });
    }
    let positions: Vec<_> = parked(&program).await.iter().map(|event| event.position).collect();
    assert_eq!(positions.len(), 6);
    assert!(positions.is_sorted(), "in the order of the log: {positions:?}");
    fixed.turn();
    for n in [0, 5, 10] {
        let retried = program.retry_parked("totals", &tallies[n]).await.expect("it is retried");
        assert_eq!(retried, ParkedRetry::Applied);
        assert_complete(&seen(&program, &tallies[n]).await, 3);
    }
    ended(workers).await;
}

/// Appends three events to each of many tallies: every second tally fails on its second event. Returns the tallies, and
/// the position of the last event.
async fn record_many<S: ReadModelStore>(program: &Program<S>, count: usize) -> (Vec<String>, Position) {
    let tallies: Vec<_> = (0..count).map(|n| format!("t-{n:03}")).collect();
    let mut last = Position::START;
    for amount in [1, UNLUCKY, 1] {
        for (n, tally) in tallies.iter().enumerate() {
            last = added(program, tally, if n.is_multiple_of(2) { amount } else { 1 }).await;
        }
    }
    (tallies, last)
}

pub(crate) async fn many_failing_keys_are_each_tried_once<S: ReadModelStore>(store: ReadModels<S>) {
    const COUNT: usize = 200;
    let projection = Totals::<1, 1>::failing_until(&Switch::default()).parking_after(3);
    let program = store.program().projection(projection.clone()).build();
    let (tallies, last) = record_many(&program, COUNT).await;
    let workers = started(&program).await;
    included(&program, "totals", last).await;
    for (n, tally) in tallies.iter().enumerate() {
        assert_complete(&seen(&program, tally).await, if n.is_multiple_of(2) { 1 } else { 3 });
    }
    let found = parked(&program).await;
    let attempts: Vec<_> = found.iter().filter(|it| it.error.is_some()).map(|it| it.attempts).collect();
    // All attempts on the first event, and then one on each: the delays do not add up.
    assert_eq!(attempts.len(), COUNT / 2);
    assert_eq!((attempts[0], attempts[1..].iter().max()), (3, Some(&1)), "{attempts:?}");
    assert_eq!(found.len(), COUNT, "with the later event of each key");
    // Each failing event makes a batch of a few events fail, and never all events before it.
    assert!(projection.given() < 40 * COUNT, "given {} events of {}", projection.given(), 3 * COUNT);
    ended(workers).await;
}

pub(crate) async fn all_parked_keys_are_retried_in_order<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let program = store.program().projection(Totals::<1, 4>::failing_until(&fixed).parking_after(1)).build();
    let none = program.retry_all_parked("totals").await.expect("it is retried");
    assert_eq!((none.parked, none.left), (0, 0), "before there is a projection");
    let (tallies, last) = record_many(&program, 20).await;
    let workers = started(&program).await;
    included(&program, "totals", last).await;
    let failed = program.retry_all_parked("totals").await.expect("it is retried");
    assert_eq!((failed.parked, failed.left), (20, 20));
    let page = program.parked("totals").limit(7).await.expect("the store can be read");
    assert!(page.events.iter().all(|event| event.request.is_none() && event.attempts == 2), "{page:?}");
    let next = program.parked("totals").after(page.next).await.expect("the store can be read");
    assert_eq!((page.events.len(), next.events.len(), next.next), (7, 13, None));

    fixed.turn();
    let retried = program.retry_all_parked("totals").await.expect("it is retried");
    assert_eq!((retried.parked, retried.left), (20, 0));
    assert_eq!(parked(&program).await, []);
    for tally in &tallies {
        assert_complete(&seen(&program, tally).await, 3);
        let last = added(&program, tally, 1).await;
        included(&program, "totals", last).await;
    }
    assert_eq!(parked(&program).await, [], "later events of the keys are applied");
    ended(workers).await;
}

pub(crate) async fn all_parked_keys_are_discarded_once<S: ReadModelStore>(store: ReadModels<S>) {
    let projection = Totals::<1, 4>::failing_until(&Switch::default()).parking_after(1);
    let program = store.program().projection(projection).build();
    let (tallies, last) = record_many(&program, 20).await;
    added(&program, &tallies[0], UNLUCKY).await;
    let last = added(&program, &tallies[0], 1).await.max(last);
    let workers = started(&program).await;
    included(&program, "totals", last).await;
    let discarded = program.discard_all_parked("totals", "wrong").await.expect("they are discarded");
    assert_eq!((discarded.parked, discarded.left), (22, 2), "the first tally fails again");
    for (n, tally) in tallies.iter().enumerate() {
        let expected: &[u64] = if n.is_multiple_of(2) { &[1, 3] } else { &[1, 2, 3] };
        assert_eq!(seen(&program, tally).await, expected);
    }
    let found = program.parked("totals").key(&tallies[0]).await.expect("the store can be read").events;
    let found: Vec<_> = found.iter().map(|it| (it.version.get(), it.discarded.as_deref())).collect();
    assert_eq!(found, [(2, Some("wrong")), (4, None), (5, None)]);
    ended(workers).await;
}

pub(crate) async fn a_key_that_is_not_parked_is_an_error<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Totals::<1, 1>::new().parking()).build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    let unknown = program.retry_parked("totals", "a").await.expect_err("no event is parked");
    assert!(matches!(unknown, ParkedError::Unknown { .. }), "{unknown:?}");
    let unknown = program.discard_parked("totals", "a", last, "").await.expect_err("no event is parked");
    assert!(matches!(unknown, ParkedError::Unknown { .. }), "{unknown:?}");
    ended(workers).await;
}

pub(crate) async fn an_event_that_is_parked_behind_another_one_is_not_discarded<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program =
        store.program().projection(Totals::<1, 1>::failing_until(&Switch::default()).parking()).build();
    let workers = started(&program).await;
    let last = record(&program).await;
    included(&program, "totals", last).await;
    let before = parked(&program).await;
    let behind = program.discard_parked("totals", "a", before[1].position, "wrong").await;
    assert!(matches!(behind, Err(ParkedError::NotDiscarded { .. })), "{behind:?}");
    assert_eq!(parked(&program).await, before);
    ended(workers).await;
}

pub(crate) async fn an_operation_on_an_unknown_projection_names_those_that_are_there<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let other = store.program().projection(Totals::<1, 1>::new()).build();
    ended(started(&other).await).await;
    // This program has none of its own.
    let program = store.program().build();
    let operated = |error: OperateError| match error {
        OperateError::Unknown(unknown) => unknown,
        other => panic!("{other:?}"),
    };
    let about_parked = |error: ParkedError| match error {
        ParkedError::UnknownProjection(unknown) => unknown,
        other => panic!("{other:?}"),
    };
    let rebuilding = |error: RebuildError| match error {
        RebuildError::Unknown(unknown) => unknown,
        other => panic!("{other:?}"),
    };
    let waited = |error: WaitError| match error {
        WaitError::Unknown(unknown) => unknown,
        other => panic!("{other:?}"),
    };
    let (name, position) = ("total", Position::START);
    let unknown = [
        program.resume(name).await.map_err(operated).err(),
        program.abandon(name).await.map_err(operated).err(),
        program.demote(name).await.map_err(operated).err(),
        program.parked(name).await.map_err(operated).err(),
        program.retry_parked(name, "a").await.map_err(about_parked).err(),
        program.discard_parked(name, "a", position, "").await.map_err(about_parked).err(),
        program.retry_all_parked(name).await.map_err(about_parked).err(),
        program.discard_all_parked(name, "").await.map_err(about_parked).err(),
        program.rebuild(name).await.map_err(rebuilding).err(),
        program.swap(name).await.map_err(rebuilding).err(),
        program.compare(name).await.map_err(rebuilding).err(),
        program.restore(name).await.map_err(rebuilding).err(),
        program.wait_for(name, position).await.map_err(waited).err(),
    ];
    for unknown in unknown {
        let unknown = unknown.expect("the projection is unknown");
        assert_eq!(unknown.name, name);
        assert!(unknown.known.contains(&"totals".to_owned()) && unknown.known.is_sorted(), "{unknown:?}");
        let text = unknown.to_string();
        assert!(text.starts_with("there is no projection `total`; there are `"), "{text}");
        assert!(text.contains("`totals`"), "{text}");
    }
}
