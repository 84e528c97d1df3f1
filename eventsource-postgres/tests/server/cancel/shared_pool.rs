//! A pool that the store shares with code that drops `begin()` at the wrong moment. sqlx 0.9.0 then returns the connection
//! to the pool inside an open transaction, and later writes on it are acknowledged and never committed.

use eventsource_core::{
    Position,
    store::{EventStore, LogFilter},
};
use eventsource_postgres::PostgresStore;
use sqlx::{
    Connection,
    postgres::{PgPool, PgPoolOptions},
};

use super::{assert_idle, poll_times};
use crate::support::{append_to, connect, database, open, run, snapshot, stored, stream};

/// Begins transactions and drops the futures, as another part of the application might.
async fn drop_begin(pool: &PgPool, polls: usize) {
    let _ = poll_times(polls, pool.begin()).await;
    let mut connection = pool.acquire().await.expect("a connection");
    let _ = poll_times(polls, connection.begin()).await;
}

async fn shared_pool(url: &str) -> PgPool {
    // One connection, so that the store gets the one that was left inside a transaction.
    PgPoolOptions::new().max_connections(1).connect(url).await.expect("a pool")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_append_on_a_shared_pool_is_committed_even_if_the_application_drops_a_begin() {
    let database = database().await;
    let pool = shared_pool(database.url()).await;
    let store = PostgresStore::from_pool(pool.clone()).await.expect("a store");
    let mut acknowledged = Vec::new();
    for round in 0..60 {
        drop_begin(&pool, round % 6).await;
        let append = append_to(round % 3);
        let id = append.streams[0].events[0].id;
        store.append(append).await.expect("appended");
        acknowledged.push(id);
        let log = stored(database.url()).await;
        let visible: Vec<_> = log.iter().map(|event| event.id).collect();
        assert_eq!(visible, acknowledged, "after round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_on_a_shared_pool_is_committed_even_if_the_application_drops_a_begin() {
    let database = database().await;
    let pool = shared_pool(database.url()).await;
    let store = PostgresStore::from_pool(pool.clone()).await.expect("a store");
    let observer = open(database.url()).await;
    for version in 1..30 {
        drop_begin(&pool, usize::try_from(version % 6).expect("few polls")).await;
        store.save_snapshot(snapshot("a", version)).await.expect("kept");
        let kept = observer.load_snapshot(&stream("a")).await.expect("an answer");
        assert_eq!(kept.map(|kept| kept.snapshot.version.get()), Some(version));
    }
}

/// Otherwise the reader would use the snapshot of a transaction of the application.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_on_a_shared_pool_see_every_acknowledged_append() {
    let database = database().await;
    let pool = shared_pool(database.url()).await;
    let store = PostgresStore::from_pool(pool.clone()).await.expect("a store");
    let observer = open(database.url()).await;
    let everything = LogFilter::all();
    for appended in 1..30 {
        {
            let mut connection = pool.acquire().await.expect("a connection");
            // Left open, with a snapshot that was taken before the append.
            run(
                &mut connection,
                "begin isolation level repeatable read; select count(*) from eventsource.events",
            )
            .await;
        }
        observer.append(append_to("a")).await.expect("appended");
        let read = store.read_log(Position::START, &everything, 100).await;
        assert_eq!(read.expect("the log").events.len(), appended);
    }
    assert_idle(database.url()).await;
}

/// A failed statement leaves its transaction aborted, and every later statement fails until the transaction ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_transaction_of_the_application_is_rolled_back() {
    let database = database().await;
    let pool = shared_pool(database.url()).await;
    let store = PostgresStore::from_pool(pool.clone()).await.expect("a store");
    {
        let mut connection = pool.acquire().await.expect("a connection");
        run(&mut connection, "begin").await;
        sqlx::raw_sql("select 1/0").execute(&mut *connection).await.expect_err("a division by zero");
    }
    store.append(append_to("a")).await.expect("appended");
    let mut observer = connect(database.url()).await;
    let count: i64 = sqlx::query_scalar("select count(*) from eventsource.events")
        .fetch_one(&mut observer)
        .await
        .expect("a count");
    assert_eq!(count, 1);
}
