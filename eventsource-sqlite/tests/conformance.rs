//! The SQLite store passes the suites that every store passes, in a file and without one.

mod file {
    use eventsource_conformance::Fresh;
    use eventsource_sqlite::SqliteStore;

    async fn empty_store() -> Fresh {
        let directory = tempfile::tempdir().expect("a directory for temporary files");
        let store =
            SqliteStore::open(directory.path().join("store.db")).await.expect("a new file can be made");
        Fresh::new(store).keeping(directory)
    }

    eventsource_conformance::suite!(empty_store().await);
}

mod in_memory {
    use eventsource_sqlite::SqliteStore;

    eventsource_conformance::suite!(SqliteStore::in_memory().await.expect("a directory for temporary files"));
}
