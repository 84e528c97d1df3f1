//! A store that is chosen at run time does all that the store itself does: each call is passed on by the same macro
//! whatever the store is, so the suites run in memory. `loan_applications` runs on it too, with read models that are
//! rebuilt on PostgreSQL.

use eventsource::{AnyStore, any::OpenError, migrate, open};
use eventsource_harness::TestDatabase;

mod memory {
    use super::*;

    async fn in_memory() -> AnyStore {
        open("memory:").await.expect("opened")
    }

    eventsource_conformance::suite!(in_memory().await);
    eventsource_conformance::projection_suite!(in_memory().await);
}

#[tokio::test]
async fn a_database_is_migrated_before_it_is_opened() {
    let database = TestDatabase::create();
    let error = open(database.url()).await.expect_err("there is no schema");
    assert!(matches!(error, OpenError::Store(_)), "{error:?}");
    assert!(error.to_string().contains("migrate"), "{error}");
    migrate(database.url()).await.expect("migrated");
    migrate(database.url()).await.expect("migrated already");
    let store = open(database.url()).await.expect("opened");
    assert!(matches!(store, AnyStore::Postgres(_)), "{store:?}");
}

#[tokio::test]
async fn a_url_of_no_store_is_refused_without_its_secrets() {
    for url in ["mysql://ada:secret@host/bank", "secret", "", "memory", "sqlite:", ":secret", "MEMORY:"] {
        let error = open(url).await.expect_err(url);
        assert!(matches!(error, OpenError::UnknownScheme { .. }), "{url}: {error:?}");
        assert!(error.to_string().contains("use `memory:`, `sqlite:FILE`"), "{error}");
        let migrated = migrate(url).await.expect_err(url);
        assert_eq!(migrated.to_string(), error.to_string());
        if url.contains('@') {
            assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
        }
    }
    let unreachable = open("postgres://ada:secret@127.0.0.1:1/bank").await.expect_err("nothing listens");
    let mut texts = format!("{unreachable:?} {unreachable}");
    let mut cause = std::error::Error::source(&unreachable);
    while let Some(error) = cause {
        texts.push_str(&error.to_string());
        cause = error.source();
    }
    assert!(!texts.contains("secret"), "{texts}");
}

#[tokio::test]
async fn a_file_keeps_its_events() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("it's a bank.db").display());
    migrate(&url).await.expect("nothing to do");
    drop(open(&url).await.expect("created"));
    assert!(folder.path().join("it's a bank.db").exists());
    let AnyStore::Sqlite(store) = open(&url).await.expect("opened again") else { panic!("another store") };
    store.close().await;
}
