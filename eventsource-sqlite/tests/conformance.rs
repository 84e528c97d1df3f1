//! The SQLite store passes the conformance suites, in a file and in memory.

mod file {
    use eventsource_conformance::{Fresh, FreshReadModels};
    use eventsource_sqlite::SqliteStore;
    use tempfile::TempDir;

    async fn opened() -> (SqliteStore, TempDir) {
        let directory = tempfile::tempdir().expect("a directory for temporary files");
        let store =
            SqliteStore::open(directory.path().join("store.db")).await.expect("a new file can be made");
        (store, directory)
    }

    async fn empty_store() -> Fresh {
        let (store, directory) = opened().await;
        let path = directory.path().join("store.db");
        Fresh::new(store).opened_again_by(move || SqliteStore::open(path.clone())).keeping(directory)
    }

    async fn empty_read_models() -> FreshReadModels<SqliteStore> {
        let (store, directory) = opened().await;
        FreshReadModels::keeping(store, directory)
    }

    eventsource_conformance::suite!(empty_store().await);
    eventsource_conformance::projection_suite!(empty_read_models().await);
}

mod in_memory {
    use eventsource_sqlite::SqliteStore;

    async fn opened() -> SqliteStore {
        SqliteStore::in_memory().await.expect("a directory for temporary files")
    }

    eventsource_conformance::suite!(opened().await);
    eventsource_conformance::projection_suite!(opened().await);
}
