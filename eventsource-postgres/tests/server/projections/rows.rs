//! Rows of read models: every value is read exactly as it was written.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use eventsource_core::{
    Position,
    store::{
        Column, ColumnKind, GenerationRequest, Lease, ProjectionStore, ReadModelStore, ReadModelTable,
        ReadModelTransaction, StoreTransaction,
    },
};
use eventsource_harness::PgBouncer;
use eventsource_postgres::{PgTransaction, PostgresOptions, PostgresStore, ReadModelError};
use serde_json::{Value, json, value::RawValue};

use super::{claim_partition, definition, full_text};
use crate::{
    cancel::assert_idle,
    support::{connect, database, in_time, open, run, wait_until_blocked},
};

pub(super) fn column(name: &str, kind: ColumnKind) -> Column {
    Column { name: name.to_owned(), kind, nullable: false, key: false }
}

pub(super) fn key(name: &str, kind: ColumnKind) -> Column {
    Column { key: true, ..column(name, kind) }
}

pub(super) fn optional(name: &str, kind: ColumnKind) -> Column {
    Column { nullable: true, ..column(name, kind) }
}

pub(super) fn table(name: &str, columns: Vec<Column>) -> ReadModelTable {
    ReadModelTable { name: name.to_owned(), columns, owned_by_application: false }
}

fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).expect("JSON")
}

pub(super) fn raws(values: &[Value]) -> Vec<Box<RawValue>> {
    values.iter().map(raw).collect()
}

pub(super) fn values(rows: Vec<Box<RawValue>>) -> Vec<Value> {
    rows.iter().map(|row| serde_json::from_str(row.get()).expect("JSON")).collect()
}

/// Creates a live generation with this table, and claims its partition.
pub(super) async fn set_up(store: &PostgresStore, table: &ReadModelTable) -> Lease {
    let begun =
        store.begin_generation(&definition(&table.name), GenerationRequest::Start).await.expect("begun");
    let (generation, mut transaction) = begun.expect("a generation is created");
    transaction.set_up_table(table).await.expect("set up");
    transaction.commit().await.expect("committed");
    store.check_table(generation, table).await.expect("the table fits");
    claim_partition(store, generation).await
}

pub(super) async fn batch(store: &PostgresStore, lease: &Lease) -> PgTransaction {
    store.begin(lease).await.expect("begun").expect("held").0
}

pub(super) fn all_kinds() -> ReadModelTable {
    use ColumnKind as K;
    table(
        "all \"kinds\"",
        vec![
            key("tenant", K::Uuid),
            key("Account \"No\"", K::Text),
            column("b", K::Bool),
            column("i16", K::Int16),
            column("i32", K::Int32),
            column("i64", K::Int64),
            column("big", K::Numeric),
            column("f32", K::Float32),
            column("f64", K::Float64),
            column("text", K::Text),
            column("at", K::Timestamp),
            column("json", K::Json),
            column("point", K::Native("numeric(10, 2)".to_owned())),
            optional("none", K::Text),
        ],
    )
}

pub(super) fn row(n: u32, text: &str) -> Value {
    let big: Value = serde_json::from_str("18446744073709551615").expect("a number");
    let fraction = match n {
        1 => 1e300,
        2 => 0.1,
        3 => -1.5,
        4 => f64::MIN_POSITIVE,
        _ => 123_456_789.123_456_79,
    };
    json!({
        "tenant": format!("00000000-0000-0000-0000-00000000000{n}"),
        "Account \"No\"": text,
        "b": true, "i16": i16::MIN, "i32": i32::MIN, "i64": if n.is_multiple_of(2) { i64::MIN } else { i64::MAX },
        "big": big, "f32": 0.1, "f64": fraction,
        "text": text, "at": "2026-11-21T06:03:26.123456+00:00",
        "json": { "nested": [1, null, { "deep": text }] }, "point": 1.25, "none": null,
    })
}

#[tokio::test]
async fn every_value_is_read_as_it_was_written() {
    let database = database().await;
    let store = open(database.url()).await;
    let table = all_kinds();
    let lease = set_up(&store, &table).await;
    let texts = ["plain", "it's \"quoted\" \\ ; --", "unicode \u{1F980} é\n\t\u{7f}", "", " $1 {}[],"];
    let rows: Vec<_> = texts.iter().zip(1..).map(|(text, n)| row(n, text)).collect();
    let keys: Vec<_> = rows
        .iter()
        .map(|row| json!({ "tenant": row["tenant"], "Account \"No\"": row["Account \"No\""] }))
        .collect();

    let mut transaction = batch(&store, &lease).await;
    transaction.lock_keys(&table, &raws(&keys)).await.expect("locked");
    transaction.write_rows(&table, &raws(&rows), &[]).await.expect("written");
    let mut loaded = values(transaction.load_rows(&table, &raws(&keys)).await.expect("loaded"));
    loaded.sort_by_key(|row| row["tenant"].to_string());
    assert_eq!(loaded, rows);
    transaction.commit().await.expect("committed");
    assert_eq!(values(store.all_rows(&table).await.expect("rows")), rows);
    for (key, row) in keys.iter().zip(&rows) {
        let found = store.find_row(&table, &raw(key)).await.expect("an answer").expect("the row exists");
        assert_eq!(&serde_json::from_str::<Value>(found.get()).expect("JSON"), row);
    }

    // Existing rows are replaced, and deleted rows are removed.
    let mut changed = rows[1].clone();
    changed["i64"] = json!(7);
    changed["none"] = json!("some");
    let mut transaction = batch(&store, &lease).await;
    let deletes = raws(&keys[2..]);
    transaction.write_rows(&table, &raws(&[changed.clone()]), &deletes).await.expect("written");
    transaction.commit().await.expect("committed");
    assert_eq!(values(store.all_rows(&table).await.expect("rows")), [rows[0].clone(), changed]);
    assert!(store.find_row(&table, &raw(&keys[4])).await.expect("an answer").is_none());
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_refused_and_the_error_names_the_table() {
    let database = database().await;
    let store = open(database.url()).await;
    let table = all_kinds();
    let lease = set_up(&store, &table).await;
    for (field, value) in [
        ("i64", json!(u64::MAX)),
        ("i16", json!(40_000)),
        ("text", json!("nul \u{0}")),
        ("text", Value::Null),
        ("at", json!("yesterday-ish")),
        ("f32", json!(1e300)),
    ] {
        let mut row = row(1, "a");
        row[field] = value;
        let mut transaction = batch(&store, &lease).await;
        let written = transaction.write_rows(&table, &raws(&[row]), &[]).await;
        let error = written.expect_err(field);
        let fault = error.source().and_then(|source| source.downcast_ref());
        assert!(matches!(fault, Some(ReadModelError::Value { .. })), "{field}: {error:?}");
        assert!(full_text(&error).contains("all \"kinds\""), "{}", full_text(&error));
        assert!(!error.is_retryable());
        transaction.roll_back().await.expect("rolled back");
    }
    assert!(store.all_rows(&table).await.expect("rows").is_empty());
}

#[tokio::test]
async fn thousands_of_rows_are_one_load_and_one_write() {
    let database = database().await;
    let store = open(database.url()).await;
    let table =
        table("balances", vec![key("account", ColumnKind::Text), column("amount", ColumnKind::Int64)]);
    let lease = set_up(&store, &table).await;
    let rows: Vec<_> = (0..5000).map(|n| json!({ "account": format!("{n:05}"), "amount": n })).collect();
    let keys: Vec<_> = rows.iter().map(|row| json!({ "account": row["account"] })).collect();
    for _ in 0..2 {
        let mut transaction = batch(&store, &lease).await;
        transaction.write_rows(&table, &raws(&rows), &[]).await.expect("written");
        let loaded = transaction.load_rows(&table, &raws(&keys)).await.expect("loaded");
        assert_eq!(loaded.len(), rows.len());
        transaction.commit().await.expect("committed");
    }
    assert_eq!(values(store.all_rows(&table).await.expect("rows")), rows);
}

/// The numbers of sequential scans and of index scans of the table in this transaction.
async fn scans(transaction: &mut PgTransaction) -> (i64, i64) {
    let scans = "select seq_scan, idx_scan from pg_stat_xact_user_tables where relname = 'balances'";
    sqlx::query_as(scans).fetch_one(&mut **transaction).await.expect("counted")
}

#[tokio::test]
async fn rows_are_loaded_by_their_keys_from_a_table_that_was_never_analyzed() {
    let database = database().await;
    let store = open(database.url()).await;
    let table =
        table("balances", vec![key("account", ColumnKind::Text), column("amount", ColumnKind::Int64)]);
    let lease = set_up(&store, &table).await;
    let rows: Vec<_> = (0..5000).map(|n| json!({ "account": format!("{n:05}"), "amount": n })).collect();
    let mut transaction = batch(&store, &lease).await;
    transaction.write_rows(&table, &raws(&rows), &[]).await.expect("written");
    transaction.commit().await.expect("committed");

    let mut transaction = batch(&store, &lease).await;
    let keys: Vec<_> = rows.iter().step_by(100).map(|row| json!({ "account": row["account"] })).collect();
    // Earlier scans of this connection may be included.
    let before = scans(&mut transaction).await;
    let loaded = transaction.load_rows(&table, &raws(&keys)).await.expect("loaded");
    assert_eq!(loaded.len(), keys.len());
    let after = scans(&mut transaction).await;
    assert_eq!((after.0 - before.0, after.1 - before.1), (0, 50), "sequential scans and index scans");
    transaction.roll_back().await.expect("rolled back");
}

/// How often the table is replaced while others read it.
const REPLACEMENTS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_succeed_while_the_table_is_replaced() {
    let database = database().await;
    let store = open(database.url()).await;
    let table =
        table("balances", vec![key("account", ColumnKind::Text), column("amount", ColumnKind::Int64)]);
    let row = json!({ "account": "a", "amount": 1 });
    let lease = set_up(&store, &table).await;
    let mut transaction = batch(&store, &lease).await;
    transaction.write_rows(&table, &raws(&[row]), &[]).await.expect("written");
    transaction.commit().await.expect("committed");

    let (done, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    let replacing = async {
        let mut connection = connect(database.url()).await;
        for _ in 0..REPLACEMENTS {
            let sql = "begin; lock table balances; create table next (like balances including all);
                       insert into next select * from balances; drop table balances;
                       alter table next rename to balances; commit";
            run(&mut connection, sql).await;
            // Reads complete between two replacements, as between two swaps; others overlap each replacement.
            let before = reads.load(Ordering::SeqCst);
            while reads.load(Ordering::SeqCst) < before + 8 {
                tokio::task::yield_now().await;
            }
        }
        done.store(true, Ordering::SeqCst);
    };
    let reading = async || {
        while !done.load(Ordering::SeqCst) {
            store
                .find_row(&table, &raw(&json!({ "account": "a" })))
                .await
                .expect("an answer")
                .expect("the row exists");
            assert_eq!(store.all_rows(&table).await.expect("an answer").len(), 1);
            reads.fetch_add(1, Ordering::SeqCst);
        }
    };
    tokio::join!(replacing, reading(), reading(), reading(), reading());
}

#[tokio::test]
async fn other_transactions_wait_only_for_the_same_keys() {
    let database = database().await;
    let store = open(database.url()).await;
    let table =
        table("balances", vec![key("account", ColumnKind::Text), column("amount", ColumnKind::Int64)]);
    set_up(&store, &table).await;
    let keys =
        |names: &[&str]| raws(&names.iter().map(|name| json!({ "account": name })).collect::<Vec<_>>());
    let free = async || {
        let definition = definition(&format!("other {}", uuid()));
        store
            .begin_generation(&definition, GenerationRequest::Start)
            .await
            .expect("begun")
            .expect("a generation is created")
            .1
    };
    let mut first = free().await;
    first.lock_keys(&table, &keys(&["a", "b"])).await.expect("locked");
    let mut second = free().await;
    in_time("other keys", second.lock_keys(&table, &keys(&["c", "d"]))).await.expect("locked");
    let waiting = tokio::spawn({
        let (table, keys) = (table.clone(), keys(&["b", "e"]));
        let mut third = free().await;
        async move { third.lock_keys(&table, &keys).await }
    });
    wait_until_blocked(database.url(), 1).await;
    first.roll_back().await.expect("rolled back");
    waiting.await.expect("an end").expect("locked");
}

fn uuid() -> sqlx::types::Uuid {
    sqlx::types::Uuid::now_v7()
}

/// Every transaction may use another backend, on which statements of other clients may be prepared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn projections_work_behind_a_transaction_pooler() {
    let database = database().await;
    let bouncer = PgBouncer::start(database.url()).expect("a pgbouncer");
    let options = PostgresOptions::new(bouncer.url()).expect("a URL").transaction_pooler();
    let store = options.max_connections(8).connect().await.expect("a store");
    let mut working = tokio::task::JoinSet::new();
    for task in 0..6 {
        let store = store.clone();
        working.spawn(async move {
            let columns = vec![key("account", ColumnKind::Text), column("amount", ColumnKind::Int64)];
            let table = table(&format!("balances_{task}"), columns);
            let lease = set_up(&store, &table).await;
            for amount in 1..=10 {
                let (key, row) = (json!({ "account": "a" }), json!({ "account": "a", "amount": amount }));
                let mut transaction = batch(&store, &lease).await;
                let loaded = transaction.load_rows(&table, &raws(&[key])).await;
                assert_eq!(loaded.expect("loaded").len(), usize::from(amount > 1));
                let rows = raws(&[row]);
                let written = transaction.write_rows(&table, &rows, &[]);
                written.await.expect("written");
                transaction.advance(&lease, Position::new(amount), 1).await.expect("advanced");
                transaction.commit().await.expect("committed");
            }
            let begun = store.begin_generation(&definition(&table.name), super::rebuild(false)).await;
            let (building, mut transaction) = begun.expect("begun").expect("a generation is created");
            transaction.set_up_table(&table).await.expect("set up");
            transaction.commit().await.expect("committed");
            let lease = claim_partition(&store, building).await;
            let mut transaction = batch(&store, &lease).await;
            let row = json!({ "account": "b", "amount": 1 });
            let rows = raws(std::slice::from_ref(&row));
            let written = transaction.write_rows(&table, &rows, &[]);
            written.await.expect("written");
            transaction.advance(&lease, Position::new(10), 1).await.expect("advanced");
            transaction.commit().await.expect("committed");
            super::swap_generation(&store, building, false).await;
            assert_eq!(values(store.all_rows(&table).await.expect("rows")), [row]);
        });
    }
    working.join_all().await;
    assert_idle(database.url()).await;
}

/// With more columns than the row has, other types that hold the same values, and another order.
#[tokio::test]
async fn a_table_of_the_application_is_not_altered() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut own = connect(database.url()).await;
    run(
        &mut own,
        "create table balances (amount numeric not null, note text default 'none', account varchar(9) not null unique,
                                id bigint generated always as identity primary key)",
    )
    .await;
    let mut table =
        table("balances", vec![key("account", ColumnKind::Text), column("amount", ColumnKind::Int64)]);
    table.owned_by_application = true;
    let lease = set_up(&store, &table).await;
    let row = json!({ "account": "a", "amount": i64::MAX });
    let mut transaction = batch(&store, &lease).await;
    transaction.write_rows(&table, &raws(std::slice::from_ref(&row)), &[]).await.expect("written");
    transaction.commit().await.expect("committed");
    assert_eq!(values(store.all_rows(&table).await.expect("rows")), std::slice::from_ref(&row));

    let begun = store.begin_generation(&definition("balances"), super::rebuild(false)).await.expect("begun");
    let (building, mut transaction) = begun.expect("a generation is created");
    transaction.set_up_table(&table).await.expect("set up");
    transaction.commit().await.expect("committed");
    let lease = claim_partition(&store, building).await;
    let mut transaction = batch(&store, &lease).await;
    let key = raws(&[json!({ "account": "a" })]);
    assert!(transaction.load_rows(&table, &key).await.expect("loaded").is_empty());
    let row = json!({ "account": "b", "amount": 1 });
    transaction.write_rows(&table, &raws(std::slice::from_ref(&row)), &[]).await.expect("written");
    transaction.advance(&lease, Position::START, 1).await.expect("the table belongs to the generation");
    transaction.commit().await.expect("committed");
    super::swap_generation(&store, building, false).await;
    assert_eq!(values(store.all_rows(&table).await.expect("rows")), [row]);
    run(&mut own, "insert into balances (amount, account) values (1, 'of others'); select 1 / count(note) from balances")
        .await;
}
