//! Stores that handle inline appends wrongly.

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, RecordedEvent,
    memory::MemoryTransaction,
    store::{
        Append, AppendError, Claim, EventStore, GenerationId, ImportError, ImportEvent, Imported, Lease,
        ProjectionStore, Receipt, StoreTransaction, WorkerId,
    },
};

use super::{elsewhere, flaw::Flaw, flaws, held};
use crate::broken::{Appended, Asked, expect_any, is_stored, whole_log, yield_to_others};

flaws! {
    a_store_that_appends_before_the_rows_are_written: AppendsEarly => [
        events_and_rows_commit_together,
        an_inline_append_that_is_rolled_back_leaves_nothing,
    ],
    a_store_that_gives_other_events_than_it_records: Appends(|_, (transaction, receipts, mut events)| {
        events.iter_mut().for_each(|event| event.context.position = Position::START);
        (transaction, receipts, events)
    }) => [an_inline_append_returns_the_recorded_events],
    a_store_that_gives_the_first_event_only: Appends(|_, (transaction, receipts, mut events)| {
        events.truncate(1);
        (transaction, receipts, events)
    }) => [
        events_and_rows_commit_together,
        an_inline_append_returns_the_recorded_events,
    ],
    a_store_that_gives_a_repetition_its_events: Appends(|log, (transaction, receipts, events)| {
        let events = if receipts.iter().any(|it| it.repeated) { log } else { events };
        (transaction, receipts, events)
    }) => [a_repeated_inline_append_returns_no_events],
    a_store_that_does_not_recognise_a_repeated_inline_append: Appends(|_, (transaction, mut receipts, events)| {
        receipts.iter_mut().for_each(|receipt| receipt.repeated = false);
        (transaction, receipts, events)
    }) => [a_repeated_inline_append_returns_no_events],
    a_store_whose_inline_appends_do_not_conflict: NeverConflicts => [
        an_inline_append_that_conflicts_leaves_nothing,
        one_of_the_inline_appends_racing_for_a_version_wins,
    ],
    a_store_that_checks_versions_before_an_inline_append: LooksFirst => [
        one_of_the_inline_appends_racing_for_a_version_wins,
    ],
    a_store_that_appends_without_inline_projections: Ignores => [
        an_append_without_an_inline_projection_is_refused,
        an_import_is_refused_while_a_projection_is_inline,
        an_append_with_a_projection_that_is_not_inline_is_refused,
    ],
    a_store_with_one_inline_projection: EntersOne => [several_projections_commit_with_one_append],
    a_store_that_appends_during_a_promotion: PromotesBesideAppends => [
        appends_wait_during_a_promotion,
        a_promotion_among_writers_misses_nothing,
    ],
    a_store_that_promotes_before_it_is_committed: PromotesEarly => [
        a_promotion_that_is_rolled_back_changes_nothing,
        a_promotion_moves_rows_and_checkpoint_too,
    ],
    a_store_that_processes_an_inline_projection_under_a_lease: ProcessesInline => [
        an_inline_projection_is_not_processed_under_a_lease,
    ],
    a_store_that_demotes_nothing: DemotesNothing => [a_demoted_projection_follows_from_the_end_of_the_log],
    a_store_that_demotes_what_follows: DemotesWhatFollows => [demoting_a_following_projection_moves_no_checkpoint],
}

type Begun = Result<(MemoryTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError>;

struct AppendsEarly;

#[async_trait]
impl Flaw for AppendsEarly {
    async fn begin_append(&self, store: &MemoryStore, append: Append, inline: &[GenerationId]) -> Begun {
        let (transaction, receipts, events) = store.begin_append(append, inline).await?;
        transaction.commit().await?;
        Ok((elsewhere().await, receipts, events))
    }
}

/// Returns a wrong outcome, made from the correct one and the log.
struct Appends(fn(Vec<RecordedEvent>, Begin) -> Begin);

type Begin = (MemoryTransaction, Vec<Receipt>, Vec<RecordedEvent>);

#[async_trait]
impl Flaw for Appends {
    async fn begin_append(&self, store: &MemoryStore, append: Append, inline: &[GenerationId]) -> Begun {
        let ids: Vec<_> = append.streams.iter().flat_map(|part| &part.events).map(|event| event.id).collect();
        let begun = store.begin_append(append, inline).await?;
        let mut log = whole_log(store).await;
        if ids.iter().any(|id| is_stored(&log, *id)) {
            log.retain(|event| ids.contains(&event.context.id));
        }
        Ok((self.0)(log, begun))
    }
}

struct NeverConflicts;

#[async_trait]
impl Flaw for NeverConflicts {
    async fn begin_append(&self, store: &MemoryStore, mut append: Append, inline: &[GenerationId]) -> Begun {
        expect_any(&mut append);
        store.begin_append(append, inline).await
    }
}

struct LooksFirst;

#[async_trait]
impl Flaw for LooksFirst {
    async fn begin_append(&self, store: &MemoryStore, mut append: Append, inline: &[GenerationId]) -> Begun {
        drop(store.begin_append(append.clone(), inline).await?);
        yield_to_others().await;
        expect_any(&mut append);
        store.begin_append(append, inline).await
    }
}

async fn all_inline(store: &MemoryStore) -> Vec<GenerationId> {
    let list = store.generations().await.expect("memory can be read");
    list.iter().filter(|it| it.inline).map(|it| it.id).collect()
}

struct Ignores;

#[async_trait]
impl Flaw for Ignores {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let (transaction, receipts, _) = store.begin_append(append, &all_inline(store).await).await?;
        transaction.commit().await?;
        Ok(receipts)
    }

    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        match store.import(events).await {
            Err(ImportError::Inline { .. }) => Ok(Imported::default()),
            outcome => outcome,
        }
    }

    async fn begin_append(&self, store: &MemoryStore, append: Append, _: &[GenerationId]) -> Begun {
        store.begin_append(append, &all_inline(store).await).await
    }
}

/// Writes of another projection than the first are lost, with the rest of the transaction.
struct EntersOne;

#[async_trait]
impl Flaw for EntersOne {
    async fn enter(
        &self,
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        generation: GenerationId,
    ) -> Asked<()> {
        if all_inline(store).await.into_iter().min() != Some(generation) {
            *transaction = elsewhere().await;
        }
        transaction.enter(generation).await
    }
}

struct PromotesBesideAppends;

#[async_trait]
impl Flaw for PromotesBesideAppends {
    async fn begin_promotion(
        &self,
        store: &MemoryStore,
        lease: &Lease,
    ) -> Asked<Option<(MemoryTransaction, Position)>> {
        store.begin(lease).await
    }

    async fn promote(
        &self,
        store: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
    ) -> Asked<()> {
        // Long enough for other appends.
        let before = whole_log(store).await.len();
        for _ in 0..1_000 {
            if whole_log(store).await.len() > before {
                break;
            }
            yield_to_others().await;
        }
        transaction.promote(lease).await
    }
}

struct PromotesEarly;

#[async_trait]
impl Flaw for PromotesEarly {
    async fn begin_promotion(
        &self,
        store: &MemoryStore,
        lease: &Lease,
    ) -> Asked<Option<(MemoryTransaction, Position)>> {
        let Some((mut transaction, position)) = store.begin_promotion(lease).await? else { return Ok(None) };
        transaction.promote(lease).await?;
        transaction.commit().await?;
        Ok(Some((elsewhere().await, position)))
    }
}

struct ProcessesInline;

#[async_trait]
impl Flaw for ProcessesInline {
    async fn begin(
        &self,
        store: &MemoryStore,
        lease: &Lease,
    ) -> Asked<Option<(MemoryTransaction, Position)>> {
        match store.begin(lease).await? {
            None if held(store, lease.generation, lease.partition).await.as_ref() == Some(lease) => {
                Ok(Some((elsewhere().await, Position::START)))
            }
            begun => Ok(begun),
        }
    }
}

struct DemotesNothing;

#[async_trait]
impl Flaw for DemotesNothing {
    async fn demote(&self, _: &MemoryStore, _: GenerationId) -> Asked<()> {
        Ok(())
    }
}

struct DemotesWhatFollows;

#[async_trait]
impl Flaw for DemotesWhatFollows {
    async fn demote(&self, store: &MemoryStore, generation: GenerationId) -> Asked<()> {
        let end = whole_log(store).await.last().map_or(Position::START, |event| event.context.position);
        if let Some(lease) = store.claim(&Claim::of(generation, 0, WorkerId::new())).await?
            && let Some((mut transaction, _)) = store.begin(&lease).await?
        {
            transaction.advance(&lease, end, 0).await?;
            transaction.commit().await?;
        }
        store.demote(generation).await
    }
}
