use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use super::*;
use crate::{SqliteOptions, connections::DatabaseFile, schema};

const ACTION: &str = "testing";

async fn connections() -> Connections {
    let place = schema::temporary().expect("a directory");
    let connections = schema::opened(place, SqliteOptions::new()).await.expect("opened");
    let mut writing = connections.begin(ACTION).await.expect("begun");
    put(writing.connection(), "create table t (n integer)").await;
    writing.commit().await.expect("committed");
    connections
}

async fn put(connection: &mut SqliteConnection, sql: &'static str) {
    sqlx::query(sql).execute(connection).await.expect("written");
}

async fn count(connections: &Connections) -> i64 {
    let count = connections.read(ACTION, |connection| {
        Box::pin(sqlx::query_scalar("select count(*) from t").fetch_one(connection))
    });
    count.await.expect("read")
}

/// Polls so often, each time once there is something new; drops it a little later; and says whether it had ended by
/// then.
async fn ends_within<T>(mut polls: u32, pauses: u32, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let ended = poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(false);
        }
        polls -= 1;
        let polled = future.as_mut().poll(context);
        if polled.is_pending() && polls > 0 { Poll::Pending } else { Poll::Ready(polled.is_ready()) }
    });
    let ended = ended.await;
    for _ in 0..pauses {
        task::yield_now().await;
        std::thread::yield_now();
    }
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dropped_at_any_point_leaves_a_connection_that_can_be_trusted() {
    let connections = connections().await;
    let (mut stored, mut dropped) = (0, 0);
    for round in 0..600 {
        let write = async {
            let mut writing = connections.begin(ACTION).await.expect("begun");
            put(writing.connection(), "insert into t values (1)").await;
            put(writing.connection(), "insert into t values (2)").await;
            writing.commit().await.expect("committed");
        };
        let ended = ends_within(round % 8, round / 16, write).await;
        // What comes next is not in a transaction that somebody else has begun, and is there for good.
        let mut writing = connections.begin(ACTION).await.expect("begun");
        put(writing.connection(), "insert into t values (3)").await;
        writing.commit().await.expect("committed");
        let now = count(&connections).await;
        // It may have been committed without anybody hearing of it; half of it is never there.
        assert!(now == stored + 3 || (!ended && now == stored + 1), "{now} after {stored}, ended: {ended}");
        dropped += i64::from(!ended);
        stored = now;
    }
    assert!(dropped > 100 && stored > 600, "{dropped} of 600 were dropped, {stored} rows");
}

#[tokio::test]
async fn others_may_write_once_a_transaction_is_dropped() {
    let connections = connections().await;
    let path = connections.shared.file.path.clone();
    let other = DatabaseFile { path, _directory: None };
    let other = schema::opened(other, SqliteOptions::new()).await.expect("opened");
    let mut writing = connections.begin(ACTION).await.expect("begun");
    put(writing.connection(), "insert into t values (1)").await;
    let none = Duration::ZERO;
    assert!(
        other.begin_within(ACTION, none, none).await.is_err(),
        "as long as it is open nobody else writes"
    );
    drop(writing);
    // Nobody asks anything of the first store again.
    other.begin(ACTION).await.expect("begun").commit().await.expect("committed");
    assert_eq!(count(&other).await, 0);
}

#[tokio::test]
async fn a_transaction_that_sqlite_ended_by_itself_ends_the_connection() {
    let connections = connections().await;
    let mut writing = connections.begin(ACTION).await.expect("begun");
    // As SQLite does when the disk is full: sqlx still believes that the transaction is open.
    put(writing.connection(), "rollback").await;
    assert!(writing.commit().await.is_err());
    let mut writing = connections.begin(ACTION).await.expect("begun");
    put(writing.connection(), "rollback").await;
    drop(writing);
    let mut writing = connections.begin(ACTION).await.expect("begun on a connection that can be trusted");
    put(writing.connection(), "insert into t values (1)").await;
    writing.commit().await.expect("committed");
    assert_eq!(count(&connections).await, 1);
}

#[tokio::test]
async fn the_connection_is_handed_out_in_the_order_in_which_it_is_asked_for() {
    let connections = connections().await;
    let first = connections.begin(ACTION).await.expect("begun");
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    for n in 0..20 {
        let (connections, told) = (connections.clone(), told.clone());
        let asking = tokio::spawn(async move {
            let _writing = connections.begin(ACTION).await.expect("begun");
            told.send(n).expect("heard");
        });
        drop(asking);
        task::yield_now().await;
    }
    drop(first);
    for n in 0..20 {
        assert_eq!(heard.recv().await, Some(n));
    }
}
