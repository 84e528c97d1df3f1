//! Importing a history: unchanged, in order, and once however often it is repeated.

use std::slice::from_ref;

use eventsource::{
    EventId, Metadata, Position, StreamId, Timestamp, Version,
    store::{ImportError, ImportEvent, ImportFault, Imported, LogFilter},
};
use uuid::Uuid;

use crate::support::{
    Reader, Store, all, assert_kept, event, events, eventually, exactly, ids, polled, race, some_times,
    stream, versions,
};

/// Far more polls than any call needs.
const MOST_POLLS: usize = 1_000;

/// An event with its own id and payload.
fn past(stream: &StreamId, n: usize) -> ImportEvent {
    let made = ImportEvent::raw(stream.clone(), "conformance.happened", 1, format!("{{\"n\":{n}}}"));
    made.expect("the payload is JSON").id(EventId::new())
}

/// The same with a version.
fn at(stream: &StreamId, version: u64) -> ImportEvent {
    past(stream, 0).version(Version::new(version))
}

/// This many events of three alternating streams, with versions.
fn history(name: &str, count: usize) -> Vec<ImportEvent> {
    let streams = ["a", "b", "c"].map(|letter| stream(&format!("{name}-{letter}")));
    let version = |n: usize| Version::new(n as u64 / 3 + 1);
    (0..count).map(|n| past(&streams[n % 3], n).version(version(n))).collect()
}

fn ids_of(events: &[ImportEvent]) -> Vec<EventId> {
    events.iter().map(|event| event.event.id).collect()
}

async fn imported(store: &Store, events: &[ImportEvent]) -> Imported {
    store.import(events).await.expect("the import is accepted")
}

/// The number of the refused event and the reason. Asserts that no event of the import was stored.
async fn refused(store: &Store, events: &[ImportEvent]) -> (u64, ImportFault) {
    let before = ids(&store.log().await);
    let outcome = store.import(events).await;
    assert_eq!(ids(&store.log().await), before, "nothing is stored");
    match outcome {
        Err(ImportError::Refused { number, fault }) => (number, fault),
        other => panic!("expected a refusal, not {other:?}"),
    }
}

pub(crate) async fn an_imported_event_is_kept_as_it_was(store: Store) {
    let account = stream("account");
    let metadata = Metadata {
        correlation_id: Some(Uuid::now_v7()),
        causation_id: Some(Uuid::now_v7()),
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok(),
        ..Metadata::new().with("channel", "post \"ü\"")
    };
    let payload = r#"{ "amount": 1e3, "text": "a\u0000b", "amount": 2 }"#;
    let raw = ImportEvent::raw(account.clone(), "account.opened \\N", 7, payload).expect("JSON");
    let odd = raw.id(Uuid::nil()).metadata(metadata);
    let times = ["2011-09-30T22:38:44.546123Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"];
    let times = times.map(|time| time.parse::<Timestamp>().expect("a time"));
    let mut given = vec![odd];
    given.extend((1..3).map(|n| past(&account, n)));
    let given: Vec<_> = given.into_iter().zip(times).map(|(event, time)| event.recorded_at(time)).collect();
    imported(&store, &given).await;
    for kept in [store.events_of(&account).await, store.log().await] {
        assert_eq!(kept.len(), 3);
        for ((kept, given), time) in kept.iter().zip(&given).zip(times) {
            assert_kept(kept, &given.event);
            assert_eq!(kept.context.recorded_at, time);
        }
    }
}

pub(crate) async fn each_time_of_an_imported_event_is_kept_to_the_microsecond(store: Store) {
    let account = stream("account");
    let times = some_times();
    let given: Vec<_> = times.iter().map(|time| past(&account, 0).recorded_at(*time)).collect();
    imported(&store, &given).await;
    for kept in [store.events_of(&account).await, store.log().await] {
        let kept: Vec<_> = kept.iter().map(|event| event.context.recorded_at).collect();
        assert_eq!(kept, times);
    }
}

pub(crate) async fn an_imported_event_without_a_time_is_stamped(store: Store) {
    let account = stream("account");
    let stamped = store.write(&account, exactly(0), events(1)).await;
    assert_eq!(stamped.version, Version::new(1));
    imported(&store, &[past(&account, 1), past(&account, 2)]).await;
    store.fill(&account, 1).await;
    let times: Vec<_> =
        store.events_of(&account).await.iter().map(|event| event.context.recorded_at).collect();
    assert!(times.is_sorted(), "{times:?}");
}

pub(crate) async fn the_log_has_imported_events_in_the_order_given(store: Store) {
    let given = history("account", 300);
    let (first, second) = given.split_at(100);
    let receipt = imported(&store, first).await;
    let log = store.log().await;
    assert_eq!(log.last().map(|event| event.context.position), Some(receipt.position));
    let receipt = imported(&store, second).await;
    let log = store.log().await;
    assert_eq!(log.last().map(|event| event.context.position), Some(receipt.position));
    assert_eq!(ids(&log), ids_of(&given));
    for letter in ["a", "b", "c"] {
        let of_one = store.events_of(&stream(&format!("account-{letter}"))).await;
        assert_eq!(versions(&of_one), (1..=100).collect::<Vec<_>>());
    }
}

pub(crate) async fn imported_versions_follow_on_from_their_stream(store: Store) {
    let (one, other) = (stream("one"), stream("other"));
    store.fill(&one, 2).await;
    let given = [past(&one, 1), past(&other, 2), past(&one, 3), at(&one, 5)];
    imported(&store, &given).await;
    let of_one = store.events_of(&one).await;
    assert_eq!(versions(&of_one), [1, 2, 3, 4, 5]);
    assert_eq!(ids(&of_one[2..]), ids_of(&[given[0].clone(), given[2].clone(), given[3].clone()]));
    store.write(&one, exactly(5), events(1)).await;
    imported(&store, &[past(&one, 4)]).await;
    assert_eq!(versions(&store.events_of(&one).await).last(), Some(&7));
}

pub(crate) async fn an_import_reports_what_it_has_done(store: Store) {
    store.fill(&stream("account-a"), 1).await;
    let mut given = history("account", 5);
    given[0] = past(&stream("account-a"), 0).version(Version::new(2));
    given[3] = past(&stream("account-a"), 0).version(Version::new(3));
    let first = imported(&store, &given).await;
    // The stream that existed does not count as begun.
    assert_eq!((first.stored, first.skipped, first.streams), (5, 0, 2));
    given.push(at(&stream("account-d"), 1));
    let again = imported(&store, &given).await;
    assert_eq!((again.stored, again.skipped, again.streams), (1, 5, 3));
    assert!(again.position > first.position);
    let skipped = imported(&store, &given[..5]).await;
    assert_eq!((skipped.stored, skipped.skipped, skipped.position), (0, 5, first.position));
    assert_eq!(imported(&store, &[]).await, Imported::default());
}

pub(crate) async fn a_gap_before_an_imported_event_is_refused(store: Store) {
    let account = stream("account");
    store.fill(&account, 2).await;
    let due = |expected, found| ImportFault::Gap {
        stream: account.clone(),
        expected: Version::new(expected),
        found: Version::new(found),
    };
    let other = || past(&stream("other"), 1);
    assert_eq!(refused(&store, &[other(), at(&account, 4)]).await, (2, due(4, 2)));
    assert_eq!(refused(&store, &[other(), at(&account, 3), at(&account, 5)]).await, (3, due(5, 3)));
    let beyond = past(&account, 1).version(Version::MAX);
    let (number, fault) = refused(&store, &[beyond]).await;
    assert!(matches!(fault, ImportFault::Gap { found, .. } if found == Version::new(2)), "{fault}");
    assert_eq!(number, 1);
}

pub(crate) async fn an_imported_version_of_another_event_is_refused(store: Store) {
    let account = stream("account");
    store.fill(&account, 2).await;
    let due = |expected, found| ImportFault::Conflict {
        stream: account.clone(),
        expected: Version::new(expected),
        found: Version::new(found),
    };
    let other = || past(&stream("other"), 1);
    assert_eq!(refused(&store, &[other(), at(&account, 1)]).await, (2, due(1, 2)));
    assert_eq!(refused(&store, &[at(&account, 2), other()]).await, (1, due(2, 2)));
    assert_eq!(refused(&store, &[at(&account, 3), at(&account, 3)]).await, (2, due(3, 3)));
    assert_eq!(refused(&store, &[at(&account, 0)]).await, (1, due(0, 2)));
    assert_eq!(refused(&store, &[at(&stream("new"), 0)]).await.0, 1);
}

pub(crate) async fn a_repeated_import_stores_nothing(store: Store) {
    let given = history("account", 30);
    imported(&store, &given).await;
    let log = store.log().await;
    // Later events were appended since.
    store.fill(&stream("account-a"), 1).await;
    let mut without_versions = given.clone();
    without_versions.iter_mut().for_each(|event| event.version = None);
    for again in [&given[..], &without_versions, &given[7..20], &without_versions[7..20]] {
        let outcome = imported(&store, again).await;
        assert_eq!((outcome.stored, outcome.skipped), (0, again.len() as u64));
    }
    assert_eq!(store.log().await[..30], log);
    assert_eq!(store.log().await.len(), 31);
}

pub(crate) async fn an_interrupted_import_resumes(store: Store) {
    for (name, versioned) in [("with", true), ("without", false)] {
        let mut given = history(name, 60);
        if !versioned {
            given.iter_mut().for_each(|event| event.version = None);
        }
        imported(&store, &given[..25]).await;
        let rest = imported(&store, &given[10..]).await;
        assert_eq!((rest.stored, rest.skipped), (35, 15));
        let log = store.log().await;
        assert_eq!(ids(&log[log.len() - 60..]), ids_of(&given));
        for letter in ["a", "b", "c"] {
            let of_one = store.events_of(&stream(&format!("{name}-{letter}"))).await;
            assert_eq!(versions(&of_one), (1..=20).collect::<Vec<_>>());
        }
    }
}

pub(crate) async fn an_imported_id_of_another_event_is_refused(store: Store) {
    let (one, other) = (stream("one"), stream("other"));
    store.fill(&one, 3).await;
    let used = store.events_of(&one).await[1].context.id;
    let due = ImportFault::UsedEventId { id: used, stream: one.clone(), version: Version::new(2) };
    let fresh = || past(&other, 1);
    let renamed = ImportEvent::raw(one.clone(), "conformance.else", 1, "{}").expect("JSON");
    let raised = ImportEvent::raw(one.clone(), "conformance.happened", 2, "{}").expect("JSON");
    for claimed in [past(&other, 1), at(&other, 1), at(&one, 1), at(&one, 4), renamed, raised] {
        let claimed = claimed.id(used);
        assert_eq!(refused(&store, from_ref(&claimed)).await, (1, due.clone()));
        let last_of_its_stream = [fresh(), past(&claimed.stream, 1), claimed];
        assert_eq!(refused(&store, &last_of_its_stream).await.0, 3);
    }
    assert_eq!(imported(&store, &[at(&one, 2).id(used)]).await.skipped, 1);
}

pub(crate) async fn an_id_twice_in_an_import_is_refused(store: Store) {
    let account = stream("account");
    let twice = past(&account, 1);
    let id = twice.event.id;
    let given = [past(&account, 0), twice.clone(), past(&account, 2), past(&account, 3).id(id)];
    assert_eq!(refused(&store, &given).await, (4, ImportFault::RepeatedEventId { id, other: 2 }));
}

pub(crate) async fn an_event_that_is_stored_before_one_that_precedes_it_is_refused(store: Store) {
    let account = stream("account");
    let (first, second) = (past(&account, 1), past(&account, 2));
    imported(&store, from_ref(&second)).await;
    let due = ImportFault::Late { stream: account.clone(), version: Version::new(1) };
    let other = past(&stream("other"), 1);
    assert_eq!(refused(&store, &[other, first, second]).await, (3, due));
}

pub(crate) async fn an_event_that_cannot_be_stored_is_refused_by_its_number(store: Store) {
    let account = stream("account");
    type Spoil = fn(&mut ImportEvent);
    let spoilt: [(&str, Spoil); 5] = [
        ("NUL", |it| it.event.event_type = "a\0b".into()),
        ("is empty", |it| it.event.event_type = "".into()),
        ("not between 1 and", |it| it.event.schema_version = 0),
        ("not between 1 and", |it| it.event.schema_version = u32::MAX),
        ("traceparent", |it| it.event.metadata = Metadata::new().with("traceparent", "x")),
    ];
    for (due, spoil) in spoilt {
        let mut given = history("account", 9);
        spoil(&mut given[6]);
        let (number, fault) = refused(&store, &given).await;
        assert_eq!(number, 7);
        assert!(fault.to_string().contains(due), "{fault}");
    }
    // Before anything else is checked.
    let mut given = vec![at(&account, 9), past(&account, 1)];
    given[1].event.schema_version = 0;
    assert_eq!(refused(&store, &given).await.0, 2);
}

pub(crate) async fn a_dropped_import_is_stored_whole_or_not_at_all(store: Store) {
    for polls in 0..MOST_POLLS {
        let name = format!("account-{polls}");
        let given = history(&name, 9);
        let ended = polled(polls, store.import(&given)).await.is_some();
        let count = store.events_of(&stream(&format!("{name}-a"))).await.len();
        assert!([0, 3].contains(&count), "{count} of 3 events after {polls} polls");
        let again = imported(&store, &given).await;
        assert_eq!(again.events(), 9);
        // The locks of the dropped import may be released a moment after its events are visible.
        eventually("the log ends with the events", || async {
            let log = store.log().await;
            let last = ids(&log[log.len().saturating_sub(9)..]);
            if last == ids_of(&given) { Ok(()) } else { Err(last) }
        })
        .await;
        if ended {
            return;
        }
    }
    panic!("the import has not ended within {MOST_POLLS} polls");
}

pub(crate) async fn concurrent_imports_of_the_same_events_store_each_event_once(store: Store) {
    for versioned in [true, false] {
        let mut given = history(&format!("account-{versioned}"), 240);
        if !versioned {
            given.iter_mut().for_each(|event| event.version = None);
        }
        let before = store.log().await.len();
        let outcomes = race(6, |n| {
            let (store, given) = (store.clone(), given.clone());
            async move {
                let mut total = Imported::default();
                for chunk in given.chunks(10 + n) {
                    total = total.and(imported(&store, chunk).await);
                }
                total
            }
        });
        let outcomes = outcomes.await;
        assert!(outcomes.iter().all(|outcome| outcome.events() == 240), "{outcomes:?}");
        assert_eq!(outcomes.iter().map(|outcome| outcome.stored).sum::<u64>(), 240);
        assert_eq!(ids(&store.log().await[before..]), ids_of(&given));
    }
}

pub(crate) async fn a_reader_among_imports_and_appends_gets_every_event_once(store: Store) {
    let given = history("imported", 600);
    let writing = {
        let mut tasks: Vec<_> = (0..4)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move {
                    for round in 0..30 {
                        // Some are appended to the streams that are imported without versions.
                        let id = if round % 3 == 0 { format!("shared-{n}") } else { format!("own-{n}") };
                        store.fill(&stream(&id), 2).await;
                    }
                })
            })
            .collect();
        let (store, given) = (store.clone(), given.clone());
        tasks.push(tokio::spawn(async move {
            for (round, chunk) in given.chunks(20).enumerate() {
                imported(&store, chunk).await;
                imported(&store, &[past(&stream(&format!("shared-{}", round % 4)), round)]).await;
            }
        }));
        tokio::spawn(all(tasks))
    };
    let mut reader = Reader::new(&store, LogFilter::all(), 50);
    while !writing.is_finished() {
        reader.read_page().await;
        tokio::task::yield_now().await;
    }
    writing.await.expect("no writer panics");
    reader.read_to_head().await;
    assert_eq!(reader.seen, store.log().await);
    assert_eq!(reader.seen.len(), 600 + 30 + 4 * 30 * 2);
    let of_the_import = reader.seen.iter().filter(|event| event.context.stream.id().starts_with("imported"));
    let of_the_import: Vec<_> = of_the_import.map(|event| event.context.id).collect();
    assert_eq!(of_the_import, ids_of(&given));
    let mut last = std::collections::HashMap::new();
    for event in &reader.seen {
        let version =
            last.insert(event.context.stream.clone(), event.context.version).unwrap_or(Version::EMPTY);
        assert_eq!(event.context.version, version.next(), "{}", event.context.stream);
    }
}

pub(crate) async fn appends_continue_after_the_imported_events(store: Store) {
    let account = stream("account");
    let given = [past(&account, 1), past(&account, 2)];
    let receipt = imported(&store, &given).await;
    let appended = store.write(&account, exactly(2), events(1)).await;
    assert_eq!(appended.version, Version::new(3));
    assert!(appended.position > receipt.position && receipt.position > Position::START);
    // An append with an imported id is a repetition only if all else is equal.
    let mut again = event("{\"n\":2}");
    again.id = given[1].event.id;
    let repeated = store.write(&account, exactly(7), vec![again]).await;
    assert_eq!((repeated.repeated, repeated.version), (true, Version::new(2)));
}

pub(crate) async fn a_large_import_is_stored_whole(store: Store) {
    let given = history("account", 9_999);
    let outcome = imported(&store, &given).await;
    assert_eq!((outcome.stored, outcome.streams), (9_999, 3));
    assert_eq!(ids(&store.log().await), ids_of(&given));
}
