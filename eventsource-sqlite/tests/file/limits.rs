//! The call timeout: a call ends whatever it waits for.

use std::time::Duration;

use eventsource::{
    Position,
    store::{AppendError, EventStore, StoreError},
};
use eventsource_conformance::waiting::in_time;
use eventsource_sqlite::{SqliteOptions, SqliteStore, sqlx};

use crate::support::{append_to, connect, directory, log_after};

#[tokio::test]
async fn an_append_to_a_file_that_another_program_has_locked_ends_in_time() {
    let directory = directory();
    let path = directory.path().join("store.db");
    let long = Duration::from_secs(3_600);
    let options = SqliteOptions::new().busy_timeout(long).acquire_timeout(long);
    let store = SqliteStore::open_with(&path, options.call_timeout(Duration::from_millis(300))).await;
    let store = store.expect("opened");
    store.append(append_to("a")).await.expect("appended");
    let mut other = connect(&path).await;
    sqlx::raw_sql("begin immediate").execute(&mut other).await.expect("locked");
    let append = append_to("a");
    let appended = in_time("the append to time out", store.append(append.clone())).await;
    match appended.expect_err("the file is locked") {
        AppendError::Store(StoreError::TimedOut { waiting_for, .. }) => {
            assert_eq!(waiting_for, "other writes to the file");
        }
        other => panic!("{other:?}"),
    }
    let several = in_time("the appends to time out", store.append_each(vec![append_to("b"), append_to("b")]));
    assert!(several.await.iter().all(Result::is_err));
    assert_eq!(log_after(&store, Position::START).await.len(), 1, "reading does not wait");
    sqlx::raw_sql("rollback").execute(&mut other).await.expect("unlocked");
    store.append(append).await.expect("appended");
    assert_eq!(log_after(&store, Position::START).await.len(), 2, "nothing of the others");
}
