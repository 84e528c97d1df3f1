//! Tables that do not fit their rows are refused before anything is written, and the error says what to do.

use eventsource::store::{
    Column, ColumnKind as K, GenerationRequest, GenerationState, ProjectionStore, ReadModelStore,
    ReadModelTable, ReadModelTransaction, StoreError, StoreTransaction,
};
use eventsource_sqlite::{ReadModelError, SqliteStore};
use serde_json::{json, value::to_raw_value};

use crate::support::{
    begin, claim, create_generation, definition, full_text, read, rebuild, run, store, swap,
};

fn column(name: &str, kind: K) -> Column {
    Column { name: name.to_owned(), kind, nullable: false, key: false }
}

fn key(name: &str, kind: K) -> Column {
    Column { key: true, ..column(name, kind) }
}

fn optional(name: &str, kind: K) -> Column {
    Column { nullable: true, ..column(name, kind) }
}

fn table(columns: Vec<Column>) -> ReadModelTable {
    ReadModelTable { name: "balances".to_owned(), columns, owned_by_application: true }
}

/// The refusal of an application's table that was created like this.
async fn refusal(columns: &str, wanted: Vec<Column>) -> Option<String> {
    let (store, directory) = store().await;
    if !columns.is_empty() {
        run(directory.path(), &format!("create table balances {columns}")).await;
    }
    let begun =
        store.begin_generation(&definition("balances"), GenerationRequest::Start).await.expect("begun");
    let (_, mut transaction) = begun.expect("begun");
    let error = transaction.set_up_table(&table(wanted)).await.err()?;
    let text = full_text(&error);
    let StoreError::Backend { source, .. } = error else { panic!("{text}") };
    assert!(source.is::<ReadModelError>(), "{text}");
    Some(text)
}

#[tokio::test]
async fn a_table_that_does_not_fit_is_refused_with_what_to_do() {
    let wanted = |kind: K| vec![key("account", K::Text), column("amount", kind)];
    for (columns, wanted, says) in [
        ("", wanted(K::Int64), "no table `balances`; create it"),
        ("(account text not null primary key)", wanted(K::Int64), "no column `amount`; add it as `integer`"),
        (
            "(account text not null primary key, amount text)",
            wanted(K::Int64),
            "`amount` of the table `balances` is `text`, which cannot hold every `integer`",
        ),
        ("(account text not null primary key, amount int)", wanted(K::Text), "is `int`"),
        ("(account text not null primary key, amount int)", wanted(K::Float64), "cannot hold every `real`"),
        ("(account text not null primary key, amount json)", wanted(K::Json), "is `json`"),
        ("(account text not null primary key, amount decimal(9))", wanted(K::Numeric), "is `decimal(9)`"),
        (
            "(account text not null primary key, amount integer)",
            wanted(K::Numeric),
            "cannot hold every `any`",
        ),
        ("(account text not null primary key, amount real)", wanted(K::Timestamp), "is `real`"),
        (
            "(account text not null primary key, amount text)",
            wanted(K::Native("blob".to_owned())),
            "every `blob`",
        ),
        (
            "(account text not null primary key, amount integer, branch int not null)",
            wanted(K::Int64),
            "`branch` of the table `balances` may not be null and has no default",
        ),
        (
            "(account text primary key, amount integer)",
            wanted(K::Int64),
            "`account` of the table `balances` belongs to the key, but may be null",
        ),
        (
            "(account text not null, amount integer)",
            wanted(K::Int64),
            "no primary key and no unique constraint on exactly (account)",
        ),
        (
            "(account text not null, amount integer not null, primary key (account, amount))",
            wanted(K::Int64),
            "no unique constraint on exactly (account)",
        ),
        // Two different keys would be one row.
        (
            "(account text not null collate nocase primary key, amount integer)",
            wanted(K::Int64),
            "no unique constraint on exactly (account)",
        ),
        (
            "(account text collate rtrim not null unique, amount integer)",
            wanted(K::Int64),
            "no unique constraint on exactly (account)",
        ),
        (
            "(account text not null collate nocase primary key, amount integer) without rowid",
            wanted(K::Int64),
            "no unique constraint on exactly (account)",
        ),
        (
            "(account text not null primary key, amount integer not null)",
            vec![key("account", K::Text), optional("amount", K::Int64)],
            "may not be null, but the field is optional",
        ),
    ] {
        let text = refusal(columns, wanted).await.unwrap_or_else(|| panic!("accepted: {columns}"));
        assert!(text.contains(says), "{columns}: {text}");
    }
}

#[tokio::test]
async fn a_table_of_other_types_that_hold_the_same_is_accepted() {
    let wanted = vec![
        key("account", K::Uuid),
        column("a", K::Int16),
        column("b", K::Bool),
        column("c", K::Numeric),
        column("d", K::Text),
        column("e", K::Float32),
        column("f", K::Json),
        column("g", K::Native("point".to_owned())),
        column("h", K::Timestamp),
    ];
    let columns = "(account varchar(36) not null, a bigint, b boolean, c, d varchar(200), e double, f text,
                    g point, h datetime, i int not null default 7, j int as (a + 1), primary key (account))";
    assert_eq!(refusal(columns, wanted).await, None);
    let counted = vec![key("n", K::Int64), column("big", K::Numeric)];
    assert_eq!(refusal("(n integer primary key, big any) strict", counted.clone()).await, None);
    assert_eq!(refusal("(n integer unique not null, big integer) strict", counted).await, None);
}

#[tokio::test]
async fn reserved_names_are_refused() {
    let (store, _directory) = store().await;
    let begun =
        store.begin_generation(&definition("balances"), GenerationRequest::Start).await.expect("begun");
    let (_, mut transaction) = begun.expect("begun");
    for name in ["eventsource_events", "EventSource_x", "sqlite_x"] {
        let table = ReadModelTable { name: name.to_owned(), ..table(vec![key("id", K::Text)]) };
        let error = transaction.set_up_table(&table).await.expect_err("refused");
        assert!(full_text(&error).contains("the store's own"), "{}", full_text(&error));
    }
}

#[tokio::test]
async fn a_table_that_was_changed_since_is_noticed() {
    let (store, directory) = store().await;
    let table = ReadModelTable {
        owned_by_application: false,
        ..table(vec![key("account", K::Text), column("amount", K::Int64)])
    };
    let begun =
        store.begin_generation(&definition("balances"), GenerationRequest::Start).await.expect("begun");
    let (generation, mut transaction) = begun.expect("begun");
    transaction.set_up_table(&table).await.expect("set up");
    // A second time, as after a crash.
    transaction.set_up_table(&table).await.expect("it exists already");
    transaction.commit().await.expect("made");
    store.check_table(generation, &table).await.expect("unchanged");
    run(directory.path(), "alter table balances rename amount to sum").await;
    let error = store.check_table(generation, &table).await.expect_err("changed");
    assert!(full_text(&error).contains("no column `amount`"), "{}", full_text(&error));
    run(directory.path(), "drop table balances").await;
    let error = store.check_table(generation, &table).await.expect_err("dropped");
    assert!(full_text(&error).contains("no table `balances`"), "{}", full_text(&error));
}

#[tokio::test]
async fn an_invalid_value_is_reported_with_its_column() {
    let (store, directory) = store().await;
    run(
        directory.path(),
        "create table balances (account text not null primary key, amount integer not null)",
    )
    .await;
    let table = table(vec![key("account", K::Text), column("amount", K::Int64)]);
    let made =
        store.begin_generation(&definition("balances"), GenerationRequest::Start).await.expect("begun");
    let (generation, mut transaction) = made.expect("begun");
    transaction.set_up_table(&table).await.expect("set up");
    transaction.commit().await.expect("made");
    let lease = claim(&store, generation).await;
    let mut transaction = begin(&store, &lease).await;
    for (row, says) in [
        (
            json!({"account": "a", "amount": "7"}),
            "a value is not a valid `integer` for the column `amount` of the table `balances`",
        ),
        (
            json!({"account": 7, "amount": 7}),
            "a value is not a valid `text` for the column `account` of the table `balances`",
        ),
        (json!({"account": "a"}), "NOT NULL constraint failed: balances.amount"),
        (json!({"account": null, "amount": 7}), "NOT NULL constraint failed: balances.account"),
    ] {
        let row = to_raw_value(&row).expect("JSON");
        let error = transaction.write_rows(&table, &[row], &[]).await.expect_err("refused");
        let text = full_text(&error);
        assert!(text.contains(says), "{text}");
        assert!(!error.is_retryable(), "{text}");
    }
}

#[tokio::test]
async fn a_table_of_the_application_is_copied_with_its_indexes() {
    let (store, directory) = store().await;
    let sql = "create table \"balances\" (account text not null primary key, amount integer default 7);
               create unique index \"by \"\"amount\"\"\" on balances (amount, account);
               create index by_sum on balances (amount + 1)";
    run(directory.path(), sql).await;
    let table = table(vec![key("account", K::Text), optional("amount", K::Int64)]);
    for request in [GenerationRequest::Start, rebuild(false)] {
        let begun = store.begin_generation(&definition("balances"), request).await.expect("begun");
        let (generation, mut transaction) = begun.expect("begun");
        transaction.set_up_table(&table).await.expect("set up");
        transaction.commit().await.expect("made");
        if request != GenerationRequest::Start {
            swap(&store, generation, false).await;
        }
        let indexes = "select count(*) || '' from pragma_index_list('balances') where origin = 'c'";
        assert_eq!(read(directory.path(), indexes).await, ["2"]);
        let default = "select dflt_value from pragma_table_info('balances') where name = 'amount'";
        assert_eq!(read(directory.path(), default).await, ["7"]);
        store.check_table(generation, &table).await.expect("it fits");
    }
    let all = "select count(*) || '' from sqlite_schema where tbl_name = 'balances'";
    assert_eq!(read(directory.path(), all).await, ["4"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_becomes_live_during_the_check_is_found() {
    let (store, directory) = store().await;
    let other = SqliteStore::open(directory.path().join("store.db")).await.expect("opened");
    let table = ReadModelTable {
        owned_by_application: false,
        ..table(vec![key("account", K::Text), column("amount", K::Int64)])
    };
    for request in std::iter::once(GenerationRequest::Start).chain([rebuild(false); 50]) {
        let begun = store.begin_generation(&definition("balances"), request).await.expect("begun");
        let (generation, mut transaction) = begun.expect("begun");
        transaction.set_up_table(&table).await.expect("set up");
        transaction.commit().await.expect("made");
        let checking = {
            let (other, table) = (other.clone(), table.clone());
            tokio::spawn(async move {
                for _ in 0..20 {
                    other.check_table(generation, &table).await.expect("it exists, building or live");
                }
            })
        };
        if request != GenerationRequest::Start {
            swap(&store, generation, false).await;
        }
        checking.await.expect("no panic");
    }
}

/// The rows that are recorded about generations, and the tables of those that are not live.
async fn rest(directory: &std::path::Path) -> Vec<String> {
    let count = "select (select count(*) from eventsource_generations) || ' ' ||
                        (select count(*) from eventsource_checkpoints) || ' ' ||
                        (select count(*) from eventsource_parked_events) || ' ' ||
                        (select count(distinct generation) from eventsource_objects) || ' ' ||
                        (select count(*) from sqlite_schema where name glob 'eventsource_[0-9]*')";
    read(directory, count).await
}

#[tokio::test]
async fn nothing_remains_of_generations_that_were_replaced_or_abandoned() {
    const TABLE: &str = "create table balances (account text primary key, amount integer not null)";
    let (store, directory) = store().await;
    create_generation(&store, GenerationRequest::Start, TABLE).await;
    let before = rest(directory.path()).await;
    for kept in [false, true] {
        for _ in 0..3 {
            let generation = create_generation(&store, rebuild(kept), TABLE).await;
            claim(&store, generation).await;
            swap(&store, generation, kept).await;
        }
    }
    for found in store.generations().await.expect("listed") {
        if found.state == GenerationState::Retired {
            store.abandon(found.id).await.expect("abandoned");
        }
    }
    let abandoned = create_generation(&store, rebuild(false), TABLE).await;
    store.abandon(abandoned).await.expect("abandoned");
    assert_eq!(rest(directory.path()).await, before, "only the live one");
}
