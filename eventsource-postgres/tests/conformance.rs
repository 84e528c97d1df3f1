//! The Postgres store passes the suite that every store passes, on connections of its own and on a pool that it
//! shares; each test in a database of its own.

mod own_connections {
    use eventsource_conformance::{Fresh, FreshReadModels};
    use eventsource_harness::TestDatabase;
    use eventsource_postgres::PostgresStore;

    async fn empty_store() -> Fresh {
        let database = TestDatabase::create();
        PostgresStore::migrate(database.url()).await.expect("an empty database can be migrated");
        let store = PostgresStore::connect(database.url()).await.expect("a migrated database can be opened");
        Fresh::new(store).keeping(database)
    }

    async fn empty_read_models() -> FreshReadModels<PostgresStore> {
        let database = TestDatabase::create();
        PostgresStore::migrate(database.url()).await.expect("an empty database can be migrated");
        let store = PostgresStore::connect(database.url()).await.expect("a migrated database can be opened");
        FreshReadModels::keeping(store, database)
    }

    eventsource_conformance::suite!(empty_store().await);
    eventsource_conformance::projection_suite!(empty_read_models().await);
}

mod shared_pool {
    use eventsource_conformance::{Fresh, FreshReadModels};
    use eventsource_harness::TestDatabase;
    use eventsource_postgres::{PostgresStore, sqlx::PgPool};

    async fn empty_store() -> Fresh {
        let database = TestDatabase::create();
        PostgresStore::migrate(database.url()).await.expect("an empty database can be migrated");
        let pool = PgPool::connect(database.url()).await.expect("the server accepts connections");
        let store = PostgresStore::from_pool(pool.clone()).await.expect("a migrated database can be opened");
        Fresh::new(store).keeping((pool, database))
    }

    async fn empty_read_models() -> FreshReadModels<PostgresStore> {
        let database = TestDatabase::create();
        PostgresStore::migrate(database.url()).await.expect("an empty database can be migrated");
        let pool = PgPool::connect(database.url()).await.expect("the server accepts connections");
        let store = PostgresStore::from_pool(pool.clone()).await.expect("a migrated database can be opened");
        FreshReadModels::keeping(store, (pool, database))
    }

    eventsource_conformance::suite!(empty_store().await);
    eventsource_conformance::projection_suite!(empty_read_models().await);
}
