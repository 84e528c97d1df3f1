//! The table of capabilities in the chapter `docs/guide/stores.md` says what each store declares.

#[path = "../examples/file_store/store.rs"]
mod file_store;

use eventsource::{
    MemoryStore,
    postgres::PostgresStore,
    sqlite::SqliteStore,
    store::{Capability, EventStore},
};
use eventsource_harness::TestDatabase;

#[tokio::test]
async fn the_chapter_has_the_capabilities_of_each_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    // In the order of the columns.
    let declared = [
        MemoryStore::new().capabilities(),
        SqliteStore::open(folder.path().join("store.db")).await.expect("opened").capabilities(),
        SqliteStore::in_memory().await.expect("opened").capabilities(),
        PostgresStore::connect(database.url()).await.expect("opened").capabilities(),
        file_store::FileStore::open(folder.path().join("events.jsonl")).expect("opened").capabilities(),
    ];
    let chapter = include_str!("../docs/guide/stores.md");
    let rows: Vec<_> = chapter.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), Capability::ALL.len(), "a row for each capability: {rows:#?}");
    for (row, capability) in rows.iter().zip(Capability::ALL) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells[0].starts_with(&format!("`{capability:?}`:")), "{row}");
        let shown: Vec<_> = cells[1..].iter().map(|cell| *cell == "yes").collect();
        let due: Vec<_> = declared.iter().map(|it| it.contains(*capability)).collect();
        assert_eq!(shown, due, "{row}");
    }
}
