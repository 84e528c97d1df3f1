//! Stores that import wrongly.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use eventsource::{
    EventId, MemoryStore, Metadata, Timestamp, Version,
    store::{Append, EventStore, ImportError, ImportEvent, Imported},
};
use tokio::task::yield_now;

use crate::{
    broken::{Appended, Defect, is_stored, whole_log, yield_to_others},
    verdict::rejected,
};

type Outcome = Result<Imported, ImportError>;

rejected! {
    a_store_without_an_import: Outcomes(|_, _| Err(ImportError::Unsupported)) => [
        a_history_is_imported_in_chunks_of_the_requested_size,
        a_large_import_is_stored_whole,
    ],
    a_store_that_stamps_what_it_imports: Events(|event| event.recorded_at = None) => [
        an_imported_event_is_kept_as_it_was,
        as_of_a_time_is_what_was_recorded_by_then_in_whatever_order,
        the_events_of_another_store_are_imported_unchanged,
    ],
    a_store_that_imports_milliseconds: Events(|event| {
        let cut = |time: Timestamp| Timestamp::from_microsecond(time.as_microsecond() / 1000 * 1000).ok();
        event.recorded_at = event.recorded_at.and_then(cut);
    }) => [an_imported_event_is_kept_as_it_was],
    a_store_that_keeps_times_as_numbers_with_a_fraction: Events(|event| {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "that is the defect")]
        let rounded = |time: Timestamp| (time.as_microsecond() as f64 / 1e6 * 1e6) as i64;
        event.recorded_at = event.recorded_at.and_then(|time| Timestamp::from_microsecond(rounded(time)).ok());
    }) => [each_time_of_an_imported_event_is_kept_to_the_microsecond],
    a_store_that_imports_without_metadata: Events(|event| event.event.metadata = Metadata::new()) => [
        an_imported_event_is_kept_as_it_was,
        the_events_of_another_store_are_imported_unchanged,
    ],
    a_store_that_raises_what_it_imports: Events(|event| event.event.schema_version = 2) => [
        typed_and_raw_events_are_imported_together,
        an_imported_id_of_another_event_is_refused,
        events_that_the_named_set_cannot_decode_are_refused,
    ],
    a_store_that_imports_into_the_past: Events(|event| {
        event.recorded_at.get_or_insert("2000-01-01T00:00:00Z".parse().expect("a time"));
    }) => [an_imported_event_without_a_time_is_stamped],
    a_store_that_imports_stream_by_stream: Chunks(|events| events.sort_by(|a, b| a.stream.cmp(&b.stream))) => [
        the_log_has_imported_events_in_the_order_given,
        a_reader_among_imports_and_appends_gets_every_event_once,
        a_history_is_imported_in_chunks_of_the_requested_size,
    ],
    a_store_that_numbers_each_import_from_one: Chunks(|events| {
        let mut streams = HashMap::new();
        for event in events {
            let version = streams.entry(event.stream.clone()).or_insert(0);
            *version += 1;
            event.version.get_or_insert(Version::new(*version));
        }
    }) => [imported_versions_follow_on_from_their_stream],
    a_store_that_ignores_imported_versions: Events(|event| event.version = None) => [
        a_gap_before_an_imported_event_is_refused,
        an_imported_version_of_another_event_is_refused,
    ],
    a_store_that_imports_under_ids_of_its_own: Events(|event| event.event.id = EventId::new()) => [
        a_repeated_import_stores_nothing,
        an_interrupted_import_resumes,
        an_imported_id_of_another_event_is_refused,
        an_id_twice_in_an_import_is_refused,
        an_import_is_repeated_under_the_name_of_its_source,
        an_import_with_an_unknown_outcome_is_repeated,
        a_dropped_import_resumes_when_it_is_repeated,
    ],
    a_store_that_imports_a_thousand_events_at_most: Chunks(|events| events.truncate(1_000)) => [
        a_large_import_is_stored_whole,
    ],
    a_store_that_counts_skipped_events_as_stored: Outcomes(|_, outcome| {
        let mut imported = outcome?;
        imported.stored += std::mem::take(&mut imported.skipped);
        Ok(imported)
    }) => [
        an_import_reports_what_it_has_done,
        an_event_of_the_program_that_cannot_be_decoded_is_refused,
    ],
    a_store_that_counts_every_stream_as_begun: Outcomes(|events, outcome| {
        let mut imported = outcome?;
        imported.streams = events.iter().map(|event| &event.stream).collect::<HashSet<_>>().len() as u64;
        Ok(imported)
    }) => [an_import_reports_what_it_has_done],
    a_store_that_does_not_say_which_event_is_at_fault: Outcomes(|_, outcome| match outcome {
        Err(ImportError::Refused { fault, .. }) => Err(ImportError::Refused { number: 1, fault }),
        other => other,
    }) => [
        an_event_that_cannot_be_stored_is_refused_by_its_number,
        a_refused_event_is_named_by_its_number_and_the_chunks_before_it_stay,
    ],
    a_store_that_says_it_has_imported: SaysSo => [
        an_event_without_an_id_needs_the_name_of_its_source,
        appends_continue_after_the_imported_events,
    ],
    a_store_that_skips_without_checking_the_order: PassesOver => [
        an_event_that_is_stored_before_one_that_precedes_it_is_refused,
        an_import_reports_what_it_has_done,
    ],
    a_store_that_imports_event_by_event: OneByOne => [
        a_dropped_import_is_stored_whole_or_not_at_all,
        a_gap_before_an_imported_event_is_refused,
    ],
    a_store_that_looks_up_stored_events_before_it_imports: LooksFirst => [
        concurrent_imports_of_the_same_events_store_each_event_once,
    ],
    a_store_whose_appends_do_not_know_what_was_imported: Forgets::default() => [
        appends_continue_after_the_imported_events,
    ],
}

/// Changes each imported event.
struct Events(fn(&mut ImportEvent));

#[async_trait]
impl Defect for Events {
    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Outcome {
        let mut events = events.to_vec();
        events.iter_mut().for_each(self.0);
        store.import(&events).await
    }
}

/// Imports other events.
struct Chunks(fn(&mut Vec<ImportEvent>));

#[async_trait]
impl Defect for Chunks {
    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Outcome {
        let mut events = events.to_vec();
        (self.0)(&mut events);
        store.import(&events).await
    }
}

/// Returns a wrong result of an import.
struct Outcomes(fn(&[ImportEvent], Outcome) -> Outcome);

#[async_trait]
impl Defect for Outcomes {
    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Outcome {
        (self.0)(events, store.import(events).await)
    }
}

/// Imports nothing.
struct SaysSo;

#[async_trait]
impl Defect for SaysSo {
    async fn import(&self, _: &MemoryStore, events: &[ImportEvent]) -> Outcome {
        MemoryStore::new().import(events).await
    }
}

/// Imports events that are not stored, without any other check.
struct PassesOver;

#[async_trait]
impl Defect for PassesOver {
    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Outcome {
        let log = whole_log(store).await;
        let mut events = events.to_vec();
        events.retain(|event| !is_stored(&log, event.event.id));
        store.import(&events).await
    }
}

/// The same with a pause in between.
struct OneByOne;

#[async_trait]
impl Defect for OneByOne {
    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Outcome {
        ImportEvent::validate(events)?;
        let mut imported = Imported::default();
        for event in events {
            imported = imported.and(store.import(std::slice::from_ref(event)).await?);
            yield_now().await;
        }
        Ok(imported)
    }
}

/// Imports events that were not stored a moment ago, whether or not they are stored by now.
struct LooksFirst;

#[async_trait]
impl Defect for LooksFirst {
    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Outcome {
        let log = whole_log(store).await;
        yield_to_others().await;
        let mut events = events.to_vec();
        for event in &mut events {
            if !is_stored(&log, event.event.id) {
                event.event.id = EventId::new();
            }
        }
        store.import(&events).await
    }
}

/// Ignores the ids of imported events.
#[derive(Default)]
struct Forgets(Mutex<HashSet<EventId>>);

#[async_trait]
impl Defect for Forgets {
    async fn import(&self, store: &MemoryStore, events: &[ImportEvent]) -> Outcome {
        let ids = events.iter().map(|event| event.event.id);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
        store.import(events).await
    }

    async fn append(&self, store: &MemoryStore, mut append: Append) -> Appended {
        for event in append.streams.iter_mut().flat_map(|part| &mut part.events) {
            if self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&event.id) {
                event.id = EventId::new();
            }
        }
        store.append(append).await
    }
}
