//! Projections that follow the log.

use eventsource::{ReadModel, store::ReadModelStore};

use crate::support::{
    Letter, ReadModels, Total, Totals, added, assert_complete, ended, included, letters, options, seen,
    started, started_with, total_of,
};

pub(crate) async fn a_projection_catches_up_and_follows_new_events<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Total::projection()).build();
    store.add_many("a", 20).await;
    let last = store.add_many("b", 10).await;
    let workers = started(&program).await;
    included(&program, "totals", last).await;
    assert_complete(&seen(&program, "a").await, 20);
    for n in 11..=40 {
        let last = added(&program, "b", 1).await;
        included(&program, "totals", last).await;
        assert_complete(&seen(&program, "b").await, n);
    }
    assert_complete(&seen(&program, "a").await, 20);
    ended(workers).await;
}

pub(crate) async fn several_projections_follow_one_log<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Total::projection()).projection(Letter::projection()).build();
    store.add_many("a-1", 5).await;
    let workers = started(&program).await;
    store.add_many("a-2", 5).await;
    let last = added(&program, "b-1", 7).await;
    for name in ["totals", "letters"] {
        included(&program, name, last).await;
    }
    let found: Vec<_> = letters(&program).await.into_iter().map(|row| (row.letter, row.total)).collect();
    assert_eq!(found, [("a".to_owned(), 10), ("b".to_owned(), 7)]);
    assert_eq!(total_of(&program, "a-2").await.map(|row| row.total), Some(5));
    ended(workers).await;
}

pub(crate) async fn unwanted_events_advance_only_the_checkpoint<S: ReadModelStore>(store: ReadModels<S>) {
    let projection = Totals::<1, 1>::new();
    let program = store.program().projection(projection.clone()).build();
    let elsewhere = store.program().build();
    let workers = started(&program).await;
    added(&program, "a", 1).await;
    for _ in 0..3 {
        let unwanted = store.add_something_else().await;
        included(&program, "totals", unwanted).await;
        let unwanted = store.add_something_else().await;
        included(&elsewhere, "totals", unwanted).await;
    }
    assert_complete(&seen(&program, "a").await, 1);
    assert_eq!(projection.given(), 1);
    ended(workers).await;
}

pub(crate) async fn a_history_of_many_batches_is_applied_once_and_in_order<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let mut last = store.add_many("a", 700).await;
    for tally in ["b", "a", "c"] {
        last = store.add_many(tally, 300).await;
    }
    let program = store.program().projection(Total::projection()).build();
    let workers = started_with(&program, options().batch_events(90)).await;
    included(&program, "totals", last).await;
    for (tally, count) in [("a", 1_000), ("b", 300), ("c", 300)] {
        assert_complete(&seen(&program, tally).await, count);
    }
    ended(workers).await;
}

pub(crate) async fn a_projection_that_is_registered_later_catches_up<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let first = store.program().projection(Total::projection()).build();
    let workers = started(&first).await;
    let last = added(&first, "a", 5).await;
    included(&first, "totals", last).await;
    ended(workers).await;

    let second = store.program().projection(Total::projection()).projection(Letter::projection()).build();
    let workers = started(&second).await;
    included(&second, "letters", last).await;
    let last = added(&second, "a", 6).await;
    for name in ["totals", "letters"] {
        included(&second, name, last).await;
    }
    assert_eq!(letters(&second).await[0].total, 11);
    assert_complete(&seen(&second, "a").await, 2);
    ended(workers).await;
}

pub(crate) async fn old_events_reach_it_upcast<S: ReadModelStore>(store: ReadModels<S>) {
    store.add_as("a", "tally.increased", 1, r#"{"n":5}"#).await;
    let program = store.program().projection(Total::projection()).build();
    let workers = started(&program).await;
    let last = store.add_as("a", "tally.increased", 1, r#"{"n":7}"#).await;
    included(&program, "totals", last).await;
    assert_eq!(total_of(&program, "a").await.map(|row| row.total), Some(12));
    ended(workers).await;
}

pub(crate) async fn appends_of_other_processes_are_seen_without_an_announcement<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().projection(Total::projection()).build();
    let workers = started(&program).await;
    for n in 1..=5 {
        let last = store.add_many("a", 1).await;
        included(&program, "totals", last).await;
        assert_complete(&seen(&program, "a").await, n);
    }
    ended(workers).await;
}

pub(crate) async fn it_resumes_when_it_is_started_again<S: ReadModelStore>(store: ReadModels<S>) {
    let projection = Totals::<1, 1>::new();
    for n in 1..=3 {
        let program = store.program().projection(projection.clone()).build();
        let workers = started(&program).await;
        let last = added(&program, "a", 1).await;
        included(&program, "totals", last).await;
        assert_complete(&seen(&program, "a").await, n);
        ended(workers).await;
        store.add_something_else().await;
    }
    assert_eq!(projection.given(), 3, "each event is processed once");
}
