//! The Postgres store passes the suite that every store passes, each test in a database of its own.

use eventsource_conformance::Fresh;
use eventsource_harness::TestDatabase;
use eventsource_postgres::PostgresStore;

async fn empty_store() -> Fresh {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("an empty database can be migrated");
    let store = PostgresStore::connect(database.url()).await.expect("a migrated database can be opened");
    Fresh::new(store).keeping(database)
}

eventsource_conformance::suite!(empty_store().await);
