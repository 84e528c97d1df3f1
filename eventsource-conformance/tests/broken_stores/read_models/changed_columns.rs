//! Stores that take the live table for the one of another generation.

use async_trait::async_trait;
use eventsource::{
    MemoryStore,
    store::{GenerationId, ReadModelStore, ReadModelTable},
};

use super::{flaw::Flaw, flaws, generations::Compared, live_generation_of, swaps::BuildsInPlace};
use crate::broken::Asked;

flaws! {
    a_store_that_checks_the_live_table: ChecksLive => [
        a_generation_is_checked_on_its_own_table,
        a_generation_is_checked_on_its_own_table_after_a_swap,
        a_generation_of_changed_columns_can_be_abandoned,
    ],
    a_store_that_writes_changed_columns_to_the_live_table: BuildsInPlace => [
        rows_of_changed_columns_are_kept_beside_the_live_ones,
    ],
    a_store_that_compares_no_rows_of_other_columns: Compared(|comparison| {
        comparison.tables.iter_mut().for_each(|table| table.differing = 0);
    }) => [tables_of_other_columns_are_compared_by_key],
}

struct ChecksLive;

#[async_trait]
impl Flaw for ChecksLive {
    async fn check_table(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        table: &ReadModelTable,
    ) -> Asked<()> {
        let live = live_generation_of(store, generation).await;
        store.check_table(live.unwrap_or(generation), table).await
    }
}
