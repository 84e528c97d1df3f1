//! Tables that do not fit their rows are refused before anything is written, and the error says what to do.

use eventsource_core::store::{
    Column, ColumnKind, GenerationRequest, ProjectionStore, ReadModelStore, ReadModelTable,
    ReadModelTransaction, StoreError, StoreTransaction,
};
use eventsource_postgres::ReadModelError;

use super::{
    definition, full_text,
    rows::{column, key, optional, table},
};
use crate::support::{connect, database, open, run};

/// The error for a table of the application with these columns, or `None` if the table is accepted.
async fn refusal(columns: &str, wanted: Vec<Column>) -> Option<String> {
    let database = database().await;
    let store = open(database.url()).await;
    if !columns.is_empty() {
        run(&mut connect(database.url()).await, format!("create table balances ({columns})")).await;
    }
    let table = ReadModelTable { owned_by_application: true, ..table("balances", wanted) };
    let begun =
        store.begin_generation(&definition("balances"), GenerationRequest::Start).await.expect("begun");
    let (_, mut transaction) = begun.expect("a generation is created");
    let error = transaction.set_up_table(&table).await.err()?;
    let text = full_text(&error);
    let StoreError::Backend { source, .. } = error else { panic!("{text}") };
    assert!(source.is::<ReadModelError>(), "{text}");
    Some(text)
}

#[tokio::test]
async fn a_table_that_does_not_fit_is_refused_with_what_to_do() {
    use ColumnKind as K;
    let wanted = |kind: K| vec![key("account", K::Text), column("amount", kind)];
    for (columns, wanted, says) in [
        ("", wanted(K::Int64), "no table `balances`; create it"),
        ("account text primary key", wanted(K::Int64), "no column `amount`; add it as `bigint`"),
        (
            "account text primary key, amount int",
            wanted(K::Int64),
            "`amount` of the table `balances` is `integer`",
        ),
        (
            "account text primary key, amount text",
            wanted(K::Int64),
            "is `text`, which cannot hold every `bigint`",
        ),
        ("account text primary key, amount numeric(20, 2)", wanted(K::Int64), "is `numeric(20,2)`"),
        ("account text primary key, amount smallint", wanted(K::Int32), "is `smallint`"),
        ("account text primary key, amount bigint", wanted(K::Text), "cannot hold every `text`"),
        ("account text primary key, amount real", wanted(K::Float64), "is `real`"),
        (
            "account text primary key, amount timestamp",
            wanted(K::Timestamp),
            "is `timestamp without time zone`",
        ),
        ("account text primary key, amount text", wanted(K::Native("point".to_owned())), "every `point`"),
        (
            "account text primary key, amount text",
            wanted(K::Native("pint".to_owned())),
            "the type `pint`, which",
        ),
        (
            "account text primary key, amount bigint, branch int not null",
            wanted(K::Int64),
            "`branch` of the table `balances` may not be null and has no default",
        ),
        ("account text unique, amount bigint", wanted(K::Int64), "belongs to the key, but may be null"),
        (
            "account text not null, amount bigint",
            wanted(K::Int64),
            "no primary key and no unique constraint on exactly (account)",
        ),
        (
            "account text not null, amount bigint, primary key (account, amount)",
            wanted(K::Int64),
            "no unique constraint on exactly (account)",
        ),
        (
            "account text primary key, amount bigint not null",
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
    use ColumnKind as K;
    let wanted = vec![
        key("account", K::Uuid),
        column("a", K::Int16),
        column("b", K::Int32),
        column("c", K::Numeric),
        column("d", K::Text),
        column("e", K::Float32),
        column("f", K::Json),
        column("g", K::Native("varchar(7)".to_owned())),
        column("h", K::Native("point".to_owned())),
    ];
    let columns = "account text, a bigint, b numeric(30), c numeric, d varchar(200), e double precision, f json,
                   g varchar(7), h point, i int not null default 7, j bigint generated always as identity, primary key (account)";
    assert_eq!(refusal(columns, wanted).await, None);
}

#[tokio::test]
async fn a_table_that_was_changed_since_is_noticed() {
    let database = database().await;
    let store = open(database.url()).await;
    let table =
        table("balances", vec![key("account", ColumnKind::Text), column("amount", ColumnKind::Int64)]);
    let begun =
        store.begin_generation(&definition("balances"), GenerationRequest::Start).await.expect("begun");
    let (generation, mut transaction) = begun.expect("a generation is created");
    transaction.set_up_table(&table).await.expect("set up");
    // A second time, as after a crash.
    transaction.set_up_table(&table).await.expect("it exists");
    transaction.commit().await.expect("committed");
    store.check_table(generation, &table).await.expect("unchanged");
    run(&mut connect(database.url()).await, "alter table balances rename amount to sum").await;
    let error = store.check_table(generation, &table).await.expect_err("changed");
    assert!(full_text(&error).contains("no column `amount`"), "{}", full_text(&error));
    run(&mut connect(database.url()).await, "drop table balances").await;
    let error = store.check_table(generation, &table).await.expect_err("gone");
    assert!(full_text(&error).contains("no table `balances`"), "{}", full_text(&error));
    let error = store.all_rows(&table).await.expect_err("gone");
    assert!(full_text(&error).contains("\"balances\" does not exist"), "{}", full_text(&error));
}
