//! Hints that something was appended, and who holds the horizon.

use std::time::Duration;

use eventsource_core::store::{EventStore, ProjectionStore};
use eventsource_harness::PgBouncer;
use eventsource_postgres::PostgresOptions;
use sqlx::{ConnectOptions, Row, postgres::PgConnectOptions};
use tokio::time::timeout;

use crate::support::{append_by_hand, connect, database, in_time, open, run, wait_for_backends, wait_until};

const LISTENS: &str = "query like 'LISTEN%'";

/// Reads the hints that are there already.
async fn calm(store: &impl ProjectionStore) {
    while timeout(Duration::from_millis(50), store.listen()).await.is_ok() {}
}

#[tokio::test]
async fn all_who_listen_are_told_by_another_process() {
    let database = database().await;
    let (store, other) = (open(database.url()).await, open(database.url()).await);
    calm(&store).await;
    wait_for_backends(database.url(), LISTENS, 1).await;
    let listening: Vec<_> = (0..3)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.listen().await })
        })
        .collect();
    wait_until("those who listen are told", || async {
        other.announce().await.expect("announced");
        listening.iter().all(tokio::task::JoinHandle::is_finished)
    })
    .await;
    wait_for_backends(database.url(), LISTENS, 1).await;
    store.close().await;
    wait_for_backends(database.url(), LISTENS, 0).await;
}

#[tokio::test]
async fn a_listener_that_was_cut_off_listens_again_and_says_so() {
    let database = database().await;
    let (store, other) = (open(database.url()).await, open(database.url()).await);
    for _ in 0..2 {
        calm(&store).await;
        wait_for_backends(database.url(), LISTENS, 1).await;
        let cut = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid() and {LISTENS}"
        );
        run(&mut connect(database.url()).await, cut).await;
        // Something may have been announced meanwhile.
        in_time("a hint", store.listen()).await;
        calm(&store).await;
        other.announce().await.expect("announced");
        in_time("a hint", store.listen()).await;
    }
    drop(store);
    wait_for_backends(database.url(), LISTENS, 0).await;
}

#[tokio::test]
async fn behind_a_pooler_nobody_listens() {
    let database = database().await;
    let bouncer = PgBouncer::start(database.url()).expect("a pgbouncer");
    let options = PostgresOptions::new(bouncer.url()).expect("a URL").transaction_pooler();
    let store = options.connect().await.expect("a store");
    store.announce().await.expect("announced");
    assert!(timeout(Duration::from_millis(100), store.listen()).await.is_err());
    wait_for_backends(database.url(), LISTENS, 0).await;
}

#[tokio::test]
async fn who_holds_the_horizon_is_named() {
    let database = database().await;
    let store = open(database.url()).await;
    assert_eq!(store.horizon_holders().await.expect("an answer"), []);
    let server: PgConnectOptions = database.url().parse().expect("a URL");
    let mut holder = server.application_name("slow report").connect().await.expect("a connection");
    let pid: i32 = sqlx::query("select pg_backend_pid()").fetch_one(&mut holder).await.expect("a pid").get(0);
    run(&mut holder, "begin").await;
    append_by_hand(&mut holder, "a").await.expect("appended");
    let holders = store.horizon_holders().await.expect("an answer");
    let [one] = &holders[..] else { panic!("{holders:?}") };
    assert_eq!(one.pid.map(i64::from), Some(i64::from(pid)));
    assert_eq!(one.application, "slow report");
    assert!(one.state.starts_with("idle in transaction"), "{one:?}");
    assert!(one.since.is_some() && one.age < Duration::from_secs(60), "{one:?}");

    // The names of prepared transactions belong to the whole server.
    let name = format!("forgotten in {}", database.name());
    run(&mut holder, format!("prepare transaction '{name}'")).await;
    let holders = store.horizon_holders().await.expect("an answer");
    let [one] = &holders[..] else { panic!("{holders:?}") };
    assert_eq!((one.pid, one.state.as_str()), (None, &*format!("prepared transaction '{name}'")));
    assert!(one.since.is_some(), "{one:?}");
    run(&mut holder, format!("rollback prepared '{name}'")).await;
}
