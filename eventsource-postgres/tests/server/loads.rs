//! Batched loads: they take few queries, and each has the same result as a separate load.

use std::ops::ControlFlow;

use eventsource_core::{
    Version,
    event::StoredEvent,
    store::{Append, EventStore, ExpectedVersion},
};
use eventsource_postgres::{PostgresOptions, PostgresStore};
use futures_util::future::join_all;

use crate::support::{connect, database, event, in_time, open, run, stream, wait_for_backends};

/// The versions and payloads of the events after one version, up to another.
async fn load_up_to(store: &PostgresStore, id: usize, after: u64, last: u64) -> Vec<(u64, String)> {
    let mut loaded = Vec::new();
    let mut each = |version: Version, stored: StoredEvent<'_>| {
        loaded.push((version.get(), stored.payload.to_owned()));
        if version.get() < last { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    store.read_history(&stream(id), Version::new(after), &mut each).await.expect("the stream can be read");
    loaded
}

async fn load(store: &PostgresStore, id: usize, after: u64) -> Vec<(u64, String)> {
    load_up_to(store, id, after, u64::MAX).await
}

/// Appends to this many streams: 300 events to the first one, to the others as many as the number of the stream.
async fn fill(store: &PostgresStore, streams: usize) {
    for id in 0..streams {
        let events = (0..if id == 0 { 300 } else { id }).map(|_| event()).collect();
        let append = Append::to(stream(id), ExpectedVersion::NoStream, events);
        store.append(append).await.expect("appended");
    }
}

#[tokio::test]
async fn each_of_many_concurrent_loads_gets_the_same_events_as_a_separate_load() {
    let database = database().await;
    let store = open(database.url()).await;
    fill(&store, 70).await;
    let wanted: Vec<(usize, u64, u64)> = (0..140)
        .map(|n| (n * 7 % 75, n as u64 % 5, [1, 3, 128, 1_000][n % 4]))
        .chain((0..12).map(|n| (0, n as u64, [127, 128, 129, 299, 1_000, u64::MAX][n % 6])))
        .collect();
    let store = &store;
    let loads = wanted.iter().map(|&(id, after, last)| load_up_to(store, id, after, last));
    let together = in_time("the loads", join_all(loads)).await;
    for ((id, after, last), together) in wanted.into_iter().zip(together) {
        assert_eq!(
            together,
            load_up_to(store, id, after, last).await,
            "stream {id} after {after}, up to {last}"
        );
    }
}

#[tokio::test]
async fn many_concurrent_loads_take_few_queries() {
    let database = database().await;
    fill(&open(database.url()).await, 64).await;
    let mut admin = connect(database.url()).await;
    let transactions = "select xact_commit from pg_stat_database where datname = current_database()";
    let all_counted = async || {
        // A connection reports its statistics when it ends.
        wait_for_backends(database.url(), "application_name = 'eventsource'", 0).await;
        run(&mut connect(database.url()).await, "select pg_stat_clear_snapshot()").await;
    };
    let store = open(database.url()).await;
    store.close().await;
    all_counted().await;
    let before: i64 = sqlx::query_scalar(transactions).fetch_one(&mut admin).await.expect("a count");
    let store = open(database.url()).await;
    let some = join_all((0..64).map(|id| load(&store, id, 0))).await;
    assert_eq!(some.iter().map(Vec::len).sum::<usize>(), 300 + 63 * 32);
    store.close().await;
    all_counted().await;
    let after: i64 = sqlx::query_scalar(transactions).fetch_one(&mut admin).await.expect("a count");
    // In addition to the loads, there are transactions that open the store and read the statistics.
    assert!(after - before < 50, "{} transactions", after - before);
}

/// More bytes than a batch keeps: a load that is not complete reads the rest separately.
#[tokio::test]
async fn concurrent_loads_of_large_events_are_each_complete() {
    let database = database().await;
    let large = "
        insert into eventsource.events
        select n, 'account', (n % 60)::text, n / 60, gen_random_uuid(), 'account.noted', 1,
               json_build_object('text', repeat('x', 200 * 1024)), '{}', null, null, now()
          from generate_series(60, 299) n;
        select setval('eventsource.event_position', 300)";
    run(&mut connect(database.url()).await, large).await;
    let store = open(database.url()).await;
    for _ in 0..3 {
        for loaded in join_all((0..60).map(|id| load(&store, id, 0))).await {
            let versions: Vec<_> = loaded.into_iter().map(|(version, _)| version).collect();
            assert_eq!(versions, [1, 2, 3, 4]);
        }
    }
}

/// A stream of 40 megabytes, far more than the server sends ahead.
const LARGE: &str = "
    insert into eventsource.events
    select n, 'account', 'large', n, gen_random_uuid(), 'account.noted', 1,
           json_build_object('text', repeat('x', 100 * 1024)), '{}', null, null, now()
      from generate_series(1, 400) n;
    select setval('eventsource.event_position', 400)";

/// The backend of a store that has one connection.
async fn backend(url: &str) -> i32 {
    let query = "select pid from pg_stat_activity
                  where datname = current_database() and application_name = 'eventsource'";
    sqlx::query_scalar(query).fetch_one(&mut connect(url).await).await.expect("one backend")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_loses_its_connection_resumes_on_another_one() {
    let database = database().await;
    run(&mut connect(database.url()).await, LARGE).await;
    let store = open(database.url()).await;
    let mut admin = connect(database.url()).await;
    let runtime = tokio::runtime::Handle::current();
    let end = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
                where datname = current_database() and application_name = 'eventsource'";
    let mut versions = Vec::new();
    let mut each = |version: Version, _: StoredEvent<'_>| {
        versions.push(version.get());
        if version == Version::new(10) {
            tokio::task::block_in_place(|| runtime.block_on(run(&mut admin, end)));
        }
        ControlFlow::Continue(())
    };
    store
        .read_history(&stream("large"), Version::EMPTY, &mut each)
        .await
        .expect("another connection resumes");
    assert_eq!(versions, (1..=400).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_rest_of_a_load_that_stops_early_is_not_received() {
    let database = database().await;
    let url = database.url();
    run(&mut connect(url).await, LARGE).await;
    let store =
        PostgresOptions::new(url).expect("a URL").max_connections(1).connect().await.expect("a store");
    let first = backend(url).await;
    let load_up_to = async |last| {
        let mut each = |version: Version, _: StoredEvent<'_>| {
            if version.get() < last { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        store.read_history(&stream("large"), Version::EMPTY, &mut each).await.expect("read");
    };
    // A small rest is received, and the connection stays in use.
    load_up_to(395).await;
    assert_eq!(backend(url).await, first);
    load_up_to(5).await;
    wait_for_backends(url, &format!("pid = {first}"), 0).await;
    load_up_to(400).await;
}

#[tokio::test]
async fn a_batched_load_sees_every_append_that_was_acknowledged_before_it() {
    let database = database().await;
    let store = &open(database.url()).await;
    fill(store, 8).await;
    let rounds = (0..32_usize).map(|task| async move {
        for round in 1..=10_u64 {
            let id = 100 + task;
            let append = Append::to(stream(id), ExpectedVersion::Any, vec![event()]);
            store.append(append).await.expect("appended");
            assert_eq!(load(store, id, 0).await.len() as u64, round);
        }
    });
    in_time("the rounds", join_all(rounds)).await;
}
