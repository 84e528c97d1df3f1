//! Importing through an event source: typed and raw events, in chunks, with numbers in errors, repeatable.

use std::{error::Error, future::Future, sync::Mutex};

use eventsource::{
    Event, EventContext, EventSource, MemoryStore, Position, RecordedEvent, Retry, Version,
    store::{EventStore, ImportError, ImportEvent, ImportFault, Imported, LogFilter},
};
use futures_util::stream::iter;
use serde::{Deserialize, Serialize};

use crate::support::{Disturbance, Disturbed, Store, Tally, TallyEvent, add, close, polled, stream, tally};

/// An event that can be written as JSON that it does not read.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "measured")]
enum Measured {
    Taken { value: f64 },
}

/// This many events of two alternating streams, without ids.
fn history(count: u64) -> impl Iterator<Item = ImportEvent> + Send {
    let streams = ["one", "other"].map(stream);
    (0..count).map(move |n| {
        let stream = streams[usize::from(n % 2 == 1)].clone();
        ImportEvent::raw(stream, "conformance.happened", 1, n.to_string()).expect("a number is JSON")
    })
}

fn payloads(events: &[RecordedEvent]) -> Vec<String> {
    events.iter().map(|event| event.payload().to_owned()).collect()
}

/// The error of an import.
async fn error_of(import: impl Future<Output = Result<Imported, ImportError>>) -> ImportError {
    import.await.expect_err("the import cannot succeed")
}

pub(crate) async fn a_history_is_imported_in_chunks_of_the_requested_size(store: Store) {
    for (chunk, rounds) in [(1, 7), (3, 3), (7, 1), (100, 1), (0, 7)] {
        let progress = Mutex::new(Vec::new());
        let es = store.source();
        let import = es.import().from(format!("in chunks of {chunk}")).chunk(chunk);
        let import = import.with_progress(|so_far| progress.lock().expect("no panic").push(so_far));
        let imported = import.events(history(7)).await.expect("imported");
        assert_eq!((imported.stored, imported.skipped), (7, 0));
        let progress = progress.into_inner().expect("no panic");
        assert_eq!(progress.len(), rounds, "{progress:?}");
        assert_eq!(progress.last(), Some(&imported));
        assert!(progress.windows(2).all(|two| two[0].stored < two[1].stored));
        assert!(progress.windows(2).all(|two| two[0].position < two[1].position));
        let log = store.log().await;
        assert_eq!(payloads(&log[log.len() - 7..]), ["0", "1", "2", "3", "4", "5", "6"]);
        assert_eq!(log.last().map(|event| event.context.position), Some(imported.position));
    }
    let nothing = store.source().import().events(Vec::<ImportEvent>::new()).await.expect("nothing to do");
    assert_eq!(nothing, Imported::default());
}

pub(crate) async fn typed_and_raw_events_are_imported_together(store: Store) {
    let typed = |amount| ImportEvent::new(tally("t"), &TallyEvent::Added { amount });
    let old = ImportEvent::raw(tally("t"), "tally.increased", 1, r#"{"n":5}"#).expect("JSON");
    let old = old.recorded_at("2011-09-30T22:38:44.546Z".parse().expect("a time")).entry("channel", "post");
    let given = [typed(1), Ok(old), typed(2)];
    let es = store.source();
    es.import().from("elsewhere").stream(iter(given)).await.expect("imported");
    let tally = es.load::<Tally>(&"t".to_owned()).await.expect("loaded");
    assert_eq!((tally.state.total, tally.version), (8, Version::new(3)));
    es.execute(add("t", 4)).await.expect("handled on the imported state");
    assert_eq!(es.load::<Tally>(&"t".to_owned()).await.expect("loaded").state.total, 12);
}

pub(crate) async fn an_import_is_repeated_under_the_name_of_its_source(store: Store) {
    let es = store.source();
    for versioned in [false, true] {
        let given = move |count| {
            history(count).zip(0..).map(move |(mut event, n)| {
                event.stream = stream(&format!("{versioned}-{}", event.stream.id()));
                if versioned { event.version(Version::new(n / 2 + 1)) } else { event }
            })
        };
        es.import().from("one").chunk(4).events(given(10)).await.expect("imported");
        let again = es.import().from("one").chunk(3).events(given(15)).await.expect("the import resumes");
        assert_eq!((again.stored, again.skipped), (5, 10));
        let of_one = store.events_of(&stream(&format!("{versioned}-one"))).await;
        assert_eq!(payloads(&of_one), ["0", "2", "4", "6", "8", "10", "12", "14"]);
        let by_another_name = es.import().from("other").events(given(2)).await;
        match by_another_name {
            Ok(imported) => assert!(!versioned && imported.stored == 2, "these must count as other events"),
            Err(ImportError::Refused { number: 1, fault: ImportFault::Conflict { .. } }) if versioned => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

pub(crate) async fn an_event_without_an_id_needs_the_name_of_its_source(store: Store) {
    let with_id = |n: u64| ImportEvent::id(history(1).next().expect("one"), uuid::Uuid::from_u128(n.into()));
    let given: Vec<_> = (1..=5).map(with_id).chain(history(1)).collect();
    match error_of(store.source().import().chunk(2).events(given)).await {
        ImportError::Refused { number: 6, fault: ImportFault::NoId } => {}
        error => panic!("{error:?}"),
    }
    assert_eq!(store.log().await.len(), 4, "earlier chunks stay stored");
}

pub(crate) async fn a_refused_event_is_named_by_its_number_and_the_chunks_before_it_stay(store: Store) {
    let es = store.source();
    let spoilt = || {
        history(10).zip(1..).map(|(mut event, number)| {
            if number == 8 {
                event.event.schema_version = 0;
            }
            event
        })
    };
    match error_of(es.import().from("spoilt").chunk(3).events(spoilt())).await {
        ImportError::Refused { number: 8, fault: ImportFault::Invalid(_) } => {}
        error => panic!("{error:?}"),
    }
    assert_eq!(store.log().await.len(), 6);
    let unreadable = history(10).map(Ok).take(8).chain([Err("line 9 is torn".to_owned())]);
    match error_of(es.import().from("torn").chunk(3).events(unreadable)).await {
        ImportError::Input { number: 9, source } => assert_eq!(source.to_string(), "line 9 is torn"),
        error => panic!("{error:?}"),
    }
    assert_eq!(store.log().await.len(), 12);
    let twice: Vec<_> = history(10)
        .zip([1, 2, 3, 4, 5, 6, 7, 8, 7, 9])
        .map(|(event, id)| event.id(uuid::Uuid::from_u128(id)))
        .collect();
    match error_of(es.import().chunk(6).events(twice)).await {
        ImportError::Refused { number: 9, fault: ImportFault::RepeatedEventId { other: 7, .. } } => {}
        error => panic!("{error:?}"),
    }
}

pub(crate) async fn an_import_with_an_unknown_outcome_is_repeated(store: Store) {
    let disturbances = [Disturbance::AnswerLost, Disturbance::CallLost, Disturbance::AnswerLost];
    let es = EventSource::new(Disturbed::new(&store, disturbances));
    let imported =
        es.import().from("elsewhere").chunk(4).events(history(10)).await.expect("the import is repeated");
    assert_eq!(imported.events(), 10);
    assert_eq!(store.log().await.len(), 10);
    let disturbances = [Disturbance::AnswerLost, Disturbance::AnswerLost];
    let impatient = EventSource::builder(Disturbed::new(&store, disturbances)).retry(Retry::NEVER).build();
    let error = error_of(impatient.import().from("elsewhere").events(history(20))).await;
    assert!(matches!(error, ImportError::Store(_)) && error.is_retryable(), "{error:?}");
    let again =
        store.source().import().from("elsewhere").events(history(20)).await.expect("the import resumes");
    assert_eq!(again.events(), 20);
    assert_eq!(store.log().await.len(), 20);
}

pub(crate) async fn the_events_of_another_store_are_imported_unchanged(store: Store) {
    let source = MemoryStore::new();
    let es = EventSource::new(source);
    es.execute(add("t", 1)).metadata("channel", "web").await.expect("accepted");
    es.execute(add("u", 2)).await.expect("accepted");
    es.execute(close("t")).await.expect("accepted");
    let page = es.store().read_log(Position::START, &LogFilter::all(), 10).await.expect("memory can be read");
    let imported = store.source().import().events(page.events.clone()).await.expect("imported");
    assert_eq!((imported.stored, imported.streams), (3, 2));
    for (kept, given) in store.log().await.into_iter().zip(page.events) {
        let position = kept.context.position;
        let given = RecordedEvent { context: EventContext { position, ..given.context }, ..given };
        assert_eq!(kept, given);
    }
}

/// The event number, event type, and the reason with its causes.
fn undecodable(error: ImportError) -> (u64, String, String) {
    match error {
        ImportError::Undecodable { number, event_type, source, .. } => {
            let cause = source.source().map(ToString::to_string).unwrap_or_default();
            (number, event_type, format!("{source}: {cause}"))
        }
        error => panic!("{error:?}"),
    }
}

pub(crate) async fn an_event_of_the_program_that_cannot_be_decoded_is_refused(store: Store) {
    let es = store.source();
    let of = |value: f64| ImportEvent::new(stream("m"), &Measured::Taken { value });
    let given = [of(1.0), of(2.0), of(3.0), of(f64::NAN), of(5.0)];
    let refused = undecodable(error_of(es.import().from("a sensor").chunk(2).events(given)).await);
    assert_eq!((refused.0, &*refused.1), (4, "measured.taken"));
    assert!(refused.2.contains("broken at `value`: invalid type: null, expected f64"), "{refused:?}");
    // The chunks before it are stored; the import, repeated with a corrected event, resumes after them.
    let stored = es.store().read_log(Position::START, &LogFilter::all(), 9).await.expect("the log").events;
    assert_eq!(payloads(&stored), [r#"{"value":1.0}"#, r#"{"value":2.0}"#]);
    let corrected = [1.0, 2.0, 3.0, 4.0, 5.0].map(of);
    let imported = es.import().from("a sensor").events(corrected).await.expect("all can be decoded");
    assert_eq!((imported.stored, imported.skipped), (3, 2));
}

pub(crate) async fn events_that_the_named_set_cannot_decode_are_refused(store: Store) {
    let es = store.source();
    let raw = |stream, event_type: &'static str, version, payload: &str| {
        ImportEvent::raw(stream, event_type, version, payload).expect("JSON")
    };
    let good = || raw(tally("t"), "tally.increased", 1, r#"{"n":5}"#);
    for (event, reason) in [
        (raw(tally("t"), "tally.increased", 1, r#"{"m":5}"#), "the payload is broken"),
        (raw(tally("t"), "tally.added", 3, r#"{"amount":5}"#), "this program knows versions 1 to 2"),
        (raw(tally("t"), "tally.unknown", 1, "{}"), "the type is unknown to this program"),
        // It is read because of its type, wherever it is.
        (raw(stream("t"), "tally.added", 2, "{}"), "the payload is broken"),
    ] {
        let events = [good(), event.clone()];
        let import = es.import().from("elsewhere").readable_as::<TallyEvent>();
        let refused = undecodable(error_of(import.events(events)).await);
        assert_eq!((refused.0, &*refused.1), (2, &*event.event.event_type));
        assert!(refused.2.starts_with(reason), "{refused:?}");
        assert!(store.log().await.is_empty(), "nothing of the chunk is stored");
    }
    // Events that the set does not read are imported as they are.
    let events = [good(), raw(stream("other"), "other.happened", 9, "[]")];
    let import = es.import().from("elsewhere").readable_as::<TallyEvent>();
    assert_eq!(import.events(events).await.expect("imported").stored, 2);
    assert_eq!(es.load::<Tally>(&"t".to_owned()).await.expect("loaded").state.total, 5);
}

pub(crate) async fn a_dropped_import_resumes_when_it_is_repeated(store: Store) {
    let es = store.source();
    for polls in 0..40 {
        let name = format!("import {polls}");
        let given = || {
            history(10).map(|mut event| {
                event.stream = stream(&format!("{} of {polls}", event.stream.id()));
                event
            })
        };
        polled(polls, es.import().from(&*name).chunk(3).events(given())).await;
        let imported = es.import().from(&*name).chunk(3).events(given()).await.expect("the import resumes");
        assert_eq!(imported.events(), 10);
        let one = store.events_of(&stream(&format!("one of {polls}"))).await;
        assert_eq!(payloads(&one), ["0", "2", "4", "6", "8"], "after {polls} polls");
    }
}
