//! Columns with a type of the store's own, which may keep another value than the type of the field writes.

use eventsource::{
    WorkerOptions,
    postgres::PostgresStore,
    prelude::*,
    projections::ReadModelProjection,
    sqlite::SqliteStore,
    store::{ReadModelStore, StopReason},
};
use eventsource_conformance::waiting::{followed, in_time};
use eventsource_harness::TestDatabase;
use serde_json::Value;

use super::bank::{AccountEvent, Deposit};

/// What each fold received, as texts. Every kept value differs from the written one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "received")]
struct InPostgres {
    #[read_model(key)]
    account: String,
    #[read_model(sql = "numeric(12,2)")]
    amount: f64,
    #[read_model(sql = "character(6)")]
    label: String,
    #[read_model(sql = "timestamp(0) with time zone")]
    last: String,
    received: Vec<String>,
}

impl Fold<AccountEvent> for InPostgres {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let AccountEvent::Deposited { amount } = event.event else { return Change::Delete };
        let mut received = row.as_ref().map(|row| row.received.clone()).unwrap_or_default();
        received.extend(row.as_ref().map(|row| format!("{} {:?} {}", row.amount, row.label, row.last)));
        Change::Put(Self {
            account: event.aggregate_id().to_owned(),
            amount: row.map_or(0.0, |row| row.amount) + 0.125,
            label: amount.to_string(),
            last: format!("2026-01-01T00:00:0{}.7Z", amount % 9),
            received,
        })
    }
}

/// SQLite converts texts that look like numbers in a column with the affinity `numeric`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "received")]
struct InSqlite {
    #[read_model(key)]
    account: String,
    #[read_model(sql = "numeric")]
    label: Value,
    received: Vec<String>,
}

impl Fold<AccountEvent> for InSqlite {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let AccountEvent::Deposited { amount } = event.event else { return Change::Delete };
        let mut received = row.as_ref().map(|row| row.received.clone()).unwrap_or_default();
        received.extend(row.map(|row| row.label.to_string()));
        let label = Value::from(format!("00{amount}"));
        Change::Put(Self { account: event.aggregate_id().to_owned(), label, received })
    }
}

/// Folds events one by one, with a restart after each, and then all of them at once.
async fn received<S, R>(
    store: S,
    projection: ReadModelProjection<R, AccountEvent>,
    received: fn(R) -> Vec<String>,
) -> Vec<Vec<String>>
where
    S: ReadModelStore + Clone,
    R: Fold<AccountEvent>,
{
    let es = EventSource::builder(store).projection(projection).build();
    for amount in 1..=4 {
        let workers = es.start().await.expect("started");
        for account in ["acc-1", "acc-2"] {
            let receipt = es.execute(Deposit(account, amount)).await.expect("accepted");
            followed(&es, "received", receipt.position).await;
        }
        workers.shutdown().await.expect("ended");
    }
    let workers = es.start().await.expect("started");
    let one_by_one: Vec<R> = es.all().await.expect("rows");
    es.rebuild("received").await.expect("rebuilt");
    let at_once: Vec<R> = es.all().await.expect("rows");
    let rows = |rows: Vec<R>| rows.into_iter().map(received).collect::<Vec<_>>();
    let (one_by_one, at_once) = (rows(one_by_one), rows(at_once));
    assert_eq!(at_once, one_by_one);
    // With the rows that the worker caches.
    for amount in 5..=6 {
        let receipt = es.execute(Deposit("acc-1", amount)).await.expect("accepted");
        followed(&es, "received", receipt.position).await;
    }
    let cached: Vec<R> = es.all().await.expect("rows");
    workers.shutdown().await.expect("ended");
    rows(cached)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_receives_what_postgres_has_kept() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let store = PostgresStore::connect(database.url()).await.expect("connected");
    let rows = received(store, InPostgres::projection(), |row| row.received).await;
    let due = [
        "0.13 \"1     \" 2026-01-01T00:00:02+00:00",
        "0.26 \"2     \" 2026-01-01T00:00:03+00:00",
        "0.39 \"3     \" 2026-01-01T00:00:04+00:00",
        "0.52 \"4     \" 2026-01-01T00:00:05+00:00",
        "0.65 \"5     \" 2026-01-01T00:00:06+00:00",
    ];
    assert_eq!(rows[0], due);
    assert_eq!(rows[1], due[..3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_receives_what_sqlite_has_kept() {
    let store = SqliteStore::in_memory().await.expect("opened");
    let rows = received(store, InSqlite::projection(), |row| row.received).await;
    assert_eq!(rows[0], ["1", "2", "3", "4", "5"]);
    assert_eq!(rows[1], ["1", "2", "3"]);
}

/// A text in a column that converts it to a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "labels")]
struct Label {
    #[read_model(key)]
    account: String,
    #[read_model(sql = "numeric")]
    label: String,
}

impl Fold<AccountEvent> for Label {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(_: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let AccountEvent::Deposited { amount } = event.event else { return Change::Delete };
        let label = if amount == 7 { "007".to_owned() } else { format!("no. {amount}") };
        Change::Put(Self { account: event.aggregate_id().to_owned(), label })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_store_keeps_unreadably_is_refused_at_its_event() {
    let store = SqliteStore::in_memory().await.expect("opened");
    let es = EventSource::builder(store).projection(Label::projection()).build();
    let mut refused = None;
    for amount in 5..=9 {
        let account = if amount % 2 == 0 { "even" } else { "odd" };
        let receipt = es.execute(Deposit(account, amount)).await.expect("accepted");
        refused = refused.or((amount == 7).then_some(receipt.position));
    }
    let options = WorkerOptions::default().batch_events(100);
    let mut workers = es.start_with(options).await.expect("started");
    let stopped = in_time("the projection stops", workers.stopped()).await;
    match stopped.reason {
        StopReason::Failed { position, error, .. } => {
            assert_eq!(Some(position), refused, "{error}");
            for part in ["read model `labels`", "the key \"odd\"", "`label` cannot be read back"] {
                assert!(error.contains(part), "{error}");
            }
        }
        other => panic!("{other:?}"),
    }
    workers.shutdown().await.expect("ended");
}
