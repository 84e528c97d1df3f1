//! Operations on one of several running projections.

use eventsource::{
    ReadModel,
    projections::{ParkedError, ProjectionState, WaitError},
    store::{GenerationState, ReadModelStore, StartAt},
};

use crate::support::{
    Behaviour, Gate, Letter, Mails, NEIGHBOURS, Program, ReadModels, Switch, Totals, UNLUCKY, added,
    assert_complete, ended, first_parked, included, is, is_unlucky, letters, seen, started, status,
};

/// The states of the generations of a projection, by age.
async fn generations<S: ReadModelStore>(store: &ReadModels<S>, name: &str) -> Vec<GenerationState> {
    store.list().await.iter().filter(|it| it.name == name).map(|it| it.state).collect()
}

async fn is_stopped<S: ReadModelStore>(program: &Program<S>, name: &str) -> bool {
    matches!(status(program, name).await.state, ProjectionState::Stopped(_))
}

pub(crate) async fn only_the_named_one_of_several_stopped_projections_is_resumed<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let fixed = Switch::default();
    let judge = {
        let fixed = fixed.clone();
        move |event: &eventsource::Recorded<_>| match is_unlucky(&event.event) && !fixed.is_on() {
            true => Behaviour::Fail,
            false => Behaviour::Apply,
        }
    };
    let (mails, more_mails) = (Mails::<0>::that(judge.clone()), Mails::<1>::that(judge));
    let program = store
        .program()
        .projection(Totals::<1, 1>::failing_until(&fixed))
        .handler(mails.clone(), StartAt::Beginning)
        .handler(more_mails.clone(), StartAt::Beginning)
        .build();
    let mut workers = started(&program).await;
    let fault = added(&program, "a", UNLUCKY).await;
    let mut stopped = Vec::new();
    for _ in 0..3 {
        stopped.push(workers.stopped().await.name);
    }
    stopped.sort();
    assert_eq!(stopped, ["mails", "more_mails", "totals"]);
    let tried = more_mails.sent();
    fixed.turn();
    assert_eq!(program.resume("mails").await.expect("the store can be written"), 1);
    included(&program, "mails", fault).await;
    for name in ["more_mails", "totals"] {
        assert!(is_stopped(&program, name).await, "`{name}` was not resumed");
    }
    assert_eq!(more_mails.sent(), tried, "the event is not retried");
    assert!(seen(&program, "a").await.is_empty());
    for name in ["totals", "more_mails"] {
        assert_eq!(program.resume(name).await.expect("the store can be written"), 1);
        included(&program, name, fault).await;
    }
    assert_complete(&seen(&program, "a").await, 1);
    ended(workers).await;
}

/// Seen from a program without workers: it knows only what is in the store.
pub(crate) async fn a_rebuild_is_measured_against_the_live_generation_of_its_name<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (gate, rebuilding) = (Gate::closed(), Switch::default());
    let projection = {
        let (held, rebuilding) = (gate.clone(), rebuilding.clone());
        Totals::<1, 1>::that(move |event| match is_unlucky(&event.event) && rebuilding.is_on() {
            true => Behaviour::Wait(held.clone()),
            false => Behaviour::Apply,
        })
    };
    let works = store.program().projection(projection).projection(Letter::projection()).build();
    let workers = started(&works).await;
    for amount in [1, UNLUCKY, 1] {
        added(&works, "a", amount).await;
    }
    let last = added(&works, "b", 1).await;
    for name in ["totals", "letters"] {
        included(&works, name, last).await;
    }
    rebuilding.turn();
    let watches = store.program().projection(Totals::<1, 1>::new()).build();
    let rebuild = tokio::spawn(async move {
        let mut least = u64::MAX;
        let rebuild = watches
            .rebuild("totals")
            .without_swap()
            .with_progress(|progress| least = progress.total.min(least))
            .await;
        (rebuild.expect("it is rebuilt"), least)
    });
    gate.reached().await;
    gate.open();
    let (rebuilt, least) = rebuild.await.expect("no panic");
    assert_eq!((rebuilt.events, rebuilt.live), (4, false), "all events that the live generation has applied");
    assert!(rebuilt.position >= last, "{rebuilt:?} includes {last}");
    assert!(least >= last.get(), "the goal must be {last} from the beginning, but was {least}");
    ended(workers).await;
}

pub(crate) async fn only_the_named_one_of_two_rebuilds_is_swapped_restored_or_abandoned<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    use GenerationState::{Building, Live, Retired};
    let program = store.program().projection(Totals::<1, 1>::new()).projection(Letter::projection()).build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    for name in ["totals", "letters"] {
        included(&program, name, last).await;
        program.rebuild(name).keep_old().without_swap().await.expect("it is rebuilt");
    }
    for name in ["totals", "letters"] {
        let compared = program.compare(name).await.expect("there are two generations");
        let tables: Vec<_> = compared.tables.iter().map(|it| it.table.as_str()).collect();
        assert_eq!((tables, compared.is_equal()), (vec![name], true));
    }
    assert!(program.swap("letters").await.expect("they are swapped").live);
    assert_eq!(generations(&store, "letters").await, [Retired, Live]);
    assert_eq!(generations(&store, "totals").await, [Live, Building]);
    assert!(program.swap("totals").await.expect("they are swapped").live);

    let before = store.list().await;
    let restored = program.restore("totals").await.expect("it was kept");
    let kept = before.iter().find(|it| it.name == "totals" && it.state == Retired);
    assert_eq!(Some(restored.generation), kept.map(|it| it.id));
    assert_eq!(generations(&store, "letters").await, [Retired, Live]);

    assert_eq!(program.abandon("letters").await.expect("the store can be written"), 1);
    assert_eq!(generations(&store, "letters").await, [Live]);
    assert!(generations(&store, "totals").await.contains(&Live));
    let last = added(&program, "a", 1).await;
    for name in ["totals", "letters"] {
        included(&program, name, last).await;
    }
    assert_complete(&seen(&program, "a").await, 2);
    assert_eq!(letters(&program).await[0].total, 2);
    ended(workers).await;
}

pub(crate) async fn only_the_named_one_of_two_inline_projections_is_demoted<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Totals::<1, 1>::new()).inline(Letter::projection()).build();
    let workers = started(&program).await;
    for name in ["totals", "letters"] {
        is(&program, name, ProjectionState::Inline).await;
    }
    added(&program, "a", 1).await;
    ended(workers).await;
    program.demote("totals").await.expect("the store can be written");
    assert_eq!(status(&program, "totals").await.state, ProjectionState::Waiting);
    assert_eq!(status(&program, "letters").await.state, ProjectionState::Inline);
    // The program has to register only the projection that is still inline.
    let other = store.program().inline(Letter::projection()).build();
    added(&other, "a", 1).await;
    assert_eq!(letters(&other).await[0].total, 2);
    assert_complete(&seen(&other, "a").await, 1);
}

pub(crate) async fn a_key_parked_by_several_is_retried_or_discarded_only_for_the_named_one<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let fixed = Switch::default();
    let program = store
        .program()
        .projection(Totals::<1, 1>::failing_until(&fixed).parking())
        .projection(Letter::projection())
        .build();
    let workers = started(&program).await;
    for tally in ["a", "b", "t-0"] {
        added(&program, tally, UNLUCKY).await;
    }
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    let none = program.retry_parked("letters", "a").await.expect_err("the projection has parked no event");
    assert!(matches!(none, ParkedError::Unknown { .. }), "{none:?}");
    fixed.turn();
    program.retry_parked("totals", "a").await.expect("it is retried");
    let keys: Vec<_> = program.parked("totals").await.expect("it can be read").events;
    let keys: Vec<_> = keys.iter().map(|event| (event.key.as_str(), event.request.is_some())).collect();
    assert_eq!(keys, [("b", false), ("t-0", false)], "other keys are unchanged");
    let position = first_parked(&program, "totals", "t-0").await;
    program.discard_parked("totals", "t-0", position, "entered twice").await.expect("it is discarded");
    let kept = program.parked("totals").await.expect("it can be read").events;
    let kept: Vec<_> = kept.iter().map(|it| (it.key.as_str(), it.discarded.as_deref())).collect();
    assert_eq!(kept, [("b", None), ("t-0", Some("entered twice"))]);
    ended(workers).await;
}

pub(crate) async fn each_projection_is_looked_up_by_its_name<S: ReadModelStore>(store: ReadModels<S>) {
    let gate = Gate::closed();
    let held = gate.clone();
    let waits = Totals::<1, 1>::that(move |event| match is_unlucky(&event.event) {
        true => Behaviour::Wait(held.clone()),
        false => Behaviour::Apply,
    });
    let program = store.program().projection(waits).projection(Letter::projection()).build();
    let elsewhere = store.program().build();
    let workers = started(&program).await;
    let before = added(&program, "a", 1).await;
    included(&program, "totals", before).await;
    let last = added(&program, "a", UNLUCKY).await;
    gate.reached().await;
    for program in [&program, &elsewhere] {
        included(program, "totals", before).await;
        let late = program.wait_for("totals", last).timeout(std::time::Duration::from_millis(1)).await;
        assert!(matches!(late, Err(WaitError::TimedOut { .. })), "{late:?}");
        for name in NEIGHBOURS {
            let stopped = program.wait_for(name, last).await;
            assert!(
                matches!(&stopped, Err(WaitError::Stopped { name: it, .. }) if it == name),
                "{stopped:?}"
            );
            assert!(is_stopped(program, name).await, "`{name}` has stopped");
            assert_eq!(program.parked(name).await.expect("it can be read").events.len(), 2);
        }
        assert_eq!(program.parked("totals").await.expect("it can be read").events, []);
        assert!(!is_stopped(program, "totals").await, "others have");
    }
    gate.open();
    included(&elsewhere, "totals", last).await;
    ended(workers).await;
}
