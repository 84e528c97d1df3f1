//! Stores whose swaps are not atomic, or change more than they should.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position,
    memory::MemoryTransaction,
    store::{
        GenerationId, GenerationState, Lease, ProjectionStore, ReadModelStore, ReadModelTable,
        StoreTransaction, SwapAttempt,
    },
};
use serde_json::value::RawValue;

use super::{elsewhere, flaw::Flaw, flaws, held, live_generation_of};
use crate::broken::Asked;

flaws! {
    a_store_that_builds_in_the_live_tables: BuildsInPlace => [
        a_building_generation_is_not_read,
        generations_have_separate_rows,
    ],
    a_store_that_swaps_before_it_is_committed: SwapsEarly => [
        a_swap_becomes_visible_to_all_readers_when_it_commits,
        a_swap_that_is_rolled_back_changes_nothing,
    ],
    a_store_that_swaps_row_by_row: RowByRow::default() => [no_reader_sees_half_a_swap],
    a_store_that_swaps_what_is_behind: Answers(|begun| match begun {
        SwapAttempt::Behind => None,
        other => Some(other),
    }) => [
        a_generation_that_is_behind_is_not_swapped,
        a_kept_generation_can_be_revived_and_swapped_back,
    ],
    a_store_that_reports_busy_as_missing: Answers(|begun| match begun {
        SwapAttempt::Busy => Some(SwapAttempt::Gone),
        other => Some(other),
    }) => [a_swap_does_not_wait_for_a_transaction_on_either_generation],
    a_store_that_reports_missing_as_behind: Answers(|begun| match begun {
        SwapAttempt::Gone => Some(SwapAttempt::Behind),
        other => Some(other),
    }) => [only_a_building_generation_is_swapped],
    a_store_that_swaps_only_at_equal_positions: EqualPositionsOnly => [
        a_generation_that_is_ahead_of_the_live_one_is_swapped,
    ],
    a_store_that_freezes_nothing: Answers(|begun| match begun {
        SwapAttempt::Ready(_) => None,
        other => Some(other),
    }) => [neither_generation_advances_during_a_swap],
    a_store_that_loses_leases_with_a_swap: LosesLeases::default() => [
        the_lease_of_the_new_generation_stays_valid_after_the_swap,
    ],
    a_store_that_keeps_no_former_generation: Keeps(false) => [
        a_retired_generation_is_kept_and_not_processed,
        a_kept_generation_can_be_revived_and_swapped_back,
    ],
    a_store_that_keeps_every_former_generation: Keeps(true) => [
        a_swap_becomes_visible_to_all_readers_when_it_commits,
    ],
    a_store_that_revives_in_words_only: RevivesWithoutEffect => [
        only_a_retired_generation_is_revived_if_none_is_building,
        a_kept_generation_can_be_revived_and_swapped_back,
    ],
    a_store_that_abandons_nothing: Abandons(|_| false) => [
        an_abandoned_generation_is_deleted_with_its_rows,
        a_retired_generation_can_be_abandoned,
    ],
    a_store_that_abandons_only_what_is_building: Abandons(|state| state == GenerationState::Building) => [
        a_retired_generation_can_be_abandoned,
    ],
    a_store_that_swaps_everything_that_is_building: ForgetsOthers::default() => [
        projections_are_swapped_separately,
    ],
}

type Begun = Asked<SwapAttempt<MemoryTransaction>>;

pub(super) struct BuildsInPlace;

#[async_trait]
impl Flaw for BuildsInPlace {
    async fn begin(
        &self,
        store: &MemoryStore,
        lease: &Lease,
    ) -> Asked<Option<(MemoryTransaction, Position)>> {
        let Some((mut transaction, position)) = store.begin(lease).await? else { return Ok(None) };
        if let Some(live) = live_generation_of(store, lease.generation).await {
            transaction.enter(live).await?;
        }
        Ok(Some((transaction, position)))
    }
}

struct SwapsEarly;

#[async_trait]
impl Flaw for SwapsEarly {
    async fn begin_swap(&self, store: &MemoryStore, generation: GenerationId) -> Begun {
        let mut begun = store.begin_swap(generation).await?;
        if let SwapAttempt::Ready(transaction) = &mut begun {
            let mut committed = std::mem::replace(transaction, elsewhere().await);
            committed.swap(generation, false).await?;
            committed.commit().await?;
        }
        Ok(begun)
    }

    async fn swap(&self, _: &MemoryStore, _: &mut MemoryTransaction, _: GenerationId, _: bool) -> Asked<()> {
        Ok(())
    }
}

/// The first reader after a swap sees half of it.
#[derive(Default)]
struct RowByRow(AtomicBool);

#[async_trait]
impl Flaw for RowByRow {
    async fn swap(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
        keep_old: bool,
    ) -> Asked<()> {
        self.0.store(true, Ordering::SeqCst);
        transaction.swap(generation, keep_old).await
    }

    async fn all_rows(&self, store: &MemoryStore, table: &ReadModelTable) -> Asked<Vec<Box<RawValue>>> {
        let mut rows = store.all_rows(table).await?;
        if self.0.swap(false, Ordering::SeqCst) {
            rows.truncate(1);
        }
        Ok(rows)
    }
}

/// Returns a wrong result; `None` stands for ready, with an empty transaction.
struct Answers(fn(SwapAttempt<MemoryTransaction>) -> Option<SwapAttempt<MemoryTransaction>>);

#[async_trait]
impl Flaw for Answers {
    async fn begin_swap(&self, store: &MemoryStore, generation: GenerationId) -> Begun {
        let begun = store.begin_swap(generation).await?;
        Ok(match (self.0)(begun) {
            Some(answer) => answer,
            None => SwapAttempt::Ready(elsewhere().await),
        })
    }
}

struct EqualPositionsOnly;

#[async_trait]
impl Flaw for EqualPositionsOnly {
    async fn begin_swap(&self, store: &MemoryStore, generation: GenerationId) -> Begun {
        if let Some(live) = live_generation_of(store, generation).await
            && live != generation
        {
            let comparison = store.compare(generation).await?;
            if comparison.live != comparison.building {
                return Ok(SwapAttempt::Behind);
            }
        }
        store.begin_swap(generation).await
    }
}

#[derive(Default)]
struct LosesLeases(Mutex<Option<GenerationId>>);

#[async_trait]
impl Flaw for LosesLeases {
    async fn swap(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
        keep_old: bool,
    ) -> Asked<()> {
        *self.0.lock().expect("no panic") = Some(generation);
        transaction.swap(generation, keep_old).await
    }

    async fn commit(&self, store: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        transaction.commit().await?;
        let swapped = self.0.lock().expect("no panic").take();
        if let Some(generation) = swapped
            && let Some(lease) = held(store, generation, 0).await
        {
            store.release(&lease).await?;
        }
        Ok(())
    }
}

/// Whether the old live generation is kept.
struct Keeps(bool);

#[async_trait]
impl Flaw for Keeps {
    async fn swap(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
        _: bool,
    ) -> Asked<()> {
        transaction.swap(generation, self.0).await
    }
}

struct RevivesWithoutEffect;

#[async_trait]
impl Flaw for RevivesWithoutEffect {
    async fn revive(&self, _: &MemoryStore, _: GenerationId) -> Asked<bool> {
        Ok(true)
    }
}

/// Abandons only generations in some states.
struct Abandons(fn(GenerationState) -> bool);

#[async_trait]
impl Flaw for Abandons {
    async fn abandon(&self, store: &MemoryStore, generation: GenerationId) -> Asked<()> {
        let list = store.generations().await?;
        match list.iter().find(|it| it.id == generation) {
            Some(it) if (self.0)(it.state) => store.abandon(generation).await,
            _ => Ok(()),
        }
    }
}

/// A swap deletes the rows of other projections.
#[derive(Default)]
struct ForgetsOthers(Mutex<Option<String>>);

#[async_trait]
impl Flaw for ForgetsOthers {
    async fn swap(
        &self,
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
        keep_old: bool,
    ) -> Asked<()> {
        let list = store.generations().await?;
        let name = list.into_iter().find(|it| it.id == generation).map(|it| it.name);
        *self.0.lock().expect("no panic") = name;
        transaction.swap(generation, keep_old).await
    }

    async fn all_rows(&self, store: &MemoryStore, table: &ReadModelTable) -> Asked<Vec<Box<RawValue>>> {
        let kept = self.0.lock().expect("no panic").clone();
        if kept.is_some_and(|kept| kept != table.name) {
            return Ok(Vec::new());
        }
        store.all_rows(table).await
    }
}
