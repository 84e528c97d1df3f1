//! New versions of a read model whose columns change, where only a server can tell: schemas, owners and migrations.

use eventsource_core::store::{
    ColumnKind, Definition, GenerationId, GenerationRequest, ProjectionStore, ReadModelStore, ReadModelTable,
    ReadModelTransaction, StoreError, StoreTransaction,
};
use eventsource_postgres::PostgresStore;

use super::{
    definition, full_text,
    rows::{column, key, table},
    swap_generation,
};
use crate::support::{connect, database, open, run};

fn balances() -> ReadModelTable {
    table("balances", vec![key("account", ColumnKind::Text), column("amount", ColumnKind::Int64)])
}

fn with_iban() -> ReadModelTable {
    let mut table = balances();
    table.columns.push(column("iban", ColumnKind::Text));
    table
}

async fn made_with(
    store: &PostgresStore,
    version: u32,
    table: &ReadModelTable,
) -> Result<GenerationId, StoreError> {
    let definition = Definition { version, ..definition("balances") };
    let begun = store.begin_generation(&definition, GenerationRequest::Start).await?;
    let (generation, mut transaction) = begun.expect("one is due");
    transaction.set_up_table(table).await?;
    transaction.commit().await?;
    Ok(generation)
}

/// The migration adds the column to the live table, before the new version copies it.
#[tokio::test]
async fn a_column_that_a_migration_added_is_part_of_the_next_version() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut own = connect(database.url()).await;
    run(&mut own, "create table balances (account text primary key, amount bigint not null)").await;
    let of_application = |table: ReadModelTable| ReadModelTable { owned_by_application: true, ..table };
    let (old, new) = (of_application(balances()), of_application(with_iban()));
    let first = made_with(&store, 1, &old).await.expect("made");
    let refused = made_with(&store, 2, &new).await.expect_err("the migration comes first");
    assert!(full_text(&refused).contains("no column `iban`"), "{}", full_text(&refused));
    run(&mut own, "alter table balances add iban text not null default ''").await;
    let second = made_with(&store, 2, &new).await.expect("made");
    for (generation, table) in [(first, &old), (second, &old), (second, &new), (first, &new)] {
        store.check_table(generation, table).await.expect("both have the column");
    }
    // From now on the two differ.
    run(&mut own, "alter table balances drop iban").await;
    store.check_table(second, &new).await.expect("it is a table of its own");
    let refused = store.check_table(first, &new).await.expect_err("it is dropped");
    assert!(full_text(&refused).contains("no column `iban`"), "{}", full_text(&refused));
}

/// The table is found in the schema of the generation, not along the search path.
#[tokio::test]
async fn a_table_of_the_same_name_in_another_schema_is_not_checked() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = made_with(&store, 1, &balances()).await.expect("made");
    let mut own = connect(database.url()).await;
    run(&mut own, "create schema other; create table other.balances (account int)").await;
    let path = format!("alter database {} set search_path = other, public", database.name());
    run(&mut own, path).await;
    let store = open(database.url()).await;
    store.check_table(generation, &balances()).await.expect("its own table is as it was");
    store.check_table(generation, &with_iban()).await.expect_err("its own table has no such column");
}

/// A swap that commits between the look at the state and the look at the columns does not confuse the two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_fits_while_its_generation_is_swapped_back_and_forth() {
    let database = database().await;
    let store = open(database.url()).await;
    let first = made_with(&store, 1, &balances()).await.expect("made");
    let second = made_with(&store, 2, &with_iban()).await.expect("made");
    let checker = tokio::spawn({
        let store = store.clone();
        async move {
            for _ in 0..60 {
                store.check_table(first, &balances()).await.expect("the first fits");
                store.check_table(second, &with_iban()).await.expect("the second fits");
            }
        }
    });
    let mut next = [second, first].into_iter().cycle();
    while !checker.is_finished() {
        let generation = next.next().expect("it has no end");
        swap_generation(&store, generation, true).await;
        let other = if generation == first { second } else { first };
        assert!(store.revive(other).await.expect("an answer"));
    }
    checker.await.expect("no check failed");
}
