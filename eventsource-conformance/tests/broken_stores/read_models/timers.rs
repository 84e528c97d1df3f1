//! Stores that keep timers wrongly.

use std::sync::Mutex;

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Timestamp,
    memory::MemoryTransaction,
    store::{GenerationId, Lease, ProjectionStore, StoreTransaction, Timer, TimerChange, TimerQuery},
};

use super::{
    flaw::{Flaw, ReactionFlaw},
    flaws, live_generation_of,
};
use crate::broken::Asked;

flaws! {
    a_store_that_lists_the_last_timers_first: Flawless.listing(|_, mut listed| {
        listed.reverse();
        listed
    }) => [timers_are_listed_by_due_time_key_and_name, timers_are_read_in_pages],
    a_store_that_lists_the_timers_of_every_partition: Flawless.asking(|query| {
        TimerQuery { partition: None, ..query }
    }) => [timers_are_listed_by_due_time_key_and_name],
    a_store_that_lists_timers_before_they_are_due: Flawless.asking(|query| {
        TimerQuery { due_by: None, ..query }
    }) => [timers_are_listed_by_due_time_key_and_name],
    a_store_whose_pages_leave_out_a_timer: Flawless.listing(|query, listed| {
        listed.into_iter().skip(usize::from(query.after.is_some())).collect()
    }) => [timers_are_read_in_pages],
    a_store_that_changes_a_thousand_timers_at_most: Flawless.changing(|mut changes| {
        changes.truncate(1_000);
        changes
    }) => [ten_thousand_timers_are_set_and_fire_in_one_transaction],
    a_store_that_compacts_the_data_of_timers: Flawless.listing(|_, mut listed| {
        for timer in &mut listed {
            timer.data.retain(|char| char != ' ');
        }
        listed
    }) => [timers_are_kept_as_they_were_given],
    a_store_that_keeps_no_time_before_1970: Flawless.listing(|_, mut listed| {
        let start = Timestamp::from_microsecond(0).expect("a time");
        for timer in &mut listed {
            timer.due_at = timer.due_at.max(start);
        }
        listed
    }) => [timers_are_kept_as_they_were_given, timers_are_listed_by_due_time_key_and_name],
    a_store_that_does_not_move_timers: Stays => [a_timer_that_is_set_again_is_moved],
    a_store_that_cancels_nothing: Flawless.changing(|mut changes| {
        changes.retain(|change| !matches!(change, TimerChange::Cancel(_) | TimerChange::CancelAll { .. }));
        changes
    }) => [cancelled_timers_are_removed],
    a_store_that_changes_timers_in_another_order: Flawless.changing(|mut changes| {
        changes.reverse();
        changes
    }) => [timers_are_changed_in_the_order_of_the_changes],
    a_store_that_fires_timers_that_were_moved: Flawless.changing(|changes| {
        let cancelled = changes.into_iter().map(|change| match change {
            TimerChange::Fire(timer) => TimerChange::Cancel(timer.id()),
            change => change,
        });
        cancelled.collect()
    }) => [a_timer_fires_only_as_it_is, a_timer_that_is_moved_while_it_fires_is_not_lost],
    a_store_that_repairs_names: Flawless.changing(|changes| {
        let repaired = changes.into_iter().map(|change| match change {
            TimerChange::Set(timer) => {
                let name = timer.name.replace('\0', "").chars().take(99).collect();
                let key = format!("k{}", timer.key.replace('\0', "")).chars().take(99).collect();
                TimerChange::Set(Timer { key, name, ..timer })
            }
            change => change,
        });
        repaired.collect()
    }) => [a_name_that_no_store_can_keep_is_refused],
    a_store_that_changes_timers_although_it_rolls_back: Outlives(Mutex::default()) => [
        timers_commit_with_the_rest_of_the_transaction,
        a_lost_lease_changes_no_timers,
    ],
    a_store_that_never_says_that_there_was_a_timer: Changed(|_| false) => [a_timer_is_changed_without_a_lease],
    a_store_that_always_says_that_there_was_a_timer: Changed(|_| true) => [a_timer_is_changed_without_a_lease],
    a_store_that_changes_the_timers_of_the_live_generation: OfLive => [each_generation_has_its_own_timers],
    a_store_that_keeps_the_timers_of_an_abandoned_generation: Abandons => [each_generation_has_its_own_timers],
}

/// A correct store, to which a flaw is added.
struct Flawless;

/// Asks for other timers, lists others than were found, or makes other changes.
struct Timers {
    asks: fn(TimerQuery) -> TimerQuery,
    lists: fn(&TimerQuery, Vec<Timer>) -> Vec<Timer>,
    changes: fn(Vec<TimerChange>) -> Vec<TimerChange>,
}

impl Flawless {
    fn timers(self) -> Timers {
        Timers { asks: |query| query, lists: |_, listed| listed, changes: |changes| changes }
    }

    fn asking(self, asks: fn(TimerQuery) -> TimerQuery) -> Timers {
        Timers { asks, ..self.timers() }
    }

    fn listing(self, lists: fn(&TimerQuery, Vec<Timer>) -> Vec<Timer>) -> Timers {
        Timers { lists, ..self.timers() }
    }

    fn changing(self, changes: fn(Vec<TimerChange>) -> Vec<TimerChange>) -> Timers {
        Timers { changes, ..self.timers() }
    }
}

impl Flaw for Timers {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Timers {
    async fn timers(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        query: &TimerQuery,
    ) -> Asked<Vec<Timer>> {
        let listed = store.timers(generation, &(self.asks)(query.clone())).await?;
        Ok((self.lists)(query, listed))
    }

    async fn change_timers(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        changes: &[TimerChange],
    ) -> Asked<()> {
        transaction.change_timers(lease, &(self.changes)(changes.to_vec())).await
    }
}

/// One that exists stays as it is.
struct Stays;

impl Flaw for Stays {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Stays {
    async fn change_timers(
        &self,
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        changes: &[TimerChange],
    ) -> Asked<()> {
        let all = store.timers(lease.generation, &TimerQuery::first(usize::MAX)).await?;
        let exists = |change: &TimerChange| match change {
            TimerChange::Set(timer) => all.iter().any(|it| it.id() == timer.id()),
            _ => false,
        };
        let changes: Vec<_> = changes.iter().filter(|change| !exists(change)).cloned().collect();
        transaction.change_timers(lease, &changes).await
    }
}

/// Changes are made when the next transaction rolls back.
struct Outlives(Mutex<Vec<(GenerationId, TimerChange)>>);

#[async_trait]
impl Flaw for Outlives {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }

    async fn roll_back(&self, store: &MemoryStore, transaction: MemoryTransaction) -> Asked<()> {
        drop(transaction);
        let changes = std::mem::take(&mut *self.0.lock().expect("no panic"));
        for (generation, change) in changes {
            store.change_timer(generation, 0, &change).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl ReactionFlaw for Outlives {
    async fn change_timers(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        changes: &[TimerChange],
    ) -> Asked<()> {
        let of_lease = changes.iter().map(|change| (lease.generation, change.clone()));
        self.0.lock().expect("no panic").extend(of_lease);
        transaction.change_timers(lease, changes).await
    }
}

/// Returns another answer.
struct Changed(fn(bool) -> bool);

impl Flaw for Changed {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Changed {
    async fn change_timer(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Asked<bool> {
        Ok((self.0)(store.change_timer(generation, partition, change).await?))
    }
}

struct OfLive;

impl Flaw for OfLive {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for OfLive {
    async fn change_timer(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Asked<bool> {
        let live = live_generation_of(store, generation).await.unwrap_or(generation);
        store.change_timer(live, partition, change).await
    }
}

struct Abandons;

#[async_trait]
impl Flaw for Abandons {
    async fn abandon(&self, _: &MemoryStore, _: GenerationId) -> Asked<()> {
        Ok(())
    }
}
