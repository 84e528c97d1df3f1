//! Checks whether a program can decode the stored events.

use eventsource_core::{
    DecodeError, SchemaReport, SchemaVerdict,
    store::{ExpectedVersion, NewEvent},
};

use crate::support::{Store, TallyEvent, add, close, event, tally};

fn stored_as(name: &'static str, version: u32, payload: &str) -> NewEvent {
    let mut event = event(payload);
    event.event_type = name.into();
    event.schema_version = version;
    event
}

/// A tally with events of all kinds that can be decoded.
async fn fill(store: &Store) {
    let old = vec![stored_as("tally.increased", 1, r#"{"n":1}"#), stored_as("tally.added", 1, r#"{"n":2}"#)];
    store.write(&tally("old"), ExpectedVersion::NoStream, old).await;
    let es = store.source();
    for amount in 1..=30 {
        es.execute(add("t", amount)).await.expect("it is accepted");
    }
    es.execute(close("t")).await.expect("it is accepted");
}

async fn check(store: &Store) -> SchemaReport {
    store.source().check_schemas::<TallyEvent>().await.expect("the types can be counted")
}

pub(crate) async fn stored_events_are_reported_by_type_and_version(store: Store) {
    assert!(check(&store).await.checks.is_empty());
    fill(&store).await;
    let report = check(&store).await;
    let found: Vec<_> = report.checks.iter().map(|c| (&*c.event_type, c.schema_version, c.count)).collect();
    let expected =
        [("tally.added", 1, 1), ("tally.added", 2, 30), ("tally.closed", 1, 1), ("tally.increased", 1, 1)];
    assert_eq!(found, expected);
    assert!(report.is_decodable(), "{report}");
    for check in &report.checks {
        match check.verdict {
            SchemaVerdict::Decodes { tried } => {
                assert!((1..=check.count).contains(&(tried as u64)), "{report}")
            }
            SchemaVerdict::Fails(_) => panic!("{report}"),
        }
    }
}

/// Adds an event that cannot be decoded, and returns the only failure.
async fn failure(store: &Store, broken: NewEvent) -> (String, u32, DecodeError) {
    fill(store).await;
    let id = broken.id;
    store.write(&tally("broken"), ExpectedVersion::NoStream, vec![broken]).await;
    let report = check(store).await;
    assert!(!report.is_decodable(), "{report}");
    let mut failures = report.checks.into_iter().filter_map(|check| match check.verdict {
        SchemaVerdict::Fails(error) => Some((check.event_type, check.schema_version, error)),
        SchemaVerdict::Decodes { .. } => None,
    });
    let failure = failures.next().expect("one fails");
    assert!(failures.next().is_none(), "only one fails");
    assert_eq!(failure.2.context().id, id);
    failure
}

pub(crate) async fn an_unknown_type_is_reported(store: Store) {
    match failure(&store, stored_as("tally.renamed", 1, "{}")).await {
        (name, 1, DecodeError::UnknownType { .. }) => assert_eq!(name, "tally.renamed"),
        other => panic!("expected an unknown type, not {other:?}"),
    }
}

pub(crate) async fn a_newer_version_is_reported(store: Store) {
    match failure(&store, stored_as("tally.added", 3, r#"{"amount":1}"#)).await {
        (name, 3, DecodeError::UnknownVersion { known, .. }) => {
            assert_eq!((&*name, known), ("tally.added", 2))
        }
        other => panic!("expected an unknown version, not {other:?}"),
    }
}

pub(crate) async fn a_broken_payload_is_reported(store: Store) {
    match failure(&store, stored_as("tally.increased", 2, r#"{"amount":"much"}"#)).await {
        (name, 2, DecodeError::Payload { .. }) => assert_eq!(name, "tally.increased"),
        other => panic!("expected a broken payload, not {other:?}"),
    }
}
