//! What is parked or has stopped is tried again without a request.

use std::{io, time::Duration};

use async_trait::async_trait;
use eventsource::{
    Delivery, EventHandler, FailurePolicy, OnFailure, Position, ProjectionError,
    projections::{ProjectionState, WaitError},
    reacting::TestClock,
    store::{ReadModelStore, StartAt},
};

use crate::support::{
    Behaviour, Calls, Program, ReadModels, Switch, TallyEvent, Totals, UNLUCKY, added, assert_complete,
    ended, eventually, included, is_unlucky, seen, started, status,
};

/// Short times, so that a test sees several of them.
fn soon(then: OnFailure) -> FailurePolicy {
    let (first, longest) = (Duration::from_millis(5), Duration::from_millis(40));
    FailurePolicy::default().attempts(1).then(then).again(first, longest)
}

async fn none_parked<S: ReadModelStore>(program: &Program<S>, name: &str) {
    eventually("the parked events are applied", || async {
        let parked = status(program, name).await.parked;
        if parked == 0 { Ok(()) } else { Err(parked) }
    })
    .await;
}

pub(crate) async fn a_parked_key_is_retried_without_a_request<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let calls = {
        let fixed = fixed.clone();
        Calls::<2>::that(move |event| match is_unlucky(&event.event) && !fixed.is_on() {
            true => Behaviour::Fail,
            false => Behaviour::Apply,
        })
        .with(soon(OnFailure::Park))
    };
    let totals = Totals::<1, 1>::failing_until(&fixed).with(soon(OnFailure::Park));
    let program = store.program().handler(calls.clone(), StartAt::Beginning).projection(totals).build();
    let workers = started(&program).await;
    let mut end = Position::START;
    for (tally, amount) in [("a", UNLUCKY), ("b", 1), ("a", 1), ("b", 1)] {
        end = added(&program, tally, amount).await;
    }
    for name in ["calls", "totals"] {
        included(&program, name, end).await;
    }
    eventually("it is retried several times", || async {
        let versions = calls.versions("a").len();
        if versions >= 4 { Ok(()) } else { Err(versions) }
    })
    .await;
    assert!(calls.versions("a").iter().all(|version| *version == 1), "in order");
    assert_complete(&calls.versions("b"), 2);
    fixed.turn();
    for name in ["calls", "totals"] {
        none_parked(&program, name).await;
    }
    let mut versions = calls.versions("a");
    versions.dedup();
    assert_complete(&versions, 2);
    assert_complete(&seen(&program, "a").await, 2);
    end = added(&program, "a", 1).await;
    for name in ["calls", "totals"] {
        included(&program, name, end).await;
    }
    assert_complete(&seen(&program, "a").await, 3);
    ended(workers).await;
}

pub(crate) async fn parked_keys_are_retried_by_the_next_program<S: ReadModelStore>(store: ReadModels<S>) {
    let fails = Calls::<2>::that(|event| match is_unlucky(&event.event) {
        true => Behaviour::Fail,
        false => Behaviour::Apply,
    });
    let park = FailurePolicy::default().attempts(1).then(OnFailure::Park);
    let program = store.program().handler(fails.with(park), StartAt::Beginning).build();
    let workers = started(&program).await;
    let end = added(&program, "a", UNLUCKY).await;
    included(&program, "calls", end).await;
    assert_eq!(status(&program, "calls").await.parked, 1);
    ended(workers).await;

    let calls = Calls::<2>::new().with(soon(OnFailure::Park));
    let program = store.program().handler(calls.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    none_parked(&program, "calls").await;
    assert_eq!(calls.versions("a"), [1]);
    ended(workers).await;
}

pub(crate) async fn a_stopped_partition_continues_without_a_resume<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let calls = {
        let fixed = fixed.clone();
        Calls::<1>::that(move |event| match is_unlucky(&event.event) && !fixed.is_on() {
            true => Behaviour::Fail,
            false => Behaviour::Apply,
        })
        .with(soon(OnFailure::Stop))
    };
    let totals = Totals::<1, 1>::failing_until(&fixed).with(soon(OnFailure::Stop));
    let program = store.program().handler(calls.clone(), StartAt::Beginning).projection(totals).build();
    let workers = started(&program).await;
    let end = {
        added(&program, "a", UNLUCKY).await;
        added(&program, "a", 1).await
    };
    eventually("it has stopped and continued several times", || async {
        let versions = calls.versions("a").len();
        if versions >= 3 { Ok(()) } else { Err(versions) }
    })
    .await;
    fixed.turn();
    for name in ["calls", "totals"] {
        eventually("it continues", || async {
            match program.wait_for(name, end).await {
                Ok(()) => Ok(()),
                Err(WaitError::Stopped { reason, .. }) => Err(reason.to_string()),
                Err(error) => panic!("{error}"),
            }
        })
        .await;
    }
    let mut versions = calls.versions("a");
    versions.dedup();
    assert_complete(&versions, 2);
    assert_complete(&seen(&program, "a").await, 2);
    ended(workers).await;
}

/// The kind of the error is the id of the tally.
struct Picky {
    calls: Calls<4>,
}

#[async_trait]
impl EventHandler for Picky {
    type Event = TallyEvent;
    const NAME: &'static str = "picky";
    const CONCURRENCY: usize = 4;

    async fn handle(&self, delivery: Delivery<'_, TallyEvent>) -> Result<(), ProjectionError> {
        let (tally, version) = (delivery.aggregate_id(), delivery.context.version.get());
        self.calls.handle(delivery).await?;
        let attempts = self.calls.versions(tally).iter().filter(|it| **it == version).count();
        Err(match (tally, version) {
            ("gone", 1) => io::Error::from(io::ErrorKind::NotFound),
            ("busy", 1) if attempts < 4 => io::Error::from(io::ErrorKind::TimedOut),
            ("broken", 1) => io::Error::from(io::ErrorKind::InvalidData),
            _ => return Ok(()),
        }
        .into())
    }

    fn on_error(&self, error: &ProjectionError) -> FailurePolicy {
        match error.inner().downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::NotFound) => FailurePolicy::default().attempts(1).then(OnFailure::Park),
            Some(io::ErrorKind::TimedOut) => soon(OnFailure::Park),
            _ => FailurePolicy::default().attempts(1),
        }
    }
}

pub(crate) async fn an_error_decides_what_follows<S: ReadModelStore>(store: ReadModels<S>) {
    let calls = Calls::<4>::new();
    let picky = Picky { calls: calls.clone() };
    let program = store.program().handler(picky, StartAt::Beginning).build();
    let workers = started(&program).await;
    let mut end = Position::START;
    for tally in ["gone", "busy", "other", "busy", "gone"] {
        end = added(&program, tally, 1).await;
    }
    included(&program, "picky", end).await;
    eventually("one key is retried, and the other stays parked", || async {
        let parked = status(&program, "picky").await.parked;
        if parked == 2 { Ok(()) } else { Err(parked) }
    })
    .await;
    assert_eq!(calls.versions("gone"), [1]);
    assert_eq!(calls.versions("busy"), [1, 1, 1, 1, 2]);
    assert_eq!(calls.versions("other"), [1]);
    end = added(&program, "broken", 1).await;
    match program.wait_for("picky", end).await {
        Err(WaitError::Stopped { .. }) => {}
        other => panic!("{other:?}"),
    }
    ended(workers).await;
}

pub(crate) async fn a_test_moves_the_time_of_what_is_tried_again<S: ReadModelStore>(store: ReadModels<S>) {
    let hour = Duration::from_secs(3_600);
    let later = |then| FailurePolicy::default().attempts(1).then(then).again(hour, 10 * hour);
    let clock = TestClock::new();
    let fixed = Switch::default();
    let calls = {
        let fixed = fixed.clone();
        Calls::<2>::that(move |event| match is_unlucky(&event.event) && !fixed.is_on() {
            true => Behaviour::Fail,
            false => Behaviour::Apply,
        })
    };
    let totals = Totals::<1, 1>::failing_until(&fixed).with(later(OnFailure::Stop));
    let parks = calls.clone().with(later(OnFailure::Park));
    let program = store.program().handler(parks, StartAt::Beginning).projection(totals).clock(&clock).build();
    let workers = started(&program).await;
    let end = added(&program, "a", UNLUCKY).await;
    included(&program, "calls", end).await;
    eventually("the projection has stopped", || async {
        let state = status(&program, "totals").await.state;
        if matches!(state, ProjectionState::Stopped(_)) { Ok(()) } else { Err(state) }
    })
    .await;
    fixed.turn();
    // The worker may plan the next attempt only now.
    eventually("both are tried again", || async {
        clock.advance(10 * hour);
        let (calls, totals) = (status(&program, "calls").await, status(&program, "totals").await);
        match totals.state {
            ProjectionState::Stopped(_) => Err((calls.parked, totals.position)),
            _ if calls.parked > 0 || totals.position < end => Err((calls.parked, totals.position)),
            _ => Ok(()),
        }
    })
    .await;
    assert_complete(&seen(&program, "a").await, 1);
    ended(workers).await;
}
