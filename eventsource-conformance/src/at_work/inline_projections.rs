//! Inline projections.

use eventsource::{
    ExecuteError, ReadModel, Version,
    projections::ProjectionState,
    store::{AppendError, Lease, ReadModelStore},
};

use crate::support::{
    AlreadyClosed, Behaviour, Expanded, FAULT, Letter, LockerNotes, Program, ReadModels, Record, Switch,
    Total, Totals, UNLUCKY, add, add_at_once, added, all, assert_complete, close, ended, eventually,
    included, is, is_unlucky, letters, race, races, seen, started, status, total_of, totals,
};
use crate::torture;

/// Waits until the projection is inline.
async fn inline<S: ReadModelStore>(program: &Program<S>, name: &str) {
    is(program, name, ProjectionState::Inline).await;
}

pub(crate) async fn an_inline_projection_is_read_as_soon_as_the_command_returns<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Total::projection()).inline(Letter::projection()).build();
    let workers = started(&program).await;
    for name in ["totals", "letters"] {
        inline(&program, name).await;
    }
    for n in 1..=10 {
        let position = added(&program, "a", 2).await;
        let row = Total { tally: "a".to_owned(), total: 2 * n, seen: (1..=n).collect() };
        assert_eq!(totals(&program).await, [row]);
        assert_eq!(letters(&program).await[0].total, 2 * n);
        program.wait_for("totals", position).await.expect("it is included");
    }
    ended(workers).await;
}

/// A command whose inline projection fails, after another command that was applied.
async fn assert_refused<S: ReadModelStore>(store: &ReadModels<S>, deed: fn() -> Behaviour) -> AppendError {
    let fails =
        Totals::<1, 1>::that(move |event| if is_unlucky(&event.event) { deed() } else { Behaviour::Apply });
    let program = store.program().inline(Letter::projection()).inline(fails).build();
    let workers = started(&program).await;
    for name in ["totals", "letters"] {
        inline(&program, name).await;
    }
    added(&program, "a", 1).await;
    let (rows, others) = (totals(&program).await, letters(&program).await);
    let refused = program.execute(add("a", UNLUCKY)).await.expect_err("a projection fails");
    assert_eq!((totals(&program).await, letters(&program).await), (rows, others));
    assert_eq!(store.events().log().await.len(), 1, "nothing is appended");
    assert!(!refused.is_retryable());
    let receipt = program.execute(add("a", 2)).await.expect("it is accepted");
    assert_eq!(receipt.version, Version::new(2));
    assert_complete(&seen(&program, "a").await, 2);
    assert_eq!(letters(&program).await[0].total, 3);
    ended(workers).await;
    match refused {
        ExecuteError::Inline(error) => error,
        other => panic!("expected an error of a projection, not {other:?}"),
    }
}

pub(crate) async fn a_command_fails_with_its_inline_projection<S: ReadModelStore>(store: ReadModels<S>) {
    let error = assert_refused(&store, || Behaviour::Fail).await;
    match &error {
        AppendError::Projection { projection, source } => {
            assert_eq!((projection.as_str(), source.to_string().as_str()), ("totals", FAULT));
        }
        other => panic!("{other:?}"),
    }
    assert!(error.to_string().contains("`totals`"), "{error}");
}

pub(crate) async fn a_panic_of_an_inline_projection_is_an_error_of_the_command<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let error = assert_refused(&store, || Behaviour::Panic).await;
    match &error {
        AppendError::Projection { projection, source } => {
            assert_eq!(projection, "totals");
            assert!(source.to_string().contains(FAULT), "{source}");
        }
        other => panic!("{other:?}"),
    }
}

/// Races this many commands on one aggregate, several times, and counts them in the read models.
async fn assert_all_count<S: ReadModelStore>(store: &ReadModels<S>, count: usize) {
    let program = store.program().inline(Total::projection()).projection(Letter::projection()).build();
    let workers = started(&program).await;
    inline(&program, "totals").await;
    let mut expected = 0;
    for tally in races() {
        let last = add_at_once(&program, &tally, count).await;
        assert_complete(&seen(&program, &tally).await, count as u64);
        included(&program, "letters", last).await;
        expected += count as u64;
        let found = letters(&program).await;
        assert_eq!((found[0].total, found[0].seen.len() as u64), (expected, expected));
        assert!(found[0].seen.is_sorted(), "in the order of the log: {:?}", found[0].seen);
    }
    ended(workers).await;
}

pub(crate) async fn forty_concurrent_commands_are_forty_in_the_read_models<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    assert_all_count(&store, 40).await;
}

pub(crate) async fn a_thousand_commands_of_many_tasks_are_a_thousand_in_the_read_model<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Total::projection()).build();
    let workers = started(&program).await;
    inline(&program, "totals").await;
    // More concurrent tasks would mostly wait for each other, which takes time and shows nothing more.
    let tasks = race(25, |_| {
        let program = program.clone();
        async move {
            for _ in 0..40 {
                added(&program, "a", 1).await;
            }
        }
    });
    tasks.await;
    assert_complete(&seen(&program, "a").await, 1_000);
    ended(workers).await;
}

pub(crate) async fn rows_shared_by_streams_lose_no_update<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().inline(Letter::projection()).build();
    let workers = started(&program).await;
    inline(&program, "letters").await;
    let tasks = race(16, |n| {
        let program = program.clone();
        async move {
            for _ in 0..5 {
                added(&program, &format!("{}-{n}", ["a", "b"][n % 2]), 1).await;
            }
        }
    });
    tasks.await;
    let found: Vec<_> = letters(&program).await.into_iter().map(|row| (row.letter, row.total)).collect();
    assert_eq!(found, [("a".to_owned(), 40), ("b".to_owned(), 40)]);
    ended(workers).await;
}

pub(crate) async fn a_promotion_during_commands_has_no_gap_and_no_repetition<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    store.add_many("a", 500).await;
    let program = store.program().inline(Total::projection()).build();
    let switched = Switch::default();
    let writers = (0..4).map(|_| {
        let (program, switched) = (program.clone(), switched.clone());
        tokio::spawn(async move {
            let mut count = 0;
            while !switched.is_on() {
                added(&program, "a", 1).await;
                count += 1;
            }
            count
        })
    });
    let writers: Vec<_> = writers.collect();
    let workers = started(&program).await;
    inline(&program, "totals").await;
    added(&program, "a", 1).await;
    switched.turn();
    let count: u64 = all(writers).await.iter().sum();
    assert_complete(&seen(&program, "a").await, 501 + count);
    ended(workers).await;
}

pub(crate) async fn a_program_without_the_projection_cannot_append_until_it_is_demoted<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Total::projection()).build();
    let without = store.program().build();
    added(&without, "a", 1).await;
    let workers = started(&program).await;
    inline(&program, "totals").await;
    match without.execute(add("a", 1)).await {
        Err(ExecuteError::Inline(AppendError::Inline { projections })) => {
            assert!(matches!(&projections[..], [one] if one.contains("totals")), "{projections:?}");
        }
        other => panic!("expected a refusal, not {other:?}"),
    }
    added(&program, "a", 1).await;
    ended(workers).await;
    program.demote("totals").await.expect("the store can be written");
    let last = added(&without, "a", 1).await;

    let workers = started(&program).await;
    inline(&program, "totals").await;
    included(&program, "totals", last).await;
    assert_complete(&seen(&program, "a").await, 3);
    ended(workers).await;
}

pub(crate) async fn a_program_that_registers_it_as_following_demotes_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Total::projection()).build();
    let workers = started(&program).await;
    inline(&program, "totals").await;
    added(&program, "a", 1).await;
    ended(workers).await;

    let follower = store.program().projection(Total::projection()).build();
    let workers = started(&follower).await;
    let last = added(&follower, "a", 1).await;
    included(&follower, "totals", last).await;
    assert_complete(&seen(&follower, "a").await, 2);

    // As by a program that has not seen the follower.
    let generation = status(&follower, "totals").await.generation;
    let checkpoint = store.checkpoint(generation).await;
    let owner = checkpoint.owner.expect("the follower holds it");
    store.promoted(&Lease { generation, partition: 0, epoch: checkpoint.epoch, worker: owner }).await;
    let last = eventually("it is demoted again", || async { follower.execute(add("a", 1)).await.ok() }).await;
    included(&follower, "totals", last.position).await;
    assert_complete(&seen(&follower, "a").await, 3);
    ended(workers).await;
}

pub(crate) async fn a_program_that_follows_is_seen_before_it_demotes<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Total::projection()).build();
    for round in 0..some_rounds() {
        let workers = started(&program).await;
        inline(&program, "totals").await;
        let follower = store.program().projection(Total::projection()).build();
        let following = started(&follower).await;
        // The first program still runs, and does not promote it again.
        for _ in 0..3 {
            let last = added(&follower, "a", 1).await;
            included(&follower, "totals", last).await;
        }
        assert_complete(&seen(&follower, "a").await, 3 * (round + 1));
        ended(workers).await;
        ended(following).await;
    }
}

/// How many times a deploy is repeated.
fn some_rounds() -> u64 {
    u64::try_from(torture::times(50)).unwrap_or(u64::MAX)
}

pub(crate) async fn commands_executed_atomically_commit_with_inline_projections<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Total::projection()).build();
    let workers = started(&program).await;
    inline(&program, "totals").await;
    program.atomically().execute(add("a", 3)).execute(add("b", 4)).await.expect("they are accepted");
    let found: Vec<_> = totals(&program).await.into_iter().map(|row| (row.tally, row.total)).collect();
    assert_eq!(found, [("a".to_owned(), 3), ("b".to_owned(), 4)]);
    program.execute(close("b")).await.expect("it is accepted");
    let rejected = program.atomically().execute(add("a", 3)).execute(add("b", 4)).await;
    rejected.expect_err("one tally is closed");
    assert_eq!(total_of(&program, "a").await.map(|row| row.total), Some(3));
    ended(workers).await;
}

pub(crate) async fn a_command_repeated_under_its_key_is_applied_once<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Total::projection()).build();
    let workers = started(&program).await;
    inline(&program, "totals").await;
    for repeated in [false, true, true] {
        let receipt = program.execute(add("a", 5)).idempotency_key("4711").await.expect("it is accepted");
        assert_eq!(receipt.repeated, repeated);
        assert_complete(&seen(&program, "a").await, 1);
    }
    ended(workers).await;
}

pub(crate) async fn a_rejected_command_leaves_inline_projections_unchanged<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Total::projection()).build();
    let workers = started(&program).await;
    inline(&program, "totals").await;
    added(&program, "a", 5).await;
    program.execute(close("a")).await.expect("it is accepted");
    let rejected = program.execute(add("a", 5)).await.expect_err("it is closed");
    assert_eq!(rejected.rejection(), Some(AlreadyClosed));
    assert_complete(&seen(&program, "a").await, 1);
    ended(workers).await;
}

pub(crate) async fn an_event_that_is_written_in_an_older_version_is_applied_as_it_is_read_back<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(LockerNotes::projection()).build();
    let workers = started(&program).await;
    inline(&program, "lockers").await;
    program.execute(Record("a", vec![Expanded::opened("lost")])).await.expect("it is accepted");
    let rows = program.all::<LockerNotes>().await.expect("the rows can be read");
    assert_eq!(rows, [LockerNotes { locker: "a".to_owned(), notes: vec!["none".to_owned()] }]);
    ended(workers).await;
}
