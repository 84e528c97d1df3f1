//! Projections that commit with the events.

use std::sync::Arc;

use eventsource::{ExecuteError, Retry, prelude::*};

use super::bank::{Balances, Deposit};

fn patient() -> Retry {
    Retry { attempts: 10_000, ..Retry::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inline_projection_takes_over_history_without_a_gap_or_a_double() {
    let store = Arc::new(MemoryStore::new());
    let plain = EventSource::builder(Arc::clone(&store)).retry(patient()).build();
    for _ in 0..50 {
        plain.execute(Deposit("acc-1", 1)).await.expect("accepted");
    }
    let es = EventSource::builder(Arc::clone(&store)).retry(patient()).inline(Balances).build();
    let racing = tokio::spawn({
        let es = es.clone();
        async move {
            for _ in 0..200 {
                es.execute(Deposit("acc-1", 1)).await.expect("accepted");
            }
        }
    });
    let workers = es.start().await.expect("started");
    racing.await.expect("no panic");
    while !matches!(
        es.status().await.expect("status").live("balances").map(|it| it.state.clone()),
        Some(eventsource::ProjectionState::Inline)
    ) {
        tokio::task::yield_now().await;
    }
    for n in 0..40 {
        es.execute(Deposit("acc-1", 1)).await.expect("accepted");
        assert_eq!(store.rows::<i64>("balances").expect("rows"), [251 + n]);
    }
    let refused = plain.execute(Deposit("acc-1", 1)).await.expect_err("it does not keep the read model");
    assert!(matches!(refused, ExecuteError::Inline(_)), "{refused:?}");
    assert!(refused.to_string().contains("`balances`"), "{refused}");
    workers.shutdown().await.expect("ended");
}
