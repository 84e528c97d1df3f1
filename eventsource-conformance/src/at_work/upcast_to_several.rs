//! Stored events that are upcast to events of several keys: a key that fails is parked alone.

use eventsource::{
    Aggregate, Apply, Event, EventContext, EventSource, FailurePolicy, OnFailure, Recorded, Schema,
    projections::ParkedRetry,
    reacting::{Correlate, Due, Effects, Fx, Input, Policy, Process, Reactions},
    store::{Append, ExpectedVersion, NewEvent, ReadModelStore, StartAt},
};
use serde::{Deserialize, Serialize};

use super::processes::total_of_tally;
use crate::support::{Program, ReadModels, add, close, ended, first_parked, included, started, stream_of};

/// An amount for one tally. Version 1 had those of several in one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "share")]
enum ShareEvent {
    #[event(version = 2, from(GivenV1), upcast(1 = apart))]
    Given { to: String, amount: u64 },
}

#[derive(Deserialize, Schema)]
struct GivenV1 {
    to: Vec<String>,
    amount: u64,
}

fn apart(old: GivenV1, _: &EventContext) -> impl IntoIterator<Item = ShareEvent> {
    old.to.into_iter().map(move |to| ShareEvent::Given { to, amount: old.amount })
}

fn parking() -> FailurePolicy {
    FailurePolicy::default().attempts(1).then(OnFailure::Park)
}

struct Giving;

impl Policy for Giving {
    type Event = ShareEvent;
    const NAME: &'static str = "giving";

    fn key<'e>(&self, event: &'e Recorded<ShareEvent>) -> Option<std::borrow::Cow<'e, str>> {
        let ShareEvent::Given { to, .. } = &event.event;
        Some(to.into())
    }

    fn react(&self, event: &Recorded<ShareEvent>) -> Reactions {
        let ShareEvent::Given { to, amount } = &event.event;
        Reactions::execute(add(to, *amount))
    }

    fn on_failure(&self) -> FailurePolicy {
        parking()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "receiver")]
enum ReceiverEvent {
    Received { to: String, amount: u64 },
}

#[derive(Debug, Clone, Default)]
struct Receiver;

impl Aggregate for Receiver {
    type Event = ReceiverEvent;
    type Id = String;
}

impl Apply<ReceiverEvent> for Receiver {
    fn apply(&mut self, _: ReceiverEvent) {}
}

impl Effects for Receiver {
    fn effects(event: &ReceiverEvent, fx: &mut Fx<'_, Self>) {
        let ReceiverEvent::Received { to, amount } = event;
        fx.must_execute(add(to, *amount));
    }

    fn on_failure() -> FailurePolicy {
        parking()
    }
}

impl Process for Receiver {
    type Input = ShareEvent;
    const NAME: &'static str = "receivers";

    fn correlate(input: Input<'_, ShareEvent>) -> Correlate<String> {
        let ShareEvent::Given { to, .. } = input.event;
        Correlate::StartOrContinue(to.clone())
    }

    fn on(&self, input: Input<'_, ShareEvent>) -> Vec<ReceiverEvent> {
        let ShareEvent::Given { to, amount } = input.event.clone();
        vec![ReceiverEvent::Received { to, amount }]
    }

    fn on_timer(&self, _: Due<'_>) -> Vec<ReceiverEvent> {
        Vec::new()
    }
}

/// Records three events: the first and the last one are for three tallies, the second of which refuses everything.
async fn keys_fail_alone<S: ReadModelStore>(store: &ReadModels<S>, program: Program<S>, name: &str) {
    program.execute(close("closed")).await.expect("the tally is open");
    let mut last = None;
    for (version, payload) in [
        (1, r#"{"to":["a","closed","b","a"],"amount":1}"#),
        (2, r#"{"to":"b","amount":10}"#),
        (1, r#"{"to":["b","closed","a"],"amount":100}"#),
    ] {
        let event = NewEvent {
            event_type: "share.given".into(),
            schema_version: version,
            ..crate::support::event(payload)
        };
        let append = Append::to(stream_of::<ShareEvent>("s"), ExpectedVersion::Any, vec![event]);
        last = store.append(append).await.expect("the append is accepted").pop();
    }
    let last = last.expect("three events were recorded").position;
    let workers = started(&program).await;
    included(&program, name, last).await;
    for (tally, expected) in [("a", (102, 3)), ("b", (111, 3)), ("closed", (0, 0))] {
        assert_eq!(total_of_tally(&program, tally).await, expected, "{tally}");
    }
    let parked = program.parked(name).await.expect("the store can be read").events;
    let parked: Vec<_> = parked.iter().map(|event| (event.key.as_str(), event.version.get())).collect();
    assert_eq!(parked, [("closed", 1), ("closed", 3)]);
    // A retry makes nothing twice that was done for the other keys.
    let retried = program.retry_parked(name, "closed").await.expect("it can be retried");
    assert!(matches!(retried, ParkedRetry::FailedAgain { .. }), "{retried:?}");
    for _ in 0..2 {
        let position = first_parked(&program, name, "closed").await;
        program.discard_parked(name, "closed", position, "it is closed").await.expect("it is parked");
    }
    assert_eq!(total_of_tally(&program, "a").await, (102, 3));
    ended(workers).await;
}

pub(crate) async fn a_policy_parks_only_the_key_that_fails<S: ReadModelStore>(store: ReadModels<S>) {
    let program: EventSource<_> = store.program().policy(Giving, StartAt::Beginning).build();
    keys_fail_alone(&store, program, "giving").await;
}

pub(crate) async fn a_process_parks_only_the_instance_that_fails<S: ReadModelStore>(store: ReadModels<S>) {
    let program: EventSource<_> = store.program().process::<Receiver>(StartAt::Beginning).build();
    keys_fail_alone(&store, program, "receivers").await;
}
