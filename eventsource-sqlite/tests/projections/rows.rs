//! Rows are read as they were written, or an error says why they cannot be written.

use eventsource::store::{
    Column, ColumnKind as K, GenerationRequest, ProjectionStore, ReadModelStore, ReadModelTable,
    ReadModelTransaction, StoreTransaction,
};
use eventsource_sqlite::{SqliteStore, SqliteTransaction};
use serde_json::{Value, json, value::to_raw_value};

use crate::support::{definition, full_text, run, store};

fn table(kind: K) -> ReadModelTable {
    let column = |name: &str, kind, key| Column { name: name.to_owned(), kind, nullable: false, key };
    ReadModelTable {
        name: "balances".to_owned(),
        columns: vec![column("account", K::Text, true), column("value", kind, false)],
        owned_by_application: false,
    }
}

/// A transaction in which the table was created.
async fn create(store: &SqliteStore, table: &ReadModelTable) -> SqliteTransaction {
    let begun =
        store.begin_generation(&definition("balances"), GenerationRequest::Start).await.expect("begun");
    let (_, mut transaction) = begun.expect("begun");
    transaction.set_up_table(table).await.expect("set up");
    transaction
}

/// The value that is read after this one was written to a column of this type; or why it is not written.
async fn round_trip(native: &str, value: &Value) -> Result<Value, String> {
    let (store, _directory) = store().await;
    let table = table(K::Native(native.to_owned()));
    let mut transaction = create(&store, &table).await;
    let row = to_raw_value(&json!({"account": "a", "value": value})).expect("JSON");
    let written = transaction.write_rows(&table, &[row], &[]).await;
    written.map_err(|error| full_text(&error))?;
    let key = to_raw_value(&json!({"account": "a"})).expect("JSON");
    let rows = transaction.load_rows(&table, &[key]).await.expect("it can be read");
    let row: Value = serde_json::from_str(rows[0].get()).expect("JSON");
    Ok(row["value"].clone())
}

#[tokio::test]
async fn values_in_a_column_with_a_native_type_are_read_as_they_were_written() {
    for (native, value) in [
        ("boolean", json!(true)),
        ("Bool", json!(false)),
        ("json", json!({"a": [1, "1", null]})),
        ("jsonb", json!("7")),
        ("json", json!(7)),
        ("varchar(3)", json!("007")),
        ("text", json!("{\"a\": 1}")),
        ("numeric(12,2)", json!(1.1)),
        ("integer", json!(i64::MIN)),
        ("real", json!(1e300)),
        ("any", json!(7)),
    ] {
        assert_eq!(round_trip(native, &value).await.as_ref(), Ok(&value), "{native}");
    }
}

#[tokio::test]
async fn a_value_that_would_be_read_as_another_one_is_refused() {
    for (native, value) in [
        ("integer", json!(true)),
        ("text", json!({"a": 1})),
        ("text", json!([1])),
        ("any", json!(u64::MAX)),
        ("numeric", json!(u64::MAX)),
    ] {
        let refusal = round_trip(native, &value).await.expect_err("it would be read as another value");
        assert!(refusal.contains("for the column `value` of the table `balances`"), "{refusal}");
    }
}

#[tokio::test]
async fn a_json_column_of_its_own_type_is_not_null() {
    let refusal = round_trip("json", &Value::Null).await.expect_err("it is not null");
    assert!(refusal.contains("NOT NULL constraint failed: balances.value"), "{refusal}");
}

#[tokio::test]
async fn a_column_that_is_gone_is_not_taken_for_its_name() {
    let (store, directory) = store().await;
    let table = table(K::Text);
    let mut transaction = create(&store, &table).await;
    let row = to_raw_value(&json!({"account": "a", "value": "7"})).expect("JSON");
    transaction.write_rows(&table, &[row], &[]).await.expect("written");
    transaction.commit().await.expect("made");
    let key = to_raw_value(&json!({"account": "a"})).expect("JSON");
    assert!(store.find_row(&table, &key).await.expect("it can be read").is_some());
    // As a later version of the program may do.
    run(directory.path(), "alter table balances rename value to amount").await;
    let error = store.find_row(&table, &key).await.expect_err("it has no value");
    assert!(full_text(&error).contains("no such column"), "{}", full_text(&error));
    store.all_rows(&table).await.expect_err("no row has a value");
    run(directory.path(), "alter table balances rename amount to value").await;
    run(directory.path(), "alter table balances rename account to name").await;
    store.find_row(&table, &key).await.expect_err("there is no such key");
    store.all_rows(&table).await.expect_err("there is no such key");
}

#[tokio::test]
async fn a_number_that_is_not_a_boolean_is_not_read_as_one() {
    let (store, _directory) = store().await;
    let numbers = table(K::Int64);
    let mut transaction = create(&store, &numbers).await;
    for (value, read) in [(0, Some(false)), (1, Some(true)), (28, None), (-1, None)] {
        let row = to_raw_value(&json!({"account": "a", "value": value})).expect("JSON");
        transaction.write_rows(&numbers, &[row], &[]).await.expect("it can be written");
        let key = to_raw_value(&json!({"account": "a"})).expect("JSON");
        let rows = transaction.load_rows(&table(K::Bool), &[key]).await;
        match (rows, read) {
            (Ok(rows), Some(read)) => {
                assert_eq!(rows[0].get(), format!(r#"{{"account":"a","value":{read}}}"#))
            }
            (Err(error), None) => {
                let text = full_text(&error);
                assert!(
                    text.contains("the column `value` holds a value, which is neither 0 nor 1"),
                    "{text}"
                );
            }
            (other, _) => panic!("{value} is read as {other:?}"),
        }
    }
}
