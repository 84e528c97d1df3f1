//! The store behind pgbouncer in transaction mode, where every transaction may use another connection to the server.

use eventsource_core::{
    Position, Version,
    store::{Append, Direction, EventStore, ExpectedVersion, LogFilter},
};
use eventsource_harness::PgBouncer;
use eventsource_postgres::PostgresOptions;
use tokio::task::JoinSet;

use crate::cancel::{assert_idle, poll_times};
use crate::support::{append_to, assert_streams_are_whole, database, event, snapshot, stored, stream};

const TASKS: usize = 16;
const ROUNDS: u64 = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_succeeds_through_a_transaction_pooler() {
    let database = database().await;
    let bouncer = PgBouncer::start(database.url()).expect("a pgbouncer");
    let options = PostgresOptions::new(bouncer.url()).expect("a URL").transaction_pooler();
    let store = options.max_connections(16).connect().await.expect("a store");
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = store.clone();
        // Four statements per round, sixteen hundred in total.
        tasks.spawn(async move {
            let id = stream(task);
            for round in 0..ROUNDS {
                let expected = ExpectedVersion::Exact(Version::new(round));
                store.append(Append::to(id.clone(), expected, vec![event()])).await.expect("appended");
                let newest = Direction::Backward { before: Version::MAX };
                let read = store.read_stream(&id, newest, 1).await.expect("the stream can be read");
                assert_eq!(read[0].context.version.get(), round + 1);
                store.save_snapshot(snapshot(task, round + 1)).await.expect("kept");
                let kept = store.load_snapshot(&id).await.expect("an answer").expect("it was kept");
                assert_eq!(kept.snapshot.version.get(), round + 1);
            }
        });
    }
    tasks.join_all().await;
    let log = stored(database.url()).await;
    assert_eq!(log.len(), TASKS * usize::try_from(ROUNDS).expect("few rounds"));
    assert_streams_are_whole(&log);
    let page =
        store.read_log(Position::START, &LogFilter::all(), log.len() + 1).await.expect("the log can be read");
    assert!(page.events.iter().map(|event| event.context.id).eq(log.iter().map(|event| event.id)));
}

/// Behind a pooler each call is a transaction of several messages, and a caller can drop it in the middle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_calls_leave_no_transaction_open_behind_a_pooler() {
    let database = database().await;
    let bouncer = PgBouncer::start(database.url()).expect("a pgbouncer");
    let options = PostgresOptions::new(bouncer.url()).expect("a URL").transaction_pooler();
    let store = options.max_connections(3).connect().await.expect("a store");
    let all = LogFilter::all();
    let mut acknowledged = 0;
    for polls in 0..40 {
        let _ = poll_times(polls, store.read_log(Position::START, &all, 9)).await;
        let _ = poll_times(polls, store.load_snapshot(&stream("a"))).await;
        let _ = poll_times(polls, store.save_snapshot(snapshot("a", 1))).await;
        if let Some(appended) = poll_times(polls, store.append(append_to("a"))).await {
            appended.expect("appended");
            acknowledged += 1;
        }
        assert!(stored(database.url()).await.len() >= acknowledged, "after {polls} polls");
    }
    assert!(acknowledged > 0);
    assert_idle(database.url()).await;
}
