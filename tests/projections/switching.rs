//! Inline projections that are rebuilt or under load.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use eventsource::{
    FailurePolicy, Projection, ProjectionError, Retry,
    postgres::{
        PgTransaction, PostgresOptions, PostgresStore,
        sqlx::{self, Connection, PgConnection},
    },
    prelude::*,
    projections::ProjectionState,
    store::{ProjectionStore, StoreError},
};
use eventsource_conformance::waiting::{LIMIT, followed, in_time, wait_for, while_changing};
use eventsource_harness::TestDatabase;
use futures_util::future::join_all;

use super::{
    bank::{AccountEvent, Balances, Deposit},
    postgres::Balance,
};

async fn until_inline<S: ProjectionStore>(es: &EventSource<S>) {
    wait_for("the projection to become inline", || async {
        let status = es.status().await.expect("status");
        match status.live("balances").map(|it| (it.state.clone(), it.position)) {
            Some((ProjectionState::Inline, _)) => Ok(()),
            other => Err(other),
        }
    })
    .await;
}

#[tokio::test]
async fn an_inline_read_model_that_was_rebuilt_without_a_swap_is_swapped_when_asked() {
    let store = Arc::new(MemoryStore::new());
    let es = EventSource::builder(Arc::clone(&store)).inline(Balances).build();
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    let workers = es.start().await.expect("started");
    until_inline(&es).await;
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");

    let rebuilt = es.rebuild("balances").without_swap().await.expect("rebuilt");
    assert!(!rebuilt.live, "{rebuilt:?}");
    let swapped = in_time("the swap", es.swap("balances")).await.expect("swapped");
    assert_eq!((swapped.generation, swapped.live), (rebuilt.generation, true));
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    assert_eq!(store.rows::<i64>("balances").expect("rows"), [3]);
    workers.shutdown().await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_exhaust_the_pool_do_not_block_a_promotion() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    // The timeout for a connection is longer than the waits of this test.
    let options = PostgresOptions::new(database.url()).expect("a URL").max_connections(3);
    let store = options.acquire_timeout(10 * LIMIT).connect().await.expect("connected");
    let es =
        EventSource::builder(store).retry(Retry::within(10 * LIMIT)).inline(Balance::projection()).build();
    let accepted = Arc::new(AtomicI64::new(0));
    let writers = (0..12).map(|n| {
        let (es, accepted) = (es.clone(), Arc::clone(&accepted));
        tokio::spawn(async move {
            let account = format!("acc-{n}");
            for count in 1.. {
                es.execute(Deposit(&account, 1)).await.expect("accepted");
                accepted.fetch_add(1, Ordering::SeqCst);
                let status = es.status().await.expect("status");
                if count >= 50
                    && status.live("balances").is_some_and(|it| it.state == ProjectionState::Inline)
                {
                    return;
                }
            }
        })
    });
    let writers = join_all(writers.collect::<Vec<_>>());
    let workers = es.start().await.expect("started");
    let ended = while_changing("the writers", writers, async || accepted.load(Ordering::SeqCst)).await;
    for writer in ended {
        writer.expect("accepted");
    }
    let written = accepted.load(Ordering::SeqCst);
    let rows: Vec<Balance> = es.all().await.expect("rows");
    assert_eq!(rows.iter().map(|row| row.deposits).sum::<i64>(), written);
    workers.shutdown().await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_that_cannot_be_swapped_says_why_while_the_old_one_stays_inline() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let store = PostgresStore::connect(database.url()).await.expect("connected");
    let es = EventSource::builder(store).inline(Balance::projection()).build();
    let workers = es.start().await.expect("started");
    until_inline(&es).await;
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    let pool = sqlx::PgPool::connect(database.url()).await.expect("connected");
    let view = sqlx::query("create view rich as select account from balances").execute(&pool).await;
    view.expect("made");

    let rebuilding = tokio::spawn({
        let es = es.clone();
        async move { es.rebuild("balances").await }
    });
    let why = wait_for("the status to report the reason", || async {
        let status = es.status().await.expect("status");
        status.projections.into_iter().find_map(|it| it.last_error)
    })
    .await;
    assert!(why.contains("rich"), "{why}");
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    let row: Option<Balance> = es.find(&"acc-1".to_owned()).await.expect("found");
    assert_eq!(row.map(|row| row.deposits), Some(2));
    rebuilding.abort();
    workers.shutdown().await.expect("ended");
}

/// Fails on one account, which is not in the first partition, once the test says so.
struct Picky(Arc<AtomicBool>);

#[async_trait::async_trait]
impl Projection<PostgresStore> for Picky {
    type Event = AccountEvent;
    const NAME: &'static str = "picky";
    const PARTITIONS: u32 = 2;

    fn key<'a>(&self, event: &'a Recorded<AccountEvent>) -> Option<Cow<'a, str>> {
        Some(event.aggregate_id().into())
    }

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        _: &mut PgTransaction,
    ) -> Result<(), ProjectionError> {
        let is_bad = |event: &Recorded<AccountEvent>| event.aggregate_id() == "a";
        if self.0.load(Ordering::SeqCst) && events.iter().any(is_bad) {
            return Err(ProjectionError::new("not this one"));
        }
        Ok(())
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().attempts(1)
    }
}

/// Counts the attempts to swap until the test ends. An attempt blocks the live read model, and holds the lock on
/// the name of the projection meanwhile.
async fn count_swap_attempts(url: String, over: Arc<AtomicBool>) -> usize {
    let mut connection = PgConnection::connect(&url).await.expect("connected");
    let mut tried = HashSet::new();
    while !over.load(Ordering::SeqCst) {
        let holders = "select virtualtransaction from pg_locks
              where locktype = 'advisory' and classid = 1163285336 and mode = 'ExclusiveLock' and granted
                and database = (select oid from pg_database where datname = current_database())";
        let holders = sqlx::query_scalar(holders).fetch_all(&mut connection).await;
        let holders: Vec<String> = holders.expect("the locks");
        tried.extend(holders);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tried.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_rebuild_does_not_block_the_live_read_model() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let store = PostgresStore::connect(database.url()).await.expect("connected");
    let picky = Arc::new(AtomicBool::new(false));
    let es = EventSource::builder(store).projection(Picky(Arc::clone(&picky))).build();
    let workers = es.start().await.expect("started");
    let mut last = Position::START;
    for account in ["a", "b", "c", "d"] {
        last = es.execute(Deposit(account, 1)).await.expect("accepted").position;
    }
    followed(&es, "picky", last).await;
    picky.store(true, Ordering::SeqCst);
    es.rebuild("picky").await.expect_err("it stops");
    let over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(count_swap_attempts(database.url().to_owned(), Arc::clone(&over)));
    for _ in 0..40 {
        for account in ["b", "c", "d"] {
            last = es.execute(Deposit(account, 1)).await.expect("accepted").position;
        }
        followed(&es, "picky", last).await;
    }
    over.store(true, Ordering::SeqCst);
    let tried = watching.await.expect("no panic");
    // Without the knowledge that the rebuild has stopped there is an attempt at each heartbeat. Some may have begun before.
    assert!(tried <= 3, "the live read model was blocked {tried} times");
    workers.shutdown().await.expect("ended");
}

#[tokio::test]
async fn a_shared_store_reports_contention_like_the_store() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let store = Arc::new(PostgresStore::connect(database.url()).await.expect("connected"));
    let contended = StoreError::Contended { action: "writing", source: "a deadlock".into() };
    assert!(ProjectionStore::is_contended(&store, &contended.into()));
}

/// The balances, in another unit since the second version.
struct Cents;

#[async_trait::async_trait]
impl Projection<Arc<MemoryStore>> for Cents {
    type Event = AccountEvent;
    const NAME: &'static str = "balances";
    const VERSION: u32 = 2;

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        transaction: &mut eventsource::memory::MemoryTransaction,
    ) -> Result<(), ProjectionError> {
        for event in events {
            let AccountEvent::Deposited { amount } = event.event else { continue };
            let before: i64 = transaction.get("balances", event.aggregate_id())?.unwrap_or_default();
            transaction.put("balances", event.aggregate_id(), &(before + 100 * amount))?;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_of_two_versions_of_an_inline_projection_can_append_side_by_side() {
    let store = Arc::new(MemoryStore::new());
    let old = EventSource::builder(Arc::clone(&store)).inline(Balances).build();
    let old_workers = old.start().await.expect("started");
    until_inline(&old).await;
    old.execute(Deposit("acc-1", 1)).await.expect("accepted");

    let new = EventSource::builder(Arc::clone(&store)).inline(Cents).build();
    let new_workers = new.start().await.expect("started");
    new.execute(Deposit("acc-1", 1)).await.expect("accepted next to the old one");
    let receipt = old.execute(Deposit("acc-1", 1)).await.expect("accepted next to the new one");
    followed(&old, "balances", receipt.position).await;

    old_workers.shutdown().await.expect("ended");
    until_inline(&new).await;
    new.execute(Deposit("acc-1", 1)).await.expect("accepted");
    assert_eq!(store.rows::<i64>("balances").expect("rows"), [400]);
    new_workers.shutdown().await.expect("ended");
}
