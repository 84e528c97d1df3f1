//! Stores that make generations wrongly.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position,
    memory::MemoryTransaction,
    store::{
        Comparison, Definition, Generation, GenerationId, GenerationRequest, GenerationState, ProjectionKind,
        ProjectionStore, StartAt, StoreTransaction,
    },
};

use super::{elsewhere, flaw::Flaw, flaws};
use crate::broken::Asked;

flaws! {
    a_store_where_every_generation_is_building: Listed(|list| {
        list.iter_mut().for_each(|it| it.state = GenerationState::Building);
    }) => [
        the_first_generation_of_a_name_is_live,
        a_swap_becomes_visible_to_all_readers_when_it_commits,
    ],
    a_store_that_forgets_what_kind_a_projection_is: Listed(|list| {
        list.iter_mut().for_each(|it| it.kind = ProjectionKind::Following);
    }) => [a_generation_is_kept_as_it_was_defined],
    a_store_with_one_partition: Defined(|definition, _| definition.partitions = 1) => [
        a_generation_is_kept_as_it_was_defined,
        an_unclaimed_partition_can_be_claimed,
        the_position_of_a_generation_is_that_of_its_slowest_partition,
        parked_events_are_counted_by_partition,
    ],
    a_store_where_nothing_swaps_by_itself: Listed(|list| {
        list.iter_mut().for_each(|it| it.swap_when_ready = false);
    }) => [
        a_higher_version_is_built_beside_the_live_one,
        a_rebuild_makes_the_same_version_again,
        the_automatic_swap_of_a_generation_can_be_changed,
    ],
    a_store_that_makes_a_generation_on_every_request: Defined(|_, request| {
        *request = GenerationRequest::Rebuild { swap_when_ready: true, keep_old: false };
    }) => [
        an_existing_version_is_not_made_again,
        a_lower_version_makes_no_generation,
        an_earlier_version_that_is_building_is_abandoned_with_a_later_one,
    ],
    a_store_that_does_not_rebuild: Defined(|_, request| *request = GenerationRequest::Start) => [
        a_rebuild_makes_the_same_version_again,
        an_abandoned_generation_is_deleted_with_its_rows,
    ],
    a_store_that_numbers_versions_itself: Numbers::default() => [
        an_existing_version_is_not_made_again,
        a_rebuild_makes_no_generation_while_one_is_building,
    ],
    a_store_that_abandons_too_early: AbandonsEarly => [
        an_earlier_version_that_is_building_is_abandoned_with_a_later_one,
    ],
    a_store_that_makes_a_generation_for_every_caller: ForEveryCaller::default() => [
        one_of_the_concurrent_makers_makes_the_generation,
    ],
    a_store_that_makes_a_generation_before_it_is_committed: MakesEarly => [
        a_generation_that_was_not_committed_does_not_exist,
    ],
    a_store_that_starts_everything_at_the_beginning: Defined(|definition, _| {
        definition.start = StartAt::Beginning;
    }) => [a_new_projection_starts_where_its_definition_says],
    a_store_that_starts_everything_at_the_end: Defined(|definition, _| {
        definition.start = StartAt::Now;
    }) => [
        a_new_projection_starts_where_its_definition_says,
    ],
    a_store_that_lists_the_newest_first: Listed(|list| list.reverse()) => [
        generations_are_listed_by_name_and_number,
    ],
    a_store_where_nothing_equals: Compared(|comparison| {
        for table in &mut comparison.tables {
            table.differing = table.live_rows;
        }
    }) => [equal_rows_compare_as_equal],
    a_store_where_everything_equals: Compared(|comparison| {
        comparison.tables.iter_mut().for_each(|table| table.differing = 0);
    }) => [differing_rows_are_counted_and_named],
    a_store_that_names_differing_keys_without_order: Compared(|comparison| {
        comparison.tables.iter_mut().for_each(|table| table.keys.reverse());
    }) => [at_most_ten_differing_keys_are_named_in_order],
    a_store_that_compares_without_positions: Compared(|comparison| {
        comparison.live = Position::START;
    }) => [a_comparison_reports_the_position_of_each_generation],
}

/// Lists other generations than the stored ones.
pub(super) struct Listed(pub(super) fn(&mut Vec<Generation>));

#[async_trait]
impl Flaw for Listed {
    async fn generations(&self, store: &MemoryStore) -> Asked<Vec<Generation>> {
        let mut list = store.generations().await?;
        (self.0)(&mut list);
        Ok(list)
    }
}

/// Makes another generation than the requested one.
struct Defined(fn(&mut Definition, &mut GenerationRequest));

type Begun = Asked<Option<(GenerationId, MemoryTransaction)>>;

#[async_trait]
impl Flaw for Defined {
    async fn begin_generation(
        &self,
        store: &MemoryStore,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Begun {
        let (mut definition, mut request) = (definition.clone(), request);
        (self.0)(&mut definition, &mut request);
        store.begin_generation(&definition, request).await
    }
}

#[derive(Default)]
struct Numbers(AtomicU32);

#[async_trait]
impl Flaw for Numbers {
    async fn begin_generation(
        &self,
        store: &MemoryStore,
        definition: &Definition,
        _: GenerationRequest,
    ) -> Begun {
        let version = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        store.begin_generation(&Definition { version, ..definition.clone() }, GenerationRequest::Start).await
    }
}

struct AbandonsEarly;

#[async_trait]
impl Flaw for AbandonsEarly {
    async fn begin_generation(
        &self,
        store: &MemoryStore,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Begun {
        for it in store.generations().await? {
            if it.name == definition.name && it.version < definition.version {
                store.abandon(it.id).await?;
            }
        }
        store.begin_generation(definition, request).await
    }
}

/// Two callers do not exclude each other, because each uses a made-up name.
#[derive(Default)]
struct ForEveryCaller(AtomicU32);

#[async_trait]
impl Flaw for ForEveryCaller {
    async fn begin_generation(
        &self,
        store: &MemoryStore,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Begun {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        let name = format!("{}#{n}", definition.name);
        store.begin_generation(&Definition { name, ..definition.clone() }, request).await
    }
}

struct MakesEarly;

#[async_trait]
impl Flaw for MakesEarly {
    async fn begin_generation(
        &self,
        store: &MemoryStore,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Begun {
        let Some((id, transaction)) = store.begin_generation(definition, request).await? else {
            return Ok(None);
        };
        transaction.commit().await?;
        Ok(Some((id, elsewhere().await)))
    }
}

/// Returns a wrong comparison.
pub(super) struct Compared(pub(super) fn(&mut Comparison));

#[async_trait]
impl Flaw for Compared {
    async fn compare(&self, store: &MemoryStore, generation: GenerationId) -> Asked<Comparison> {
        let mut comparison = store.compare(generation).await?;
        (self.0)(&mut comparison);
        Ok(comparison)
    }
}
