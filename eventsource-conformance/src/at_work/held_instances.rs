//! Process instances that an operator suspends, resumes and aborts.

use eventsource::{
    projections::ParkedRetry,
    store::{InstanceState, ReadModelStore, StartAt},
};

use super::processes::{caught_up, state_of, total_of_tally};
use crate::support::{Deal, PLAIN, ReadModels, UNLUCKY, added, ended, eventually, first_parked, started};

pub(crate) async fn an_instance_is_suspended_resumed_and_aborted<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    for id in ["deal-a", "deal-b", "deal-c"] {
        added(&program, id, 1).await;
    }
    caught_up::<_, PLAIN>(&store, &program).await;
    program.suspend_instance("deals", "a", "asked for").await.expect("it is running");
    program.abort_instance("deals", "b", "obsolete").await.expect("it is running");
    for id in ["deal-a", "deal-b", "deal-c"] {
        added(&program, id, 2).await;
    }
    caught_up::<_, PLAIN>(&store, &program).await;
    assert_eq!(state_of(&program, "deals", "a").await, (InstanceState::Suspended, 0));
    assert_eq!(state_of(&program, "deals", "b").await, (InstanceState::Aborted, 1));
    for (id, total) in [("out-a", 1), ("out-b", 1), ("out-c", 3)] {
        assert_eq!(total_of_tally(&program, id).await.0, total, "{id}");
    }
    let again = program.suspend_instance("deals", "a", "again").await.expect_err("it is suspended");
    assert!(again.to_string().contains("the instance `a` of the process `deals` is suspended"), "{again}");
    program.resume_instance("deals", "a").await.expect("it is suspended");
    eventually("the instance goes on", || async {
        let total = total_of_tally(&program, "out-a").await.0;
        if total == 3 { Ok(()) } else { Err(total) }
    })
    .await;
    added(&program, "deal-a", 4).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    eventually("nothing of it is parked", || async {
        let total = total_of_tally(&program, "out-a").await.0;
        if total == 7 { Ok(()) } else { Err(total) }
    })
    .await;
    assert_eq!(state_of(&program, "deals", "a").await, (InstanceState::Running, 0));
    let unknown = program.resume_instance("deals", "x").await.expect_err("there is none");
    assert!(unknown.to_string().contains("does not exist"), "{unknown}");
    let unknown = program.resume_instance("others", "x").await.expect_err("there is none");
    assert!(unknown.to_string().contains("there is no process `others`"), "{unknown}");
    ended(workers).await;
}

pub(crate) async fn an_instance_that_another_program_resumes_makes_up_for_what_it_missed<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let operator = store.program().build();
    let workers = started(&program).await;
    added(&program, "deal-a", 1).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    let mut total = 1;
    for round in 0..10 {
        operator.suspend_instance("deals", "a", "asked for").await.expect("it is running");
        if round % 2 == 0 {
            added(&program, "deal-a", 1).await;
            caught_up::<_, PLAIN>(&store, &program).await;
            total += 1;
        }
        operator.resume_instance("deals", "a").await.expect("it is suspended");
        // The workers do not know of it yet.
        added(&program, "deal-a", 1).await;
        total += 1;
        eventually("it has made up for it", || async {
            let found = total_of_tally(&program, "out-a").await.0;
            if found == total { Ok(()) } else { Err(found) }
        })
        .await;
    }
    ended(workers).await;
}

pub(crate) async fn the_parked_events_of_a_suspended_instance_are_not_retried<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    added(&program, "deal-a", 1).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    program.suspend_instance("deals", "a", "asked for").await.expect("it is running");
    added(&program, "deal-a", 2).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    let retried = program.retry_parked("deals", "a").await.expect("it can be asked for");
    assert!(!matches!(retried, ParkedRetry::Applied), "{retried:?}");
    assert_eq!(total_of_tally(&program, "out-a").await, (1, 1));
    program.resume_instance("deals", "a").await.expect("it is suspended");
    eventually("the instance goes on", || async {
        let total = total_of_tally(&program, "out-a").await;
        if total == (3, 2) { Ok(()) } else { Err(total) }
    })
    .await;
    ended(workers).await;
}

pub(crate) async fn an_aborted_instance_ignores_what_is_parked_and_what_comes_later<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    let workers = started(&program).await;
    for amount in [1, UNLUCKY, 2] {
        added(&program, "deal-aborted", amount).await;
    }
    caught_up::<_, PLAIN>(&store, &program).await;
    first_parked(&program, "deals", "aborted").await;
    program.abort_instance("deals", "aborted", "out of luck").await.expect("it is running");
    eventually("what is parked is ignored", || async {
        let parked = program.parked("deals").await.expect("the store can be read").events;
        if parked.is_empty() { Ok(()) } else { Err(parked) }
    })
    .await;
    assert_eq!(state_of(&program, "deals", "aborted").await, (InstanceState::Aborted, 2));
    ended(workers).await;
    // A program that has not seen it yet.
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).build();
    store.add_many("deal-aborted", 3).await;
    store.add_many("deal-b", 1).await;
    let workers = started(&program).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    store.add_many("deal-aborted", 4).await;
    caught_up::<_, PLAIN>(&store, &program).await;
    assert_eq!(state_of(&program, "deals", "aborted").await, (InstanceState::Aborted, 9));
    assert_eq!(total_of_tally(&program, "out-aborted").await, (1, 1));
    assert_eq!(total_of_tally(&program, "out-b").await, (1, 1));
    ended(workers).await;
}
