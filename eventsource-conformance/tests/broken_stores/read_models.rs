//! Stores of read models that break one promise each, and the tests that fail on them.

mod flaw;
mod flawed;

mod capabilities;
mod changed_columns;
mod generations;
mod inline_appends;
mod instances;
mod lease_appends;
mod leases;
mod messages;
mod moments;
mod others;
mod parked_events;
mod rows;
mod swaps;
mod timers;
mod transactions;
mod widenings;

use std::{collections::BTreeSet, time::Duration};

use eventsource::{
    MemoryStore,
    memory::MemoryTransaction,
    store::{
        Definition, EventTypes, GenerationId, GenerationRequest, Lease, ProjectionKind, ProjectionStore,
        StartAt,
    },
};
use eventsource_conformance::{projection_tests, waiting::LIMIT};

use self::{flaw::Flaw, flawed::Flawed};
use crate::verdict::{BRIEFLY, failed_runs, missing};

/// Like [`rejected`](crate::verdict::rejected), for flaws.
macro_rules! flaws {
    ($($(#[$doc:meta])* $name:ident: $flaw:expr => [$($caught:ident),+ $(,)?],)*) => {
        /// The tests that fail on a store of this list.
        pub(super) const CAUGHT_BY: &[&str] = &[$($(stringify!($caught),)+)*];
        $(
            $(#[$doc])*
            #[test]
            fn $name() {
                crate::read_models::assert_rejected(|| $flaw, &[$(stringify!($caught)),+]);
            }
        )*
    };
}
use flaws;

#[test]
fn every_test_of_read_models_is_failed_by_a_flawed_store() {
    let caught = [
        capabilities::CAUGHT_BY,
        swaps::CAUGHT_BY,
        changed_columns::CAUGHT_BY,
        generations::CAUGHT_BY,
        inline_appends::CAUGHT_BY,
        instances::CAUGHT_BY,
        lease_appends::CAUGHT_BY,
        leases::CAUGHT_BY,
        messages::CAUGHT_BY,
        moments::CAUGHT_BY,
        others::CAUGHT_BY,
        parked_events::CAUGHT_BY,
        rows::CAUGHT_BY,
        timers::CAUGHT_BY,
        transactions::CAUGHT_BY,
        widenings::CAUGHT_BY,
    ];
    let all: Vec<_> = projection_tests::<Flawed>().iter().map(|test| test.name).collect();
    assert_eq!(missing(&caught, &all), Vec::<String>::new());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "no two tests share a name");
}

#[test]
fn a_store_of_read_models_without_a_flaw_is_accepted() {
    struct None;
    impl Flaw for None {}
    assert_eq!(failed_tests(LIMIT, || None, |_| true), BTreeSet::new());
}

#[track_caller]
fn assert_rejected<F: Flaw>(flaw: impl Fn() -> F, caught_by: &[&'static str]) {
    let failed = failed_tests(BRIEFLY, flaw, |name| caught_by.contains(&name));
    let accepted: Vec<_> = caught_by.iter().filter(|name| !failed.contains(*name)).collect();
    assert!(accepted.is_empty(), "these tests accept the broken store: {accepted:#?}");
}

fn failed_tests<F: Flaw>(
    patience: Duration,
    flaw: impl Fn() -> F,
    chosen: impl Fn(&str) -> bool,
) -> BTreeSet<&'static str> {
    let tests = projection_tests::<Flawed>().into_iter().filter(|test| chosen(test.name));
    let runs = tests.map(|test| {
        let store = Flawed::new(flaw());
        (test.name, async move { test.run(store).await })
    });
    failed_runs(patience, runs)
}

/// A transaction of another store.
async fn elsewhere() -> MemoryTransaction {
    let definition = Definition {
        name: "elsewhere".into(),
        version: 1,
        partitions: 1,
        kind: ProjectionKind::Following,
        start: StartAt::Beginning,
        event_types: EventTypes::default(),
    };
    let begun = MemoryStore::new().begin_generation(&definition, GenerationRequest::Start).await;
    begun.expect("memory can be written").expect("there was no generation").1
}

/// The current lease of the partition, whichever worker holds it.
async fn held(store: &MemoryStore, generation: GenerationId, partition: u32) -> Option<Lease> {
    let list = store.generations().await.expect("memory can be read");
    let of = list.into_iter().find(|it| it.id == generation)?;
    let checkpoint = of.checkpoints.into_iter().nth(partition as usize)?;
    let worker = checkpoint.owner?;
    Some(Lease { generation, partition, epoch: checkpoint.epoch, worker })
}

/// The live generation of the same projection.
async fn live_generation_of(store: &MemoryStore, generation: GenerationId) -> Option<GenerationId> {
    let list = store.generations().await.expect("memory can be read");
    let name = &list.iter().find(|it| it.id == generation)?.name;
    list.iter()
        .find(|it| it.name == *name && it.state == eventsource::store::GenerationState::Live)
        .map(|it| it.id)
}
