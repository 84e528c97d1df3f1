//! Rows of read models: found by key, written, deleted, and returned unchanged.

use eventsource::{
    Timestamp,
    store::GenerationRequest,
    store::{
        Column, ColumnKind, Lease, ReadModelStore, ReadModelTable, ReadModelTransaction, StoreError,
        StoreTransaction,
    },
};
use serde_json::{Value, json};

use crate::support::{
    ReadModels, accounts, balances, column, key, raw, row, row_key, some_times, table, value,
};

fn none() -> Vec<Value> {
    Vec::new()
}

/// A live generation with this table, and its lease.
async fn with_table<S: ReadModelStore>(store: &ReadModels<S>, table: &ReadModelTable) -> Lease {
    let made = store.made_with(&balances(), GenerationRequest::Start, table).await;
    store.lease(made.expect("there was no generation")).await
}

/// Writes these rows, and returns the rows loaded by these keys in the same transaction.
async fn keep<S: ReadModelStore>(
    store: &ReadModels<S>,
    lease: &Lease,
    table: &ReadModelTable,
    rows: &[Value],
) {
    let rows: Vec<_> = rows.iter().cloned().map(raw).collect();
    let mut transaction = store.begun(lease).await;
    store.write(&mut transaction, table, &rows, &[]).await;
    store.committed(transaction).await;
}

/// The text of an error with all its causes.
fn shown(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

pub(crate) async fn rows_are_found_and_loaded_by_key<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = with_table(&store, &accounts()).await;
    keep(&store, &lease, &accounts(), &[json!({"id": "a", "balance": 1}), json!({"id": "b", "balance": -2})])
        .await;
    assert_eq!((store.balance("a").await, store.balance("b").await), (Some(1), Some(-2)));
    assert_eq!(store.balance("c").await, None);
    let mut transaction = store.begun(&lease).await;
    let found = store.load(&mut transaction, &accounts(), &["b", "c"].map(row_key)).await;
    assert_eq!(found, [json!({"id": "b", "balance": -2})]);
    assert_eq!(store.load(&mut transaction, &accounts(), &[]).await, none());
}

pub(crate) async fn a_transaction_sees_what_it_wrote<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = with_table(&store, &accounts()).await;
    store.apply(&lease, 1, &[row("a", 1), row("b", 1)]).await;
    let mut transaction = store.begun(&lease).await;
    store.write(&mut transaction, &accounts(), &[row("a", 2), row("c", 2)], &[row_key("b")]).await;
    let mut seen = store.load(&mut transaction, &accounts(), &["a", "b", "c"].map(row_key)).await;
    seen.sort_by_key(|row| row["id"].to_string());
    assert_eq!(seen, [json!({"id": "a", "balance": 2}), json!({"id": "c", "balance": 2})]);
}

pub(crate) async fn a_row_replaces_the_one_with_its_key<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = with_table(&store, &accounts()).await;
    for (position, balance) in [(1, 1), (2, 2)] {
        store.apply(&lease, position, &[row("a", balance)]).await;
    }
    assert_eq!(store.rows(&accounts()).await, [json!({"id": "a", "balance": 2})]);
}

pub(crate) async fn the_last_of_several_writes_of_one_key_stays<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = with_table(&store, &accounts()).await;
    let mut transaction = store.begun(&lease).await;
    store.put(&mut transaction, &["a", "b", "c"].map(|id| row(id, 1))).await;
    store.write(&mut transaction, &accounts(), &[row("a", 2)], &["b", "c"].map(row_key)).await;
    store.put(&mut transaction, &[row("a", 3), row("b", 3)]).await;
    store.committed(transaction).await;
    let due = [json!({"id": "a", "balance": 3}), json!({"id": "b", "balance": 3})];
    assert_eq!(store.rows(&accounts()).await, due);
}

pub(crate) async fn rows_are_deleted_by_key<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = with_table(&store, &accounts()).await;
    store.apply(&lease, 1, &[row("a", 1), row("b", 1), row("c", 1)]).await;
    let mut transaction = store.begun(&lease).await;
    let deletes = ["a", "c", "not there"].map(row_key);
    store.write(&mut transaction, &accounts(), &[], &deletes).await;
    assert_eq!(store.balance("a").await, Some(1), "not before it is committed");
    store.committed(transaction).await;
    assert_eq!(store.rows(&accounts()).await, [json!({"id": "b", "balance": 1})]);
    assert_eq!(store.balance("a").await, None);
}

pub(crate) async fn keys_may_have_several_columns<S: ReadModelStore>(store: ReadModels<S>) {
    let columns = vec![
        key("shop", ColumnKind::Text),
        column("total", ColumnKind::Int64),
        key("month", ColumnKind::Int32),
    ];
    let table = table("accounts", columns);
    let lease = with_table(&store, &table).await;
    let turnover = |shop, month, total| json!({"shop": shop, "month": month, "total": total});
    keep(&store, &lease, &table, &[turnover("a", 2, 1), turnover("b", 1, 2), turnover("a", 1, 3)]).await;
    keep(&store, &lease, &table, &[turnover("a", 2, 4)]).await;
    let due = [turnover("a", 1, 3), turnover("a", 2, 4), turnover("b", 1, 2)];
    assert_eq!(store.rows(&table).await, due, "ordered by the first column, then by the second");
    // The fields of a key may be in any order.
    let found = store.find_row(&table, &raw(json!({"month": 1, "shop": "b"}))).await.expect("readable");
    assert_eq!(value(&found.expect("it is there")), turnover("b", 1, 2));
    let missing = store.find_row(&table, &raw(json!({"shop": "b", "month": 2}))).await.expect("readable");
    assert!(missing.is_none());
    let mut transaction = store.begun(&lease).await;
    let keys = [raw(json!({"shop": "a", "month": 1})), raw(json!({"shop": "c", "month": 1}))];
    assert_eq!(store.load(&mut transaction, &table, &keys).await, [turnover("a", 1, 3)]);
    store.write(&mut transaction, &table, &[], &keys).await;
    store.committed(transaction).await;
    assert_eq!(store.rows(&table).await, due[1..]);
}

pub(crate) async fn texts_stay_as_they_were_written<S: ReadModelStore>(store: ReadModels<S>) {
    let table = table("accounts", vec![key("id", ColumnKind::Text), column("note", ColumnKind::Text)]);
    let lease = with_table(&store, &table).await;
    let texts = [
        "",
        " ",
        "o'brien",
        "say \"hi\"",
        "\\ \\n {a,b} NULL null $1 %s",
        "tab\tline\nreturn\r",
        "\u{1f980} é e\u{301} \u{200b}",
        "A",
        "a",
        "a ",
    ];
    let rows = texts.map(|text| json!({"id": text, "note": text}));
    keep(&store, &lease, &table, &rows).await;
    assert_eq!(store.rows(&table).await.len(), texts.len(), "each text is a separate key");
    let mut transaction = store.begun(&lease).await;
    for (text, row) in texts.iter().zip(rows) {
        let found = store.find_row(&table, &row_key(text)).await.expect("the table can be read");
        assert_eq!(value(&found.expect("it is there")), row);
        assert_eq!(store.load(&mut transaction, &table, &[row_key(text)]).await, [row]);
    }
}

pub(crate) async fn numbers_stay_as_they_were_written<S: ReadModelStore>(store: ReadModels<S>) {
    let columns = vec![
        key("id", ColumnKind::Int64),
        column("small", ColumnKind::Int16),
        column("int", ColumnKind::Int32),
        column("large", ColumnKind::Numeric),
        column("single", ColumnKind::Float32),
        column("double", ColumnKind::Float64),
    ];
    let table = table("accounts", columns);
    let lease = with_table(&store, &table).await;
    let row = |id: i64, small: i16, int: i32, large: u64, single: f32, double: f64| {
        json!({
            "id": id, "small": small, "int": int, "large": large,
            "single": f64::from(single), "double": double,
        })
    };
    let rows = [
        row(i64::MIN, i16::MIN, i32::MIN, 0, -0.5, f64::MIN),
        row(-1, -1, -1, 1, 0.25, 0.1),
        row(1 << 53 | 1, 0, 0, 1 << 53 | 1, 1.5, 1e-300),
        row(i64::MAX, i16::MAX, i32::MAX, u64::MAX, 1024.0, f64::MAX),
    ];
    keep(&store, &lease, &table, &rows).await;
    let kept = store.rows(&table).await;
    for (kept, given) in kept.iter().zip(&rows) {
        for column in &table.columns {
            let (kept, given) = (&kept[&column.name], &given[&column.name]);
            // A number with a fraction may come back as `1024` or `1e3`: it is the same number.
            let same = kept == given || given.is_f64() && kept.as_f64() == given.as_f64();
            assert!(same, "{} of {given}: {kept}", column.name);
        }
    }
    assert_eq!(kept.len(), rows.len());
}

pub(crate) async fn every_kind_of_column_keeps_its_values<S: ReadModelStore>(store: ReadModels<S>) {
    let columns = vec![
        key("id", ColumnKind::Uuid),
        key("at", ColumnKind::Timestamp),
        key("ok", ColumnKind::Bool),
        column("any", ColumnKind::Json),
    ];
    let table = table("accounts", columns);
    let lease = with_table(&store, &table).await;
    let at: Timestamp = "2026-01-02T03:04:05.123456Z".parse().expect("a time");
    let nested = json!({"list": [1, {"deep": [null, true, "o'b \"x\""]}], "": {}, "text": "\u{1f980}"});
    let row = json!({"id": "0190163d-8694-739b-aea5-966c26f8ad91", "at": at, "ok": true, "any": nested});
    keep(&store, &lease, &table, std::slice::from_ref(&row)).await;
    let key = raw(json!({"id": row["id"], "at": at, "ok": true}));
    let kept = store.find_row(&table, &key).await.expect("the table can be read");
    let kept = value(&kept.expect("it is there"));
    assert_eq!((&kept["id"], &kept["ok"], &kept["any"]), (&row["id"], &row["ok"], &row["any"]));
    // The same moment may be written in several ways.
    assert_eq!(serde_json::from_value::<Timestamp>(kept["at"].clone()).expect("a time"), at);
    for (field, other) in [("ok", json!(false)), ("at", json!("2026-01-02T03:04:05.123457Z"))] {
        let mut key = value(&key);
        key[field] = other;
        assert!(store.find_row(&table, &raw(key)).await.expect("readable").is_none(), "another {field}");
    }
}

pub(crate) async fn each_time_in_a_column_is_kept_to_the_microsecond<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let columns = vec![key("id", ColumnKind::Timestamp), column("at", ColumnKind::Timestamp)];
    let table = table("accounts", columns);
    let lease = with_table(&store, &table).await;
    let mut times = some_times();
    let rows: Vec<_> = times.iter().map(|at| json!({"id": at, "at": at})).collect();
    keep(&store, &lease, &table, &rows).await;
    let time = |value: &Value| serde_json::from_value::<Timestamp>(value.clone()).expect("a time");
    // By the time, not by its text.
    times.sort_unstable();
    let kept = store.rows(&table).await;
    assert_eq!(kept.iter().map(|row| time(&row["id"])).collect::<Vec<_>>(), times);
    assert!(kept.iter().all(|row| time(&row["at"]) == time(&row["id"])));
    let found =
        store.find_row(&table, &raw(json!({"id": Timestamp::MAX}))).await.expect("the table can be read");
    assert!(found.is_some());
}

pub(crate) async fn json_of_any_form_is_kept<S: ReadModelStore>(store: ReadModels<S>) {
    let table = table("accounts", vec![key("id", ColumnKind::Int32), column("any", ColumnKind::Json)]);
    let lease = with_table(&store, &table).await;
    let deep = (0..60)
        .fold(json!("bottom"), |inner, n| if n % 2 == 0 { json!([inner]) } else { json!({"in": inner}) });
    let any = [json!(1), json!("text"), json!([]), json!({}), json!(true), json!([1, [2, [3]]]), deep];
    let rows: Vec<_> = any.iter().zip(0..).map(|(any, id)| json!({"id": id, "any": any})).collect();
    keep(&store, &lease, &table, &rows).await;
    assert_eq!(store.rows(&table).await, rows);
}

pub(crate) async fn a_column_may_be_null_where_it_says_so<S: ReadModelStore>(store: ReadModels<S>) {
    let optional = |name, kind| Column { nullable: true, ..column(name, kind) };
    let columns = vec![
        key("id", ColumnKind::Text),
        optional("note", ColumnKind::Text),
        optional("count", ColumnKind::Int64),
        optional("at", ColumnKind::Timestamp),
        optional("any", ColumnKind::Json),
    ];
    let table = table("accounts", columns);
    let lease = with_table(&store, &table).await;
    let null = json!({"id": "a", "note": null, "count": null, "at": null, "any": null});
    let text = json!({"id": "b", "note": "null", "count": 0, "at": null, "any": "null"});
    keep(&store, &lease, &table, &[null.clone(), text.clone()]).await;
    assert_eq!(store.rows(&table).await, [null, text]);
}

pub(crate) async fn a_column_is_not_null_where_it_does_not_say_so<S: ReadModelStore>(store: ReadModels<S>) {
    let columns = vec![
        key("id", ColumnKind::Text),
        column("note", ColumnKind::Text),
        column("count", ColumnKind::Int64),
        column("at", ColumnKind::Timestamp),
        column("any", ColumnKind::Json),
    ];
    let table = table("accounts", columns);
    let lease = with_table(&store, &table).await;
    let row = json!({"id": "a", "note": "", "count": 0, "at": Timestamp::MIN, "any": [null]});
    for name in ["note", "count", "at", "any"] {
        let mut null = row.clone();
        null[name] = Value::Null;
        let mut transaction = store.begun(&lease).await;
        let written = transaction.write_rows(&table, &[raw(null)], &[]).await;
        assert!(shown(&written.expect_err("it is not null")).contains(name), "which column it is");
        transaction.roll_back().await.expect("the connection is there");
    }
    keep(&store, &lease, &table, std::slice::from_ref(&row)).await;
    assert_eq!(store.rows(&table).await.len(), 1);
}

pub(crate) async fn two_thousand_rows_fit_in_one_batch<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = with_table(&store, &accounts()).await;
    let id = |n: i64| format!("account{n:05}");
    let rows: Vec<_> = (0..2_000).map(|n| row(&id(n), n)).collect();
    let keys: Vec<_> = (0..2_000).map(|n| row_key(&id(n))).collect();
    store.apply(&lease, 1, &rows).await;
    let mut transaction = store.begun(&lease).await;
    assert_eq!(store.load(&mut transaction, &accounts(), &keys).await.len(), 2_000);
    store.locked(&mut transaction, &accounts(), &keys).await;
    let more: Vec<_> = (2_000..4_000).map(|n| row(&id(n), n)).collect();
    store.write(&mut transaction, &accounts(), &more, &keys).await;
    store.committed(transaction).await;
    let kept = store.rows(&accounts()).await;
    assert!(kept.iter().map(|row| row["balance"].as_i64()).eq((2_000..4_000).map(Some)));
}

pub(crate) async fn all_rows_are_ordered_by_key<S: ReadModelStore>(store: ReadModels<S>) {
    let table = table("accounts", vec![key("id", ColumnKind::Int64), column("n", ColumnKind::Int64)]);
    let lease = with_table(&store, &table).await;
    assert_eq!(store.rows(&table).await, none());
    let rows: Vec<_> = [10, -1, 9, 100, 2].map(|id| json!({"id": id, "n": -id})).into();
    keep(&store, &lease, &table, &rows).await;
    let ids: Vec<_> = store.rows(&table).await.iter().map(|row| row["id"].as_i64()).collect();
    assert_eq!(ids, [-1, 2, 9, 10, 100].map(Some));
}

pub(crate) async fn a_table_that_is_not_as_expected_is_named<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = with_table(&store, &accounts()).await;
    store.check_table(lease.generation, &accounts()).await.expect("the table matches");
    let mut missing = accounts();
    missing.columns.push(column("iban", ColumnKind::Text));
    let mut differs = accounts();
    differs.columns[1].kind = ColumnKind::Text;
    for (expected, column) in [(missing, "iban"), (differs, "balance")] {
        let refused = store.check_table(lease.generation, &expected).await;
        let text = shown(&refused.expect_err("the table does not match"));
        assert!(text.contains("accounts") && text.contains(column), "{text:?} must name table and column");
    }
}
