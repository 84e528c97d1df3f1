//! Stores that lose or reorder parked events.

use std::sync::Mutex;

use async_trait::async_trait;
use eventsource::{
    MemoryStore,
    memory::MemoryTransaction,
    store::{
        GenerationId, Lease, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ParkedSelection,
        ProjectionStore, StoreTransaction,
    },
};

use super::{flaw::Flaw, flaws, generations::Listed};
use crate::broken::Asked;

flaws! {
    a_store_that_parks_under_another_key: Parks(|events| {
        events.iter_mut().for_each(|event| event.key = event.key.trim().replace('\'', "''"));
    }) => [parked_events_are_kept_as_they_were_given],
    a_store_that_forgets_why_it_parked: Parks(|events| {
        events.iter_mut().for_each(|event| event.error = None);
    }) => [parked_events_are_kept_as_they_were_given],
    a_store_that_lists_the_last_parked_first: Lists(|events| events.reverse()) => [
        parked_events_are_listed_by_position,
    ],
    a_store_that_begins_each_page_of_parked_events_at_the_start: Pages(|query| query.after = None) => [
        parked_events_are_read_in_pages,
    ],
    a_store_that_lists_parked_events_of_every_key: Pages(|query| query.selection = ParkedSelection::All) => [
        parked_events_are_read_in_pages,
    ],
    a_store_that_ends_keys_at_a_nul: Pages(|query| {
        if let ParkedSelection::Key(key) = &mut query.selection {
            key.truncate(key.find('\0').unwrap_or(key.len()));
        }
    }) => [a_key_that_no_store_can_keep_is_not_parked],
    a_store_that_forgets_requests_without_a_key: ForgetsSome => [
        a_request_without_a_key_is_for_every_parked_key,
    ],
    a_store_that_does_not_count_what_is_parked: Listed(|list| {
        for checkpoint in list.iter_mut().flat_map(|it| &mut it.checkpoints) {
            (checkpoint.parked, checkpoint.parked_requests) = (0, 0);
        }
    }) => [
        parked_events_are_counted_by_partition,
        a_request_for_a_parked_key_reaches_its_worker,
        an_applied_event_is_no_longer_parked,
    ],
    a_store_that_parks_before_the_commit: AtOnce::default() => [
        events_are_parked_with_the_rest_of_the_transaction,
        a_transaction_that_is_dropped_leaves_nothing,
    ],
    a_store_that_forgets_requests: Forgets => [
        a_request_for_a_parked_key_reaches_its_worker,
        a_request_for_a_key_that_is_not_parked_returns_false,
        a_request_stays_until_no_event_of_its_key_is_left,
        a_request_to_discard_is_for_one_event,
        no_other_event_is_discarded_than_the_requested_one,
    ],
    a_store_that_discards_the_first_event_whichever_it_is: DiscardsAny => [
        no_other_event_is_discarded_than_the_requested_one,
    ],
    a_store_that_discards_every_event_of_a_key: Lists(|events| {
        for event in events {
            if event.request == Some(ParkedRequest::Retry) {
                let (position, reason) = (Some(event.position), String::new());
                event.request = Some(ParkedRequest::Discard { position, reason });
            }
        }
    }) => [
        a_request_to_discard_is_for_one_event,
        no_other_event_is_discarded_than_the_requested_one,
    ],
    a_store_that_keeps_everything_parked: Settles(|_| Vec::new()) => [
        an_applied_event_is_no_longer_parked,
        an_event_that_fails_again_loses_its_request,
        a_discarded_event_stays_on_record,
    ],
    a_store_that_forgets_what_it_discards: Settles(|_| vec![ParkedOutcome::Applied]) => [
        a_discarded_event_stays_on_record,
        an_event_that_fails_again_loses_its_request,
    ],
    a_store_whose_requests_are_for_one_event: Settles(|outcome| {
        vec![ParkedOutcome::Failed { error: String::new() }, outcome]
    }) => [
        a_request_stays_until_no_event_of_its_key_is_left,
        a_request_to_discard_is_for_one_event,
    ],
}

/// Parks other events than the given ones.
struct Parks(fn(&mut [ParkedEvent]));

#[async_trait]
impl Flaw for Parks {
    async fn park(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        events: &[ParkedEvent],
    ) -> Asked<()> {
        let mut events = events.to_vec();
        (self.0)(&mut events);
        transaction.park(lease, &events).await
    }
}

/// Lists other events than the parked ones.
struct Lists(fn(&mut [ParkedEvent]));

#[async_trait]
impl Flaw for Lists {
    async fn parked(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        query: &ParkedQuery,
    ) -> Asked<Vec<ParkedEvent>> {
        let mut events = store.parked(generation, query).await?;
        (self.0)(&mut events);
        Ok(events)
    }
}

/// Reads another page of parked events than the wanted one.
struct Pages(fn(&mut ParkedQuery));

#[async_trait]
impl Flaw for Pages {
    async fn parked(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        query: &ParkedQuery,
    ) -> Asked<Vec<ParkedEvent>> {
        let mut query = query.clone();
        (self.0)(&mut query);
        store.parked(generation, &query).await
    }
}

struct ForgetsSome;

#[async_trait]
impl Flaw for ForgetsSome {
    async fn request_parked(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Asked<bool> {
        match key {
            Some(_) => store.request_parked(generation, key, request).await,
            None => Ok(true),
        }
    }
}

/// Parks events outside the transaction.
#[derive(Default)]
struct AtOnce(Mutex<Vec<ParkedEvent>>);

#[async_trait]
impl Flaw for AtOnce {
    async fn park(
        &self,
        _: &MemoryStore,
        _: &mut MemoryTransaction,
        _: &Lease,
        events: &[ParkedEvent],
    ) -> Asked<()> {
        self.0.lock().expect("no panic").extend_from_slice(events);
        Ok(())
    }

    async fn parked(&self, _: &MemoryStore, _: GenerationId, _: &ParkedQuery) -> Asked<Vec<ParkedEvent>> {
        Ok(self.0.lock().expect("no panic").clone())
    }
}

struct Forgets;

#[async_trait]
impl Flaw for Forgets {
    async fn request_parked(
        &self,
        _: &MemoryStore,
        _: GenerationId,
        _: Option<&str>,
        _: &ParkedRequest,
    ) -> Asked<bool> {
        Ok(true)
    }
}

/// Forgets which event a request to discard is about.
struct DiscardsAny;

#[async_trait]
impl Flaw for DiscardsAny {
    async fn request_parked(
        &self,
        store: &MemoryStore,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Asked<bool> {
        let mut request = request.clone();
        if let ParkedRequest::Discard { position, .. } = &mut request {
            *position = None;
        }
        store.request_parked(generation, key, &request).await
    }
}

/// Records another outcome of a parked event.
struct Settles(fn(ParkedOutcome) -> Vec<ParkedOutcome>);

#[async_trait]
impl Flaw for Settles {
    async fn unpark(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Asked<()> {
        for outcome in (self.0)(outcome.clone()) {
            transaction.unpark(lease, event, &outcome).await?;
        }
        Ok(())
    }
}
