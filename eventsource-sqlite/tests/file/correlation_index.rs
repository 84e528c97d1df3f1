//! The index of correlations can be dropped and created again.

use eventsource::{
    Position,
    store::{EventStore, StoreError},
};
use uuid::Uuid;

use crate::support::{connect, directory, open, run};

#[tokio::test]
async fn without_its_index_a_correlation_is_not_read_and_the_error_says_what_to_do() {
    let directory = directory();
    let path = directory.path().join("store.db");
    open(&path).await.close().await;
    let definition = "select sql from sqlite_schema where name = 'eventsource_events_correlation'";
    let mut operator = connect(&path).await;
    let migrated: String = sqlx::query_scalar(definition).fetch_one(&mut operator).await.expect("an index");
    run(&path, "drop index eventsource_events_correlation").await;

    let store = open(&path).await;
    let read = || store.read_correlated(Uuid::now_v7(), Position::START, 10);
    let error = read().await.expect_err("the index is missing");
    let StoreError::MissingIndex { create, .. } = error else { panic!("{error:?}") };
    run(&path, create).await;
    assert_eq!(read().await.expect("the correlation can be read"), []);
    let created: String = sqlx::query_scalar(definition).fetch_one(&mut operator).await.expect("an index");
    assert_eq!(created.to_lowercase(), migrated.to_lowercase());
    store.close().await;
    open(&path).await.close().await;
}
