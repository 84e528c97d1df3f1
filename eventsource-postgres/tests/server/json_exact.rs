//! Payloads, metadata and snapshots are stored byte for byte: as `json`, not `jsonb`.

use eventsource_core::{
    Position, Version,
    snapshot::Snapshot,
    store::{Append, Direction, EventStore, ExpectedVersion, LogFilter},
};
use serde_json::value::RawValue;

use crate::support::{connect, database, event_of, open, snapshot, stream};

/// `jsonb` would refuse or alter each of these.
const PAYLOADS: [&str; 10] = [
    r#"{"nul":"\u0000"}"#,
    "1e3",
    "1.10",
    "-0",
    "9007199254740993",
    "0.1e-400",
    r#"{"b":1,"a":2}"#,
    r#"{"a":1,"a":2}"#,
    r#"[ 1 ,	2 ]"#,
    r#"{"text":"\u00e9 é \/ \ud83e\udd80"}"#,
];

#[tokio::test]
async fn json_columns_have_type_json_and_not_jsonb() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    let query = sqlx::query_as::<_, (String, String)>(
        "select table_name || '.' || column_name, data_type from information_schema.columns
          where table_schema = 'eventsource' and data_type in ('json', 'jsonb') order by 1",
    );
    let columns = query.fetch_all(&mut connection).await.expect("the columns");
    let expected = [
        "checkpoints.stopped",
        "events.metadata",
        "events.payload",
        "generations.event_types",
        "outcomes.content",
        "snapshots.state",
        "timers.data",
        "workers.supports",
    ];
    assert_eq!(columns, expected.map(|name| (name.to_owned(), "json".to_owned())));
}

#[tokio::test]
async fn payloads_are_returned_byte_for_byte() {
    let database = database().await;
    let store = open(database.url()).await;
    let events = PAYLOADS.map(|payload| event_of("account.noted", payload)).into();
    store.append(Append::to(stream("a"), ExpectedVersion::NoStream, events)).await.expect("appended");

    let forward = Direction::Forward { after: Version::EMPTY };
    let read = store.read_stream(&stream("a"), forward, 99).await.expect("the stream");
    assert!(read.iter().map(|event| event.payload()).eq(PAYLOADS));
    let page = store.read_log(Position::START, &LogFilter::all(), 99).await.expect("the log");
    assert!(page.events.iter().map(|event| event.payload()).eq(PAYLOADS));
    for sample in store.stored_types(99).await.expect("the types").remove(0).samples {
        assert!(PAYLOADS.contains(&sample.payload()), "{}", sample.payload());
    }
    // The payload can be queried as JSON.
    let mut connection = connect(database.url()).await;
    let query = sqlx::query_scalar("select payload->>'b' from eventsource.events where version = 7");
    assert_eq!(query.fetch_one(&mut connection).await.ok(), Some("1".to_owned()));
}

#[tokio::test]
async fn snapshots_are_returned_byte_for_byte() {
    let database = database().await;
    let store = open(database.url()).await;
    for (version, payload) in (1..).zip(PAYLOADS) {
        let state = RawValue::from_string(payload.to_owned()).expect("JSON");
        store.save_snapshot(Snapshot { state, ..snapshot("a", version) }).await.expect("kept");
        let kept = store.load_snapshot(&stream("a")).await.expect("an answer").expect("it was kept");
        assert_eq!(kept.snapshot.state.get(), payload);
    }
}
