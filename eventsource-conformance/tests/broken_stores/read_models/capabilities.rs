//! Stores of read models that cannot do what they declare, or do what they do not declare.

use std::collections::BTreeSet;

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, RecordedEvent,
    memory::MemoryTransaction,
    store::{
        Append, AppendError, Capabilities, Capability, EventStore, GenerationId, Lease, Moment, Receipt,
        StoreError,
    },
};
use eventsource_conformance::{
    Fresh, assert_projections_are_tested, needing_a_capability, projection_tests, tests, tests_at_work,
    waiting::LIMIT,
};

use super::{
    Flawed, failed_tests,
    flaw::{Flaw, ReactionFlaw},
    flaws,
};
use crate::{broken::Asked, verdict::failed_runs};

flaws! {
    a_store_with_inline_projections_that_it_does_not_declare: Undeclared => [
        a_projection_is_promoted_if_inline_ones_are_declared_and_refused_otherwise,
    ],
    a_store_that_declares_inline_projections_and_has_none: NoInline { declares: true } => [
        a_projection_is_promoted_if_inline_ones_are_declared_and_refused_otherwise,
    ],
    a_store_with_timers_and_messages_that_it_does_not_declare: UndeclaredReactions => [
        timers_and_messages_are_kept_if_that_is_declared_and_refused_otherwise,
    ],
    a_store_that_declares_timers_and_messages_and_has_no_clock: NoMoments => [
        timers_and_messages_are_kept_if_that_is_declared_and_refused_otherwise,
    ],
}

fn without_inline(store: &MemoryStore) -> Capabilities {
    store.capabilities().without(Capability::InlineProjections)
}

struct Undeclared;

impl Flaw for Undeclared {
    fn capabilities(&self, store: &MemoryStore) -> Capabilities {
        without_inline(store)
    }
}

struct UndeclaredReactions;

impl Flaw for UndeclaredReactions {
    fn capabilities(&self, store: &MemoryStore) -> Capabilities {
        store.capabilities().without(Capability::Reactions)
    }
}

struct NoMoments;

impl Flaw for NoMoments {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for NoMoments {
    async fn moment(&self, _: &MemoryStore) -> Asked<Moment> {
        Err(StoreError::Unsupported { action: "reading the time", capability: Capability::Reactions })
    }
}

struct NoInline {
    declares: bool,
}

fn unsupported() -> StoreError {
    StoreError::Unsupported { action: "promotion", capability: Capability::InlineProjections }
}

#[async_trait]
impl Flaw for NoInline {
    fn capabilities(&self, store: &MemoryStore) -> Capabilities {
        if self.declares { store.capabilities() } else { without_inline(store) }
    }

    async fn begin_promotion(
        &self,
        _: &MemoryStore,
        _: &Lease,
    ) -> Asked<Option<(MemoryTransaction, Position)>> {
        Err(unsupported())
    }

    async fn promote(&self, _: &MemoryStore, _: &mut MemoryTransaction, _: &Lease) -> Asked<()> {
        Err(unsupported())
    }

    async fn demote(&self, _: &MemoryStore, _: GenerationId) -> Asked<()> {
        Err(unsupported())
    }

    async fn begin_append(
        &self,
        _: &MemoryStore,
        _: Append,
        _: &[GenerationId],
    ) -> Result<(MemoryTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        Err(unsupported().into())
    }
}

#[test]
fn a_store_without_inline_projections_is_accepted() {
    let none = || NoInline { declares: false };
    assert_eq!(failed_tests(LIMIT, none, |_| true), BTreeSet::new());
    let at_work = tests_at_work::<Flawed>().into_iter().map(|test| {
        let store = Flawed::new(none());
        (test.name, async move { test.run(store).await })
    });
    assert_eq!(failed_runs(LIMIT, at_work), BTreeSet::new());
}

/// Here and not beside the list, where it would compile the suite once more.
#[test]
fn what_needs_a_capability_is_a_theme_or_a_test() {
    let of_projections = projection_tests::<Flawed>().into_iter().chain(tests_at_work());
    let mut all: Vec<_> = of_projections.flat_map(|test| [test.theme, test.name]).collect();
    all.extend(tests().iter().flat_map(|test| [test.theme, test.name]));
    for of in needing_a_capability() {
        assert!(all.contains(&of), "there is no test `{of}`");
    }
}

#[test]
fn a_store_with_projections_runs_their_suite() {
    assert_projections_are_tested(async { Fresh::new(MemoryStore::new()) }, true);
}

#[test]
#[should_panic(expected = "add `projection_suite!` to this module")]
fn a_store_with_projections_does_not_pass_without_their_suite() {
    assert_projections_are_tested(async { Fresh::new(MemoryStore::new()) }, false);
}
