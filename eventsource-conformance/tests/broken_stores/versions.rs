//! Stores that check the expected version wrongly, or report a conflict wrongly.

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Version,
    store::{Append, AppendError, EventStore, ExpectedVersion, StoreError},
};

use crate::{
    broken::{Answered, Appended, Defect, Given, expect_any, version_of},
    verdict::rejected,
};

rejected! {
    a_store_that_ignores_the_expected_version: Given(expect_any) => [
        a_cached_state_does_not_hide_the_events_of_other_programs,
        append_expecting_no_stream_conflicts_on_an_existing_one,
        append_expecting_a_stream_conflicts_on_an_empty_one,
    ],
    a_store_that_takes_an_existing_stream_for_any: Given(|append| {
        for part in &mut append.streams {
            if part.expected == ExpectedVersion::StreamExists {
                part.expected = ExpectedVersion::Any;
            }
        }
    }) => [
        an_empty_append_stores_nothing,
        append_expecting_a_stream_conflicts_on_an_empty_one,
    ],
    a_store_that_takes_any_version_for_an_existing_stream: Given(|append| {
        for part in &mut append.streams {
            if part.expected == ExpectedVersion::Any {
                part.expected = ExpectedVersion::StreamExists;
            }
        }
    }) => [
        positions_begin_above_the_start_and_increase_within_a_batch,
        append_expecting_any_version_is_accepted_on_every_stream,
    ],
    a_store_that_takes_an_existing_stream_for_none: Given(|append| {
        for part in &mut append.streams {
            if part.expected == ExpectedVersion::StreamExists {
                part.expected = ExpectedVersion::NoStream;
            }
        }
    }) => [
        a_repeated_append_gets_the_first_receipt_and_stores_nothing,
        append_expecting_a_stream_is_accepted_on_an_existing_one,
    ],
    a_store_that_takes_no_stream_for_any: Given(|append| {
        for part in &mut append.streams {
            if part.expected == ExpectedVersion::NoStream {
                part.expected = ExpectedVersion::Any;
            }
        }
    }) => [
        append_expecting_no_stream_conflicts_on_an_existing_one,
        a_conflict_names_the_stream_the_expectation_and_the_version,
        one_of_64_racers_for_a_new_stream_wins_and_the_others_conflict_with_version_one,
    ],
    a_store_that_takes_version_zero_for_any: Given(|append| {
        for part in &mut append.streams {
            if part.expected == ExpectedVersion::Exact(Version::EMPTY) {
                part.expected = ExpectedVersion::Any;
            }
        }
    }) => [
        a_command_is_handled_again_after_a_conflict,
        a_command_that_is_impossible_after_a_conflict_is_rejected,
    ],
    a_store_that_takes_version_zero_for_an_existing_stream: Given(|append| {
        for part in &mut append.streams {
            if part.expected == ExpectedVersion::Exact(Version::EMPTY) {
                part.expected = ExpectedVersion::StreamExists;
            }
        }
    }) => [
        a_rejected_command_records_nothing,
        a_rejection_does_not_use_up_the_key,
    ],
    a_store_that_checks_a_minimum_only: MinimumVersion => [
        a_command_that_is_impossible_after_a_conflict_is_rejected,
        append_with_a_stale_version_conflicts,
    ],
    a_store_that_checks_a_maximum_only: MaximumVersion => [
        append_with_a_version_not_reached_yet_conflicts,
        a_conflict_does_not_use_up_the_key,
    ],
    a_store_that_keeps_versions_in_32_bits: Given(|append| {
        for part in &mut append.streams {
            if let ExpectedVersion::Exact(version) = part.expected {
                part.expected = ExpectedVersion::Exact(Version::new(version.get() & u64::from(u32::MAX)));
            }
        }
    }) => [
        versions_beyond_every_stream_conflict_and_are_named,
    ],
    a_store_that_does_not_check_streams_without_events: Given(|append| {
        for part in append.streams.iter_mut().filter(|part| part.events.is_empty()) {
            part.expected = ExpectedVersion::Any;
        }
    }) => [
        an_empty_append_checks_the_expected_version,
        a_stream_without_new_events_is_checked_among_several,
    ],
    a_store_that_reports_the_expected_version_as_the_actual_one: Answered(|_, appended| {
        appended.map_err(|error| match error {
            AppendError::Conflict { stream, expected, .. } => {
                let actual = match expected {
                    ExpectedVersion::Exact(version) => version,
                    _ => Version::EMPTY,
                };
                AppendError::Conflict { stream, expected, actual }
            }
            other => other,
        })
    }) => [
        append_expecting_no_stream_conflicts_on_an_existing_one,
        append_with_a_stale_version_conflicts,
    ],
    a_store_that_reports_the_version_before_the_actual_one: Answered(|_, appended| {
        appended.map_err(|error| match error {
            AppendError::Conflict { stream, expected, actual } => {
                AppendError::Conflict { stream, expected, actual: Version::new(actual.get().saturating_sub(1)) }
            }
            other => other,
        })
    }) => [
        append_expecting_no_stream_conflicts_on_an_existing_one,
        append_with_a_stale_version_conflicts,
        a_conflict_reports_the_actual_version_even_if_the_ids_are_stored,
    ],
    a_store_that_takes_a_conflict_for_a_failure: Answered(|_, appended| {
        appended.map_err(|error| match error {
            conflict @ AppendError::Conflict { .. } => {
                StoreError::Backend { action: "appending", source: Box::new(conflict) }.into()
            }
            other => other,
        })
    }) => [
        a_conflict_is_returned_when_the_time_for_retries_is_over,
        append_expecting_no_stream_conflicts_on_an_existing_one,
        append_expecting_a_stream_conflicts_on_an_empty_one,
    ],
    a_store_that_does_not_report_the_expected_version: Answered(|_, appended| {
        appended.map_err(|error| match error {
            AppendError::Conflict { stream, actual, .. } => {
                AppendError::Conflict { stream, expected: ExpectedVersion::Any, actual }
            }
            other => other,
        })
    }) => [
        expecting_version_zero_is_expecting_no_stream,
    ],
    a_store_that_reports_the_last_conflict: LastConflict => [
        the_first_of_several_conflicts_in_the_order_given_is_named,
    ],
}

/// Appends where the expected version is below the actual one.
struct MinimumVersion;

#[async_trait]
impl Defect for MinimumVersion {
    async fn append(&self, store: &MemoryStore, mut append: Append) -> Appended {
        for part in &mut append.streams {
            if let ExpectedVersion::Exact(version) = part.expected
                && version < version_of(store, &part.stream).await
            {
                part.expected = ExpectedVersion::Any;
            }
        }
        store.append(append).await
    }
}

/// Appends where the expected version is above the actual one.
struct MaximumVersion;

#[async_trait]
impl Defect for MaximumVersion {
    async fn append(&self, store: &MemoryStore, mut append: Append) -> Appended {
        for part in &mut append.streams {
            if let ExpectedVersion::Exact(version) = part.expected
                && version > version_of(store, &part.stream).await
            {
                part.expected = ExpectedVersion::Any;
            }
        }
        store.append(append).await
    }
}

struct LastConflict;

#[async_trait]
impl Defect for LastConflict {
    async fn append(&self, store: &MemoryStore, mut append: Append) -> Appended {
        append.streams.reverse();
        let mut receipts = store.append(append).await?;
        receipts.reverse();
        Ok(receipts)
    }
}
