//! Behind a pooler that hands each transaction to another connection.

use eventsource_core::{
    Position, Version,
    store::{Direction, EventStore, LogFilter},
};
use eventsource_harness::PgBouncer;
use eventsource_postgres::PostgresOptions;
use tokio::task::JoinSet;

use crate::support::{append_to, assert_streams_are_whole, database, stored, stream};

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_succeeds_through_pgbouncer_in_transaction_mode() {
    let database = database().await;
    let bouncer = PgBouncer::start(database.url()).expect("pgbouncer starts");
    let options = PostgresOptions::new(bouncer.url()).expect("a URL").transaction_pooler();
    let store = options.max_connections(16).connect().await.expect("connects through pgbouncer");
    let mut tasks = JoinSet::new();
    for task in 0..16 {
        let store = store.clone();
        tasks.spawn(async move {
            for round in 0..25 {
                store.append(append_to(task)).await.expect("appends");
                let forward = Direction::Forward { after: Version::new(round) };
                assert_eq!(store.read_stream(&stream(task), forward, 10).await.expect("reads").len(), 1);
                store.find_receipt(&stream(task), "key").await.expect("looks for a key");
                store.read_log(Position::START, &LogFilter::all(), 1).await.expect("reads the log");
            }
        });
    }
    tasks.join_all().await;
    let log = stored(database.url()).await;
    assert_eq!(log.len(), 400);
    assert_streams_are_whole(&log);
}
