//! Stores that read the log wrongly, with a horizon that is not final or is held back.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position,
    store::{Append, AppendError, EventStore, LogFilter, LogPage},
};

use crate::{
    broken::{Appended, Asked, Defect, Paged},
    verdict::rejected,
};

rejected! {
    a_store_that_skips_what_commits_late: CommitsLate::default() => [
        a_key_is_free_on_other_streams,
        acknowledged_events_are_in_the_log_once_no_append_is_running,
    ],
    a_store_that_skips_an_event_now_and_then: Paged(|_, _, page| {
        page.events.retain(|event| event.context.position.get() % 13 != 12);
    }) => [
        many_large_payloads_fit_in_one_append,
        acknowledged_events_are_in_the_log_once_no_append_is_running,
    ],
    a_store_whose_horizon_goes_back: HorizonGoesBack::default() => [
        excluded_events_advance_the_horizon,
        reading_page_by_page_with_a_filter_gets_every_admitted_event_once,
    ],
    a_store_whose_full_pages_end_at_the_head: HorizonIsAlwaysTheHead => [
        a_page_that_leaves_events_out_ends_at_its_last_event,
        reading_page_by_page_gets_every_event_once,
    ],
    a_store_whose_horizon_is_the_last_event_read: Paged(|after, _, page| {
        page.horizon = page.events.last().map_or(after, |event| event.context.position);
    }) => [
        a_filter_that_names_no_type_admits_no_event,
        excluded_events_advance_the_horizon,
    ],
    a_store_whose_horizon_forgets_where_the_reader_was: Paged(|_, _, page| {
        page.horizon = page.events.last().map_or(Position::START, |event| event.context.position);
    }) => [
        the_log_is_read_after_the_position_given,
        excluded_events_advance_the_horizon,
    ],
    a_store_that_reads_the_log_from_the_position_given: FromThePosition => [
        a_replay_has_the_events_of_a_set_in_the_order_of_the_log,
        the_log_is_read_after_the_position_given,
    ],
    a_store_that_reads_positions_as_signed: Wraps => [
        the_horizon_is_never_below_the_requested_position,
    ],
    a_store_whose_pages_with_events_are_never_at_the_head: Paged(|_, _, page| page.at_head &= page.events.is_empty()) => [
        a_page_with_room_left_is_at_the_head,
        acknowledged_events_are_in_the_log_once_no_append_is_running,
    ],
    a_store_whose_pages_are_always_at_the_head: Paged(|_, _, page| page.at_head = true) => [
        a_page_that_leaves_events_out_ends_at_its_last_event,
        reading_page_by_page_gets_every_event_once,
    ],
    a_store_that_reads_the_log_by_stream: Paged(|_, _, page| {
        page.events.sort_by(|a, b| a.context.stream.cmp(&b.context.stream).then(a.context.version.cmp(&b.context.version)));
    }) => [
        a_page_with_room_left_is_at_the_head,
        the_log_has_the_streams_of_an_append_each_in_its_order,
    ],
    a_store_that_reads_the_log_backwards: Paged(|_, _, page| page.events.reverse()) => [
        old_names_and_versions_are_upcast_on_every_path,
        many_large_payloads_fit_in_one_append,
    ],
    a_store_whose_failed_appends_hold_the_horizon_back: HeldBackByFailures::default() => [
        event_ids_that_have_changed_streams_are_refused,
        a_conflict_stores_nothing,
    ],
    a_store_whose_horizon_lags: Lags => [
        a_key_is_free_on_other_streams,
        many_large_payloads_fit_in_one_append,
    ],
    a_store_that_gives_half_pages: Paged(|_, limit, page| {
        if page.events.len() > limit / 2 && limit > 1 && limit < 1_000 {
            page.events.truncate(limit / 2);
            page.at_head = false;
            page.horizon = page.events.last().map_or(page.horizon, |event| event.context.position);
        }
    }) => [
        a_page_of_the_log_has_as_many_events_as_the_limit_allows,
        a_page_with_room_left_is_at_the_head,
    ],
    a_store_whose_pages_grow_with_its_events: WhateverTheSize => [
        a_page_ends_with_the_event_that_reaches_the_size_limit,
    ],
    a_store_that_reports_large_pages_as_the_last: Paged(|_, limit, page| {
        page.at_head |= page.events.len() < limit;
    }) => [
        a_page_ends_with_the_event_that_reaches_the_size_limit,
    ],
    a_store_that_ignores_filters: Filters(|_| LogFilter::all()) => [
        a_replay_has_the_events_of_a_set_in_the_order_of_the_log,
        a_filter_admits_the_types_it_names_and_no_others,
    ],
    a_store_that_ignores_categories: Filters(|filter| {
        LogFilter { categories: Vec::new(), ..filter.clone() }
    }) => [
        a_filter_admits_the_events_of_its_categories_whatever_their_type,
    ],
    a_store_that_reads_categories_instead_of_types: Filters(|filter| match filter.categories.is_empty() {
        true => filter.clone(),
        false => LogFilter { categories: filter.categories.clone(), ..LogFilter::none() },
    }) => [
        a_filter_admits_the_events_of_its_categories_whatever_their_type,
    ],
    a_store_that_takes_no_type_for_all_types: Filters(|filter| {
        match filter.event_types.as_deref() {
            Some([]) => LogFilter::all(),
            _ => filter.clone(),
        }
    }) => [
        a_filter_that_names_no_type_admits_no_event,
    ],
    a_store_that_filters_by_the_first_type: Filters(|filter| {
        let first = filter.event_types.as_ref().map(|types| types.iter().take(1).cloned().collect());
        LogFilter { event_types: first, ..LogFilter::none() }
    }) => [
        old_names_and_versions_are_upcast_on_every_path,
        a_filter_admits_the_types_it_names_and_no_others,
    ],
    a_store_that_filters_by_case_folded_types: Filters(|filter| {
        let folded = filter.event_types.as_ref().map(|types| types.iter().map(|name| name.to_lowercase()).collect());
        LogFilter { event_types: folded, ..filter.clone() }
    }) => [
        a_filter_admits_the_types_it_names_and_no_others,
        unusual_type_names_can_be_filtered_for,
    ],
    a_store_that_joins_types_with_commas: Filters(|filter| {
        let split = |types: &Vec<String>| types.join(",").split(',').map(str::to_owned).collect();
        LogFilter { event_types: filter.event_types.as_ref().map(split), ..filter.clone() }
    }) => [
        unusual_type_names_can_be_filtered_for,
    ],
    a_store_that_filters_after_it_has_limited: FiltersAfterwards => [
        a_filtering_reader_among_writers_gets_every_admitted_event_once,
        reading_after_the_horizon_gets_the_new_events,
    ],
    a_store_whose_log_begins_above_the_start: Paged(|_, _, page| {
        page.horizon = Position::new(page.horizon.get().max(1));
    }) => [
        readers_at_different_speeds_get_the_same_events,
        an_empty_log_ends_at_its_start,
    ],
}

/// Hides every fifth append from the log until the next one, below a horizon that was already returned.
#[derive(Default)]
struct CommitsLate {
    appends: AtomicU64,
    late: Mutex<BTreeSet<Position>>,
}

#[async_trait]
impl Defect for CommitsLate {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let receipts = store.append(append).await?;
        {
            let mut late = self.late.lock().expect("not poisoned");
            late.clear();
            if self.appends.fetch_add(1, Ordering::SeqCst) % 5 == 2 {
                late.extend(receipts.iter().map(|receipt| receipt.position));
            }
        }
        // Another append may come first.
        tokio::task::yield_now().await;
        Ok(receipts)
    }

    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let mut page = store.read_log(after, filter, limit).await?;
        let late = self.late.lock().expect("not poisoned");
        page.events.retain(|event| !late.contains(&event.context.position));
        Ok(page)
    }
}

#[derive(Default)]
struct HorizonGoesBack(AtomicU64);

#[async_trait]
impl Defect for HorizonGoesBack {
    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let mut page = store.read_log(after, filter, limit).await?;
        if self.0.fetch_add(1, Ordering::SeqCst) % 4 == 3 && page.events.is_empty() {
            page.horizon = Position::new(after.get().saturating_sub(1));
        }
        Ok(page)
    }
}

struct HorizonIsAlwaysTheHead;

#[async_trait]
impl Defect for HorizonIsAlwaysTheHead {
    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let page = store.read_log(after, filter, limit).await?;
        let head = store.read_log(after, &LogFilter::all(), usize::MAX).await?;
        Ok(LogPage { horizon: head.horizon, ..page })
    }
}

struct WhateverTheSize;

#[async_trait]
impl Defect for WhateverTheSize {
    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let mut page = store.read_log(after, filter, limit).await?;
        while !page.at_head && page.events.len() < limit {
            let rest = store.read_log(page.horizon, filter, limit - page.events.len()).await?;
            page.events.extend(rest.events);
            (page.horizon, page.at_head) = (rest.horizon, rest.at_head);
        }
        Ok(page)
    }
}

struct FromThePosition;

#[async_trait]
impl Defect for FromThePosition {
    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        store.read_log(Position::new(after.get().saturating_sub(1)), filter, limit).await
    }
}

struct Wraps;

#[async_trait]
impl Defect for Wraps {
    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let after = after.get().cast_signed().max(0).cast_unsigned();
        store.read_log(Position::new(after), filter, limit).await
    }
}

/// As if the store waited for the position of a failed append.
#[derive(Default)]
struct HeldBackByFailures(AtomicBool);

#[async_trait]
impl Defect for HeldBackByFailures {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let appended = store.append(append).await;
        if let Err(AppendError::Invalid(_) | AppendError::Conflict { .. }) = appended {
            self.0.store(true, Ordering::SeqCst);
        }
        appended
    }

    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let page = store.read_log(after, filter, limit).await?;
        if !self.0.load(Ordering::SeqCst) {
            return Ok(page);
        }
        Ok(LogPage { events: Vec::new(), horizon: after, at_head: true })
    }
}

/// Never returns the newest event.
struct Lags;

#[async_trait]
impl Defect for Lags {
    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let head = store.read_log(Position::START, &LogFilter::all(), usize::MAX).await?.horizon;
        let mut page = store.read_log(after, filter, limit).await?;
        page.events.retain(|event| event.context.position < head);
        let before = Position::new(head.get().saturating_sub(1));
        page.horizon = page.horizon.min(before).max(after);
        Ok(page)
    }
}

struct Filters(fn(&LogFilter) -> LogFilter);

#[async_trait]
impl Defect for Filters {
    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        store.read_log(after, &(self.0)(filter), limit).await
    }
}

struct FiltersAfterwards;

#[async_trait]
impl Defect for FiltersAfterwards {
    async fn read_log(
        &self,
        store: &MemoryStore,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Asked<LogPage> {
        let mut page = store.read_log(after, &LogFilter::all(), limit).await?;
        page.events.retain(|event| filter.admits(&event.context));
        Ok(page)
    }
}
