//! Loads that are read together: in few queries, each as if it was alone.

use eventsource_core::{
    RecordedEvent, Version,
    store::{Append, Direction, EventStore, ExpectedVersion},
};
use eventsource_postgres::PostgresStore;
use futures_util::future::join_all;

use crate::support::{connect, database, event, in_time, open, run, stream, wait_for_backends};

async fn load(store: &PostgresStore, id: usize, after: u64, limit: usize) -> Vec<RecordedEvent> {
    let direction = Direction::Forward { after: Version::new(after) };
    store.read_stream(&stream(id), direction, limit).await.expect("the stream can be read")
}

/// So many streams: of the first, 300 events, of the others as many as their number says.
async fn fill(store: &PostgresStore, streams: usize) {
    for id in 0..streams {
        let events = (0..if id == 0 { 300 } else { id }).map(|_| event()).collect();
        let append = Append::to(stream(id), ExpectedVersion::NoStream, events);
        store.append(append).await.expect("appended");
    }
}

#[tokio::test]
async fn each_of_many_loads_at_once_gets_what_it_would_get_alone() {
    let database = database().await;
    let store = open(database.url()).await;
    fill(&store, 70).await;
    let wanted: Vec<(usize, u64, usize)> = (0..140)
        .map(|n| (n * 7 % 75, n as u64 % 5, [1, 3, 128, 1_000][n % 4]))
        .chain((0..12).map(|n| (0, n as u64, [127, 128, 129, 299, 1_000, usize::MAX][n % 6])))
        .collect();
    let store = &store;
    let loads = wanted.iter().map(|&(id, after, limit)| load(store, id, after, limit));
    let together = in_time("the loads", join_all(loads)).await;
    for ((id, after, limit), together) in wanted.into_iter().zip(together) {
        assert_eq!(together, load(store, id, after, limit).await, "of {id} after {after}, {limit} at most");
    }
}

#[tokio::test]
async fn many_loads_at_once_take_few_queries() {
    let database = database().await;
    fill(&open(database.url()).await, 64).await;
    let mut admin = connect(database.url()).await;
    let transactions = "select xact_commit from pg_stat_database where datname = current_database()";
    let all_counted = async || {
        // A connection reports what it has counted when it ends.
        wait_for_backends(database.url(), "application_name = 'eventsource'", 0).await;
        run(&mut connect(database.url()).await, "select pg_stat_clear_snapshot()").await;
    };
    let store = open(database.url()).await;
    store.close().await;
    all_counted().await;
    let before: i64 = sqlx::query_scalar(transactions).fetch_one(&mut admin).await.expect("a count");
    let store = open(database.url()).await;
    let some = join_all((0..64).map(|id| load(&store, id, 0, 1_000))).await;
    assert_eq!(some.iter().map(Vec::len).sum::<usize>(), 300 + 63 * 32);
    store.close().await;
    all_counted().await;
    let after: i64 = sqlx::query_scalar(transactions).fetch_one(&mut admin).await.expect("a count");
    // Beside those of the loads there are some of opening and of looking.
    assert!(after - before < 50, "{} transactions", after - before);
}

#[tokio::test]
async fn a_load_sees_what_was_acknowledged_before_it_whatever_it_is_read_with() {
    let database = database().await;
    let store = &open(database.url()).await;
    fill(store, 8).await;
    let rounds = (0..32_usize).map(|task| async move {
        for round in 1..=10_u64 {
            let id = 100 + task;
            let append = Append::to(stream(id), ExpectedVersion::Any, vec![event()]);
            store.append(append).await.expect("appended");
            assert_eq!(load(store, id, 0, 1_000).await.len() as u64, round);
        }
    });
    in_time("the rounds", join_all(rounds)).await;
}
