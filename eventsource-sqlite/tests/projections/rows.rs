//! Rows are read as they were written, or an error says why not.

use eventsource_core::store::{Column, ColumnKind as K, Demand, ProjectionStore, ReadModelStore, ReadModelTable};
use eventsource_sqlite::{SqliteStore, SqliteTransaction};
use serde_json::{json, value::to_raw_value};

use crate::support::{definition, full_text, run, store};

fn table(kind: K) -> ReadModelTable {
    let column = |name: &str, kind, key| Column { name: name.to_owned(), kind, nullable: false, key };
    ReadModelTable {
        name: "balances".to_owned(),
        columns: vec![column("account", K::Text, true), column("value", kind, false)],
        owned_by_application: false,
    }
}

/// A transaction in which the table was made.
async fn made(store: &SqliteStore, table: &ReadModelTable) -> SqliteTransaction {
    let begun = store.begin_generation(&definition("balances"), Demand::Start).await.expect("begun");
    let (_, mut transaction) = begun.expect("due");
    SqliteStore::set_up_table(&mut transaction, table).await.expect("set up");
    transaction
}

#[tokio::test]
async fn a_column_that_is_gone_is_not_taken_for_its_name() {
    let (store, directory) = store().await;
    let table = table(K::Text);
    let mut transaction = made(&store, &table).await;
    let row = to_raw_value(&json!({"account": "a", "value": "7"})).expect("JSON");
    SqliteStore::write_rows(&mut transaction, &table, &[row], &[]).await.expect("written");
    store.commit(transaction).await.expect("made");
    let key = to_raw_value(&json!({"account": "a"})).expect("JSON");
    assert!(store.find_row(&table, &key).await.expect("it can be read").is_some());
    // As a later version of the program does it.
    run(directory.path(), "alter table balances rename value to amount").await;
    let error = store.find_row(&table, &key).await.expect_err("it has no value");
    assert!(full_text(&error).contains("no such column"), "{}", full_text(&error));
    store.all_rows(&table).await.expect_err("none has");
    run(directory.path(), "alter table balances rename amount to value").await;
    run(directory.path(), "alter table balances rename account to name").await;
    store.find_row(&table, &key).await.expect_err("there is no such key");
    store.all_rows(&table).await.expect_err("there is no such key");
}
