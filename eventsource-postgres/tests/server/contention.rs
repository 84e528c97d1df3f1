//! Many tasks at once, few connections, streams in common.

use std::{collections::HashMap, time::Duration};

use eventsource_core::{
    StreamId, Version,
    store::{Append, AppendError, Direction, EventStore, ExpectedVersion, StreamAppend},
};
use eventsource_postgres::{PostgresOptions, PostgresStore};
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;

use crate::support::{
    Chance, append_to, assert_streams_are_whole, connect, database, event, in_time, open, stored, stream,
    wait_for_backends,
};

async fn version(store: &PostgresStore, stream: &StreamId) -> Version {
    let newest = Direction::Backward { before: Version::MAX };
    let newest = store.read_stream(stream, newest, 1).await.expect("a stream can be read");
    newest.first().map_or(Version::EMPTY, |event| event.version)
}

/// Loads and appends until nobody else is faster, as a command does.
async fn load_and_append(store: &PostgresStore, stream: StreamId) {
    loop {
        let expected = ExpectedVersion::Exact(version(store, &stream).await);
        match store.append(Append::to(stream.clone(), expected, vec![event()])).await {
            Ok(_) => return,
            Err(AppendError::Conflict { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_get_by_with_two_connections() {
    let database = database().await;
    let own = PostgresOptions::new(database.url()).expect("a URL").max_connections(2);
    let own = own.acquire_timeout(Duration::from_secs(60)).connect().await.expect("a store");
    let shared = PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(60));
    let shared = shared.connect(database.url()).await.expect("a pool");
    for (round, store) in
        [own, PostgresStore::from_pool(shared).await.expect("a store")].into_iter().enumerate()
    {
        let mut tasks = JoinSet::new();
        for task in 0..64 {
            let store = store.clone();
            tasks.spawn(async move {
                for _ in 0..5 {
                    load_and_append(&store, stream(format!("{round}-{}", task % 16))).await;
                    store.append(append_to(format!("{round}-common"))).await.expect("appended");
                }
            });
        }
        in_time("64 tasks with two connections", tasks.join_all()).await;
    }
    let log = stored(database.url()).await;
    assert_eq!(log.len(), 2 * 64 * 5 * 2);
    assert_streams_are_whole(&log);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_to_the_same_streams_in_any_order_do_not_deadlock() {
    const TASKS: u64 = 32;
    const ROUNDS: usize = 8;
    let database = database().await;
    let options = PostgresOptions::new(database.url()).expect("a URL").max_connections(20);
    let store = options.acquire_timeout(Duration::from_secs(60)).connect().await.expect("a store");
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = store.clone();
        tasks.spawn(async move {
            let mut chance = Chance(task);
            let mut conflicts = 0;
            for _ in 0..ROUNDS {
                let mut streams: Vec<StreamId> = (0..6).map(stream).collect();
                // Any order, and of some tasks the opposite one.
                let turn = usize::try_from(chance.below(6)).expect("a small number");
                streams.rotate_left(turn);
                if chance.below(2) == 0 {
                    streams.reverse();
                }
                streams.truncate(4);
                while let Err(error) = store.append(across(&store, &streams, &mut chance).await).await {
                    assert!(matches!(error, AppendError::Conflict { .. }), "{error:?}");
                    conflicts += 1;
                }
            }
            conflicts
        });
    }
    let conflicts: Vec<u32> = in_time("32 tasks on six streams", tasks.join_all()).await;
    assert!(conflicts.iter().sum::<u32>() > 0, "nobody met anybody, so this has shown nothing");
    let log = stored(database.url()).await;
    assert_eq!(log.len(), usize::try_from(TASKS).expect("a small number") * ROUNDS * 4 * 2);
    assert_streams_are_whole(&log);

    // The server counts them, also those that the store has got over by trying again.
    store.close().await;
    wait_for_backends(database.url(), "application_name = 'eventsource'", 0).await;
    let mut connection = connect(database.url()).await;
    let deadlocks =
        sqlx::query_scalar("select deadlocks from pg_stat_database where datname = current_database()");
    let deadlocks: i64 = deadlocks.fetch_one(&mut connection).await.expect("a count");
    assert_eq!(deadlocks, 0);
}

/// Two events to each stream, some on whatever is there, some on the version that is there now.
async fn across(store: &PostgresStore, streams: &[StreamId], chance: &mut Chance) -> Append {
    let mut parts = Vec::new();
    for stream in streams {
        let expected = match chance.below(4) {
            0 => ExpectedVersion::Exact(version(store, stream).await),
            _ => ExpectedVersion::Any,
        };
        parts.push(StreamAppend { stream: stream.clone(), expected, events: vec![event(), event()] });
    }
    Append { streams: parts, idempotency_key: None }
}

/// A statement has at most 65,535 binds; arrays count as one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_append_takes_more_events_than_a_statement_takes_binds() {
    let database = database().await;
    let store = open(database.url()).await;
    let events: Vec<_> = (0..100_000).map(|_| event()).collect();
    let append = Append::to(stream("a"), ExpectedVersion::NoStream, events);
    let receipt = store.append(append.clone()).await.expect("appended").remove(0);
    assert_eq!((receipt.version.get(), receipt.position.get()), (100_000, 100_000));
    assert!(store.append(append.clone()).await.expect("repeated")[0].repeated);
    let log = stored(database.url()).await;
    assert!(log.iter().map(|event| event.id).eq(append.streams[0].events.iter().map(|event| event.id)));
    assert_streams_are_whole(&log);
}

/// Beyond one digit, and beyond what sixteen bits hold.
#[tokio::test]
async fn a_conflict_is_recognised_at_any_version() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut actual = 0;
    for more in [9, 1, 1, 89, 1, 65_434, 1, 1] {
        let events = (0..more).map(|_| event()).collect();
        let expected = ExpectedVersion::Exact(Version::new(actual));
        store.append(Append::to(stream("a"), expected, events)).await.expect("appended");
        actual += more;
        for stale in [0, actual - 1, actual + 1, actual * 10] {
            let expected = ExpectedVersion::Exact(Version::new(stale));
            let outcome = store.append(Append::to(stream("a"), expected, vec![event()])).await;
            let Err(AppendError::Conflict { actual: found, .. }) = outcome else { panic!("{outcome:?}") };
            assert_eq!(found.get(), actual, "expecting {stale}");
        }
    }
    assert_eq!(actual, 65_537);
}

#[tokio::test]
async fn quotes_and_all_else_in_names_are_only_text() {
    let database = database().await;
    let store = open(database.url()).await;
    let names = [
        "o'brien@x",
        "'; drop table eventsource.events; --",
        "\"",
        "$1",
        "%",
        "_",
        "\\",
        "a/b",
        "{a,b}",
        "null",
        " ",
    ];
    let mut versions = HashMap::new();
    for turn in 1..=2 {
        for name in names {
            let stream = StreamId::new(name, name).expect("a valid name");
            let append = Append::to(stream.clone(), ExpectedVersion::Any, vec![event()]);
            let key = format!("{turn} {name}");
            let receipt = store.append(append.with_idempotency_key(&key)).await.expect(name).remove(0);
            versions.insert(name, receipt.version.get());
            let found = store.find_receipt(&stream, &key).await.expect(name);
            assert_eq!(found.map(|found| found.position), Some(receipt.position), "{name}");
        }
    }
    assert_eq!(versions, names.into_iter().map(|name| (name, 2)).collect());
    assert_streams_are_whole(&stored(database.url()).await);
}
