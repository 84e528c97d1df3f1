//! The status that operators read, and the shutdown of workers.

use std::time::Duration;

use eventsource::{
    ReadModel,
    projections::ProjectionState,
    store::{GenerationState, ProjectionKind, ReadModelStore, StartAt},
};

use crate::support::{
    Behaviour, Gate, LONG, Letter, Mails, ReadModels, Switch, Totals, UNLUCKY, added, assert_complete,
    called, crashed, ended, included, is, is_neighbour, is_unlucky, options, seen, started, started_with,
    status,
};

/// A projection that waits at the gate while it processes an event.
fn waiting(gate: &Gate) -> Totals {
    let gate = gate.clone();
    Totals::that(move |event| match is_unlucky(&event.event) {
        true => Behaviour::Wait(gate.clone()),
        false => Behaviour::Apply,
    })
}

pub(crate) async fn the_status_shows_owners_and_positions<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store
        .program()
        .projection(Totals::<3, 2>::new())
        .handler(Mails::<0>::new(), StartAt::Beginning)
        .build();
    let workers = started_with(&program, called("accounts")).await;
    added(&program, "a", 1).await;
    let last = added(&program, "b", 1).await;
    for name in ["totals", "mails"] {
        included(&program, name, last).await;
        is(&program, name, ProjectionState::Live).await;
    }
    let found = program.status().await.expect("the store can be read");
    assert!(found.horizon >= last);
    assert_eq!(found.projections.iter().filter(|it| !is_neighbour(&it.name)).count(), 2);
    let totals = found.live("totals").expect("it is live");
    assert_eq!(
        (totals.version, totals.kind, totals.role),
        (3, ProjectionKind::Following, GenerationState::Live)
    );
    assert_eq!((totals.events, totals.parked, totals.lag, totals.partitions), (2, 0, 0, 2));
    assert_eq!((totals.position, totals.lag_time), (found.horizon, Duration::ZERO));
    let owners: Vec<_> =
        totals.owners.iter().map(|it| (it.partition, it.application.as_str(), it.lives)).collect();
    assert_eq!(owners, [(0, "accounts", true), (1, "accounts", true)]);
    assert_eq!(found.live("mails").map(|it| it.kind), Some(ProjectionKind::Handler));
    ended(workers).await;

    is(&program, "totals", ProjectionState::Waiting).await;
    let last = added(&program, "a", 1).await;
    let found = status(&program, "totals").await;
    assert!(found.position < last && found.lag > 0, "{found:?}");
    assert_eq!(found.owners, []);
}

pub(crate) async fn the_status_shows_the_state_of_each_generation<S: ReadModelStore>(store: ReadModels<S>) {
    let gate = Gate::closed();
    let program = store.program().projection(waiting(&gate)).inline(Letter::projection()).build();
    let workers = started(&program).await;
    is(&program, "letters", ProjectionState::Inline).await;
    added(&program, "a", UNLUCKY).await;
    gate.reached().await;
    // An event that is not applied within a second counts as late.
    is(&program, "totals", ProjectionState::CatchingUp).await;
    let late = status(&program, "totals").await;
    assert!(late.lag > 0 && late.lag_time > Duration::ZERO, "{late:?}");
    gate.open();
    is(&program, "totals", ProjectionState::Live).await;
    program.rebuild("totals").keep_old().await.expect("it is rebuilt");
    program.rebuild("totals").without_swap().await.expect("it is rebuilt");
    let found = program.status().await.expect("the store can be read");
    let states: Vec<_> =
        found.projections.iter().filter(|it| it.name == "totals").map(|it| it.state.clone()).collect();
    let expected = [ProjectionState::Retired, ProjectionState::Live, ProjectionState::Rebuilding];
    assert_eq!(states, expected);
    ended(workers).await;
}

pub(crate) async fn parked_events_are_counted_in_the_status<S: ReadModelStore>(store: ReadModels<S>) {
    let program =
        store.program().projection(Totals::<1, 4>::failing_until(&Switch::default()).parking()).build();
    let workers = started(&program).await;
    for tally in ["a", "b", "c"] {
        added(&program, tally, UNLUCKY).await;
    }
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    assert_eq!(status(&program, "totals").await.parked, 4);
    ended(workers).await;
}

pub(crate) async fn workers_release_their_leases_when_they_shut_down<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    // No lease expires during the test, so no worker takes over for that reason.
    let lasting = || options().lease(LONG);
    let program = || store.program().projection(Totals::<1, 4>::new()).build();
    let mut last = eventsource::Position::START;
    for n in 1..=4 {
        let program = program();
        let workers = started_with(&program, lasting()).await;
        for tally in ["a", "b", "c", "d"] {
            last = added(&program, tally, 1).await;
        }
        included(&program, "totals", last).await;
        assert_complete(&seen(&program, "d").await, n);
        ended(workers).await;
        assert_eq!(status(&program, "totals").await.owners, []);
    }
}

pub(crate) async fn a_running_batch_is_completed_before_the_workers_shut_down<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let program = store.program().projection(waiting(&gate)).build();
    let workers = started(&program).await;
    added(&program, "a", UNLUCKY).await;
    gate.reached().await;
    let ending = tokio::spawn(workers.shutdown());
    gate.open();
    ending.await.expect("no panic").expect("the workers shut down in time");
    assert_complete(&seen(&program, "a").await, 1);
}

pub(crate) async fn workers_shut_down_although_application_code_hangs<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let reached = Gate::closed();
    let hangs = {
        let reached = reached.clone();
        Totals::<1, 1>::that(move |event| match is_unlucky(&event.event) {
            true => {
                reached.knock();
                Behaviour::Hang
            }
            false => Behaviour::Apply,
        })
    };
    let first = store.program().projection(hangs).build();
    let workers = started_with(&first, crate::support::impatient()).await;
    let before = added(&first, "a", 1).await;
    included(&first, "totals", before).await;
    added(&first, "a", UNLUCKY).await;
    reached.reached().await;
    crashed(workers).await;
    assert_complete(&seen(&first, "a").await, 1);

    let second = store.program().projection(Totals::<1, 1>::new()).build();
    let workers = started(&second).await;
    let last = added(&second, "a", 1).await;
    included(&second, "totals", last).await;
    assert_complete(&seen(&second, "a").await, 3);
    ended(workers).await;
}

pub(crate) async fn two_projections_of_one_name_are_refused<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Totals::<1, 1>::new()).inline(Totals::<1, 1>::new()).build();
    let refused = program.start().await.expect_err("two projections have the same name");
    assert!(
        matches!(&refused, eventsource::StartError::SameName { name } if name == "totals"),
        "{refused:?}"
    );
}
