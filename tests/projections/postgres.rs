//! Read models in Postgres.

use eventsource::{Retry, postgres::PostgresStore, prelude::*, projections::ProjectionState};
use eventsource_conformance::waiting::{LIMIT, followed, until};
use eventsource_harness::TestDatabase;

use super::bank::{AccountEvent, Deposit};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
pub(crate) struct Balance {
    #[read_model(key)]
    account: String,
    pub(crate) deposits: i64,
    balance: i64,
}

impl Fold<AccountEvent> for Balance {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let AccountEvent::Deposited { amount } = event.event else { return Change::Keep };
        let before =
            row.unwrap_or(Self { account: event.aggregate_id().to_owned(), deposits: 0, balance: 0 });
        Change::Put(Self { deposits: before.deposits + 1, balance: before.balance + amount, ..before })
    }
}

async fn store(database: &TestDatabase) -> PostgresStore {
    PostgresStore::migrate(database.url()).await.expect("migrated");
    PostgresStore::connect(database.url()).await.expect("connected")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_in_postgres_follows_is_rebuilt_and_becomes_inline() {
    let database = TestDatabase::create();
    let store = store(&database).await;
    let es = EventSource::builder(store.clone()).projection(Balance::projection()).build();
    for n in 0..200 {
        es.execute(Deposit(&format!("acc-{}", n % 10), 1)).await.expect("accepted");
    }
    let workers = es.start().await.expect("started");
    let receipt = es.execute(Deposit("acc-1", 5)).await.expect("accepted");
    followed(&es, "balances", receipt.position).await;
    let row: Balance = es.find(&"acc-1".to_owned()).await.expect("found").expect("a row");
    assert_eq!(row, Balance { account: "acc-1".to_owned(), deposits: 21, balance: 25 });
    for _ in 0..50 {
        let receipt = es.execute(Deposit("acc-2", 1)).await.expect("accepted");
        followed(&es, "balances", receipt.position).await;
    }
    let rebuilt = es.rebuild("balances").await.expect("rebuilt");
    assert!(rebuilt.live, "{rebuilt:?}");
    let all: Vec<Balance> = es.all().await.expect("rows");
    assert_eq!(all.iter().map(|row| row.deposits).sum::<i64>(), 251);
    workers.shutdown().await.expect("ended");

    let es = EventSource::builder(store).retry(Retry::within(LIMIT)).inline(Balance::projection()).build();
    let workers = es.start().await.expect("started");
    until("the projection to become inline", async || {
        es.execute(Deposit("acc-3", 1)).await.expect("accepted");
        let state = es.status().await.expect("status").live("balances").map(|it| it.state.clone());
        if state == Some(ProjectionState::Inline) { Ok(()) } else { Err(state) }
    })
    .await;
    let before: Balance = es.find(&"acc-1".to_owned()).await.expect("found").expect("a row");
    let commands = (0..40).map(|_| {
        let es = es.clone();
        tokio::spawn(async move { es.execute(Deposit("acc-1", 1)).await.expect("accepted") })
    });
    for command in commands.collect::<Vec<_>>() {
        command.await.expect("no panic");
    }
    let after: Balance = es.find(&"acc-1".to_owned()).await.expect("found").expect("a row");
    assert_eq!(after.deposits, before.deposits + 40);
    workers.shutdown().await.expect("ended");
}
