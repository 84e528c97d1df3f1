//! Concurrent appends: on few connections, in opposite orders, and with more events than a statement can have binds.

use std::ops::ControlFlow;

use eventsource_conformance::waiting::LIMIT;
use eventsource_core::{
    Version,
    event::StoredEvent,
    store::{Append, AppendError, Direction, EventStore, ExpectedVersion, StreamAppend},
};
use eventsource_harness::TestDatabase;
use eventsource_postgres::{PostgresOptions, PostgresStore};
use futures_util::future::try_join_all;
use tokio::task::JoinSet;

use crate::support::{
    append_to, append_with_sql, assert_streams_are_whole, connect, database, event, open, run, stored,
    stream, wait_for_backends, wait_until_blocked,
};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_tasks_share_two_connections() {
    let database = database().await;
    let options = PostgresOptions::new(database.url()).expect("a URL").max_connections(2);
    let store = options.acquire_timeout(LIMIT).connect().await.expect("connects");
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..4 {
                store.append(append_to(task)).await.expect("a connection becomes free");
                let backward = Direction::Backward { before: Version::MAX };
                store.read_stream(&stream(task), backward, 1).await.expect("a connection becomes free");
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(stored(database.url()).await.len(), 256);
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_to_the_same_streams_in_opposite_orders_do_not_deadlock() {
    let database = database().await;
    let store = PostgresOptions::new(database.url()).expect("a URL").max_connections(32);
    let store = store.connect().await.expect("connects");
    let mut tasks = JoinSet::new();
    for task in 0..32_u64 {
        let store = store.clone();
        tasks.spawn(async move {
            for round in 0..8 {
                let mut streams: Vec<StreamAppend> = (0..5)
                    .map(|id| StreamAppend {
                        stream: stream(id),
                        expected: ExpectedVersion::Any,
                        events: vec![event()],
                    })
                    .collect();
                if task % 2 == 0 {
                    streams.reverse();
                }
                streams.rotate_left(round % 5);
                let append = Append { streams, idempotency_key: None, request: None };
                store.append(append).await.expect("no caller sees a deadlock");
            }
        });
    }
    tasks.join_all().await;
    let log = stored(database.url()).await;
    assert_eq!(log.len(), 32 * 8 * 5);
    assert_streams_are_whole(&log);
}

#[tokio::test(flavor = "multi_thread")]
async fn exact_appends_in_opposite_orders_conflict_and_do_not_deadlock() {
    let database = database().await;
    let store = open(database.url()).await;
    let parts = |version: u64, reversed: bool| {
        let mut streams: Vec<StreamAppend> = (0..3)
            .map(|id| StreamAppend {
                stream: stream(id),
                expected: ExpectedVersion::Exact(Version::new(version)),
                events: vec![event()],
            })
            .collect();
        if reversed {
            streams.reverse();
        }
        Append { streams, idempotency_key: None, request: None }
    };
    for version in 0..20 {
        let racers = (0..8).map(|racer| store.append(parts(version, racer % 2 == 0)));
        let outcomes = futures_util::future::join_all(racers).await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1, "{outcomes:?}");
        for lost in outcomes.into_iter().filter_map(Result::err) {
            // Also from version 10 on: a conflict is recognized by its type and not by its text.
            let AppendError::Conflict { actual, .. } = lost else { panic!("{lost:?}") };
            assert_eq!(actual, Version::new(version + 1));
        }
    }
    assert_streams_are_whole(&stored(database.url()).await);
}

/// The server counts deadlocks, including those after which the store retried.
pub(crate) async fn assert_no_deadlock(database: &TestDatabase, stores: &[PostgresStore]) {
    // A connection reports its statistics when it ends.
    for store in stores {
        store.close().await;
    }
    wait_for_backends(database.url(), "application_name = 'eventsource'", 0).await;
    let mut connection = connect(database.url()).await;
    let deadlocks =
        sqlx::query_scalar("select deadlocks from pg_stat_database where datname = current_database()");
    let deadlocks: i64 = deadlocks.fetch_one(&mut connection).await.expect("a count");
    assert_eq!(deadlocks, 0);
}

/// Two processes append to the same three streams in opposite orders, and another transaction blocks both at the middle
/// stream. If they locked the streams in the given order, each would then hold the lock that the other one needs.
async fn opposite_orders_do_not_deadlock(expected: ExpectedVersion) {
    let database = database().await;
    let stores = [open(database.url()).await, open(database.url()).await];
    let mut other = connect(database.url()).await;
    run(&mut other, "begin").await;
    append_with_sql(&mut other, "middle").await.expect("the append succeeds");
    let orders = [["one", "middle", "two"], ["two", "middle", "one"]];
    let appending: Vec<_> = orders
        .into_iter()
        .zip(stores.clone())
        .map(|(streams, store)| {
            let part = |id| StreamAppend { stream: stream(id), expected, events: vec![event()] };
            let append = Append { streams: streams.map(part).into(), idempotency_key: None, request: None };
            tokio::spawn(async move { store.append(append).await })
        })
        .collect();
    wait_until_blocked(database.url(), 2).await;
    run(&mut other, "rollback").await;
    let mut appended = 0;
    for appending in appending {
        match appending.await.expect("an end") {
            Ok(_) => appended += 1,
            Err(error) => assert!(matches!(error, AppendError::Conflict { .. }), "{error:?}"),
        }
    }
    assert_eq!(appended, if expected == ExpectedVersion::Any { 2 } else { 1 });
    assert_no_deadlock(&database, &stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_appends_in_opposite_orders_do_not_deadlock() {
    opposite_orders_do_not_deadlock(ExpectedVersion::NoStream).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_appends_to_any_version_in_opposite_orders_do_not_deadlock() {
    opposite_orders_do_not_deadlock(ExpectedVersion::Any).await;
}

/// They cannot conflict, so none may fail with a retryable error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_to_any_version_of_one_stream_are_queued() {
    let database = database().await;
    let mut stores = Vec::new();
    for _ in 0..10 {
        stores.push(open(database.url()).await);
    }
    let mut other = connect(database.url()).await;
    run(&mut other, "begin").await;
    append_with_sql(&mut other, "common").await.expect("the append succeeds");
    let mut tasks = JoinSet::new();
    for store in stores.iter().cycle().take(60) {
        let store = store.clone();
        tasks.spawn(async move { store.append(append_to("common")).await.expect("appended").remove(0) });
    }
    // One append of each process; the others are queued in the process.
    wait_until_blocked(database.url(), 10).await;
    run(&mut other, "commit").await;
    let mut versions: Vec<u64> = tasks.join_all().await.iter().map(|receipt| receipt.version.get()).collect();
    versions.sort_unstable();
    assert!(versions.into_iter().eq(2..=61));
    assert_streams_are_whole(&stored(database.url()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_may_have_more_events_than_a_statement_may_have_binds() {
    let database = database().await;
    let store = open(database.url()).await;
    let events = (0..70_000).map(|_| event()).collect();
    let receipts = store.append(Append::to(stream("large"), ExpectedVersion::NoStream, events)).await;
    assert_eq!(
        receipts.expect("arrays have no limit").first().expect("a receipt").version,
        Version::new(70_000)
    );
    assert_eq!(stored(database.url()).await.len(), 70_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_in_a_parallel_plan_is_in_order() {
    let database = database().await;
    let store = open(database.url()).await;
    for _ in 0..10 {
        let parts = (0..20).map(|id| StreamAppend {
            stream: stream(id),
            expected: ExpectedVersion::Any,
            events: (0..100).map(|_| event()).collect(),
        });
        let append = Append { streams: parts.collect(), idempotency_key: None, request: None };
        store.append(append).await.expect("appends");
    }
    // Forces the planner to use parallel workers wherever it can.
    let forced = "postgres://".to_owned() + &database.url()["postgres://".len()..];
    let server: sqlx::postgres::PgConnectOptions = forced.parse().expect("a URL");
    let server = server.options([
        ("parallel_setup_cost", "0"),
        ("parallel_tuple_cost", "0"),
        ("min_parallel_table_scan_size", "0"),
        ("enable_indexscan", "off"),
        ("enable_bitmapscan", "off"),
    ]);
    let store = PostgresOptions::with_server(server).connect().await.expect("connects");
    let store = &store;
    let loads = (0..20).map(|id| async move {
        let mut versions = Vec::new();
        let mut each = |version: Version, _: StoredEvent<'_>| {
            versions.push(version.get());
            ControlFlow::Continue(())
        };
        store.read_history(&stream(id), Version::EMPTY, &mut each).await.map(|()| versions)
    });
    for versions in try_join_all(loads).await.expect("the streams can be read") {
        assert_eq!(versions, (1..=1000).collect::<Vec<_>>());
    }
}
