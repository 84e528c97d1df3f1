//! Stores that count event types wrongly.

use async_trait::async_trait;
use eventsource::{
    MemoryStore,
    store::{EventStore, StoredType},
};

use crate::{
    broken::{Asked, Defect, whole_log},
    verdict::rejected,
};

rejected! {
    a_store_that_lists_types_in_another_order: Types(|types| {
        types.sort_by_key(|stored| (stored.event_type.to_lowercase(), stored.schema_version));
    }) => [
        every_type_and_version_is_counted_in_order,
    ],
    a_store_that_counts_all_versions_as_one: Types(|types| {
        types.dedup_by(|next, kept| {
            let same = next.event_type == kept.event_type;
            if same {
                kept.count += next.count;
            }
            same
        });
    }) => [
        a_newer_version_is_reported,
        a_broken_payload_is_reported,
    ],
    a_store_that_counts_samples: Types(|types| {
        types.iter_mut().for_each(|stored| stored.count = stored.samples.len() as u64);
    }) => [
        stored_events_are_reported_by_type_and_version,
        no_samples_are_returned_unless_requested,
    ],
    a_store_that_gives_one_sample_too_many: Samples(|samples| samples + 1) => [
        samples_are_stored_events_of_their_type_and_no_more_than_requested,
        no_samples_are_returned_unless_requested,
    ],
    a_store_that_gives_no_samples: Samples(|_| 0) => [
        an_unknown_type_is_reported,
        samples_are_spread_over_the_log,
    ],
    a_store_that_gives_one_sample_too_few: Types(|types| {
        for stored in types.iter_mut().filter(|stored| stored.count > 2) {
            stored.samples.pop();
        }
    }) => [
        all_events_of_a_rare_type_are_samples,
    ],
    a_store_that_gives_samples_twice: Types(|types| {
        for stored in types {
            if let [first, .., last] = &mut stored.samples[..] {
                *last = first.clone();
            }
        }
    }) => [
        samples_are_stored_events_of_their_type_and_no_more_than_requested,
    ],
    a_store_that_leaves_out_rare_types: Types(|types| types.retain(|stored| stored.count > 1)) => [
        an_unknown_type_is_reported,
        every_type_and_version_is_counted_in_order,
    ],
    a_store_that_lists_what_it_might_hold: Types(|types| {
        let event_type = "~".to_owned();
        types.push(StoredType { category: event_type.clone(), event_type, schema_version: 1, count: 0, samples: Vec::new() });
    }) => [
        an_empty_store_has_no_types,
        no_samples_are_returned_unless_requested,
    ],
    a_store_that_takes_samples_from_the_beginning: FromTheBeginning => [
        samples_are_spread_over_the_log,
    ],
    a_store_that_counts_all_categories_as_one: Types(|types| {
        types.sort_by(|a, b| (&a.event_type, a.schema_version).cmp(&(&b.event_type, b.schema_version)));
        types.dedup_by(|next, kept| {
            let same = next.event_type == kept.event_type && next.schema_version == kept.schema_version;
            if same {
                kept.count += next.count;
            }
            same
        });
    }) => [
        events_of_one_type_are_counted_by_category,
    ],
    a_store_that_names_another_category: Types(|types| {
        types.iter_mut().for_each(|stored| stored.category = "~".to_owned());
    }) => [
        a_category_that_was_renamed_is_a_failure,
        a_category_without_events_is_no_failure,
        events_of_other_categories_are_listed_and_are_no_failure,
    ],
    a_store_that_takes_the_same_samples_each_time: TheSameEachTime => [
        every_event_is_a_sample_at_times,
    ],
    a_store_that_takes_samples_of_other_types: OfOtherTypes => [
        an_unknown_type_is_reported,
        samples_are_spread_over_the_log,
    ],
}

struct Types(fn(&mut Vec<StoredType>));

#[async_trait]
impl Defect for Types {
    async fn stored_types(&self, store: &MemoryStore, samples: usize) -> Asked<Vec<StoredType>> {
        let mut types = store.stored_types(samples).await?;
        (self.0)(&mut types);
        Ok(types)
    }
}

struct Samples(fn(usize) -> usize);

#[async_trait]
impl Defect for Samples {
    async fn stored_types(&self, store: &MemoryStore, samples: usize) -> Asked<Vec<StoredType>> {
        store.stored_types((self.0)(samples.min(1_000_000))).await
    }
}

struct FromTheBeginning;

#[async_trait]
impl Defect for FromTheBeginning {
    async fn stored_types(&self, store: &MemoryStore, samples: usize) -> Asked<Vec<StoredType>> {
        let log = whole_log(store).await;
        let mut types = store.stored_types(samples).await?;
        for stored in &mut types {
            let of_type = log.iter().filter(|event| {
                *event.context.event_type == *stored.event_type
                    && event.context.schema_version == stored.schema_version
            });
            stored.samples = of_type.take(samples).cloned().collect();
        }
        Ok(types)
    }
}

struct TheSameEachTime;

#[async_trait]
impl Defect for TheSameEachTime {
    async fn stored_types(&self, store: &MemoryStore, samples: usize) -> Asked<Vec<StoredType>> {
        let mut types = store.stored_types(usize::MAX).await?;
        for stored in &mut types {
            let step = stored.samples.len().div_ceil(samples.max(1));
            let all = std::mem::take(&mut stored.samples);
            stored.samples = all.into_iter().step_by(step).take(samples).collect();
        }
        Ok(types)
    }
}

struct OfOtherTypes;

#[async_trait]
impl Defect for OfOtherTypes {
    async fn stored_types(&self, store: &MemoryStore, samples: usize) -> Asked<Vec<StoredType>> {
        let log = whole_log(store).await;
        let mut types = store.stored_types(samples).await?;
        for stored in types.iter_mut().filter(|stored| !stored.samples.is_empty()) {
            stored.samples = log.iter().take(1).cloned().collect();
        }
        Ok(types)
    }
}
