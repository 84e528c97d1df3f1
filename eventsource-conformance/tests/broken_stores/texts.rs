//! Stores that change ids, payloads or metadata.

use async_trait::async_trait;
use eventsource::{
    MemoryStore, RecordedEvent, StreamId,
    store::{Append, Direction, EventStore, NewEvent, Receipt, StoreError},
};
use serde_json::value::RawValue;

use crate::{
    broken::{Appended, Asked, Defect, Given, Kept},
    verdict::rejected,
};

rejected! {
    a_store_that_folds_ids: OtherStream(|stream| {
        StreamId::new(stream.category(), stream.id().to_lowercase().trim()).unwrap_or_else(|_| stream.clone())
    }) => [
        every_unusual_id_is_a_separate_stream,
        conflicts_and_receipts_return_an_unusual_id_unchanged,
    ],
    a_store_that_folds_categories: OtherStream(|stream| {
        let category = stream.category().to_lowercase();
        StreamId::new(category.trim(), stream.id()).unwrap_or_else(|_| stream.clone())
    }) => [
        every_unusual_category_is_separate,
    ],
    a_store_that_truncates_ids: OtherStream(|stream| {
        let cut: String = stream.id().chars().take(255).collect();
        StreamId::new(stream.category(), cut).unwrap_or_else(|_| stream.clone())
    }) => [
        the_longest_stream_ids_are_stored_and_distinguished,
    ],
    a_store_that_reads_numbers_in_ids: OtherStream(|stream| {
        let number = stream.id().parse::<f64>().map(|number| number.to_string());
        let id = number.unwrap_or_else(|_| stream.id().to_owned());
        StreamId::new(stream.category(), id).unwrap_or_else(|_| stream.clone())
    }) => [
        every_unusual_id_is_a_separate_stream,
        a_numeric_id_is_a_text,
    ],
    a_store_that_ends_ids_at_an_escaped_nul: OtherStream(|stream| {
        let id = stream.id().replace("\\0", "\u{2400}");
        StreamId::new(stream.category(), id).unwrap_or_else(|_| stream.clone())
    }) => [
        a_nul_character_names_no_stream,
    ],
    a_store_that_concatenates_category_and_id: OtherStream(|stream| {
        let joined = format!("{}/{}", stream.category(), stream.id());
        StreamId::new("all", joined).unwrap_or_else(|_| stream.clone())
    }) => [
        a_schema_version_that_cannot_be_stored_is_refused,
        category_and_id_are_not_concatenated,
    ],
    a_store_that_ignores_categories: OtherStream(|stream| {
        StreamId::new("all", stream.id()).unwrap_or_else(|_| stream.clone())
    }) => [
        streams_have_versions_of_their_own,
        a_schema_version_that_cannot_be_stored_is_refused,
    ],
    a_store_that_pastes_ids_into_its_statements: QuotesBreak => [
        the_longest_stream_ids_are_stored_and_distinguished,
        every_unusual_id_is_a_separate_stream,
    ],
    a_store_that_keeps_payloads_as_values: Payloads(|text| {
        serde_json::from_str::<serde_json::Value>(text).ok().map(|value| value.to_string())
    }) => [
        keys_stay_in_their_order_and_duplicates_stay,
        a_payload_of_ten_megabytes_is_kept,
    ],
    a_store_that_keeps_objects_only: Payloads(|text| {
        (!text.starts_with('{')).then(|| format!("{{\"value\":{text}}}"))
    }) => [
        a_payload_may_be_any_json_value,
        the_log_has_the_events_of_all_streams_in_order_of_position,
    ],
    a_store_that_strips_whitespace: Payloads(|text| {
        text.contains([' ', '\n']).then(|| {
            let stripped = text.replace([' ', '\n', '\t', '\r'], "");
            if stripped.starts_with('"') { text.to_owned() } else { stripped }
        })
    }) => [
        whitespace_stays_as_it_was_written,
        payloads_that_look_like_a_databases_own_syntax_stay,
    ],
    a_store_that_unescapes_texts: Payloads(|text| {
        text.contains('\\').then(|| serde_json::from_str::<String>(text).ok().map(|text| format!("{text:?}")))?
    }) => [
        escaped_characters_stay_as_they_were_written,
    ],
    a_store_that_doubles_quotes: Payloads(|text| text.contains('\'').then(|| text.replace('\'', "''"))) => [
        payloads_that_look_like_a_databases_own_syntax_stay,
    ],
    a_store_that_reads_numbers_in_payloads: Payloads(|text| {
        text.parse::<f64>().ok().map(|number| if number.is_finite() { number.to_string() } else { "null".into() })
    }) => [
        numbers_stay_as_they_were_written,
    ],
    a_store_that_drops_duplicate_keys: Payloads(|text| {
        text.starts_with('{').then(|| {
            let value: Option<std::collections::BTreeMap<String, Box<RawValue>>> = serde_json::from_str(text).ok();
            value.and_then(|value| serde_json::to_string(&value).ok())
        })?
    }) => [
        keys_stay_in_their_order_and_duplicates_stay,
        a_payload_of_ten_megabytes_is_kept,
    ],
    a_store_that_cannot_nest_deep: Payloads(|text| {
        let depth = text.bytes().take_while(|byte| *byte == b'[').count();
        (depth > 100).then(|| "null".to_owned())
    }) => [
        a_payload_nested_as_deep_as_allowed_is_kept,
        a_payload_nested_too_deep_is_refused,
    ],
    a_store_that_truncates_payloads: Payloads(|text| (text.len() > 1 << 20).then(|| "\"cut\"".to_owned())) => [
        a_payload_above_the_limit_is_refused,
        a_payload_of_ten_megabytes_is_kept,
    ],
    a_store_that_takes_a_megabyte_per_append: MegabytePerAppend => [
        a_payload_of_ten_megabytes_is_kept,
        many_large_payloads_fit_in_one_append,
    ],
    a_store_that_drops_metadata: Kept(|event| event.context.metadata = Default::default()) => [
        events_get_a_correlation_and_a_causation_by_default,
        metadata_given_with_a_command_is_stored,
    ],
    a_store_that_drops_correlations: Kept(|event| event.context.metadata.correlation_id = None) => [
        events_get_a_correlation_and_a_causation_by_default,
        events_of_one_atomic_execution_share_their_origin,
    ],
    a_store_that_drops_causations: Kept(|event| event.context.metadata.causation_id = None) => [
        events_get_a_correlation_and_a_causation_by_default,
        an_event_without_a_correlation_becomes_the_origin_of_what_it_causes,
    ],
    a_store_that_drops_traces: Kept(|event| event.context.metadata.traceparent = None) => [
        a_caused_event_inherits_the_correlation_and_the_trace,
        metadata_given_with_a_command_is_stored,
        each_event_of_an_append_has_metadata_of_its_own,
    ],
    a_store_that_drops_metadata_entries: Kept(|event| event.context.metadata.entries.clear()) => [
        metadata_given_with_a_command_is_stored,
        events_of_one_atomic_execution_share_their_origin,
    ],
    a_store_that_trims_entries: Kept(|event| {
        event.context.metadata.entries.values_mut().for_each(|value| *value = value.trim().replace('\0', ""));
    }) => [
        metadata_entries_hold_any_text,
    ],
    a_store_that_keeps_a_hundred_entries: Given(|append| {
        for event in append.streams.iter_mut().flat_map(|part| &mut part.events) {
            let kept = std::mem::take(&mut event.metadata.entries).into_iter().take(100);
            event.metadata.entries = kept.collect();
        }
    }) => [
        a_thousand_metadata_entries_and_an_entry_of_a_megabyte_are_kept,
    ],
    a_store_that_keeps_metadata_once_per_append: Given(|append| {
        for part in &mut append.streams {
            let Some(first) = part.events.first().map(|event| event.metadata.clone()) else { continue };
            part.events.iter_mut().for_each(|event| event.metadata = first.clone());
        }
    }) => [
        metadata_that_cannot_be_stored_is_refused,
        a_thousand_metadata_entries_and_an_entry_of_a_megabyte_are_kept,
    ],
    a_store_that_keeps_one_type_per_append: Given(|append| {
        for part in &mut append.streams {
            let Some(first) = part.events.first().map(|event| event.event_type.clone()) else { continue };
            part.events.iter_mut().for_each(|event| event.event_type = first.clone());
        }
    }) => [
        events_of_different_types_and_versions_share_an_append,
        an_event_type_that_cannot_be_stored_is_refused,
    ],
    a_store_that_folds_types: Kept(|event| event.context.event_type = event.context.event_type.to_lowercase().into()) => [
        events_of_different_types_and_versions_share_an_append,
        unusual_type_names_can_be_filtered_for,
    ],
    a_store_that_keeps_schema_versions_in_16_bits: Kept(|event| event.context.schema_version &= 0xffff) => [
        events_of_different_types_and_versions_share_an_append,
        the_longest_event_types_and_keys_are_stored,
    ],
    a_store_that_truncates_types_and_keys: CutsTypesAndKeys => [
        the_longest_event_types_and_keys_are_stored,
    ],
}

/// Confuses one stream with another.
struct OtherStream(fn(&StreamId) -> StreamId);

#[async_trait]
impl Defect for OtherStream {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let asked: Vec<_> = append.streams.iter().map(|part| part.stream.clone()).collect();
        let mut other = append;
        other.streams.iter_mut().for_each(|part| part.stream = (self.0)(&part.stream));
        let mut receipts = store.append(other).await?;
        receipts.iter_mut().zip(asked).for_each(|(receipt, asked)| receipt.stream = asked);
        Ok(receipts)
    }

    async fn find_receipt(&self, store: &MemoryStore, of: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        store.find_receipt(&(self.0)(of), key).await
    }

    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        let mut events = store.read_stream(&(self.0)(stream), direction, limit).await?;
        events.iter_mut().for_each(|event| event.context.stream = stream.clone());
        Ok(events)
    }
}

fn broken_statement() -> StoreError {
    StoreError::Backend { action: "reading", source: "syntax error at or near an apostrophe".into() }
}

struct QuotesBreak;

#[async_trait]
impl Defect for QuotesBreak {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        if append.streams.iter().any(|part| part.stream.id().contains('\'')) {
            return Err(broken_statement().into());
        }
        store.append(append).await
    }

    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        if stream.id().contains('\'') {
            return Err(broken_statement());
        }
        store.read_stream(stream, direction, limit).await
    }
}

/// Stores another text for some payloads.
struct Payloads(fn(&str) -> Option<String>);

impl Defect for Payloads {
    fn given(&self, mut append: Append) -> Append {
        for event in append.streams.iter_mut().flat_map(|part| &mut part.events) {
            let other = (self.0)(event.payload.get()).and_then(|text| RawValue::from_string(text).ok());
            if let Some(other) = other {
                event.payload = other;
            }
        }
        append
    }
}

struct MegabytePerAppend;

#[async_trait]
impl Defect for MegabytePerAppend {
    async fn append(&self, store: &MemoryStore, append: Append) -> Appended {
        let size = |event: &NewEvent| event.payload.get().len();
        let bytes: usize = append.streams.iter().flat_map(|part| &part.events).map(size).sum();
        if bytes > 1 << 20 && append.validate().is_ok() {
            let source = "the packet is too large".into();
            return Err(StoreError::Backend { action: "appending", source }.into());
        }
        store.append(append).await
    }
}

struct CutsTypesAndKeys;

#[async_trait]
impl Defect for CutsTypesAndKeys {
    fn given(&self, mut append: Append) -> Append {
        if append.validate().is_ok() {
            for event in append.streams.iter_mut().flat_map(|part| &mut part.events) {
                event.event_type = cut(&event.event_type).into();
            }
            append.idempotency_key = append.idempotency_key.as_deref().map(cut);
        }
        append
    }
}

fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}
