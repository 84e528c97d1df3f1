//! Hints that events were appended, and the list of transactions that hold the horizon back.

use std::time::Duration;

use eventsource_core::store::{EventStore, ProjectionStore};
use eventsource_harness::PgBouncer;
use eventsource_postgres::PostgresOptions;
use sqlx::{ConnectOptions, Row, postgres::PgConnectOptions};
use tokio::time::timeout;

use crate::support::{append_with_sql, connect, database, in_time, open, run, wait_for_backends, wait_until};

const LISTENS: &str = "query like 'LISTEN%'";

/// Consumes the hints that have arrived already.
async fn drain_hints(store: &impl ProjectionStore) {
    while timeout(Duration::from_millis(50), store.listen()).await.is_ok() {}
}

#[tokio::test]
async fn all_listeners_are_notified_by_another_process() {
    let database = database().await;
    let (store, other) = (open(database.url()).await, open(database.url()).await);
    drain_hints(&store).await;
    wait_for_backends(database.url(), LISTENS, 1).await;
    let listening: Vec<_> = (0..3)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.listen().await })
        })
        .collect();
    wait_until("all listeners are notified", || async {
        other.announce().await.expect("announced");
        listening.iter().all(tokio::task::JoinHandle::is_finished)
    })
    .await;
    wait_for_backends(database.url(), LISTENS, 1).await;
    store.close().await;
    wait_for_backends(database.url(), LISTENS, 0).await;
}

#[tokio::test]
async fn a_listener_that_was_cut_off_reconnects_and_counts_that_as_a_hint() {
    let database = database().await;
    let (store, other) = (open(database.url()).await, open(database.url()).await);
    for _ in 0..2 {
        drain_hints(&store).await;
        wait_for_backends(database.url(), LISTENS, 1).await;
        let cut = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid() and {LISTENS}"
        );
        run(&mut connect(database.url()).await, cut).await;
        // Events may have been announced in the meantime.
        in_time("a hint", store.listen()).await;
        drain_hints(&store).await;
        other.announce().await.expect("announced");
        in_time("a hint", store.listen()).await;
    }
    drop(store);
    wait_for_backends(database.url(), LISTENS, 0).await;
}

#[tokio::test]
async fn behind_a_pooler_the_store_does_not_listen() {
    let database = database().await;
    let bouncer = PgBouncer::start(database.url()).expect("a pgbouncer");
    let options = PostgresOptions::new(bouncer.url()).expect("a URL").transaction_pooler();
    let store = options.connect().await.expect("a store");
    store.announce().await.expect("announced");
    assert!(timeout(Duration::from_millis(100), store.listen()).await.is_err());
    wait_for_backends(database.url(), LISTENS, 0).await;
}

#[tokio::test]
async fn transactions_that_hold_the_horizon_back_are_listed() {
    let database = database().await;
    let store = open(database.url()).await;
    assert_eq!(store.horizon_holders().await.expect("an answer"), []);
    let server: PgConnectOptions = database.url().parse().expect("a URL");
    let mut holder = server.application_name("slow report").connect().await.expect("a connection");
    let pid: i32 = sqlx::query("select pg_backend_pid()").fetch_one(&mut holder).await.expect("a pid").get(0);
    run(&mut holder, "begin").await;
    append_with_sql(&mut holder, "a").await.expect("appended");
    let holders = store.horizon_holders().await.expect("an answer");
    let [one] = &holders[..] else { panic!("{holders:?}") };
    assert_eq!(one.pid.map(i64::from), Some(i64::from(pid)));
    assert_eq!(one.application, "slow report");
    assert!(one.state.starts_with("idle in transaction"), "{one:?}");
    assert!(one.since.is_some() && one.age < Duration::from_secs(60), "{one:?}");

    // The names of prepared transactions belong to the whole server.
    let name = format!("left in {}", database.name());
    run(&mut holder, format!("prepare transaction '{name}'")).await;
    let holders = store.horizon_holders().await.expect("an answer");
    let [one] = &holders[..] else { panic!("{holders:?}") };
    assert_eq!((one.pid, one.state.as_str()), (None, &*format!("prepared transaction '{name}'")));
    assert!(one.since.is_some(), "{one:?}");
    run(&mut holder, format!("rollback prepared '{name}'")).await;
}
