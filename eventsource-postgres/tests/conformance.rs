//! Runs the conformance suites on the Postgres store, with its own connections and with a shared pool. Each test has a
//! database of its own.

mod own_connections {
    use eventsource_conformance::{Fresh, FreshReadModels};
    use eventsource_harness::TestDatabase;
    use eventsource_postgres::PostgresStore;

    async fn migrated() -> (PostgresStore, TestDatabase) {
        let database = TestDatabase::create();
        PostgresStore::migrate(database.url()).await.expect("an empty database can be migrated");
        let store = PostgresStore::connect(database.url()).await.expect("a migrated database can be opened");
        (store, database)
    }

    async fn empty_store() -> Fresh {
        let (store, database) = migrated().await;
        let url = database.url().to_owned();
        let again = move || {
            let url = url.clone();
            async move { PostgresStore::connect(&url).await }
        };
        Fresh::new(store).opened_again_by(again).keeping(database)
    }

    async fn empty_read_models() -> FreshReadModels<PostgresStore> {
        let (store, database) = migrated().await;
        FreshReadModels::keeping(store, database)
    }

    eventsource_conformance::suite!(empty_store().await);
    eventsource_conformance::projection_suite!(empty_read_models().await);
}

mod shared_pool {
    use eventsource_conformance::{Fresh, FreshReadModels};
    use eventsource_harness::TestDatabase;
    use eventsource_postgres::{PostgresStore, sqlx::PgPool};

    async fn migrated() -> (PostgresStore, (PgPool, TestDatabase)) {
        let database = TestDatabase::create();
        PostgresStore::migrate(database.url()).await.expect("an empty database can be migrated");
        let pool = PgPool::connect(database.url()).await.expect("the server accepts connections");
        let store = PostgresStore::from_pool(pool.clone()).await.expect("a migrated database can be opened");
        (store, (pool, database))
    }

    async fn empty_store() -> Fresh {
        let (store, kept) = migrated().await;
        let pool = kept.0.clone();
        Fresh::new(store).opened_again_by(move || PostgresStore::from_pool(pool.clone())).keeping(kept)
    }

    async fn empty_read_models() -> FreshReadModels<PostgresStore> {
        let (store, kept) = migrated().await;
        FreshReadModels::keeping(store, kept)
    }

    eventsource_conformance::suite!(empty_store().await);
    eventsource_conformance::projection_suite!(empty_read_models().await);
}
