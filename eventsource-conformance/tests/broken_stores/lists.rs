//! Stores that do not append a list as if one append was made after the other.

use async_trait::async_trait;
use eventsource::{
    EventId, MemoryStore,
    store::{Append, AppendError, EventStore, ExpectedVersion, InvalidAppend, StoreError},
};
use tokio::task::yield_now;

use crate::{
    broken::{Appended, Defect, expect_any, parts_of, version_of},
    verdict::rejected,
};

rejected! {
    a_store_that_appends_a_list_backwards: Backwards => [
        each_append_of_a_list_gets_its_receipt_in_the_order_given,
        an_append_of_a_list_sees_the_version_left_by_the_earlier_ones,
        a_dropped_list_stores_no_later_append_without_the_earlier_ones,
        concurrent_lists_on_the_same_streams_are_each_stored_in_order,
    ],
    a_store_that_checks_a_list_against_what_was_there_before_it: AgainstTheStart => [
        an_append_of_a_list_sees_the_version_left_by_the_earlier_ones,
        an_append_without_events_has_its_place_in_a_list,
        a_list_of_three_hundred_appends_is_stored_in_its_order,
    ],
    a_store_that_stops_a_list_at_the_first_failure: Each(|before, _| before.iter().any(Result::is_err)) => [
        a_failed_append_of_a_list_fails_only_the_appends_that_depend_on_it,
        an_invalid_append_is_refused_and_the_rest_of_the_list_is_stored,
    ],
    a_store_that_forgets_what_of_a_list_was_not_stored: Each(|_, _| false) => [
        an_append_that_depends_on_a_failed_one_conflicts_even_if_the_version_matches,
    ],
    a_store_that_checks_the_first_of_a_list_only: FirstOnly => [
        a_failed_append_of_a_list_fails_only_the_appends_that_depend_on_it,
    ],
    a_store_that_takes_a_list_for_one_append: Listed(|list| {
        let key = list.first().and_then(|append| append.idempotency_key.clone());
        list.iter_mut().for_each(|append| append.idempotency_key.clone_from(&key));
    }) => [
        each_append_of_a_list_has_its_own_key,
    ],
    a_store_that_gives_the_events_of_a_list_new_ids: Listed(|list| {
        let parts = list.iter_mut().flat_map(|append| &mut append.streams);
        parts.flat_map(|part| &mut part.events).for_each(|event| event.id = EventId::new());
    }) => [
        a_list_that_is_repeated_gets_the_first_receipts,
        an_append_that_is_twice_in_a_list_happens_once,
        an_event_id_in_use_is_refused_and_the_rest_of_the_list_is_stored,
    ],
    a_store_that_appends_a_list_stream_by_stream: StreamByStream => [
        an_append_to_several_streams_has_its_place_in_a_list,
    ],
    a_store_that_answers_to_an_empty_list: Always => [
        an_empty_list_of_appends_appends_nothing,
    ],
    a_store_that_refuses_a_list_as_a_whole: Each(|_, list| list.iter().any(|append| append.validate().is_err())) => [
        an_invalid_append_is_refused_and_the_rest_of_the_list_is_stored,
    ],
    a_store_that_appends_no_more_than_256_at_a_time: Each(|before, _| before.len() >= 256) => [
        a_list_of_three_hundred_appends_is_stored_in_its_order,
    ],
}

struct Backwards;

#[async_trait]
impl Defect for Backwards {
    async fn append_each(&self, store: &MemoryStore, list: Vec<Append>) -> Vec<Appended> {
        let mut outcomes = Vec::new();
        for append in list.into_iter().rev() {
            outcomes.push(store.append(append).await);
            yield_now().await;
        }
        outcomes.reverse();
        outcomes
    }
}

struct AgainstTheStart;

#[async_trait]
impl Defect for AgainstTheStart {
    async fn append_each(&self, store: &MemoryStore, list: Vec<Append>) -> Vec<Appended> {
        let mut outcomes = Vec::new();
        let mut accepted = Vec::new();
        for append in list {
            let mut conflict = None;
            for part in &append.streams {
                let actual = version_of(store, &part.stream).await;
                if !part.expected.allows(actual) {
                    let (stream, expected) = (part.stream.clone(), part.expected);
                    conflict = Some(AppendError::Conflict { stream, expected, actual });
                }
            }
            match conflict {
                Some(conflict) => outcomes.push(Err(conflict)),
                None => {
                    accepted.push((outcomes.len(), append));
                    outcomes.push(Ok(Vec::new()));
                }
            }
        }
        for (n, mut append) in accepted {
            expect_any(&mut append);
            outcomes[n] = store.append(append).await;
        }
        outcomes
    }
}

/// Does not append if this predicate on the earlier outcomes and the list says so.
struct Each(fn(&[Appended], &[Append]) -> bool);

#[async_trait]
impl Defect for Each {
    async fn append_each(&self, store: &MemoryStore, list: Vec<Append>) -> Vec<Appended> {
        let mut outcomes = Vec::new();
        for append in &list {
            let outcome = if (self.0)(&outcomes, &list) {
                let source = "another append of the list".into();
                Err(StoreError::Contended { action: "appending", source }.into())
            } else {
                store.append(append.clone()).await
            };
            outcomes.push(outcome);
        }
        outcomes
    }
}

struct FirstOnly;

#[async_trait]
impl Defect for FirstOnly {
    async fn append_each(&self, store: &MemoryStore, list: Vec<Append>) -> Vec<Appended> {
        let mut outcomes = Vec::new();
        let mut seen = Vec::new();
        for mut append in list {
            for part in &mut append.streams {
                if seen.contains(&part.stream) {
                    part.expected = ExpectedVersion::Any;
                }
                seen.push(part.stream.clone());
            }
            outcomes.push(store.append(append).await);
        }
        outcomes
    }
}

/// Appends another list than the given one.
struct Listed(fn(&mut Vec<Append>));

#[async_trait]
impl Defect for Listed {
    async fn append_each(&self, store: &MemoryStore, mut list: Vec<Append>) -> Vec<Appended> {
        (self.0)(&mut list);
        store.append_each(list).await
    }
}

struct StreamByStream;

#[async_trait]
impl Defect for StreamByStream {
    async fn append_each(&self, store: &MemoryStore, list: Vec<Append>) -> Vec<Appended> {
        let mut outcomes = Vec::new();
        for append in list {
            let mut outcome = append.validate().map(|()| Vec::new()).map_err(AppendError::from);
            for part in parts_of(append) {
                let appended = store.append(part).await;
                outcome = outcome.and_then(|mut receipts| {
                    receipts.append(&mut appended?);
                    Ok(receipts)
                });
            }
            outcomes.push(outcome);
        }
        outcomes
    }
}

/// Treats an empty list as an append without streams.
struct Always;

#[async_trait]
impl Defect for Always {
    async fn append_each(&self, store: &MemoryStore, list: Vec<Append>) -> Vec<Appended> {
        if list.is_empty() {
            return vec![Err(InvalidAppend::NoStreams.into())];
        }
        store.append_each(list).await
    }
}
