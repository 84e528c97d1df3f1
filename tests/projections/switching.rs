//! Projections that commit with the events, made anew and under load.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eventsource::{
    ProjectionState, Retry,
    postgres::{PostgresOptions, PostgresStore},
    prelude::*,
    store::ProjectionStore,
};
use eventsource_harness::TestDatabase;
use tokio::time::timeout;

use super::{
    bank::{Balances, Deposit},
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
async fn an_inline_read_model_that_was_rebuilt_without_a_swap_takes_the_place_when_it_is_asked_to() {
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
async fn writers_that_use_up_the_pool_do_not_hinder_a_projection_that_begins_to_commit_with_the_events() {
    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let options = PostgresOptions::new(database.url()).expect("a URL").max_connections(3);
    let store = options.connect().await.expect("connected");
    let es = EventSource::builder(store)
        .retry(Retry { attempts: 1_000, ..Retry::default() })
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
