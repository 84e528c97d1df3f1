//! A history that lacks an event, because somebody has deleted it, is not considered whole.

use eventsource::{
    AsOf, StreamId, Version,
    postgres::PostgresStore,
    prelude::*,
    sqlite::{
        SqliteStore,
        sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions},
    },
    store::EventStore,
};
use eventsource_harness::TestDatabase;

use super::bank::{Account, Deposit};

fn full_text(error: &(dyn std::error::Error + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |&error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// After the event of version 2 of three was deleted.
async fn assert_the_gap_is_found<S: EventStore>(store: S) {
    let es = EventSource::new(store);
    let stream = StreamId::new("account", "acc-1").expect("valid");
    let current = es.load::<Account>("acc-1").await.map(|_| ()).expect_err("an event is missing");
    let past = es.load_as_of::<Account>("acc-1", AsOf::Version(Version::new(3))).await;
    let past = past.map(|_| ()).expect_err("an event is missing");
    let executed = es.execute(Deposit("acc-1", 1)).await.map(|_| ()).expect_err("an event is missing");
    for text in [full_text(&current), full_text(&past), full_text(&executed)] {
        assert!(
            text.contains(&format!("stream {stream} has no event of version 2, and one of version 3")),
            "{text}"
        );
    }
    let whole = es.load::<Account>("acc-2").await.expect("no event of this stream was deleted");
    assert_eq!(whole.version, Version::new(3));
}

async fn deposit_thrice<S: EventStore>(store: S) {
    let es = EventSource::new(store);
    for id in ["acc-1", "acc-2"] {
        for _ in 0..3 {
            es.execute(Deposit(id, 1)).await.expect("accepted");
        }
    }
}

#[tokio::test]
async fn a_gap_in_a_history_is_an_error_on_postgres() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let store = PostgresStore::connect(database.url()).await.expect("connected");
    deposit_thrice(store.clone()).await;
    let mut connection = sqlx::PgConnection::connect(database.url()).await.expect("connected");
    let delete = "begin; set local eventsource.change_events = 'on';
                  delete from eventsource.events where version = 2 and stream_id = 'acc-1'; commit";
    sqlx::raw_sql(delete).execute(&mut connection).await.expect("deleted");
    assert_the_gap_is_found(store).await;
}

#[tokio::test]
async fn a_gap_in_a_history_is_an_error_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.expect("opened");
    deposit_thrice(store.clone()).await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.expect("opened");
    let delete = "drop trigger eventsource_events_are_not_deleted;
                  delete from eventsource_events where version = 2 and stream_id = 'acc-1'";
    sqlx::raw_sql(delete).execute(&mut connection).await.expect("deleted");
    connection.close().await.expect("closed");
    assert_the_gap_is_found(store).await;
}
