//! Checks whether a program can decode the stored events.

use std::sync::Mutex;

use eventsource::{
    StreamId,
    event::DecodeError,
    history::{RenamedCategory, SchemaReport, SchemaVerdict},
    store::{ExpectedVersion, NewEvent},
};

use crate::support::{
    Store, TallyEvent, add, close, event,
    releases::{Both, First, LargerPart, Part, Refund},
    tally,
};

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
            SchemaVerdict::Decodes { tried } => assert!((1..=check.count).contains(&tried), "{report}"),
            _ => panic!("{report}"),
        }
        let share = check.undetected_share().expect("all tried events can be decoded");
        assert_eq!(share > 0.0, check.count > 20, "{report}");
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
        SchemaVerdict::Fails { error, .. } => Some((check.event_type, check.schema_version, error)),
        _ => None,
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

/// The category, type, version and number of the events, and how many were tried and failed.
type Row = (String, String, u32, u64, Option<(u64, u64)>);

fn rows(report: &SchemaReport) -> Vec<Row> {
    let row = |check: &eventsource::history::SchemaCheck| {
        let tried = match check.verdict {
            SchemaVerdict::Decodes { tried } => Some((tried, 0)),
            SchemaVerdict::Fails { tried, failed, .. } => Some((tried, failed)),
            SchemaVerdict::Ignored | SchemaVerdict::NotRead => None,
        };
        (check.category.clone(), check.event_type.clone(), check.schema_version, check.count, tried)
    };
    report.checks.iter().map(row).collect()
}

fn row(category: &str, event_type: &str, version: u32, count: u64, tried: Option<(u64, u64)>) -> Row {
    (category.to_owned(), event_type.to_owned(), version, count, tried)
}

/// Writes events to a stream of a category.
async fn put(store: &Store, category: &str, id: &str, names: &[&'static str]) {
    let stream = StreamId::new(category, id).expect("a valid id");
    let events = names.iter().map(|&name| stored_as(name, 1, "{}")).collect();
    store.write(&stream, ExpectedVersion::NoStream, events).await;
}

pub(crate) async fn a_check_of_all_events_finds_every_fault(store: Store) {
    fill(&store).await;
    put(&store, "other", "o", &["other.happened"]).await;
    let mut events: Vec<_> = (0..6_000).map(|_| stored_as("tally.added", 2, r#"{"amount":1}"#)).collect();
    for faulty in [700, 5_400] {
        events[faulty] = stored_as("tally.added", 2, r#"{"amount":"much"}"#);
    }
    let first = events[700].id;
    store.write(&tally("many"), ExpectedVersion::NoStream, events).await;

    let progress = Mutex::new(Vec::new());
    let source = store.source();
    let check = source.check_schemas::<TallyEvent>().all();
    let check = check.with_progress(|events| progress.lock().expect("no panic").push(events));
    let report = check.await.expect("the log can be read");
    assert_eq!(
        rows(&report),
        [
            row("other", "other.happened", 1, 1, None),
            row("tally", "tally.added", 1, 1, Some((1, 0))),
            row("tally", "tally.added", 2, 6_030, Some((6_030, 2))),
            row("tally", "tally.closed", 1, 1, Some((1, 0))),
            row("tally", "tally.increased", 1, 1, Some((1, 0))),
        ],
        "{report}"
    );
    let failures: Vec<_> = report.failures().map(|(_, error)| error.context().id).collect();
    assert_eq!(failures, [first]);
    assert!(!report.is_decodable() && report.to_string().contains("FAILS (2 of 6030 tried): cannot decode"));
    assert_eq!(progress.into_inner().expect("no panic"), [5_000, 6_034]);

    let sampled = store.source().check_schemas::<TallyEvent>().samples(1).await.expect("counted");
    let counted = |report| rows(report).into_iter().map(|(a, b, c, d, _)| (a, b, c, d)).collect::<Vec<_>>();
    assert_eq!(counted(&sampled), counted(&report));
    let tried = |row: &Row| row.4.is_none_or(|(tried, _)| tried == 1);
    assert!(rows(&sampled).iter().all(tried), "{sampled}");

    // The log ends where the progress is reported.
    let more = (6_034..10_000).map(|_| stored_as("tally.added", 2, r#"{"amount":1}"#)).collect();
    store.write(&tally("more"), ExpectedVersion::NoStream, more).await;
    let progress = Mutex::new(Vec::new());
    let check = source.check_schemas::<TallyEvent>().all();
    let check = check.with_progress(|events| progress.lock().expect("no panic").push(events));
    assert!(!check.await.expect("the log can be read").is_decodable());
    assert_eq!(progress.into_inner().expect("no panic"), [5_000, 10_000]);
}

pub(crate) async fn events_of_other_categories_are_listed_and_are_no_failure(store: Store) {
    put(&store, "shipment", "a", &["shipment.sent", "shipment.sent", "shipment.lost"]).await;
    put(&store, "refund", "a", &["refund.made"]).await;
    let source = store.source();

    let report = source.check_schemas::<Refund>().await.expect("counted");
    let sent = |tried| row("shipment", "shipment.sent", 1, 2, tried);
    let lost = |tried| row("shipment", "shipment.lost", 1, 1, tried);
    let made = |tried| row("refund", "refund.made", 1, 1, tried);
    assert_eq!(rows(&report), [made(Some((1, 0))), lost(None), sent(None)]);
    assert!(report.is_decodable() && report.empty.is_empty(), "{report}");
    assert_eq!(report.unread_categories().collect::<Vec<_>>(), ["shipment"]);

    // A whole category is read, with the types that the set does not have.
    let report = source.check_schemas::<First>().await.expect("counted");
    assert_eq!(rows(&report), [made(None), lost(Some((1, 1))), sent(Some((2, 0)))]);
    let report = source.check_schemas::<Both>().all().await.expect("counted");
    assert_eq!(rows(&report), [made(Some((1, 0))), lost(Some((1, 1))), sent(Some((2, 0)))]);
    assert_eq!(report.unread_categories().count(), 0);

    // A set of some types is judged by these.
    let report = source.check_schemas::<Part>().await.expect("counted");
    assert_eq!(rows(&report), [made(None), lost(None), sent(Some((2, 0)))]);
    assert!(report.is_decodable(), "{report}");
    let report = source.check_schemas::<LargerPart>().all().await.expect("counted");
    assert_eq!(rows(&report), [made(None), lost(Some((1, 0))), sent(Some((2, 0)))]);
    assert_eq!(report.unread_categories().collect::<Vec<_>>(), ["refund"]);
}

pub(crate) async fn a_category_that_was_renamed_is_a_failure(store: Store) {
    put(&store, "post", "a", &["shipment.sent", "shipment.sent"]).await;
    put(&store, "refund", "a", &["refund.made"]).await;
    let source = store.source();
    for all in [false, true] {
        let check = source.check_schemas::<First>();
        let report = if all { check.all() } else { check }.await.expect("counted");
        let renamed = RenamedCategory { category: "shipment", stored_as: "post".to_owned(), events: 2 };
        assert_eq!(report.renamed, [renamed]);
        assert!(report.failures().next().is_none() && !report.is_decodable(), "{report}");
        let text = report.to_string();
        assert!(text.contains("write `category = \"post\"` on the enum"), "{text}");
    }
    // A set with one category that is stored, and one that was renamed.
    let report = source.check_schemas::<Both>().await.expect("counted");
    assert_eq!((report.renamed.len(), &*report.empty), (1, &["shipment"][..]), "{report}");

    put(&store, "shipment", "b", &["shipment.sent"]).await;
    let report = source.check_schemas::<First>().await.expect("counted");
    assert!(report.renamed.is_empty() && report.is_decodable(), "{report}");
}

pub(crate) async fn a_category_without_events_is_no_failure(store: Store) {
    put(&store, "refund", "a", &["refund.made"]).await;
    let report = store.source().check_schemas::<First>().await.expect("counted");
    assert!(report.is_decodable(), "{report}");
    assert_eq!(report.empty, ["shipment"]);
    let text = report.to_string();
    assert!(text.contains("no event of the category `shipment` is stored\n"), "{text}");
    assert!(text.contains("no event of the stored category `refund` is read by this event set\n"), "{text}");
    assert!(report.resembling.is_empty(), "{text}");

    // A new category, or one whose types were renamed with it.
    put(&store, "post", "a", &["post.sent"]).await;
    let report = store.source().check_schemas::<First>().await.expect("counted");
    assert!(report.is_decodable(), "{report}");
    assert_eq!(report.resembling, [("shipment", "post".to_owned())]);
    assert!(report.to_string().contains("if `shipment` is its new name"), "{report}");
}
