//! Timers of processes.

use std::time::Duration;

use eventsource::{
    reacting::{Process, ProcessStart, Reactions, TestClock},
    store::{InstanceState, ReadModelStore, StartAt},
};

use super::processes::{deal, total_of_tally};
use crate::{
    support::{
        AGAIN, CANCEL_A, CANCELS_B, Deal, DealEvent, EVERY, PLAIN, Program, Reacting, ReadModels, START,
        TIMER_A, TIMER_B, TIMER_EVERY, TIMER_LAST, TIMER_UNLUCKY, add, added, ended, eventually, included,
        started, status, when_unlucky,
    },
    torture,
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Waits until timers of an instance have fired.
async fn rang<S: ReadModelStore>(program: &Program<S>, id: &str, expected: &[&str]) {
    eventually(&format!("{expected:?} have rung"), || async {
        let rang = deal::<_, PLAIN>(program, id).await.rang;
        if rang == expected { Ok(()) } else { Err(rang) }
    })
    .await;
}

async fn timers_of<S: ReadModelStore>(program: &Program<S>, id: &str) -> Vec<String> {
    timers_in::<_, PLAIN>(program, id).await
}

async fn timers_in<S: ReadModelStore, const KIND: usize>(program: &Program<S>, id: &str) -> Vec<String> {
    let timers = program.timers_of(Deal::<KIND>::NAME, id).await.expect("the timers can be read");
    timers.into_iter().map(|timer| timer.name).collect()
}

pub(crate) async fn a_timer_fires_once_when_it_is_due<S: ReadModelStore>(store: ReadModels<S>) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let workers = started(&program).await;
    for id in ["deal-a", "deal-b"] {
        added(&program, id, TIMER_B + 7_200).await;
        let last = added(&program, id, TIMER_A + 3_600).await;
        included(&program, "deals", last).await;
    }
    assert_eq!(timers_of(&program, "a").await, ["a", "b"], "in the order in which they are due");
    clock.advance(seconds(3_600));
    for id in ["a", "b"] {
        rang(&program, id, &["a after 0"]).await;
        assert_eq!(timers_of(&program, id).await, ["b"]);
    }
    clock.advance(seconds(3_600));
    for id in ["a", "b"] {
        rang(&program, id, &["a after 0", "b after 0"]).await;
        assert_eq!(timers_of(&program, id).await, [""; 0]);
    }
    assert_eq!(total_of_tally(&program, "bell").await, (4, 4));
    // It has the origin of the event that set it.
    let events = store.events().events_of(&crate::support::tally("bell")).await;
    let causes = store.events().events_of(&crate::support::tally("deal-a")).await;
    let by = Some(causes[1].context.id.as_uuid());
    let caused =
        events.iter().find(|event| event.context.metadata.causation_id == by).expect("it has a cause");
    assert!(caused.context.metadata.correlation_id.is_some());
    assert_eq!(caused.context.metadata.correlation_id, causes[1].context.metadata.correlation_id);
    ended(workers).await;
}

pub(crate) async fn what_a_timer_causes_belongs_to_the_trace_of_the_event_that_set_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let workers = started(&program).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().expect("it is one");
    let setting = program.execute(add("deal-a", TIMER_A + 60)).traceparent(trace).await;
    let receipt = setting.expect("it is accepted");
    included(&program, "deals", receipt.position).await;
    clock.advance(seconds(60));
    rang(&program, "a", &["a after 0"]).await;
    let set_by = store.events().events_of(&crate::support::tally("deal-a")).await;
    let traced = set_by[0].context.metadata.traceparent.clone();
    assert!(traced.is_some());
    for stream in [crate::support::stream_of::<DealEvent>("a"), crate::support::tally("bell")] {
        let caused = store.events().events_of(&stream).await;
        let last = caused.last().expect("the timer has rung");
        assert_eq!(last.context.metadata.traceparent, traced, "{stream}");
    }
    ended(workers).await;
}

pub(crate) async fn a_timer_is_moved_and_cancelled<S: ReadModelStore>(store: ReadModels<S>) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let workers = started(&program).await;
    // One timer, however often it is set.
    for _ in 0..torture::times(10_000) {
        store.add_as("deal-moved", "tally.added", 2, &format!(r#"{{"amount":{}}}"#, TIMER_A + 60)).await;
    }
    added(&program, "deal-moved", TIMER_A + 600).await;
    added(&program, "deal-moved", TIMER_B + 120).await;
    added(&program, "deal-cancelled", TIMER_A + 60).await;
    added(&program, "deal-cancelled", TIMER_B + 60).await;
    let last = added(&program, "deal-cancelled", CANCEL_A).await;
    included(&program, "deals", last).await;
    assert_eq!(timers_of(&program, "moved").await, ["b", "a"]);
    clock.advance(seconds(300));
    rang(&program, "moved", &["b after 0"]).await;
    rang(&program, "cancelled", &["b after 0"]).await;
    clock.advance(seconds(600));
    rang(&program, "moved", &["b after 0", "a after 0"]).await;
    assert_eq!(total_of_tally(&program, "bell").await, (3, 3));
    ended(workers).await;
}

pub(crate) async fn the_timers_of_a_completed_instance_are_removed<S: ReadModelStore>(store: ReadModels<S>) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let workers = started(&program).await;
    for id in ["deal-ends", "deal-goes-on", "deal-aborted"] {
        added(&program, id, TIMER_A + 60).await;
    }
    let last = store.add_as("deal-ends", "tally.closed", 1, "{}").await;
    included(&program, "deals", last).await;
    program.abort_instance("deals", "aborted", "obsolete").await.expect("it is running");
    for id in ["ends", "aborted"] {
        assert_eq!(timers_of(&program, id).await, [""; 0], "{id}");
    }
    clock.advance(seconds(60));
    rang(&program, "goes-on", &["a after 0"]).await;
    assert_eq!(total_of_tally(&program, "bell").await, (1, 1));
    ended(workers).await;
}

pub(crate) async fn a_timer_is_fired_after_what_was_recorded_before_it_was_due<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let mut workers = started(&program).await;
    for run in 0..torture::times(1_000) {
        let id = format!("deal-{run}");
        let set = added(&program, &id, TIMER_A + 60).await;
        included(&program, "deals", set).await;
        if run % 10 == 0 {
            // The consumer is down when the time comes.
            ended(workers).await;
            added(&program, &id, 5).await;
            clock.advance(seconds(60));
            workers = started(&program).await;
        } else {
            // It sleeps until then, and learns of the event and of the time at once.
            added(&program, &id, 5).await;
            clock.advance(seconds(60));
        }
        rang(&program, &run.to_string(), &["a after 5"]).await;
    }
    ended(workers).await;
}

pub(crate) async fn a_timer_of_a_suspended_or_parked_instance_waits<S: ReadModelStore>(store: ReadModels<S>) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let workers = started(&program).await;
    for id in ["deal-held", "deal-parked", "deal-free"] {
        added(&program, id, TIMER_A + 60).await;
    }
    let last = added(&program, "deal-parked", crate::support::UNLUCKY).await;
    included(&program, "deals", last).await;
    program.suspend_instance("deals", "held", "asked for").await.expect("it is running");
    let behind = added(&program, "deal-held", 5).await;
    included(&program, "deals", behind).await;
    program.discard_parked("deals", "held", behind, "not needed").await.expect("it is parked");
    clock.advance(seconds(60));
    rang(&program, "free", &["a after 0"]).await;
    assert_eq!(total_of_tally(&program, "bell").await, (1, 1));
    program.resume_instance("deals", "held").await.expect("it is suspended");
    rang(&program, "held", &["a after 0"]).await;
    when_unlucky("parked", || {});
    program.retry_parked("deals", "parked").await.expect("it can be retried");
    rang(&program, "parked", &["a after 13"]).await;
    ended(workers).await;
}

pub(crate) async fn a_process_warms_up_without_commands<S: ReadModelStore>(store: ReadModels<S>) {
    let clock = TestClock::new();
    let user = store.program().build();
    added(&user, "deal-a", 5).await;
    added(&user, "deal-a", TIMER_A).await;
    added(&user, "deal-a", TIMER_B + 3_600).await;
    let program = store.program().process::<Deal<PLAIN>>(ProcessStart::WarmUp).clock(&clock).build();
    let workers = started(&program).await;
    // The timer of the past has rung as well, without its command.
    rang(&program, "a", &["a after 5"]).await;
    for id in ["out-a", "bell"] {
        assert_eq!(total_of_tally(&program, id).await, (0, 0), "{id}");
    }
    let last = added(&user, "deal-a", 7).await;
    included(&program, "deals", last).await;
    assert_eq!(total_of_tally(&program, "out-a").await, (7, 1));
    clock.advance(seconds(3_600));
    rang(&program, "a", &["a after 5", "b after 12"]).await;
    assert_eq!(total_of_tally(&program, "bell").await, (1, 1));
    let instances = program.instances("deals").await.expect("they can be read");
    assert_eq!(instances[0].state, InstanceState::Running);
    ended(workers).await;
}

pub(crate) async fn a_timer_that_is_cancelled_by_one_of_the_same_time_does_not_fire<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    for id in ["deal-a", "deal-b"] {
        added(&program, id, CANCELS_B).await;
    }
    let workers = started(&program).await;
    let last = added(&program, "deal-c", TIMER_A + 60).await;
    included(&program, "deals", last).await;
    ended(workers).await;
    // All of them are due when the program is back.
    clock.advance(seconds(3_600));
    let workers = started(&program).await;
    rang(&program, "c", &["a after 0"]).await;
    for id in ["a", "b"] {
        rang(&program, id, &["cancels after 0"]).await;
        assert_eq!(timers_of(&program, id).await, [""; 0]);
    }
    assert_eq!(total_of_tally(&program, "bell").await, (3, 3));
    ended(workers).await;
}

pub(crate) async fn timers_that_are_due_together_are_fired_in_order_until_the_instance_ends<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let workers = started(&program).await;
    for timer in [TIMER_EVERY + 120, TIMER_LAST + 90, TIMER_B + 60] {
        added(&program, "deal-a", timer).await;
    }
    let last = added(&program, "deal-a", TIMER_A + 30).await;
    included(&program, "deals", last).await;
    clock.advance(seconds(600));
    rang(&program, "a", &["a after 0", "b after 0", "last after 0"]).await;
    let last = added(&program, "deal-b", 1).await;
    included(&program, "deals", last).await;
    let found = program.instances("deals").key("a").await.expect("it can be read");
    assert_eq!((found[0].state, found[0].ignored), (InstanceState::Completed, 0), "its timers are removed");
    assert_eq!(timers_of(&program, "a").await, [""; 0]);
    assert_eq!(total_of_tally(&program, "bell").await, (3, 3));
    ended(workers).await;
}

pub(crate) async fn a_timer_that_is_fired_sets_itself_again<S: ReadModelStore>(store: ReadModels<S>) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let workers = started(&program).await;
    let last = added(&program, "deal-a", TIMER_EVERY + EVERY).await;
    included(&program, "deals", last).await;
    for round in 1..=3 {
        clock.advance(seconds(EVERY));
        rang(&program, "a", &vec!["every after 0"; round]).await;
        assert_eq!(timers_of(&program, "a").await, ["every"]);
    }
    ended(workers).await;
}

pub(crate) async fn an_instance_that_starts_again_has_only_its_new_timers<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let added = |amount: u64| {
        let store = &store;
        async move { store.add_as("deal-a", "tally.added", 2, &format!(r#"{{"amount":{amount}}}"#)).await }
    };
    // All in one transaction: no worker has started.
    added(TIMER_A + 3_600).await;
    store.add_as("deal-a", "tally.closed", 1, "{}").await;
    added(START).await;
    let last = added(TIMER_B + 3_600).await;
    let program = store.program().process::<Deal<AGAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    included(&program, Deal::<AGAIN>::NAME, last).await;
    assert_eq!(timers_in::<_, AGAIN>(&program, "a").await, ["b"]);
    ended(workers).await;
}

pub(crate) async fn a_timer_that_fails_is_tried_again_and_the_others_are_fired<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let workers = started(&program).await;
    for (id, timer) in [("deal-b", TIMER_B), ("deal-timer", TIMER_UNLUCKY), ("deal-c", TIMER_B)] {
        let last = added(&program, id, timer + 60).await;
        included(&program, "deals", last).await;
    }
    clock.advance(seconds(60));
    for id in ["b", "c"] {
        rang(&program, id, &["b after 0"]).await;
    }
    eventually("the status names the timer", || async {
        let error = status(&program, "deals").await.last_error.unwrap_or_default();
        let names = error.contains("the timer `unlucky` of `timer`") && error.contains("out of luck");
        if names { Ok(()) } else { Err(error) }
    })
    .await;
    assert_eq!(timers_of(&program, "timer").await, ["unlucky"]);
    when_unlucky("timer", || {});
    rang(&program, "timer", &["unlucky after 0"]).await;
    assert_eq!(total_of_tally(&program, "bell").await, (3, 3));
    ended(workers).await;
}

pub(crate) async fn a_cascade_ends_at_a_timer<S: ReadModelStore>(store: ReadModels<S>) {
    const ROUNDS: u64 = 40;
    // Two reactions each round, more than may follow from each other.
    let again = Reacting::<0>::with(|event| match event.aggregate_id() {
        "bell" if event.context.version.get() < ROUNDS => Reactions::execute(add("deal-a", TIMER_A)),
        _ => Reactions::none(),
    });
    let program =
        store.program().process::<Deal<PLAIN>>(StartAt::Beginning).policy(again, StartAt::Beginning).build();
    let workers = started(&program).await;
    added(&program, "deal-a", TIMER_A).await;
    eventually("it has rung in each round", || async {
        let rounds = total_of_tally(&program, "bell").await.0;
        if rounds == ROUNDS { Ok(()) } else { Err(rounds) }
    })
    .await;
    ended(workers).await;
}
