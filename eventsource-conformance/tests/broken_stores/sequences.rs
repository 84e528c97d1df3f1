//! Stores with defects that only some sequences of operations show.

use async_trait::async_trait;
use eventsource::{
    MemoryStore, StreamId, Version,
    store::{EventStore, ExpectedVersion, Receipt},
};

use crate::{
    broken::{Answered, Asked, Defect, Given, Kept, version_of},
    verdict::rejected,
};

rejected! {
    /// It does not check the version of the third stream of an append.
    the_third_stream_is_not_checked: Given(|append| {
        if let Some(third) = append.streams.get_mut(2) {
            third.expected = ExpectedVersion::Any;
        }
    }) => [a_random_sequence_of_operations_is_answered_as_by_the_reference_store],

    /// A repeated append with several events under a key is not reported as repeated.
    some_repetitions_are_not_reported: Answered(|append, appended| {
        let is_large = append.streams.iter().any(|part| part.events.len() > 2);
        let first = |receipt| Receipt { repeated: false, ..receipt };
        match append.idempotency_key.is_some() && is_large {
            true => appended.map(|receipts| receipts.into_iter().map(first).collect()),
            false => appended,
        }
    }) => [a_random_sequence_of_operations_is_answered_as_by_the_reference_store],

    /// It loses the metadata of some events of a stream, of one type.
    metadata_of_later_events_is_lost: Kept(|event| {
        if event.context.version == Version::new(7) && event.context.event_type.ends_with(".1") {
            event.context.metadata.entries.clear();
        }
    }) => [a_random_sequence_of_operations_is_answered_as_by_the_reference_store],

    /// It finds no receipt once the stream has grown further.
    old_receipts_are_not_found: ForgetfulOfKeys
        => [a_random_sequence_of_operations_is_answered_as_by_the_reference_store],
}

struct ForgetfulOfKeys;

#[async_trait]
impl Defect for ForgetfulOfKeys {
    async fn find_receipt(&self, store: &MemoryStore, of: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        let found = store.find_receipt(of, key).await?;
        let version = version_of(store, of).await;
        Ok(found.filter(|receipt| version.get() < receipt.version.get() + 3))
    }
}
