//! Policies: what they append and their checkpoints commit together.

use std::collections::HashMap;

use eventsource::{
    Recorded, RecordedEvent,
    projections::{ParkedRetry, ProjectionState, RebuildError},
    reacting::Reactions,
    store::{ReadModelStore, StartAt},
};

use crate::support::{
    Gate, Program, Reacting, ReadModels, Switch, Tally, TallyEvent, Totals, UNLUCKY, add, add_at_once, added,
    close, copied, ended, eventually, first_parked, impatient, included, is, is_unlucky, race,
    retried_on_conflict, started, started_with, status, tally, total_of,
};

/// The events of a tally.
async fn events_of<S: ReadModelStore>(store: &ReadModels<S>, id: &str) -> Vec<RecordedEvent> {
    store.events().events_of(&tally(id)).await
}

async fn state_of<S: ReadModelStore>(program: &Program<S>, id: &str) -> Tally {
    program.load::<Tally>(&id.to_owned()).await.expect("the tally can be loaded").state
}

/// The status of a policy once it has stopped.
async fn stopped<S: ReadModelStore>(program: &Program<S>, name: &str) -> String {
    eventually(&format!("`{name}` has stopped"), || async {
        let status = status(program, name).await;
        match status.state {
            ProjectionState::Stopped(_) => Ok(status.to_string()),
            state => Err((state, status.position)),
        }
    })
    .await
}

/// Asserts that each event of one tally has caused one of the other, in the same order.
fn assert_caused_one_by_one(causes: &[RecordedEvent], effects: &[RecordedEvent]) {
    let caused: Vec<_> = effects.iter().map(|event| event.context.metadata.causation_id).collect();
    let causes: Vec<_> = causes.iter().map(|event| Some(event.context.id.as_uuid())).collect();
    assert_eq!(caused, causes, "each event once and in order");
}

pub(crate) async fn a_policy_reacts_to_each_event_once_and_in_the_order_of_its_key<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().policy(Reacting::<0>::copying(), StartAt::Beginning).build();
    store.add_many("from-a", 30).await;
    let workers = started(&program).await;
    for _ in 0..5 {
        for id in ["from-a", "from-b", "else"] {
            added(&program, id, 1).await;
        }
    }
    let last = store.add_something_else().await;
    included(&program, "reactions", last).await;
    assert_caused_one_by_one(&events_of(&store, "from-a").await, &events_of(&store, "a").await);
    assert_caused_one_by_one(&events_of(&store, "from-b").await, &events_of(&store, "b").await);
    assert_eq!(state_of(&program, "a").await.total, 35);
    let origins = events_of(&store, "from-b").await;
    for (cause, effect) in origins.iter().zip(events_of(&store, "b").await) {
        assert_eq!(effect.context.metadata.correlation_id, cause.context.metadata.correlation_id);
        assert!(effect.context.recorded_at >= cause.context.recorded_at);
    }
    ended(workers).await;
}

pub(crate) async fn a_policy_reacts_once_although_it_crashes<S: ReadModelStore>(store: ReadModels<S>) {
    let gate = Gate::closed();
    let held = gate.clone();
    let unlucky = move |event: &Recorded<TallyEvent>| {
        if is_unlucky(&event.event) {
            held.knock();
        }
        copied(event)
    };
    let program = store.program().policy(Reacting::<0>::with(unlucky), StartAt::Beginning).build();
    for round in 0..5 {
        let workers = started_with(&program, impatient()).await;
        added(&program, "from-a", 1).await;
        added(&program, "from-a", UNLUCKY).await;
        gate.reached().await;
        // Wherever the reaction is by now, its transaction commits whole or not at all.
        drop(workers.shutdown().await);
        assert!(events_of(&store, "a").await.len() <= 2 * (round + 1));
    }
    let program = store.program().policy(Reacting::<0>::copying(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let last = store.add_something_else().await;
    included(&program, "reactions", last).await;
    assert_caused_one_by_one(&events_of(&store, "from-a").await, &events_of(&store, "a").await);
    ended(workers).await;
}

pub(crate) async fn programs_share_the_partitions_of_a_policy<S: ReadModelStore>(store: ReadModels<S>) {
    let program = || store.program().policy(Reacting::<0, 4>::copying(), StartAt::Beginning).build();
    let (one, other) = (program(), program());
    let workers = [started(&one).await, started(&other).await];
    let ids: Vec<String> = (0..8).map(|n| format!("from-{n}")).collect();
    race(8, |n| {
        let (program, id) = (if n % 2 == 0 { one.clone() } else { other.clone() }, ids[n].clone());
        async move {
            for _ in 0..10 {
                added(&program, &id, 1).await;
            }
        }
    })
    .await;
    let [first, second] = workers;
    ended(first).await;
    let last = store.add_something_else().await;
    included(&other, "reactions", last).await;
    for n in 0..8 {
        let (from, to) = (format!("from-{n}"), n.to_string());
        assert_caused_one_by_one(&events_of(&store, &from).await, &events_of(&store, &to).await);
    }
    ended(second).await;
}

pub(crate) async fn users_and_a_policy_command_the_same_aggregate<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().policy(Reacting::<0>::copying(), StartAt::Beginning).build();
    let other = store.program().build();
    let workers = started(&program).await;
    race(6, |n| {
        let (program, other) = (program.clone(), other.clone());
        async move {
            for _ in 0..10 {
                match n {
                    0 | 1 => _ = added(&program, "from-hot", 1).await,
                    2 | 3 => _ = added(&program, "hot", 1).await,
                    _ => _ = added(&other, "hot", 1).await,
                }
            }
        }
    })
    .await;
    let last = store.add_something_else().await;
    included(&program, "reactions", last).await;
    let hot = state_of(&program, "hot").await;
    assert_eq!((hot.total, hot.count), (60, 60));
    let reactions = events_of(&store, "hot").await;
    let causes = events_of(&store, "from-hot").await;
    let mut causes: HashMap<_, _> =
        causes.iter().map(|event| (event.context.id.as_uuid(), 0_usize)).collect();
    for event in &reactions {
        if let Some(count) = event.context.metadata.causation_id.and_then(|cause| causes.get_mut(&cause)) {
            *count += 1;
        }
    }
    assert!(causes.values().all(|count| *count == 1), "{causes:?}");
    ended(workers).await;
}

pub(crate) async fn commands_of_a_reaction_see_those_before_them<S: ReadModelStore>(store: ReadModels<S>) {
    let policy = Reacting::<0>::with(|event| match event.aggregate_id() {
        "from" => Reactions::execute(add("to", 1)).and_execute(close("to")).and_execute(add("to", 5)),
        _ => Reactions::none(),
    });
    let policy = policy.accepting_rejections();
    let program = store.program().policy(policy.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let last = added(&program, "from", 1).await;
    included(&program, "reactions", last).await;
    assert_eq!(state_of(&program, "to").await, Tally { total: 1, count: 1, closed: true });
    assert!(policy.rejected() >= 1);
    ended(workers).await;
}

pub(crate) async fn a_rejected_command_stops_a_policy_that_does_not_accept_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().policy(Reacting::<0>::copying(), StartAt::Beginning).build();
    let workers = started(&program).await;
    program.execute(close("a")).await.expect("it is open");
    added(&program, "from-b", 1).await;
    added(&program, "from-a", 1).await;
    let status = stopped(&program, "reactions").await;
    assert!(status.contains("the command `Add` was rejected: the tally is closed"), "{status}");
    assert_eq!(state_of(&program, "b").await.total, 1, "what came before it was reacted to");
    ended(workers).await;

    // A program that knows what to do about the rejection continues behind it.
    let accepting = Reacting::<0>::copying().accepting_rejections();
    let program = store.program().policy(accepting, StartAt::Beginning).build();
    let workers = started(&program).await;
    let last = added(&program, "from-b", 1).await;
    included(&program, "reactions", last).await;
    assert_eq!(state_of(&program, "b").await.total, 2);
    assert_eq!(state_of(&program, "a").await.total, 0);
    ended(workers).await;
}

pub(crate) async fn a_policy_decides_on_the_state_that_other_programs_have_left<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let policy = Reacting::<0>::copying().accepting_rejections();
    let program = store.program().policy(policy.clone(), StartAt::Beginning).build();
    let other = store.program().build();
    let workers = started(&program).await;
    // Now the state is cached as an open one.
    let last = added(&program, "from-a", 1).await;
    included(&program, "reactions", last).await;
    retried_on_conflict!(other.execute(close("a"))).expect("it is open");
    let last = added(&program, "from-a", 1).await;
    included(&program, "reactions", last).await;
    assert_eq!(state_of(&other, "a").await, Tally { total: 1, count: 1, closed: true });
    assert!(policy.rejected() >= 1);
    ended(workers).await;
}

pub(crate) async fn a_reaction_without_events_is_decided_on_the_state_that_others_have_left<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let policy = Reacting::<0>::copying().accepting_rejections();
    let program = store.program().policy(policy.clone(), StartAt::Beginning).build();
    let other = store.program().build();
    let workers = started(&program).await;
    // Now the state is cached as an open one.
    let last = added(&program, "from-a", 1).await;
    included(&program, "reactions", last).await;
    retried_on_conflict!(other.execute(close("a"))).expect("it is open");
    // To an open tally it would add nothing.
    let last = store.add_as("from-a", "tally.added", 2, r#"{"amount":0}"#).await;
    included(&program, "reactions", last).await;
    assert!(policy.rejected() >= 1);
    ended(workers).await;
}

pub(crate) async fn a_reaction_that_panics_is_parked_and_retried<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let panics = {
        let fixed = fixed.clone();
        move |event: &Recorded<TallyEvent>| {
            assert!(fixed.is_on() || !is_unlucky(&event.event), "13 is not reacted to");
            copied(event)
        }
    };
    let program = store.program().policy(Reacting::<0>::with(panics).parking(), StartAt::Beginning).build();
    for (id, amount) in [("from-a", 1), ("from-a", UNLUCKY), ("from-b", 1), ("from-a", 1)] {
        added(&program, id, amount).await;
    }
    let last = added(&program, "from-b", 1).await;
    // They are in one batch.
    let workers = started(&program).await;
    included(&program, "reactions", last).await;
    assert_eq!(events_of(&store, "a").await.len(), 1);
    assert_eq!(events_of(&store, "b").await.len(), 2);
    let key = tally("from-a").key();
    let first = first_parked(&program, "reactions", &key).await;
    assert_eq!(first, events_of(&store, "from-a").await[1].context.position);
    fixed.turn();
    let retried = program.retry_parked("reactions", &key).await.expect("it is parked");
    assert_eq!(retried, ParkedRetry::Applied);
    assert_caused_one_by_one(&events_of(&store, "from-a").await, &events_of(&store, "a").await);
    ended(workers).await;
}

pub(crate) async fn a_command_to_an_id_that_is_refused_stops_the_policy<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let policy = Reacting::<0>::with(|_| Reactions::execute(add("", 1)));
    let program = store.program().policy(policy, StartAt::Beginning).build();
    let workers = started(&program).await;
    added(&program, "a", 1).await;
    let status = stopped(&program, "reactions").await;
    assert!(status.contains("the command `Add` could not be executed"), "{status}");
    ended(workers).await;
}

pub(crate) async fn policies_that_trigger_each_other_end<S: ReadModelStore>(store: ReadModels<S>) {
    let to = |from: &'static str, to: &'static str| {
        move |event: &Recorded<TallyEvent>| match event.aggregate_id() == from {
            true => Reactions::execute(add(to, 1)),
            false => Reactions::none(),
        }
    };
    let program = store
        .program()
        .policy(Reacting::<0>::with(to("ping", "pong")), StartAt::Beginning)
        .policy(Reacting::<1>::with(to("pong", "ping")), StartAt::Beginning)
        .build();
    let workers = started(&program).await;
    added(&program, "ping", 1).await;
    let status = stopped(&program, "reactions").await;
    assert!(status.contains("64 reactions have followed from each other"), "{status}");
    assert!(status.contains("reactions, more_reactions"), "{status}");
    assert_eq!(events_of(&store, "ping").await.len() + events_of(&store, "pong").await.len(), 65);
    ended(workers).await;
}

pub(crate) async fn reactions_update_inline_projections<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store
        .program()
        .policy(Reacting::<0>::copying(), StartAt::Beginning)
        .inline(Totals::<1, 1>::new())
        .build();
    let workers = started(&program).await;
    is(&program, "totals", ProjectionState::Inline).await;
    let last = add_at_once(&program, "from-a", 10).await;
    included(&program, "reactions", last).await;
    // No wait for the projection: it is in the transaction of the reaction.
    assert_eq!(total_of(&program, "a").await.map(|row| row.total), Some(10));
    ended(workers).await;
}

pub(crate) async fn a_new_policy_begins_at_its_configured_start<S: ReadModelStore>(store: ReadModels<S>) {
    store.add_many("from-a", 3).await;
    let program = store.program().policy(Reacting::<0>::copying(), StartAt::Now).build();
    let workers = started(&program).await;
    let last = added(&program, "from-a", 1).await;
    included(&program, "reactions", last).await;
    assert_eq!(events_of(&store, "a").await.len(), 1, "history is not reacted to");
    let rebuild = program.rebuild("reactions").await.expect_err("past reactions are not repeated");
    assert!(matches!(rebuild, RebuildError::KeepsNoRows { .. }), "{rebuild:?}");
    ended(workers).await;
}

pub(crate) async fn a_policy_without_an_inline_projection_of_the_store_says_so_and_skips_nothing<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    is(&program, "totals", ProjectionState::Inline).await;
    added(&program, "from-a", 1).await;
    ended(workers).await;

    let without = store.program().policy(Reacting::<0>::copying(), StartAt::Beginning).build();
    let workers = started(&without).await;
    eventually("the policy says what is missing", || async {
        let status = status(&without, "reactions").await;
        let text = format!("{:?} {status}", status.last_error);
        if text.contains("totals") { Ok(()) } else { Err(text) }
    })
    .await;
    let left = status(&without, "reactions").await;
    assert!(!matches!(left.state, ProjectionState::Stopped(_)), "it waits: {left}");
    assert_eq!(events_of(&store, "a").await.len(), 0);
    ended(workers).await;

    let with = store
        .program()
        .policy(Reacting::<0>::copying(), StartAt::Beginning)
        .inline(Totals::<1, 1>::new())
        .build();
    let workers = started(&with).await;
    let last = added(&with, "from-a", 1).await;
    included(&with, "reactions", last).await;
    assert_caused_one_by_one(&events_of(&store, "from-a").await, &events_of(&store, "a").await);
    ended(workers).await;
}
