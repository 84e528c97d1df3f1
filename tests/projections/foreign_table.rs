//! A table of somebody else that has the name of a read model.

use eventsource::{StartError, postgres::PostgresStore, prelude::*, projections::ProjectionState};
use eventsource_conformance::waiting::until;
use eventsource_harness::TestDatabase;
use sqlx::Connection;

use super::{
    bank::{AccountEvent, Deposit},
    postgres::Balance,
};

/// The next version of [`Balance`], with fewer columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances", version = 2)]
struct Deposits {
    #[read_model(key)]
    account: String,
    deposits: i64,
}

impl Fold<AccountEvent> for Deposits {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let row = row.unwrap_or(Self { account: event.aggregate_id().to_owned(), deposits: 0 });
        Change::Put(Self { deposits: row.deposits + 1, ..row })
    }
}

/// A read model that is new, and whose table is there with another column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "movements")]
struct Movement {
    #[read_model(key)]
    account: String,
    amount: i64,
}

impl Fold<AccountEvent> for Movement {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let _ = event;
        row.map_or(Change::Keep, Change::Put)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_finds_the_table_of_another_leaves_everything_as_it_was() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let store = PostgresStore::connect(database.url()).await.expect("connected");
    let old = EventSource::builder(store.clone()).inline(Balance::projection()).build();
    let workers = old.start().await.expect("started");
    until("it to be inline", async || {
        let state = old.status().await.expect("status").live("balances").map(|it| it.state.clone());
        if state == Some(ProjectionState::Inline) { Ok(()) } else { Err(state) }
    })
    .await;

    let mut own = sqlx::PgConnection::connect(database.url()).await.expect("connected");
    let foreign = "create table movements (account text primary key, amount text not null)";
    sqlx::raw_sql(foreign).execute(&mut own).await.expect("created");
    let movements = Movement::projection();
    let new =
        EventSource::builder(store.clone()).inline(Deposits::projection()).projection(movements).build();
    let refused = new.start().await.expect_err("the table has another column");
    match &refused {
        StartError::Setup { projection, source } => {
            assert_eq!(projection, "movements");
            assert!(source.to_string().contains("`amount`"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    let objects = "select (select count(*) from eventsource.generations),
                          (select count(*) from pg_namespace where nspname like 'eventsource\\_%')";
    let found: (i64, i64) = sqlx::query_as(objects).fetch_one(&mut own).await.expect("an answer");
    assert_eq!(found, (1, 0), "generations, and schemas of those that are building");
    old.execute(Deposit("acc-1", 1)).await.expect("it is still inline");
    let row: Balance = old.find(&"acc-1".to_owned()).await.expect("found").expect("it is still inline");
    assert_eq!(row.deposits, 1);
    workers.shutdown().await.expect("ended");

    sqlx::raw_sql("drop table movements").execute(&mut own).await.expect("dropped");
    let workers = new.start().await.expect("started");
    until("the next version to be live", async || {
        let state =
            new.status().await.expect("status").live("balances").map(|it| (it.version, it.state.clone()));
        if matches!(state, Some((2, _))) { Ok(()) } else { Err(state) }
    })
    .await;
    let rows: Vec<Deposits> = new.all().await.expect("rows");
    assert_eq!(rows, [Deposits { account: "acc-1".to_owned(), deposits: 1 }]);
    workers.shutdown().await.expect("ended");
}
