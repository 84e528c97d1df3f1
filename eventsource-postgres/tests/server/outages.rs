//! Servers that stop, refuse, hang or are full: each is told apart, and over once the server is back.

use std::time::Duration;

use eventsource_core::{
    Position, Version,
    store::{AppendError, Direction, EventStore, LogFilter, StoreError},
};
use eventsource_harness::{Cluster, Settings};
use eventsource_postgres::{PostgresOptions, PostgresStore};

use crate::support::{append_to, connect, database, open, run, stored, stream};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_the_same_store_works_again() {
    let mut cluster = Cluster::start(Settings::fast()).expect("a server starts");
    let url = cluster.url("postgres");
    PostgresStore::migrate(&url).await.expect("an empty database can be migrated");
    let options = PostgresOptions::new(&url).expect("a URL").acquire_timeout(Duration::from_millis(500));
    let store = options.connect().await.expect("connects");
    // Many connections, so that all of them are dead afterwards.
    let appends = (0..20).map(|id| store.append(append_to(id)));
    futures_util::future::try_join_all(appends).await.expect("the server is there");

    cluster.stop();
    let error = store.append(append_to("stopped")).await.expect_err("the server is gone");
    assert!(error.is_retryable(), "{error:?}");
    let read = store.read_log(Position::START, &LogFilter::all(), 1).await.expect_err("the server is gone");
    let StoreError::Unavailable { .. } = read else { panic!("{read:?}") };
    assert!(read.is_retryable() && read.to_string().contains("try again"), "{read}");

    cluster.restart().expect("the server starts again");
    let forward = Direction::Forward { after: Version::EMPTY };
    assert_eq!(store.read_stream(&stream(3), forward, 10).await.expect("it is back").len(), 1);
    store.append(append_to("restarted")).await.expect("it is back");

    // Stopped and started with nobody looking: the first call meets only dead connections.
    let appends = (0..20).map(|id| store.append(append_to(id)));
    futures_util::future::try_join_all(appends).await.expect("the server is there");
    cluster.stop();
    cluster.restart().expect("the server starts again");
    store.append(append_to("restarted")).await.expect("the first call succeeds");
    store.read_stream(&stream(3), forward, 10).await.expect("so does the second");
}

#[tokio::test(flavor = "multi_thread")]
async fn backends_that_an_operator_ends_are_replaced_unseen() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut operator = connect(database.url()).await;
    for id in 0..10 {
        store.append(append_to(id)).await.expect("the server is there");
        let end = "select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()";
        run(&mut operator, end).await;
        store.read_stream(&stream(id), Direction::Backward { before: Version::MAX }, 1).await.expect("reads");
    }
    assert_eq!(stored(database.url()).await.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_all_in_use_are_an_error_of_their_own() {
    let database = database().await;
    let options = PostgresOptions::new(database.url()).expect("a URL").max_connections(1);
    let store = options.acquire_timeout(Duration::from_millis(200)).connect().await.expect("connects");
    let mut blocker = connect(database.url()).await;
    run(&mut blocker, "begin; lock table eventsource.events in access exclusive mode").await;

    let blocked = tokio::spawn({
        let store = store.clone();
        async move { store.append(append_to("blocked")).await }
    });
    crate::support::wait_until_blocked(database.url(), 1).await;
    let error = store.append(append_to("waiting")).await.expect_err("the only connection is in use");
    let AppendError::Store(StoreError::Exhausted { waited, .. }) = error else { panic!("{error:?}") };
    assert!(waited >= Duration::from_millis(200), "{waited:?}");
    assert!(error.is_retryable());

    run(&mut blocker, "rollback").await;
    blocked.await.expect("no panic").expect("the append that waited for the table is stored");
    store.append(append_to("waiting")).await.expect("the connection is free again");
    assert_eq!(stored(database.url()).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_runs_too_long_is_cancelled_and_stores_nothing() {
    let database = database().await;
    let options = PostgresOptions::new(database.url()).expect("a URL");
    let store = options.statement_timeout(Duration::from_millis(100)).connect().await.expect("connects");
    let mut blocker = connect(database.url()).await;
    run(&mut blocker, "begin; lock table eventsource.events in access exclusive mode").await;

    let error = store.append(append_to("late")).await.expect_err("the table is locked");
    let AppendError::Store(StoreError::Cancelled { .. }) = error else { panic!("{error:?}") };
    assert!(error.is_retryable());
    let forward = Direction::Forward { after: Version::EMPTY };
    let error = store.read_stream(&stream("late"), forward, 1).await.expect_err("the table is locked");
    assert!(matches!(error, StoreError::Cancelled { .. }), "{error:?}");
    assert!(error.to_string().contains("statement timeout"), "{error}");

    run(&mut blocker, "rollback").await;
    assert_eq!(stored(database.url()).await.len(), 0);
    store.append(append_to("late")).await.expect("the table is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_became_read_only_is_unavailable() {
    // What a connection meets that ends at a standby after a failover.
    let database = database().await;
    let mut operator = connect(database.url()).await;
    let set = format!("alter database {} set default_transaction_read_only = on", database.name());
    let store = open(database.url()).await;
    store.append(append_to("acc-1")).await.expect("the server is writable");
    run(&mut operator, set).await;
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()";
    run(&mut operator, end).await;
    let error = store.append(append_to("acc-1")).await.expect_err("the server is read-only");
    assert!(error.is_retryable(), "{error:?}");
    let reset = format!("alter database {} reset default_transaction_read_only", database.name());
    run(&mut operator, format!("set default_transaction_read_only = off; {reset}")).await;
    run(&mut operator, end).await;
    store.append(append_to("acc-1")).await.expect("the server is writable again");
    assert_eq!(stored(database.url()).await.len(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let mut cluster = Cluster::start(Settings::fast()).expect("a server starts");
    cluster.stop();
    let options = PostgresOptions::new(&cluster.url("postgres")).expect("a URL");
    let refused =
        options.acquire_timeout(Duration::from_millis(500)).connect().await.expect_err("nobody listens");
    let eventsource_postgres::OpenError::Store(error) = refused else { panic!("{refused:?}") };
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.is_retryable(), "{error:?}");
}
