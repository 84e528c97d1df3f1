//! Stores that find the events of a correlation wrongly.

use async_trait::async_trait;
use eventsource::{EventContext, MemoryStore, Position, store::EventStore};
use uuid::Uuid;

use crate::{
    broken::{Asked, Defect, whole_log},
    verdict::rejected,
};

rejected! {
    a_store_that_takes_all_events_for_correlated: Selects(|_, _| true) => [
        a_correlation_without_events_reads_as_empty,
        the_events_of_a_correlation_are_read_in_the_order_of_the_log,
    ],
    a_store_that_takes_causes_for_correlations: Selects(|event, id| {
        event.belongs_to(id) || event.metadata.causation_id == Some(id)
    }) => [
        a_causation_id_is_no_correlation_id,
    ],
    a_store_that_leaves_out_the_origin: Selects(|event, id| event.metadata.correlation_id == Some(id)) => [
        the_event_whose_id_is_the_correlation_belongs_to_it,
    ],
    a_store_that_leaves_out_an_origin_with_another_correlation: Selects(|event, id| {
        event.metadata.correlation_id.map_or(event.id.as_uuid() == id, |it| it == id)
    }) => [
        the_event_whose_id_is_the_correlation_belongs_to_it,
    ],
    a_store_that_takes_the_nil_id_for_none: Selects(|event, id| event.belongs_to(id) && !id.is_nil()) => [
        the_events_of_a_correlation_are_read_in_the_order_of_the_log,
    ],
    a_store_that_reads_a_correlation_without_its_metadata: Returns(|events| {
        events.iter_mut().for_each(|event| event.metadata.entries.clear());
    }) => [
        the_events_of_a_correlation_are_read_in_the_order_of_the_log,
    ],
    a_store_that_reads_a_correlation_by_stream: Returns(|events| {
        events.sort_by(|a, b| a.stream.cmp(&b.stream).then(a.version.cmp(&b.version)));
    }) => [
        the_events_of_a_correlation_are_read_in_the_order_of_the_log,
    ],
    a_store_that_puts_the_origin_first: OriginFirst => [
        an_origin_that_comes_after_its_events_is_in_the_order_of_the_log,
    ],
    a_store_that_reads_one_correlated_event_too_many: Asks(|after, limit| (after, limit.saturating_add(1))) => [
        the_event_whose_id_is_the_correlation_belongs_to_it,
        limits_and_positions_of_a_correlation_may_be_any_number,
    ],
    a_store_that_reads_a_thousand_correlated_events_at_most: Asks(|after, limit| (after, limit.min(1_000))) => [
        a_correlation_of_many_events_is_read_page_by_page,
    ],
    a_store_that_reads_a_correlation_from_the_position_given: Asks(|after, limit| {
        (Position::new(after.get().saturating_sub(1)), limit)
    }) => [
        the_event_whose_id_is_the_correlation_belongs_to_it,
    ],
    a_store_that_reads_positions_of_a_correlation_as_signed: Asks(|after, limit| {
        (if after.get() > 1 << 62 { Position::START } else { after }, limit)
    }) => [
        limits_and_positions_of_a_correlation_may_be_any_number,
    ],
}

/// Selects other events.
struct Selects(fn(&EventContext, Uuid) -> bool);

#[async_trait]
impl Defect for Selects {
    async fn read_correlated(
        &self,
        store: &MemoryStore,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Asked<Vec<EventContext>> {
        let contexts = whole_log(store).await.into_iter().map(|event| event.context);
        let selected = contexts.filter(|it| it.position > after && (self.0)(it, correlation));
        Ok(selected.take(limit).collect())
    }
}

/// Changes what it has found.
struct Returns(fn(&mut Vec<EventContext>));

#[async_trait]
impl Defect for Returns {
    async fn read_correlated(
        &self,
        store: &MemoryStore,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Asked<Vec<EventContext>> {
        let mut events = store.read_correlated(correlation, after, limit).await?;
        (self.0)(&mut events);
        Ok(events)
    }
}

/// Reads another page.
struct Asks(fn(Position, usize) -> (Position, usize));

#[async_trait]
impl Defect for Asks {
    async fn read_correlated(
        &self,
        store: &MemoryStore,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Asked<Vec<EventContext>> {
        let (after, limit) = (self.0)(after, limit);
        store.read_correlated(correlation, after, limit).await
    }
}

struct OriginFirst;

#[async_trait]
impl Defect for OriginFirst {
    async fn read_correlated(
        &self,
        store: &MemoryStore,
        correlation: Uuid,
        after: Position,
        limit: usize,
    ) -> Asked<Vec<EventContext>> {
        let mut events = store.read_correlated(correlation, after, usize::MAX).await?;
        events.sort_by_key(|event| (event.id.as_uuid() != correlation, event.position));
        events.truncate(limit);
        Ok(events)
    }
}
