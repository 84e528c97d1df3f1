//! Outages: each error says what failed and whether to retry, and the same store works afterwards.

use std::{ops::ControlFlow, time::Duration};

use eventsource_core::{
    Position, Version,
    event::StoredEvent,
    store::{Append, AppendError, Direction, EventStore, LogFilter, StoreError},
};
use eventsource_harness::{self as harness, Cluster, Proxy, Settings};
use eventsource_postgres::{MigrateError, OpenError, PostgresOptions, PostgresStore};
use futures_util::future::join_all;
use sqlx::{Connection, postgres::PgPoolOptions};
use tokio::task::JoinHandle;

use crate::support::{
    append_to, connect, database, database_on, in_time, open, port_of, run, snapshot, stored, stream,
    wait_until_blocked,
};

const CALLS: usize = 9;

/// Makes one of the store's calls; returns its name and result. A failed append is expected to be an error of the store.
async fn call(store: &PostgresStore, which: usize) -> (&'static str, Result<(), StoreError>) {
    let forward = Direction::Forward { after: Version::EMPTY };
    let mut all = |_: Version, _: StoredEvent<'_>| ControlFlow::Continue(());
    match which {
        0 => ("append", append(store, append_to("a")).await),
        1 => ("read_stream", store.read_stream(&stream("a"), forward, 9).await.map(drop)),
        2 => ("read_log", store.read_log(Position::START, &LogFilter::all(), 9).await.map(drop)),
        3 => ("find_receipt", store.find_receipt(&stream("a"), "key").await.map(drop)),
        4 => ("save_snapshot", store.save_snapshot(snapshot("a", 1)).await),
        5 => ("load_snapshot", store.load_snapshot(&stream("a")).await.map(drop)),
        6 => ("stored_types", store.stored_types(1).await.map(drop)),
        7 => ("read_history", store.read_history(&stream("a"), Version::EMPTY, &mut all).await),
        _ => ("grant_to", store.grant_to("postgres").await),
    }
}

async fn every_call(store: &PostgresStore) -> Vec<(&'static str, Result<(), StoreError>)> {
    let mut outcomes = Vec::new();
    for which in 0..CALLS {
        outcomes.push(call(store, which).await);
    }
    outcomes
}

async fn append(store: &PostgresStore, append: Append) -> Result<(), StoreError> {
    match store.append(append).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let retryable = error.is_retryable();
            let AppendError::Store(error) = error else { panic!("{error:?}") };
            assert_eq!(retryable, error.is_retryable());
            Err(error)
        }
    }
}

fn assert_unavailable(error: &StoreError) {
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(error.is_retryable());
    assert!(error.to_string().contains("try again once it is back"), "{error}");
}

fn assert_cancelled(error: &StoreError) {
    assert!(matches!(error, StoreError::Cancelled { .. }), "{error:?}");
    assert!(error.is_retryable());
    assert!(error.to_string().contains("raise the statement timeout"), "{error}");
}

/// An append in a task, which waits for a lock that another session holds.
async fn blocked_append(url: &str, store: &PostgresStore) -> JoinHandle<Result<(), StoreError>> {
    let store = store.clone();
    let appending = tokio::spawn(async move { append(&store, append_to("blocked")).await });
    wait_until_blocked(url, 1).await;
    appending
}

const LOCK: &str = "begin; lock table eventsource.events in access exclusive mode";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_is_unavailable_until_it_is_back() {
    let mut cluster = Cluster::start(Settings::fast()).expect("a server");
    let database = database_on(&cluster.url("postgres")).await;
    let timeout = Duration::from_millis(250);
    let own =
        PostgresOptions::new(database.url()).expect("a URL").acquire_timeout(timeout).max_connections(2);
    let shared = PgPoolOptions::new().max_connections(2).acquire_timeout(timeout);
    let shared = shared.connect(database.url()).await.expect("a pool");
    let stores = [
        own.clone().connect().await.expect("a store"),
        PostgresStore::from_pool(shared).await.expect("a store"),
    ];

    cluster.stop();
    for store in &stores {
        // The first call may lose its connection in the middle, and then have an unknown outcome.
        let _ = store.append(append_to("first")).await;
        for (call, outcome) in every_call(store).await {
            assert_unavailable(&outcome.expect_err(call));
        }
    }
    let OpenError::Store(error) = own.clone().connect().await.expect_err("no server") else { panic!() };
    assert_unavailable(&error);
    let migrated = PostgresStore::migrate(database.url()).await.expect_err("no server");
    let MigrateError::Store(error) = migrated else { panic!("{migrated:?}") };
    assert_unavailable(&error);

    cluster.restart().expect("the server comes back");
    for store in &stores {
        for (call, outcome) in every_call(store).await {
            outcome.unwrap_or_else(|error| panic!("{call}: {error:?}"));
        }
    }
}

#[tokio::test]
async fn connections_that_an_administrator_terminates_are_replaced() {
    let database = database().await;
    let mut admin = connect(database.url()).await;
    let end_all = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()";
    let shared = PgPoolOptions::new().max_connections(3).connect(database.url()).await.expect("a pool");
    for store in [open(database.url()).await, PostgresStore::from_pool(shared).await.expect("a store")] {
        for first in 0..CALLS {
            // Fills the pool again, so that there are several connections to terminate.
            let _ = tokio::join!(call(&store, 1), call(&store, 2), call(&store, 3));
            run(&mut admin, end_all).await;
            let (name, outcome) = call(&store, first).await;
            outcome.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
    }
}

#[tokio::test]
async fn an_append_whose_backend_is_terminated_is_retried() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut admin = connect(database.url()).await;
    run(&mut admin, LOCK).await;
    let appending = blocked_append(database.url(), &store).await;
    let end = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'";
    run(&mut admin, end).await;
    wait_until_blocked(database.url(), 1).await;
    run(&mut admin, "commit").await;
    appending.await.expect("an end").expect("appended");
    assert_eq!(stored(database.url()).await.len(), 1);
}

#[tokio::test]
async fn an_exhausted_pool_is_distinguished_from_a_server_that_is_down() {
    let database = database().await;
    let timeout = Duration::from_millis(100);
    let options =
        PostgresOptions::new(database.url()).expect("a URL").max_connections(1).acquire_timeout(timeout);
    let store = options.connect().await.expect("a store");
    let mut other = connect(database.url()).await;
    run(&mut other, LOCK).await;
    let appending = blocked_append(database.url(), &store).await;
    for (call, outcome) in every_call(&store).await {
        let error = outcome.expect_err(call);
        let StoreError::Exhausted { waited, .. } = &error else { panic!("{call}: {error:?}") };
        assert!(*waited >= timeout, "{waited:?}");
        assert!(error.is_retryable());
        assert!(error.to_string().contains("try again, or allow more connections"), "{error}");
    }
    run(&mut other, "commit").await;
    appending.await.expect("an end").expect("appended");
    // On a busy machine the connection may be back too late.
    let one = append_to("a");
    while let Err(error) = append(&store, one.clone()).await {
        assert!(matches!(error, StoreError::Exhausted { .. }), "{error:?}");
    }
    assert_eq!(stored(database.url()).await.len(), 2, "the append without a connection is not stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_callers_do_not_each_probe_a_server_that_does_not_answer() {
    const CALLERS: u32 = 120;
    let database = database().await;
    let proxy = Proxy::start(port_of(database.url())).expect("a proxy");
    let options = PostgresOptions::new(&proxy.url(database.url())).expect("a URL");
    let options = options.max_connections(2).acquire_timeout(Duration::from_millis(250));
    let store = options.connect().await.expect("a store");
    proxy.cut();
    proxy.stall(harness::Direction::ToClient);
    let calls = (0..CALLERS).map(|_| call(&store, 1));
    for (_, outcome) in in_time("all calls to fail", join_all(calls)).await {
        assert_unavailable(&outcome.expect_err("the server does not answer"));
    }
    proxy.heal();
    call(&store, 1).await.1.expect("read");
}

#[tokio::test]
async fn a_statement_that_runs_too_long_is_cancelled() {
    let database = database().await;
    let timeout = Duration::from_millis(100);
    let options = PostgresOptions::new(database.url()).expect("a URL").statement_timeout(timeout);
    let store = options.connect().await.expect("a store");
    let mut other = connect(database.url()).await;
    run(&mut other, LOCK).await;
    run(
        &mut other,
        "lock table eventsource.snapshots, eventsource.idempotency_keys in access exclusive mode;
         select pg_advisory_xact_lock(1163285334, 0)",
    )
    .await;
    let outcomes = in_time("the statement timeout", every_call(&store)).await;
    for (call, outcome) in outcomes {
        assert_cancelled(&outcome.expect_err(call));
    }
    run(&mut other, "commit").await;
    assert_eq!(stored(database.url()).await, []);
    for (call, outcome) in every_call(&store).await {
        outcome.unwrap_or_else(|error| panic!("{call}: {error:?}"));
    }
}

#[tokio::test]
async fn a_statement_that_an_operator_cancels_is_reported_as_cancelled() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut admin = connect(database.url()).await;
    run(&mut admin, LOCK).await;
    let appending = blocked_append(database.url(), &store).await;
    let cancel = "select pg_cancel_backend(pid) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
    run(&mut admin, cancel).await;
    assert_cancelled(&appending.await.expect("an end").expect_err("cancelled"));
    run(&mut admin, "commit").await;
    assert_eq!(stored(database.url()).await, []);
}

#[tokio::test]
async fn a_lock_timeout_cancels_the_call() {
    let database = database().await;
    let mut admin = connect(database.url()).await;
    run(&mut admin, format!("alter database {} set lock_timeout = '50ms'", database.name())).await;
    let store = open(database.url()).await;
    run(&mut admin, LOCK).await;
    assert_cancelled(&append(&store, append_to("a")).await.expect_err("cancelled"));
}

/// After a failover a connection may lead to a server that is now a standby. It must not stay in the pool.
#[tokio::test]
async fn a_read_only_server_is_unavailable_until_it_is_primary_again() {
    let database = database().await;
    let mut admin = connect(database.url()).await;
    let read_only =
        |on: bool| format!("alter database {} set default_transaction_read_only = {on}", database.name());
    run(&mut admin, read_only(true)).await;
    // One store of each kind notices it in an append, and one when it saves a snapshot.
    let mut stores = Vec::new();
    for writing in [0, 4] {
        let shared = PgPoolOptions::new().max_connections(1).connect(database.url()).await.expect("a pool");
        stores.push((writing, open(database.url()).await));
        stores.push((writing, PostgresStore::from_pool(shared).await.expect("a store")));
    }
    for (writing, store) in &stores {
        let (name, outcome) = call(store, *writing).await;
        assert_unavailable(&outcome.expect_err(name));
    }
    // The change applies to new connections only.
    run(&mut admin, read_only(false)).await;
    for (writing, store) in &stores {
        let (name, outcome) = call(store, *writing).await;
        outcome.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
}

/// A standby does not know the running appends of its primary, so it cannot compute the horizon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_does_not_read_the_log_until_it_is_primary() {
    let mut cluster = Cluster::start(Settings::fast()).expect("a server");
    let database = database_on(&cluster.url("postgres")).await;
    append(&open(database.url()).await, append_to("a")).await.expect("appended");
    cluster.stop();
    // With this file it starts as the standby of a primary that never sends anything.
    std::fs::write(cluster.socket_folder().join("data/standby.signal"), "")
        .expect("the data folder is writable");
    cluster.restart().expect("a standby starts");

    let store = open(database.url()).await;
    for which in [0, 2, 4] {
        let (name, outcome) = call(&store, which).await;
        assert_unavailable(&outcome.expect_err(name));
    }
    let forward = Direction::Forward { after: Version::EMPTY };
    let events = store.read_stream(&stream("a"), forward, 9).await.expect("a stream can be read");
    assert_eq!(events.len(), 1);

    run(&mut connect(database.url()).await, "select pg_promote()").await;
    for (name, outcome) in every_call(&store).await {
        outcome.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
    assert_eq!(stored(database.url()).await.len(), 2);
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_not_an_outage() {
    let database = database().await;
    let url = format!("{}_not", database.url());
    let OpenError::Store(error) = PostgresStore::connect(&url).await.expect_err("no database") else {
        panic!()
    };
    assert!(matches!(error, StoreError::Backend { .. }) && !error.is_retryable(), "{error:?}");
    connect(database.url()).await.close().await.expect("the server is up");
}
