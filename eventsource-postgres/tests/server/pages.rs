//! Pages of the log that end early because their events are large.

use std::collections::BTreeSet;

use eventsource_core::{
    Position,
    store::{EventStore, LogFilter, LogPage},
};
use eventsource_postgres::PostgresOptions;
use sqlx::PgConnection;

use crate::support::{connect, database, in_time, run};

/// Four hundred small events, then a hundred events of one megabyte.
const FILL: &str = "
    insert into eventsource.events
    select n, 'account', 'a', n, gen_random_uuid(), 'account.noted', 1,
           case when n > 400 then json_build_object('text', repeat('x', 1024 * 1024)) else '{}' end, '{}', null, null, now()
      from generate_series(1, 500) n;
    select setval('eventsource.event_position', 500)";

/// The backends of this database other than our own.
async fn backends(connection: &mut PgConnection) -> BTreeSet<i32> {
    let query = sqlx::query_scalar(
        "select pid from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    query.fetch_all(connection).await.expect("the backends").into_iter().collect()
}

#[tokio::test]
async fn events_beyond_a_full_page_are_not_received() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    run(&mut connection, FILL).await;
    let options = PostgresOptions::new(database.url()).expect("an address").max_connections(1);
    let store = options.connect().await.expect("connected");
    let read = async |after, limit| {
        let page = store.read_log(after, &LogFilter::all(), limit).await.expect("the log");
        (page.events.len(), page.horizon, page.at_head)
    };
    assert_eq!(read(Position::START, 300).await, (300, Position::new(300), false));
    let reader = backends(&mut connection).await;

    // The remaining small events, and as many large ones as fit into a page.
    let large = LogPage::BYTES / (1024 * 1024 + 14) + 1;
    let end = Position::new(400 + large as u64);
    assert_eq!(read(Position::new(300), 4_000).await, (100 + large, end, false));
    let closed = async { while backends(&mut connection).await.is_superset(&reader) {} };
    in_time("the backend that had more to send to end", closed).await;

    // A small rest is received, and the connection stays in use.
    assert_eq!(read(Position::new(492 - 1), 9).await, (large, Position::new(491 + large as u64), false));
    let reader = backends(&mut connection).await;
    assert!(read(Position::new(491 + large as u64), 4_000).await.2);
    assert!(backends(&mut connection).await.is_superset(&reader));
}
