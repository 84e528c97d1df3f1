//! Event handlers whose name or number of partitions changes.

use std::collections::HashSet;

use async_trait::async_trait;
use eventsource::{
    Delivery, EventHandler, FailurePolicy, OnFailure, Position, ProjectionError, StartError,
    store::{Generation, GenerationId, ReadModelStore, StartAt},
};

use crate::support::{
    Behaviour, Calls, Gate, Mails, ReadModels, Switch, TallyEvent, Totals, UNLUCKY, added, assert_complete,
    crashed, ended, eventually, impatient, included, is_unlucky, started, started_with, status,
};

/// The calls of a handler under a new name, and with another number of partitions.
struct Renamed<const PARTITIONS: u32>(Calls<1>);

#[async_trait]
impl<const PARTITIONS: u32> EventHandler for Renamed<PARTITIONS> {
    type Event = TallyEvent;
    const NAME: &'static str = "phone_calls";
    const WAS: &'static [&'static str] = &["calls"];
    const PARTITIONS: u32 = PARTITIONS;

    async fn handle(&self, delivery: Delivery<'_, TallyEvent>) -> Result<(), ProjectionError> {
        self.0.handle(delivery).await
    }

    fn on_failure(&self) -> FailurePolicy {
        self.0.on_failure()
    }
}

pub(crate) async fn a_renamed_handler_continues_under_the_same_keys<S: ReadModelStore>(store: ReadModels<S>) {
    let gate = Gate::closed();
    let first = {
        let gate = gate.clone();
        Calls::<1>::that(move |event| match event.context.version.get() == 3 {
            true => Behaviour::Wait(gate.clone()),
            false => Behaviour::Apply,
        })
    };
    let program = store.program().handler(first.clone(), StartAt::Beginning).build();
    let end = store.add_many("a", 4).await;
    let workers = started_with(&program, impatient()).await;
    gate.reached().await;
    eventually("the first events are committed", || async {
        let events = store.list().await[0].checkpoints[0].events;
        if events == 2 { Ok(()) } else { Err(events) }
    })
    .await;
    crashed(workers).await;

    let second = Calls::<1>::new();
    let renamed = Renamed::<1>(second.clone());
    let program = store.program().handler(renamed, StartAt::Now).build();
    let workers = started(&program).await;
    included(&program, "phone_calls", end).await;
    assert_eq!(second.versions("a"), [3, 4]);
    assert_eq!(second.sent()[0], first.sent()[2], "the same event under the same key");
    let names: Vec<_> = store.list().await.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["phone_calls"]);
    ended(workers).await;
}

pub(crate) async fn a_program_with_the_former_name_no_longer_handles_events<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (old, new) = (Calls::<1>::new(), Calls::<1>::new());
    let former = store.program().handler(old.clone(), StartAt::Beginning).build();
    let former_workers = started(&former).await;
    let before = added(&former, "a", 1).await;
    included(&former, "calls", before).await;

    let program = store.program().handler(Renamed::<1>(new.clone()), StartAt::Now).build();
    let workers = started(&program).await;
    // The former program notices it with its next commit or heartbeat.
    eventually("only the new program handles an event", || async {
        let end = added(&former, "a", 1).await;
        included(&program, "phone_calls", end).await;
        let last = new.versions("a").last().copied();
        if old.versions("a").last().copied() < last { Ok(()) } else { Err(last) }
    })
    .await;
    let last = new.versions("a").len() as u64 + 1;
    assert!(new.versions("a").into_iter().eq(2..=last), "none is skipped: {:?}", new.versions("a"));
    for workers in [former_workers, workers] {
        ended(workers).await;
    }
}

pub(crate) async fn a_former_name_that_is_in_use_is_refused<S: ReadModelStore>(store: ReadModels<S>) {
    let (one, other) = (Calls::<1>::new(), Renamed::<1>(Calls::new()));
    let program = store.program().handler(one, StartAt::Beginning).handler(other, StartAt::Beginning).build();
    match program.start().await {
        Err(StartError::SameName { name }) => assert_eq!(name, "calls"),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.list().await, []);
}

/// The partitions are at different positions when their number changes, and some keys are parked.
pub(crate) async fn a_handler_with_another_number_of_partitions_skips_no_event<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (gate, fixed) = (Gate::closed(), Switch::default());
    let judge = |gate: Option<Gate>, fixed: Switch| {
        move |event: &eventsource::Recorded<TallyEvent>| match (&gate, event.aggregate_id()) {
            (Some(gate), "slow") => Behaviour::Wait(gate.clone()),
            _ if is_unlucky(&event.event) && !fixed.is_on() => Behaviour::Fail,
            _ => Behaviour::Apply,
        }
    };
    let park = FailurePolicy::default().attempts(1).then(OnFailure::Park);
    let first = Calls::<1>::that(judge(Some(gate.clone()), fixed.clone())).with(park);
    let program = store.program().handler(Renamed::<3>(first.clone()), StartAt::Beginning).build();
    let mut end = Position::START;
    let tallies: Vec<_> = (0..12).map(|number| format!("t-{number}")).collect();
    added(&program, "slow", 1).await;
    let failing: Vec<_> = (0..6).map(|number| format!("p-{number}")).collect();
    for tally in &failing {
        added(&program, tally, UNLUCKY).await;
    }
    for tally in &tallies {
        end = added(&program, tally, 1).await;
    }
    let workers = started_with(&program, impatient()).await;
    gate.reached().await;
    eventually("the other partitions are at the end", || async {
        let list = store.list().await;
        let at_end = list[0].checkpoints.iter().filter(|it| it.position >= end).count();
        if at_end == 2 { Ok(()) } else { Err(at_end) }
    })
    .await;
    crashed(workers).await;

    let mut due: HashSet<_> = tallies.iter().map(|tally| (tally.clone(), 1)).collect();
    due.insert(("slow".to_owned(), 1));
    let mut all: HashSet<_> = first.sent().into_iter().map(|(tally, version, _)| (tally, version)).collect();
    for partitions in [5, 1] {
        let next = Calls::<1>::that(judge(None, fixed.clone())).with(park);
        let handler = |calls: &Calls<1>| calls.clone();
        let builder = store.program();
        let program = match partitions {
            5 => builder.handler(Renamed::<5>(handler(&next)), StartAt::Now).build(),
            _ => builder.handler(Renamed::<1>(handler(&next)), StartAt::Now).build(),
        };
        let workers = started(&program).await;
        end = added(&program, "last", 1).await;
        included(&program, "phone_calls", end).await;
        assert_eq!(store.list().await[0].checkpoints.len(), partitions);
        all.extend(next.sent().into_iter().map(|(tally, version, _)| (tally, version)));
        assert!(due.is_subset(&all), "every event was delivered: {all:?}");
        if partitions == 5 {
            assert_eq!(next.versions("slow"), [1], "what was not handled is handled now");
        } else {
            fixed.turn();
            program.retry_all_parked("phone_calls").await.expect("it is retried");
            for tally in &failing {
                assert_complete(&next.versions(tally), 1);
            }
        }
        assert_eq!(status(&program, "phone_calls").await.parked, if partitions == 5 { 6 } else { 0 });
        ended(workers).await;
    }
}

pub(crate) async fn only_a_handler_with_a_free_name_is_changed<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store
        .program()
        .handler(Calls::<1>::new(), StartAt::Beginning)
        .handler(Mails::<0>::new(), StartAt::Beginning)
        .projection(Totals::<1, 1>::new())
        .build();
    ended(started(&program).await).await;
    let before = store.list().await;
    let id = |name: &str| before.iter().find(|it| it.name == name).expect("it is there").id;
    let first = |_: &str| 0;
    for (generation, name) in [
        (id("calls"), "mails"),
        (id("calls"), "totals"),
        (id("totals"), "sums"),
        (GenerationId::new(999), "x"),
    ] {
        let changed = store.change_handler(generation, name, 1, &first).await;
        assert!(!changed.expect("the store can be written"), "{generation} to {name}");
    }
    let names =
        |all: Vec<Generation>| all.into_iter().map(|it| (it.name, it.checkpoints.len())).collect::<Vec<_>>();
    assert_eq!(names(store.list().await), names(before.clone()));

    let changed = store.change_handler(id("calls"), "phone_calls", 2, &first).await;
    assert!(changed.expect("the store can be written"));
    let found = store.list().await.into_iter().find(|it| it.id == id("calls")).expect("it is there");
    let epoch = before.iter().find(|it| it.id == found.id).expect("it is there").checkpoints[0].epoch;
    assert_eq!((found.name.as_str(), found.checkpoints.len()), ("phone_calls", 2));
    assert!(found.checkpoints.iter().all(|it| it.epoch > epoch && it.owner.is_none()), "{found:?}");
}
