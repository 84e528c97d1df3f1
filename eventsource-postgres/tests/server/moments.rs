//! The time and the end of the log: transactions that are prepared, rolled back, or have no mark yet.

use eventsource_core::{
    Position,
    store::{EventStore, Moment, ProjectionStore},
};
use eventsource_postgres::PostgresStore;

use crate::support::{append_to, append_with_sql, connect, database, open, run};

async fn moment(store: &PostgresStore) -> Moment {
    store.moment().await.expect("the time")
}

async fn settled(store: &PostgresStore, moment: Moment) -> Option<u64> {
    store.settled(moment.end).await.expect("the end of the log").map(Position::get)
}

#[tokio::test]
async fn an_end_is_settled_when_the_transactions_below_it_have_ended() {
    let database = database().await;
    let store = open(database.url()).await;
    store.append(append_to("a")).await.expect("appended");
    let before = moment(&store).await;
    for (end, last) in [("rollback", 1), ("commit", 3)] {
        let mut open = connect(database.url()).await;
        run(&mut open, "begin").await;
        append_with_sql(&mut open, "b").await.expect("appended");
        let during = moment(&store).await;
        assert_eq!(settled(&store, during).await, None, "{end}");
        assert_eq!(settled(&store, before).await, Some(1), "it has no position at or below that end");
        run(&mut open, end).await;
        assert_eq!(settled(&store, during).await, Some(last), "{end}");
    }
    // Positions above the last event belong to nobody.
    assert!(moment(&store).await.end >= Position::new(3));
    store.close().await;
}

#[tokio::test]
async fn an_end_is_not_settled_while_a_transaction_below_it_is_prepared() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut prepares = connect(database.url()).await;
    run(&mut prepares, "begin").await;
    append_with_sql(&mut prepares, "a").await.expect("appended");
    let name = format!("moment-{}", database.name());
    run(&mut prepares, format!("prepare transaction '{name}'")).await;
    let during = moment(&store).await;
    assert_eq!(settled(&store, during).await, None);
    run(&mut prepares, format!("commit prepared '{name}'")).await;
    assert_eq!(settled(&store, during).await, Some(1));
    store.close().await;
}

/// Such as one in a database that was restored, or that lost drawn positions in a crash.
#[tokio::test]
async fn an_end_above_all_positions_is_that_of_the_last_event() {
    let database = database().await;
    let store = open(database.url()).await;
    store.append(append_to("a")).await.expect("appended");
    assert_eq!(store.settled(Position::new(99)).await.expect("the end of the log"), Some(Position::new(1)));
    store.close().await;
}
