//! Stores that read streams wrongly.

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, RecordedEvent, StreamId, Version,
    store::{Direction, EventStore, LogFilter, LogPage},
};

use crate::{
    broken::{Asked, Defect, whole_log},
    verdict::rejected,
};

rejected! {
    a_store_that_reads_one_event_too_many: Limit(|limit| limit.saturating_add(1)) => [
        reading_forwards_begins_after_the_version_given,
        a_read_of_a_stream_gives_as_many_events_as_the_limit_allows,
    ],
    a_store_that_reads_one_event_too_few: Limit(|limit| limit.saturating_sub(1)) => [
        a_command_records_its_events_and_gets_their_receipt,
        a_read_of_a_stream_gives_as_many_events_as_the_limit_allows,
    ],
    a_store_that_takes_no_limit_for_all: Limit(|limit| if limit == 0 { usize::MAX } else { limit }) => [
        a_page_of_the_log_has_as_many_events_as_the_limit_allows,
        a_page_that_leaves_events_out_ends_at_its_last_event,
        a_read_of_a_stream_gives_as_many_events_as_the_limit_allows,
    ],
    a_store_that_reads_a_thousand_events_at_most: Limit(|limit| limit.min(1_000)) => [
        a_batch_of_ten_thousand_events_is_stored_whole,
        ten_thousand_events_are_loaded_and_replayed_to_the_last,
    ],
    a_store_that_reads_nothing_for_a_large_limit: Limit(|limit| if limit > 1 << 40 { 0 } else { limit }) => [
        positions_begin_above_the_start_and_increase_within_a_batch,
        append_expecting_no_stream_is_accepted_on_an_empty_one,
    ],
    a_store_that_reads_forwards_from_the_version_given: Reads(|direction| match direction {
        Direction::Forward { after } => Direction::Forward { after: Version::new(after.get().saturating_sub(1)) },
        backward => backward,
    }) => [
        a_load_begins_with_the_snapshot_and_applies_the_later_events,
        reading_forwards_begins_after_the_version_given,
    ],
    a_store_that_reads_backwards_from_the_version_given: Reads(|direction| match direction {
        Direction::Backward { before } => Direction::Backward { before: before.next() },
        forward => forward,
    }) => [
        reading_backwards_begins_before_the_version_given,
        pages_forwards_and_backwards_get_every_event_once,
    ],
    a_store_that_reads_backwards_from_the_end: Reads(|direction| match direction {
        Direction::Backward { .. } => Direction::Backward { before: Version::MAX },
        forward => forward,
    }) => [
        reading_backwards_begins_before_the_version_given,
        pages_forwards_and_backwards_get_every_event_once,
    ],
    a_store_that_reads_versions_as_32_bits: Reads(|direction| match direction {
        Direction::Forward { after } => Direction::Forward { after: Version::new(after.get() & 0xffff_ffff) },
        Direction::Backward { before } => {
            Direction::Backward { before: Version::new(before.get() & 0x7fff_ffff) }
        }
    }) => [
        versions_beyond_every_stream_read_like_its_end,
    ],
    a_store_that_reads_backwards_in_the_wrong_order: AlwaysOldestFirst => [
        versions_beyond_every_stream_read_like_its_end,
        every_way_of_reading_gives_the_same_event,
    ],
    a_store_that_reads_all_streams: AllStreams => [
        a_stream_without_events_reads_as_empty,
        a_stream_reads_without_the_events_of_others,
    ],
    a_store_that_reads_a_replica: Replica => [
        a_rejected_command_records_nothing,
        append_expecting_no_stream_is_accepted_on_an_empty_one,
    ],
    a_store_that_makes_up_a_first_event: NeverEmpty => [
        one_rejection_rejects_all_and_is_named,
        an_aggregate_without_events_is_its_default_at_version_zero,
        a_stream_without_events_reads_as_empty,
    ],
}

/// Reads streams and the log with another limit.
struct Limit(fn(usize) -> usize);

#[async_trait]
impl Defect for Limit {
    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        store.read_stream(stream, direction, (self.0)(limit)).await
    }

    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        store.read_log(after, filter, (self.0)(limit)).await
    }
}

struct Reads(fn(Direction) -> Direction);

#[async_trait]
impl Defect for Reads {
    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        store.read_stream(stream, (self.0)(direction), limit).await
    }
}

struct AlwaysOldestFirst;

#[async_trait]
impl Defect for AlwaysOldestFirst {
    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        let mut events = store.read_stream(stream, direction, limit).await?;
        events.sort_by_key(|event| event.context.version);
        Ok(events)
    }
}

struct AllStreams;

#[async_trait]
impl Defect for AllStreams {
    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        let Direction::Forward { after } = direction else {
            return store.read_stream(stream, direction, limit).await;
        };
        let of_category = |event: &RecordedEvent| event.context.stream.category() == stream.category();
        let events = whole_log(store).await.into_iter().filter(of_category);
        Ok(events.filter(|event| event.context.version > after).take(limit).collect())
    }
}

/// Omits the last event of the log.
struct Replica;

#[async_trait]
impl Defect for Replica {
    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        let last = whole_log(store).await.pop();
        let mut events = store.read_stream(stream, direction, limit).await?;
        events.retain(|event| last.as_ref().is_none_or(|last| last.context.id != event.context.id));
        Ok(events)
    }
}

struct NeverEmpty;

#[async_trait]
impl Defect for NeverEmpty {
    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        let mut events = store.read_stream(stream, direction, limit).await?;
        if events.is_empty() && limit > 0 {
            let other = whole_log(store).await.into_iter().next();
            events.extend(other.filter(|event| event.context.version == Version::new(1)));
        }
        Ok(events)
    }
}
