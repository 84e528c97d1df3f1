//! Process managers: a step commits whole, together with the checkpoint of its input.

use eventsource::{
    Recorded,
    projections::ParkedRetry,
    reacting::{Process, Reactions},
    store::{InstanceState, ReadModelStore, StartAt},
};
use futures_util::TryStreamExt;

use crate::support::{
    AGAIN, BROKEN_FOLD, CONTINUE, Deal, DealEvent, Gate, IMPURE, NO_ID, PLAIN, Program, REFUSED_ID, Reacting,
    ReadModels, START, STRICT, STUBBORN, TWICE, Tally, UNLUCKY, add, added, close, ended, eventually,
    first_parked, impatient, included, race, retried_on_conflict, started, started_with, tally, when_unlucky,
};

pub(crate) async fn deal<S: ReadModelStore, const KIND: usize>(program: &Program<S>, id: &str) -> Deal<KIND> {
    program.load::<Deal<KIND>>(&id.to_owned()).await.expect("the instance can be loaded").state
}

async fn events_of<S: ReadModelStore>(program: &Program<S>, id: &str) -> Vec<Recorded<DealEvent>> {
    let events = program.history::<Deal<PLAIN>>(&id.to_owned());
    events.try_collect().await.expect("the instance can be read")
}

pub(crate) async fn total_of_tally<S: ReadModelStore>(program: &Program<S>, id: &str) -> (u64, u64) {
    let tally = program.load::<Tally>(&id.to_owned()).await.expect("the tally can be loaded").state;
    (tally.total, tally.count)
}

/// Waits until the processes have processed the log.
pub(super) async fn caught_up<S: ReadModelStore, const KIND: usize>(
    store: &ReadModels<S>,
    program: &Program<S>,
) {
    let last = store.add_something_else().await;
    included(program, Deal::<KIND>::NAME, last).await;
}

async fn closed<S: ReadModelStore>(program: &Program<S>, id: &str) {
    retried_on_conflict!(program.execute(close(id))).expect("the tally is closed");
}

pub(super) async fn state_of<S: ReadModelStore>(
    program: &Program<S>,
    process: &str,
    id: &str,
) -> (InstanceState, u64) {
    let found = program.instances(process).key(id).await.expect("the instances can be read");
    let found = found.first().unwrap_or_else(|| panic!("there is no instance `{id}`"));
    (found.state, found.ignored)
}

pub(crate) async fn each_step_of_a_process_is_made_once_and_in_order<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    store.add_many("deal-a", 30).await;
    let workers = started(&program).await;
    for amount in [2, TWICE, 3] {
        for id in ["deal-a", "deal-b", "else"] {
            added(&program, id, amount).await;
        }
    }
    caught_up::<_, PLAIN>(&store, &program).await;
    assert_eq!(total_of_tally(&program, "out-a").await, (135, 34));
    assert_eq!(total_of_tally(&program, "out-b").await, (105, 4));
    assert_eq!(deal::<_, PLAIN>(&program, "a").await.asked, 135);
    let causes = store.events().events_of(&tally("deal-b")).await;
    let steps = events_of(&program, "b").await;
    let caused: Vec<_> = steps.iter().map(|event| event.context.metadata.causation_id).collect();
    let [first, second, third] = &causes[..] else { panic!("three events: {causes:?}") };
    let expected = [first, second, second, third].map(|event| Some(event.context.id.as_uuid()));
    assert_eq!(caused, expected);
    for (step, out) in steps.iter().zip(store.events().events_of(&tally("out-b")).await) {
        assert_eq!(step.context.metadata.causation_id, out.context.metadata.causation_id);
        assert_eq!(step.context.metadata.correlation_id, out.context.metadata.correlation_id);
    }
    assert_eq!(state_of(&program, "deals", "b").await, (InstanceState::Running, 0));
    ended(workers).await;
}

pub(crate) async fn a_process_makes_each_step_once_although_it_crashes<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let held = gate.clone();
    when_unlucky("crash", move || held.knock());
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    for round in 1..=5 {
        let workers = started_with(&program, impatient()).await;
        added(&program, "deal-crash", 1).await;
        added(&program, "deal-crash", UNLUCKY).await;
        gate.reached().await;
        // Wherever the step is by now, its transaction commits whole or not at all.
        drop(workers.shutdown().await);
        assert!(total_of_tally(&program, "out-crash").await.1 <= 2 * round);
    }
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    assert_eq!(total_of_tally(&program, "out-crash").await, (5 + 5 * UNLUCKY, 10));
    assert_eq!(deal::<_, PLAIN>(&program, "crash").await.asked, 5 + 5 * UNLUCKY);
    ended(workers).await;
}

pub(crate) async fn programs_share_the_partitions_of_a_process<S: ReadModelStore>(store: ReadModels<S>) {
    let program = || store.program().process::<Deal<AGAIN>>(StartAt::Beginning).build();
    let (one, other) = (program(), program());
    let workers = [started(&one).await, started(&other).await];
    race(8, |n| {
        let program = if n % 2 == 0 { one.clone() } else { other.clone() };
        async move {
            for _ in 0..10 {
                added(&program, &format!("deal-{n}"), 1).await;
                // Users command the same aggregate.
                added(&program, &format!("out-{n}"), 1).await;
            }
        }
    })
    .await;
    let [first, second] = workers;
    ended(first).await;
    caught_up::<_, AGAIN>(&store, &other).await;
    for n in 0..8 {
        assert_eq!(total_of_tally(&other, &format!("out-{n}")).await, (20, 20));
        assert_eq!(deal::<_, AGAIN>(&other, &n.to_string()).await.asked, 10);
    }
    ended(second).await;
}

pub(crate) async fn a_rejection_comes_back_to_the_process_once<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    added(&program, "deal-a", 5).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    // By another program: the state that the process's program has kept is outdated.
    let other = store.program().build();
    closed(&other, "out-a").await;
    added(&program, "deal-a", 7).await;
    added(&program, "deal-b", 1).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    let state = deal::<_, PLAIN>(&program, "a").await;
    assert_eq!((state.asked, state.refused), (12, 7));
    let asked = events_of(&program, "a").await;
    assert_eq!(asked[1].context.metadata, asked[2].context.metadata, "both belong to one step");
    assert_eq!(deal::<_, PLAIN>(&program, "b").await.refused, 0);
    ended(workers).await;
}

pub(crate) async fn a_decision_without_events_is_made_on_the_state_that_others_have_left<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    added(&program, "deal-a", 5).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    let other = store.program().build();
    closed(&other, "out-a").await;
    // It would add nothing to the open tally: an event without an amount is made by hand.
    store.add_as("deal-a", "tally.added", 2, r#"{"amount":0}"#).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    assert_eq!(events_of(&program, "a").await.len(), 3, "it was asked, and refused");
    ended(workers).await;
}

pub(crate) async fn a_step_that_fails_parks_its_instance_and_the_others_go_on<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    for id in ["panics", "refused", "stubborn", "impure", "fold", "fine"] {
        added(&program, &format!("deal-{id}"), 1).await;
    }
    caught_up::<_, PLAIN>(&store, &program).await;
    closed(&program, "out-stubborn").await;
    let amounts = [UNLUCKY, REFUSED_ID, STUBBORN, IMPURE, BROKEN_FOLD, 2];
    for (id, amount) in ["panics", "refused", "stubborn", "impure", "fold", "fine"].into_iter().zip(amounts) {
        added(&program, &format!("deal-{id}"), amount).await;
        added(&program, &format!("deal-{id}"), 3).await;
    }
    caught_up::<_, PLAIN>(&store, &program).await;
    assert_eq!(total_of_tally(&program, "out-fine").await, (6, 3));
    for (id, reason) in [
        ("panics", "out of luck"),
        ("refused", "holds a NUL character"),
        ("stubborn", "more than 1000 effects"),
        ("impure", "decisions must be pure"),
        ("fold", "the fold is broken"),
    ] {
        first_parked(&program, "deals", id).await;
        let parked = program.parked("deals").key(id).await.expect("the store can be read").events;
        assert_eq!(parked.len(), 2, "{id}: with the events behind it");
        let error = parked[0].error.clone().unwrap_or_default();
        assert!(error.contains(reason), "{id}: {error}");
        assert_eq!(events_of(&program, id).await.len(), 1, "{id}: nothing of the step is left");
    }
    // With the fault removed, it resumes.
    when_unlucky("panics", || {});
    let retried = program.retry_parked("deals", "panics").await.expect("it can be retried");
    assert!(matches!(retried, ParkedRetry::Applied), "{retried:?}");
    assert_eq!(total_of_tally(&program, "out-panics").await, (4 + UNLUCKY, 3));
    ended(workers).await;
}

pub(crate) async fn a_command_that_must_not_be_rejected_fails_its_step<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<STRICT>>(StartAt::Beginning).build();
    closed(&program, "out-a").await;
    let workers = started(&program).await;
    added(&program, "deal-a", 1).await;
    added(&program, "deal-b", 1).await;
    caught_up::<_, STRICT>(&store, &program).await;
    first_parked(&program, "strict_deals", "a").await;
    let parked = program.parked("strict_deals").key("a").await.expect("the store can be read").events;
    let error = parked[0].error.clone().unwrap_or_default();
    assert!(error.contains("the command `Add` was rejected: the tally is closed"), "{error}");
    assert_eq!(deal::<_, STRICT>(&program, "a").await, Deal::default());
    assert_eq!(total_of_tally(&program, "out-b").await, (1, 1));
    ended(workers).await;
}

pub(crate) async fn an_event_that_does_not_fit_the_instance_is_an_error<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    for amount in [START, START] {
        added(&program, "deal-twice", amount).await;
    }
    added(&program, "deal-never", CONTINUE).await;
    added(&program, "deal-nobody", 1).await;
    added(&program, "deal-odd", NO_ID).await;
    added(&program, "deal-done", 1).await;
    closed(&program, "deal-done").await;
    caught_up::<_, PLAIN>(&store, &program).await;
    for (id, reason) in [
        ("twice", "was started before"),
        ("never", "was never started"),
        ("", "id \"\" of a stream is empty"),
    ] {
        let parked = program.parked("deals").key(id).await.expect("the store can be read").events;
        let error = parked.first().and_then(|event| event.error.clone()).unwrap_or_default();
        assert!(error.contains(reason), "`{id}`: {error}");
    }
    let parked = program.parked("deals").await.expect("the store can be read").events;
    let odd = parked.iter().find(|event| event.key.starts_with("odd")).expect("it is parked");
    assert!(odd.error.as_ref().is_some_and(|error| error.contains("of a stream")), "{odd:?}");
    ended(workers).await;
}

pub(crate) async fn a_completed_instance_ignores_and_counts_what_comes_later<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    // An event that continues an instance that was never started is counted for nobody.
    closed(&program, "deal-none").await;
    added(&program, "deal-a", 1).await;
    // The tally of an instance is not told about its end, so that it can be added to.
    let last = store.add_as("deal-a", "tally.closed", 1, "{}").await;
    included(&program, "deals", last).await;
    assert_eq!(state_of(&program, "deals", "a").await, (InstanceState::Completed, 0));
    store.add_many("deal-a", 3).await;
    store.add_many("deal-b", 1).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    assert_eq!(state_of(&program, "deals", "a").await, (InstanceState::Completed, 3));
    assert_eq!(state_of(&program, "deals", "b").await, (InstanceState::Running, 0));
    assert_eq!(events_of(&program, "a").await.len(), 2);
    let all = program.instances("deals").await.expect("they can be read");
    assert_eq!(all.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["a", "b"], "the oldest first");
    let running = program.instances("deals").in_state(InstanceState::Running).await;
    assert_eq!(running.expect("they can be read").len(), 1);
    ended(workers).await;
}

pub(crate) async fn a_process_that_says_so_starts_a_completed_instance_again<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<AGAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    store.add_as("deal-a", "tally.added", 2, &format!(r#"{{"amount":{START}}}"#)).await;
    store.add_as("deal-a", "tally.closed", 1, "{}").await;
    store.add_as("deal-a", "tally.added", 2, &format!(r#"{{"amount":{START}}}"#)).await;
    caught_up::<_, AGAIN>(&store, &program).await;
    assert_eq!(state_of(&program, "repeated_deals", "a").await, (InstanceState::Running, 0));
    assert_eq!(deal::<_, AGAIN>(&program, "a").await.asked, START, "its state is that of the beginning");
    assert_eq!(total_of_tally(&program, "out-a").await, (2 * START, 2));
    ended(workers).await;
}

pub(crate) async fn processes_and_policies_that_trigger_each_other_end<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let again = Reacting::<0>::with(|event| match event.aggregate_id() {
        "out-loop" => Reactions::execute(add("deal-loop", 1)),
        _ => Reactions::none(),
    });
    let program =
        store.program().process::<Deal<PLAIN>>(StartAt::Beginning).policy(again, StartAt::Beginning).build();
    let workers = started(&program).await;
    added(&program, "deal-loop", 1).await;
    // The process makes the first of them, and so the last one as well.
    let error = eventually("the step that is one too many is parked", || async {
        let parked = program.parked("deals").key("loop").await.expect("the store can be read").events;
        parked.first().and_then(|event| event.error.clone()).ok_or(parked.len())
    })
    .await;
    assert!(error.contains("64 reactions have followed from each other"), "{error}");
    assert!(error.contains("deals, reactions"), "{error}");
    assert_eq!(total_of_tally(&program, "out-loop").await, (32, 32));
    assert_eq!(total_of_tally(&program, "deal-loop").await, (33, 33));
    let policy = program.instances("reactions").await.expect_err("a policy has no instances");
    assert!(policy.to_string().contains("there is no process `reactions`"), "{policy}");
    ended(workers).await;
}
