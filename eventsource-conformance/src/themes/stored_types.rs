//! The event types and schema versions in a store, with samples.

use std::collections::BTreeSet;

use eventsource::{
    RecordedEvent, StreamId,
    store::{ExpectedVersion, StoredType},
};

use crate::support::{Store, event, ids, stream};

async fn stored(store: &Store, samples: usize) -> Vec<StoredType> {
    store.stored_types(samples).await.expect("the types can be counted")
}

/// Appends this many events of a type and version.
async fn put(store: &Store, name: &'static str, version: u32, count: usize) {
    let mut events: Vec<_> = (0..count).map(|n| event(&n.to_string())).collect();
    for event in &mut events {
        event.event_type = name.into();
        event.schema_version = version;
    }
    store.write(&stream(&format!("account-{}", count % 3)), ExpectedVersion::Any, events).await;
}

pub(crate) async fn an_empty_store_has_no_types(store: Store) {
    assert!(stored(&store, 10).await.is_empty());
}

pub(crate) async fn every_type_and_version_is_counted_in_order(store: Store) {
    // In another order than they are listed, with names that some collations sort differently.
    for (name, version, count) in [
        ("b", 2, 3),
        ("a", 10, 1),
        ("B", 1, 2),
        ("a", 9, 4),
        ("é", 1, 1),
        ("b", 2, 2),
        ("a.b", 1, 6),
        ("aB", 1, 1),
    ] {
        put(&store, name, version, count).await;
    }
    for samples in [0, 1, 5, 100] {
        let found: Vec<_> = stored(&store, samples)
            .await
            .into_iter()
            .map(|stored| (stored.event_type, stored.schema_version, stored.count))
            .collect();
        let expected =
            [("B", 1, 2), ("a", 9, 4), ("a", 10, 1), ("a.b", 1, 6), ("aB", 1, 1), ("b", 2, 5), ("é", 1, 1)];
        assert_eq!(found, expected.map(|(name, version, count)| (name.to_owned(), version, count)));
    }
}

pub(crate) async fn events_of_one_type_are_counted_by_category(store: Store) {
    for (category, count) in [("b", 3), ("a", 2), ("B", 1)] {
        for version in [2, 1] {
            let mut events: Vec<_> = (0..count).map(|n| event(&n.to_string())).collect();
            for event in &mut events {
                event.schema_version = version;
            }
            let stream = StreamId::new(category, version.to_string()).expect("a valid id");
            store.write(&stream, ExpectedVersion::NoStream, events).await;
        }
    }
    for samples in [0, 2, 100] {
        let found = stored(&store, samples).await;
        let counts: Vec<_> = found.iter().map(|it| (&*it.category, it.schema_version, it.count)).collect();
        assert_eq!(counts, [("B", 1, 1), ("B", 2, 1), ("a", 1, 2), ("a", 2, 2), ("b", 1, 3), ("b", 2, 3)]);
        for stored in &found {
            let right = |sample: &RecordedEvent| sample.context.stream.category() == stored.category;
            assert!(stored.samples.iter().all(right), "{stored:?}");
            assert_eq!(stored.samples.is_empty(), samples == 0, "{stored:?}");
        }
    }
}

pub(crate) async fn samples_are_stored_events_of_their_type_and_no_more_than_requested(store: Store) {
    put(&store, "a", 1, 50).await;
    put(&store, "a", 2, 3).await;
    put(&store, "b", 1, 20).await;
    let log = store.log().await;
    for samples in [1, 2, 7, 49, 50, 1_000, 5_000, usize::MAX] {
        for stored in stored(&store, samples).await {
            let found = ids(&stored.samples).into_iter().collect::<BTreeSet<_>>();
            assert_eq!(found.len(), stored.samples.len(), "no sample is returned twice");
            assert!((1..=samples).contains(&found.len()), "{} of {samples} samples", found.len());
            for sample in stored.samples {
                assert_eq!(
                    (&*sample.context.event_type, sample.context.schema_version),
                    (&*stored.event_type, stored.schema_version)
                );
                assert!(log.contains(&sample), "{sample:?}");
            }
        }
    }
}

pub(crate) async fn no_samples_are_returned_unless_requested(store: Store) {
    put(&store, "a", 1, 5).await;
    let [only] = stored(&store, 0).await.try_into().expect("one type");
    assert_eq!((only.count, only.samples.len()), (5, 0));
}

/// Whichever of them cannot be decoded: it is among the samples.
pub(crate) async fn all_events_of_a_rare_type_are_samples(store: Store) {
    const SAMPLES: usize = 20;
    // As the schema versions of one type: as many events as the number of the version.
    for version in (1..=SAMPLES + 1).rev() {
        put(&store, "a", u32::try_from(version).expect("a small number"), version).await;
    }
    for stored in stored(&store, SAMPLES).await {
        let count = usize::try_from(stored.count).expect("a small number");
        let found = stored.samples.len();
        assert!(found <= SAMPLES && (found == count || count > SAMPLES), "{found} samples of {count} events");
    }
}

pub(crate) async fn samples_are_spread_over_the_log(store: Store) {
    for _ in 0..20 {
        put(&store, "a", 1, 100).await;
    }
    let log = store.log().await;
    let middle = log[log.len() / 2].context.position;
    let [only] = stored(&store, 40).await.try_into().expect("one type");
    let later = only.samples.iter().filter(|sample| sample.context.position > middle).count();
    // By chance alone, fewer than 5 of 40 are on one side once in millions of runs.
    assert!((5..=35).contains(&later), "{later} of {} samples are from the later half", only.samples.len());
}

/// Whichever of them cannot be decoded: some check tries it.
pub(crate) async fn every_event_is_a_sample_at_times(store: Store) {
    const EVENTS: usize = 20;
    put(&store, "a", 1, EVENTS).await;
    let mut seen = BTreeSet::new();
    // By chance alone, an event is in none of so many calls less than once in a thousand million runs.
    for _ in 0..100 {
        let [only] = stored(&store, 5).await.try_into().expect("one type");
        seen.extend(ids(&only.samples));
        if seen.len() == EVENTS {
            return;
        }
    }
    panic!("only {} of {EVENTS} events are ever samples", seen.len());
}
