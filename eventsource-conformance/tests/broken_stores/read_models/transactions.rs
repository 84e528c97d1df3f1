//! Stores whose transactions are committed only in part, or too early.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, ProjectionError,
    memory::MemoryTransaction,
    store::{Generation, GenerationId, HorizonHolder, Lease, ProjectionStore, StoreTransaction},
};

use super::{flaw::Flaw, flaws, generations::Listed};
use crate::broken::Asked;

flaws! {
    a_store_that_commits_rows_without_the_checkpoint: NeverAdvances => [
        rows_and_checkpoint_commit_together,
        a_transaction_begins_where_the_last_one_ended,
        applied_events_are_counted,
        an_error_is_noted_until_something_is_applied,
        partitions_are_claimed_separately,
    ],
    a_store_that_moves_the_checkpoint_before_the_commit: MovesAtOnce::default() => [
        rows_and_checkpoint_commit_together,
        a_transaction_that_is_dropped_leaves_nothing,
        a_transaction_that_is_rolled_back_leaves_nothing,
    ],
    a_store_that_commits_instead_of_rolling_back: NeverRollsBack => [
        a_transaction_that_is_rolled_back_leaves_nothing,
        a_generation_that_was_not_committed_does_not_exist,
        an_event_is_unparked_with_the_rest_of_the_transaction,
        an_inline_append_that_is_rolled_back_leaves_nothing,
        a_random_sequence_of_transactions_leaves_what_it_leaves_in_the_reference_store,
    ],
    a_store_that_loses_transactions: NeverCommits => [
        rows_and_checkpoint_commit_together,
        the_first_generation_of_a_name_is_live,
    ],
    a_store_that_starts_over_each_time: StartsOver => [
        a_transaction_begins_where_the_last_one_ended,
        a_promotion_moves_rows_and_checkpoint_too,
        a_random_sequence_of_transactions_leaves_what_it_leaves_in_the_reference_store,
    ],
    a_store_that_counts_batches: CountsBatches => [applied_events_are_counted],
    a_store_that_reports_the_position_of_the_first_partition: Listed(|list| {
        for generation in list {
            let furthest = generation.checkpoints.iter().map(|it| it.position).max();
            generation.checkpoints.iter_mut().for_each(|it| it.position = furthest.unwrap_or_default());
        }
    }) => [the_position_of_a_generation_is_that_of_its_slowest_partition],
    a_store_that_cannot_clear_an_error: Clears(false) => [a_noted_error_can_be_cleared],
    a_store_that_notes_no_error: Clears(true) => [an_error_is_noted_until_something_is_applied],
    a_store_that_wakes_no_listener: WakesNoListener => [an_append_wakes_the_listeners],
    a_store_that_reports_a_horizon_holder_that_does_not_exist: InventsHolder => [no_transaction_holds_the_horizon_while_nothing_is_appended],
    a_store_that_reports_every_error_as_an_outage: AlwaysOutage => [an_error_of_the_projection_itself_is_no_outage],
}

type Begun = Asked<Option<(MemoryTransaction, Position)>>;

struct NeverAdvances;

#[async_trait]
impl Flaw for NeverAdvances {
    async fn advance(
        &self,
        _: &MemoryStore,
        _: &mut MemoryTransaction,
        _: &Lease,
        _: Position,
        _: u64,
    ) -> Asked<()> {
        Ok(())
    }
}

/// Keeps the checkpoint outside the transaction.
#[derive(Default)]
struct MovesAtOnce(Mutex<BTreeMap<(GenerationId, u32), Position>>);

#[async_trait]
impl Flaw for MovesAtOnce {
    async fn advance(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        position: Position,
        events: u64,
    ) -> Asked<()> {
        self.0.lock().expect("no panic").insert((lease.generation, lease.partition), position);
        transaction.advance(lease, position, events).await
    }

    async fn begin(&self, store: &MemoryStore, lease: &Lease) -> Begun {
        let begun = store.begin(lease).await?;
        let moved = self.0.lock().expect("no panic").get(&(lease.generation, lease.partition)).copied();
        Ok(begun.map(|(transaction, position)| (transaction, moved.unwrap_or(position))))
    }

    async fn generations(&self, store: &MemoryStore) -> Asked<Vec<Generation>> {
        let mut list = store.generations().await?;
        for ((generation, partition), position) in &*self.0.lock().expect("no panic") {
            for it in list.iter_mut().filter(|it| it.id == *generation) {
                it.checkpoints[*partition as usize].position = *position;
            }
        }
        Ok(list)
    }
}

struct NeverRollsBack;

#[async_trait]
impl Flaw for NeverRollsBack {
    async fn roll_back(&self, _: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        transaction.commit().await
    }
}

struct NeverCommits;

#[async_trait]
impl Flaw for NeverCommits {
    async fn commit(&self, _: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        drop(transaction);
        Ok(())
    }
}

struct StartsOver;

#[async_trait]
impl Flaw for StartsOver {
    async fn begin(&self, store: &MemoryStore, lease: &Lease) -> Begun {
        let begun = store.begin(lease).await?;
        Ok(begun.map(|(transaction, _)| (transaction, Position::START)))
    }

    async fn begin_promotion(&self, store: &MemoryStore, lease: &Lease) -> Begun {
        let begun = store.begin_promotion(lease).await?;
        Ok(begun.map(|(transaction, _)| (transaction, Position::START)))
    }
}

struct CountsBatches;

#[async_trait]
impl Flaw for CountsBatches {
    async fn advance(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        position: Position,
        _: u64,
    ) -> Asked<()> {
        transaction.advance(lease, position, 1).await
    }
}

/// Either only notes errors or only clears them.
struct Clears(bool);

#[async_trait]
impl Flaw for Clears {
    async fn note_error(&self, store: &MemoryStore, lease: &Lease, error: Option<&str>) -> Asked<()> {
        if error.is_none() == self.0 {
            return store.note_error(lease, error).await;
        }
        Ok(())
    }
}

struct WakesNoListener;

#[async_trait]
impl Flaw for WakesNoListener {
    async fn listen(&self, _: &MemoryStore) {
        std::future::pending().await
    }
}

struct InventsHolder;

#[async_trait]
impl Flaw for InventsHolder {
    async fn horizon_holders(&self, _: &MemoryStore) -> Asked<Vec<HorizonHolder>> {
        Ok(vec![HorizonHolder {
            pid: None,
            application: String::new(),
            state: String::new(),
            since: None,
            age: std::time::Duration::ZERO,
        }])
    }
}

struct AlwaysOutage;

#[async_trait]
impl Flaw for AlwaysOutage {
    fn is_outage(&self, _: &MemoryStore, _: &ProjectionError) -> bool {
        true
    }
}
