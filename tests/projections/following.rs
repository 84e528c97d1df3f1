//! Following the log.

use std::sync::Arc;

use eventsource::prelude::*;
use eventsource_conformance::waiting::followed;

use super::bank::{Balances, Deposit};

#[tokio::test]
async fn a_projection_catches_up_and_then_follows() {
    let store = Arc::new(MemoryStore::new());
    let es = EventSource::builder(Arc::clone(&store)).projection(Balances).build();
    for n in 0..1_000 {
        es.execute(Deposit(&format!("acc-{}", n % 10), 1)).await.expect("accepted");
    }
    let workers = es.start().await.expect("started");
    let receipt = es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    followed(&es, "balances", receipt.position).await;
    let rows: Vec<i64> = store.rows("balances").expect("rows");
    assert_eq!(rows, [100, 101, 100, 100, 100, 100, 100, 100, 100, 100]);
    for _ in 0..100 {
        let receipt = es.execute(Deposit("acc-2", 1)).await.expect("accepted");
        followed(&es, "balances", receipt.position).await;
    }
    workers.shutdown().await.expect("ended");
}

#[tokio::test]
async fn one_can_wait_for_a_projection_however_long_it_takes() {
    let es = EventSource::builder(Arc::new(MemoryStore::new())).projection(Balances).build();
    let workers = es.start().await.expect("started");
    let receipt = es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    let waiting = es.wait_for("balances", receipt.position).timeout(std::time::Duration::MAX);
    waiting.await.expect("followed");
    workers.shutdown().await.expect("ended");
}
