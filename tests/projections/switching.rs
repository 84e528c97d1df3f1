//! Projections that commit with the events, made anew and under load.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use eventsource::{
    FailurePolicy, Projection, ProjectionError, ProjectionState, Retry,
    postgres::{PgTransaction, PostgresOptions, PostgresStore, sqlx},
    prelude::*,
    store::{ProjectionStore, StoreError},
};
use eventsource_harness::TestDatabase;
use tokio::time::timeout;

use super::{
    bank::{AccountEvent, Balances, Deposit},
    postgres::Balance,
};

const SOON: Duration = Duration::from_secs(20);

async fn until_inline<S: ProjectionStore>(es: &EventSource<S>) {
    loop {
        let status = es.status().await.expect("status");
        if matches!(status.live("balances").map(|it| &it.state), Some(ProjectionState::Inline)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_inline_read_model_that_was_rebuilt_without_a_swap_is_swapped_when_asked() {
    let store = Arc::new(MemoryStore::new());
    let es = EventSource::builder(Arc::clone(&store)).inline(Balances).build();
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    let workers = es.start().await.expect("started");
    timeout(SOON, until_inline(&es)).await.expect("switched over");
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");

    let rebuilt = es.rebuild("balances").without_swap().await.expect("rebuilt");
    assert!(!rebuilt.live, "{rebuilt:?}");
    let swapped = timeout(SOON, es.swap("balances")).await.expect("it does not hang").expect("swapped");
    assert_eq!((swapped.generation, swapped.live), (rebuilt.generation, true));
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    assert_eq!(store.rows::<i64>("balances").expect("rows"), [3]);
    workers.shutdown().await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_use_up_the_pool_do_not_hinder_a_projection_that_becomes_inline() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let options = PostgresOptions::new(database.url()).expect("a URL").max_connections(3);
    let store = options.connect().await.expect("connected");
    let es = EventSource::builder(store)
        .retry(Retry::within(Duration::from_secs(60)))
        .inline(Balance::projection())
        .build();
    let writers = (0..12).map(|n| {
        let es = es.clone();
        tokio::spawn(async move {
            let (account, mut longest, mut count) = (format!("acc-{n}"), Duration::ZERO, 0);
            loop {
                let since = Instant::now();
                es.execute(Deposit(&account, 1)).await.expect("accepted");
                (longest, count) = (longest.max(since.elapsed()), count + 1);
                if count >= 50
                    && es
                        .status()
                        .await
                        .expect("status")
                        .live("balances")
                        .is_some_and(|it| it.state == ProjectionState::Inline)
                {
                    return (longest, count);
                }
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let workers = es.start().await.expect("started");
    let mut written = 0;
    for writer in writers {
        let (longest, count) = writer.await.expect("accepted");
        assert!(longest < Duration::from_secs(5), "a writer waited {longest:?}");
        written += count;
    }
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
    timeout(SOON, until_inline(&es)).await.expect("switched over");
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    let pool = sqlx::PgPool::connect(database.url()).await.expect("connected");
    let view = sqlx::query("create view rich as select account from balances").execute(&pool).await;
    view.expect("made");

    let rebuilding = tokio::spawn({
        let es = es.clone();
        async move { es.rebuild("balances").await }
    });
    let why = timeout(SOON, async {
        loop {
            let status = es.status().await.expect("status");
            if let Some(error) = status.projections.into_iter().find_map(|it| it.last_error) {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let why = why.await.expect("it says why");
    assert!(why.contains("rich"), "{why}");
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    let row: Option<Balance> = es.find(&"acc-1".to_owned()).await.expect("found");
    assert_eq!(row.map(|row| row.deposits), Some(2));
    rebuilding.abort();
    workers.shutdown().await.expect("ended");
}

/// Fails on one account, which is not in the first partition, once it is told to.
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
        FailurePolicy { attempts: 1, ..FailurePolicy::default() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_stopped_does_not_keep_the_live_read_model_waiting() {
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
    es.wait_for("picky", last).await.expect("followed");
    picky.store(true, Ordering::SeqCst);
    es.rebuild("picky").await.expect_err("it stops");
    let since = Instant::now();
    for _ in 0..80 {
        for account in ["b", "c", "d"] {
            last = es.execute(Deposit(account, 1)).await.expect("accepted").position;
        }
        es.wait_for("picky", last).await.expect("followed");
    }
    assert!(since.elapsed() < Duration::from_secs(8), "it took {:?}", since.elapsed());
    workers.shutdown().await.expect("ended");
}

#[tokio::test]
async fn a_shared_store_tells_contention_as_the_store_does() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let store = Arc::new(PostgresStore::connect(database.url()).await.expect("connected"));
    let contended = StoreError::Contended { action: "writing", source: "a deadlock".into() };
    assert!(ProjectionStore::is_contended(&store, &contended.into()));
}

/// The balances, counted in another unit since the second version.
struct Cents;

#[async_trait::async_trait]
impl Projection<Arc<MemoryStore>> for Cents {
    type Event = AccountEvent;
    const NAME: &'static str = "balances";
    const VERSION: u32 = 2;

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        transaction: &mut eventsource::MemoryTransaction,
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
    timeout(SOON, until_inline(&old)).await.expect("switched over");
    old.execute(Deposit("acc-1", 1)).await.expect("accepted");

    let new = EventSource::builder(Arc::clone(&store)).inline(Cents).build();
    let new_workers = new.start().await.expect("started");
    new.execute(Deposit("acc-1", 1)).await.expect("accepted beside the old one");
    let receipt = old.execute(Deposit("acc-1", 1)).await.expect("accepted beside the new one");
    old.wait_for("balances", receipt.position).await.expect("somebody keeps it");

    old_workers.shutdown().await.expect("ended");
    timeout(SOON, until_inline(&new)).await.expect("switched over");
    new.execute(Deposit("acc-1", 1)).await.expect("accepted");
    assert_eq!(store.rows::<i64>("balances").expect("rows"), [400]);
    new_workers.shutdown().await.expect("ended");
}
