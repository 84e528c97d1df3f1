//! Swaps that others see half of, or that change what they should not.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use eventsource_core::{
    MemoryStore, MemoryTransaction, Position,
    store::{
        GenerationId, GenerationState, Lease, ProjectionStore, ReadModelStore, ReadModelTable, SwapAttempt,
    },
};
use serde_json::value::RawValue;

use super::{elsewhere, flaw::Flaw, flaws, held, live_beside};
use crate::broken::Asked;

flaws! {
    a_store_that_builds_in_the_live_tables: BuildsInPlace => [
        what_is_building_is_not_read,
        generations_have_rows_of_their_own,
    ],
    a_store_that_swaps_before_it_is_committed: SwapsEarly => [
        a_swap_is_for_all_at_once_when_it_commits,
        a_swap_that_is_given_up_changes_nothing,
    ],
    a_store_that_swaps_row_by_row: RowByRow::default() => [nobody_reads_half_a_swap],
    a_store_that_swaps_what_is_behind: Answers(|begun| match begun {
        SwapAttempt::Behind => None,
        other => Some(other),
    }) => [
        what_is_behind_is_not_swapped,
        a_kept_generation_can_be_revived_and_put_back,
    ],
    a_store_that_takes_busy_for_gone: Answers(|begun| match begun {
        SwapAttempt::Busy => Some(SwapAttempt::Gone),
        other => Some(other),
    }) => [a_swap_does_not_wait_for_who_is_at_one_of_the_two],
    a_store_that_takes_gone_for_behind: Answers(|begun| match begun {
        SwapAttempt::Gone => Some(SwapAttempt::Behind),
        other => Some(other),
    }) => [what_is_not_building_is_not_swapped],
    a_store_that_swaps_only_what_is_just_as_far: JustAsFar => [
        what_is_further_than_the_live_one_is_swapped,
    ],
    a_store_that_freezes_nothing: Answers(|begun| match begun {
        SwapAttempt::Ready(_) => None,
        other => Some(other),
    }) => [neither_moves_during_a_swap],
    a_store_that_loses_leases_with_a_swap: LosesLeases::default() => [
        a_lease_goes_on_with_its_generation_after_the_swap,
    ],
    a_store_that_keeps_no_former_generation: Keeps(false) => [
        a_retired_generation_is_kept_and_not_worked,
        a_kept_generation_can_be_revived_and_put_back,
    ],
    a_store_that_keeps_every_former_generation: Keeps(true) => [
        a_swap_is_for_all_at_once_when_it_commits,
    ],
    a_store_that_revives_in_words_only: RevivesInWords => [
        only_a_retired_generation_is_revived_where_none_is_building,
        a_kept_generation_can_be_revived_and_put_back,
    ],
    a_store_that_abandons_nothing: Abandons(|_| false) => [
        an_abandoned_generation_is_gone_with_its_rows,
        a_retired_generation_can_be_given_up,
    ],
    a_store_that_abandons_only_what_is_building: Abandons(|state| state == GenerationState::Building) => [
        a_retired_generation_can_be_given_up,
    ],
    a_store_that_swaps_everything_that_is_building: ForgetsOthers::default() => [
        projections_are_swapped_each_by_itself,
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
        if let Some(live) = live_beside(store, lease.generation).await {
            store.enter(&mut transaction, live).await?;
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
            store.swap(&mut committed, generation, false).await?;
            store.commit(committed).await?;
        }
        Ok(begun)
    }

    async fn swap(&self, _: &MemoryStore, _: &mut MemoryTransaction, _: GenerationId, _: bool) -> Asked<()> {
        Ok(())
    }
}

/// Who reads first after a swap reads half of it.
#[derive(Default)]
struct RowByRow(AtomicBool);

#[async_trait]
impl Flaw for RowByRow {
    async fn swap(
        &self,
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
        keep_old: bool,
    ) -> Asked<()> {
        self.0.store(true, Ordering::SeqCst);
        store.swap(transaction, generation, keep_old).await
    }

    async fn all_rows(&self, store: &MemoryStore, table: &ReadModelTable) -> Asked<Vec<Box<RawValue>>> {
        let mut rows = store.all_rows(table).await?;
        if self.0.swap(false, Ordering::SeqCst) {
            rows.truncate(1);
        }
        Ok(rows)
    }
}

/// Another answer than the right one; `None` is ready, with a transaction that holds nothing.
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

struct JustAsFar;

#[async_trait]
impl Flaw for JustAsFar {
    async fn begin_swap(&self, store: &MemoryStore, generation: GenerationId) -> Begun {
        if let Some(live) = live_beside(store, generation).await
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
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
        keep_old: bool,
    ) -> Asked<()> {
        *self.0.lock().expect("nobody panics here") = Some(generation);
        store.swap(transaction, generation, keep_old).await
    }

    async fn commit(&self, store: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        store.commit(transaction).await?;
        let swapped = self.0.lock().expect("nobody panics here").take();
        if let Some(generation) = swapped
            && let Some(lease) = held(store, generation, 0).await
        {
            store.release(&lease).await?;
        }
        Ok(())
    }
}

/// Whether the former live one is kept.
struct Keeps(bool);

#[async_trait]
impl Flaw for Keeps {
    async fn swap(
        &self,
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
        _: bool,
    ) -> Asked<()> {
        store.swap(transaction, generation, self.0).await
    }
}

struct RevivesInWords;

#[async_trait]
impl Flaw for RevivesInWords {
    async fn revive(&self, _: &MemoryStore, _: GenerationId) -> Asked<bool> {
        Ok(true)
    }
}

/// Abandons only what is in some states.
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

/// After a swap, the rows of other projections are gone.
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
        *self.0.lock().expect("nobody panics here") = name;
        store.swap(transaction, generation, keep_old).await
    }

    async fn all_rows(&self, store: &MemoryStore, table: &ReadModelTable) -> Asked<Vec<Box<RawValue>>> {
        let kept = self.0.lock().expect("nobody panics here").clone();
        if kept.is_some_and(|kept| kept != table.name) {
            return Ok(Vec::new());
        }
        store.all_rows(table).await
    }
}
