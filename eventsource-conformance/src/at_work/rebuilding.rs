//! Rebuilding read models while the live generation stays in use.

use eventsource::{
    projections::{RebuildError, Rebuilt},
    store::{GenerationState, ReadModelStore, StopReason},
};

use crate::support::{
    Behaviour, FAULT, Gate, Program, ReadModels, Switch, Totals, UNLUCKY, added, assert_complete, crashed,
    ended, eventually, impatient, included, is_unlucky, seen, started, started_with, totals,
};

/// A projection that skips [`UNLUCKY`] until it is fixed.
fn careless(fixed: &Switch) -> Totals {
    let fixed = fixed.clone();
    Totals::that(move |event| match is_unlucky(&event.event) && !fixed.is_on() {
        true => Behaviour::Skip,
        false => Behaviour::Apply,
    })
}

/// Appends three events of a tally, of which a careless projection skips the second, and one event of another
/// tally.
async fn record<S: ReadModelStore>(program: &Program<S>) {
    for amount in [1, UNLUCKY, 1] {
        added(program, "a", amount).await;
    }
    let last = added(program, "b", 1).await;
    included(program, "totals", last).await;
}

/// The states of all generations, with their versions.
async fn generations<S: ReadModelStore>(store: &ReadModels<S>) -> Vec<(u32, GenerationState)> {
    store.list().await.iter().map(|it| (it.version, it.state)).collect()
}

async fn rebuilt<S: ReadModelStore>(program: &Program<S>) -> Rebuilt {
    program.rebuild("totals").await.expect("it is rebuilt")
}

pub(crate) async fn a_rebuilt_read_model_has_the_same_rows<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Totals::<1, 4>::new()).build();
    for n in 0..20 {
        store.add_many(&format!("t-{n}"), 20).await;
    }
    let workers = started(&program).await;
    let last = added(&program, "t-0", 1).await;
    included(&program, "totals", last).await;
    let before = totals(&program).await;
    let mut told = 0;
    let rebuilt = program.rebuild_of(&Totals::<1, 4>::new()).with_progress(|progress| {
        assert!(progress.done <= progress.total, "{progress:?}");
        told += 1;
    });
    let rebuilt = rebuilt.await.expect("it is rebuilt");
    assert_eq!((rebuilt.live, rebuilt.events), (true, 401));
    assert_eq!(totals(&program).await, before);
    assert_eq!(generations(&store).await, [(1, GenerationState::Live)]);
    let last = added(&program, "t-0", 1).await;
    included(&program, "totals", last).await;
    assert_complete(&seen(&program, "t-0").await, 22);
    ended(workers).await;
}

pub(crate) async fn readers_never_see_less_while_it_is_rebuilt<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    for n in 0..30 {
        store.add_many(&format!("t-{n}"), 10).await;
    }
    let last = added(&program, "t-0", 1).await;
    included(&program, "totals", last).await;
    let done = Switch::default();
    let reader = tokio::spawn({
        let (program, done) = (program.clone(), done.clone());
        async move {
            let mut most = 301;
            while !done.is_on() {
                let rows = totals(&program).await;
                let sum: u64 = rows.iter().map(|row| row.total).sum();
                assert!(rows.len() == 30 && sum >= most, "{} rows with {sum} after {most}", rows.len());
                most = sum;
                tokio::task::yield_now().await;
            }
        }
    });
    let writer = tokio::spawn({
        let (program, done) = (program.clone(), done.clone());
        async move {
            let mut last = eventsource::Position::START;
            while !done.is_on() {
                last = added(&program, "t-1", 1).await;
            }
            last
        }
    });
    for _ in 0..3 {
        rebuilt(&program).await;
    }
    done.turn();
    let last = writer.await.expect("no panic");
    reader.await.expect("readers see all rows");
    included(&program, "totals", last).await;
    let found = seen(&program, "t-1").await;
    assert_complete(&found, found.len() as u64);
    assert_eq!(
        store.events().backward(&crate::support::tally("t-1"), u64::MAX, 1).await[0].context.version.get(),
        found.len() as u64
    );
    ended(workers).await;
}

pub(crate) async fn a_higher_version_replaces_a_lower_one<S: ReadModelStore>(store: ReadModels<S>) {
    let old = store.program().projection(careless(&Switch::default())).build();
    let workers = started(&old).await;
    record(&old).await;
    assert_eq!(seen(&old, "a").await, [1, 3]);

    let gate = Gate::closed();
    let held = gate.clone();
    let slow = Totals::<2, 1>::that(move |event| match is_unlucky(&event.event) {
        true => Behaviour::Wait(held.clone()),
        false => Behaviour::Apply,
    });
    let new = store.program().projection(slow).build();
    let more = started(&new).await;
    gate.reached().await;
    assert_eq!(generations(&store).await, [(1, GenerationState::Live), (2, GenerationState::Building)]);
    assert_eq!(seen(&new, "a").await, [1, 3], "queries read the old generation");
    gate.open();
    eventually("the new generation is live", || async {
        let found = generations(&store).await;
        if found == [(2, GenerationState::Live)] { Ok(()) } else { Err(found) }
    })
    .await;
    let last = added(&new, "a", 1).await;
    included(&old, "totals", last).await;
    assert_complete(&seen(&new, "a").await, 4);
    ended(workers).await;
    ended(more).await;
}

pub(crate) async fn a_lower_version_does_not_affect_a_higher_one<S: ReadModelStore>(store: ReadModels<S>) {
    let new = store.program().projection(Totals::<2, 1>::new()).build();
    let workers = started(&new).await;
    let last = added(&new, "a", 1).await;
    included(&new, "totals", last).await;

    let old = store.program().projection(Totals::<1, 1>::new()).build();
    let more = started(&old).await;
    match old.rebuild("totals").await {
        Err(RebuildError::Superseded { name, version, live }) => {
            assert_eq!((name.as_str(), version, live), ("totals", 1, 2));
        }
        other => panic!("{other:?}"),
    }
    let last = added(&old, "a", 1).await;
    included(&old, "totals", last).await;
    assert_eq!(generations(&store).await, [(2, GenerationState::Live)]);
    assert_complete(&seen(&new, "a").await, 2);
    ended(more).await;
    ended(workers).await;
}

pub(crate) async fn an_interrupted_rebuild_resumes<S: ReadModelStore>(store: ReadModels<S>) {
    let (gate, rebuilding) = (Gate::closed(), Switch::default());
    let projection = {
        let (held, rebuilding) = (gate.clone(), rebuilding.clone());
        Totals::<1, 1>::that(move |event| match is_unlucky(&event.event) && rebuilding.is_on() {
            true => Behaviour::Wait(held.clone()),
            false => Behaviour::Apply,
        })
    };
    let first = store.program().projection(projection).build();
    let workers = started_with(&first, impatient()).await;
    // More than one page of events before the one at which the rebuild is interrupted.
    store.add_many("a", 400).await;
    added(&first, "a", UNLUCKY).await;
    let last = store.add_many("a", 10).await;
    included(&first, "totals", last).await;
    rebuilding.turn();
    let rebuild = tokio::spawn({
        let first = first.clone();
        async move { first.rebuild("totals").await }
    });
    gate.reached().await;
    crashed(workers).await;
    rebuild.abort();
    let building = store.list().await.into_iter().find(|it| it.state == GenerationState::Building);
    let building = building.expect("the building generation is kept");
    assert!(building.position().get() > 0, "a part of the log is processed: {building:?}");

    let projection = Totals::<1, 1>::new();
    let second = store.program().projection(projection.clone()).build();
    let workers = started(&second).await;
    let found = rebuilt(&second).await;
    assert_eq!((found.generation, found.events), (building.id, 411));
    assert!(projection.given() < 411, "events before the checkpoint are not processed again");
    assert_complete(&seen(&second, "a").await, 411);
    ended(workers).await;
}

pub(crate) async fn a_rebuild_that_fails_leaves_the_live_generation_unchanged<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let rebuilding = Switch::default();
    let projection = {
        let rebuilding = rebuilding.clone();
        Totals::<1, 1>::that(move |event| match is_unlucky(&event.event) && rebuilding.is_on() {
            true => Behaviour::Fail,
            false => Behaviour::Apply,
        })
    };
    let program = store.program().projection(projection).build();
    let workers = started(&program).await;
    record(&program).await;
    let before = totals(&program).await;
    rebuilding.turn();
    match program.rebuild("totals").await {
        Err(RebuildError::Stopped { name, reason: StopReason::Failed { error, .. } }) => {
            assert_eq!((name.as_str(), error.as_str()), ("totals", FAULT));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(totals(&program).await, before);
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    assert_complete(&seen(&program, "a").await, 4);
    assert_eq!(program.abandon("totals").await.expect("the store can be written"), 1);
    assert_eq!(generations(&store).await, [(1, GenerationState::Live)]);
    ended(workers).await;
}

pub(crate) async fn both_generations_can_be_compared_before_the_swap<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let fixed = Switch::default();
    let program = store.program().projection(careless(&fixed)).build();
    let workers = started(&program).await;
    record(&program).await;
    fixed.turn();
    let found = program.rebuild("totals").without_swap().await.expect("it is rebuilt");
    assert!(!found.live);
    assert_eq!(seen(&program, "a").await, [1, 3], "queries read the old generation");
    let compared = program.compare("totals").await.expect("there are two generations");
    assert!(!compared.is_equal());
    let table = &compared.tables[0];
    assert_eq!(
        (table.table.as_str(), table.live_rows, table.building_rows, table.differing),
        ("totals", 2, 2, 1)
    );
    assert!(matches!(&table.keys[..], [key] if key.contains("\"a\"")), "{:?}", table.keys);
    let swapped = program.swap("totals").await.expect("the generations are swapped");
    assert_eq!((swapped.live, swapped.generation), (true, found.generation));
    assert_complete(&seen(&program, "a").await, 3);
    ended(workers).await;
}

pub(crate) async fn a_correct_rebuild_compares_as_equal<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    record(&program).await;
    program.rebuild("totals").without_swap().await.expect("it is rebuilt");
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    eventually("both generations follow and are equal", || async {
        let compared = program.compare("totals").await.expect("there are two generations");
        if compared.is_equal() && compared.building >= last { Ok(()) } else { Err(compared.building) }
    })
    .await;
    ended(workers).await;
}

pub(crate) async fn a_kept_generation_can_be_restored<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let program = store.program().projection(careless(&fixed)).build();
    let workers = started(&program).await;
    record(&program).await;
    let before = store.list().await[0].id;
    fixed.turn();
    let after = program.rebuild("totals").keep_old().await.expect("it is rebuilt");
    assert_ne!(after.generation, before);
    assert_complete(&seen(&program, "a").await, 3);
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    let restored = program.restore("totals").await.expect("it was kept");
    assert_eq!((restored.generation, restored.live), (before, true));
    assert_eq!(seen(&program, "a").await, [1, 3, 4], "including the events since the swap");
    ended(workers).await;
}

pub(crate) async fn an_inline_projection_is_rebuilt_during_commands<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().inline(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    crate::support::is(&program, "totals", eventsource::projections::ProjectionState::Inline).await;
    let done = Switch::default();
    let writer = tokio::spawn({
        let (program, done) = (program.clone(), done.clone());
        async move {
            let mut count = 0;
            while !done.is_on() {
                added(&program, "a", 1).await;
                count += 1;
                assert_complete(&seen(&program, "a").await, count);
            }
        }
    });
    for _ in 0..2 {
        rebuilt(&program).await;
    }
    done.turn();
    writer.await.expect("every command is in the read model when it returns");
    ended(workers).await;
}

pub(crate) async fn operations_without_a_generation_are_refused<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    let unknown = program.rebuild("nothing").await.expect_err("the projection is unknown");
    assert!(matches!(&unknown, RebuildError::Unknown(it) if it.name == "nothing"), "{unknown:?}");
    let without = store.program().build();
    let missing = without.rebuild("totals").await.expect_err("this program does not have it");
    assert!(matches!(&missing, RebuildError::NotRegistered { name } if name == "totals"), "{missing:?}");
    let nothing = [
        program.swap("totals").await.expect_err("nothing is building"),
        program.compare("totals").await.expect_err("nothing is building"),
    ];
    for error in nothing {
        assert!(matches!(&error, RebuildError::Nothing { name } if name == "totals"), "{error:?}");
    }
    let none = program.restore("totals").await.expect_err("nothing was kept");
    assert!(matches!(&none, RebuildError::NothingKept { name } if name == "totals"), "{none:?}");
    assert_eq!(program.abandon("totals").await.expect("the store can be written"), 0);
    ended(workers).await;
}
