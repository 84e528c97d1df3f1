//! Making read models anew.

use std::sync::Arc;

use eventsource::prelude::*;

use super::bank::{Balances, Deposit};

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_is_rebuilt_beside_the_live_one() {
    let store = Arc::new(MemoryStore::new());
    let es = EventSource::builder(Arc::clone(&store)).projection(Balances).build();
    for n in 0..3_000 {
        es.execute(Deposit(&format!("acc-{}", n % 10), 1)).await.expect("accepted");
    }
    let workers = es.start().await.expect("started");
    let writer = tokio::spawn({
        let es = es.clone();
        async move {
            for n in 0..2_000 {
                es.execute(Deposit(&format!("acc-{}", n % 10), 1)).await.expect("accepted");
                tokio::task::yield_now().await;
            }
        }
    });
    let mut seen = 0;
    let rebuilt = es.rebuild("balances").keep_old().with_progress(|_| seen += 1).await.expect("rebuilt");
    assert!(rebuilt.live && rebuilt.events > 0, "{rebuilt:?}");
    writer.await.expect("no panic");
    let receipt = es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    es.wait_for("balances", receipt.position).await.expect("followed");
    let rows: Vec<i64> = store.rows("balances").expect("rows");
    assert_eq!(rows, [500, 501, 500, 500, 500, 500, 500, 500, 500, 500]);

    let restored = es.restore("balances").await.expect("restored");
    assert_ne!(restored.generation, rebuilt.generation);
    assert_eq!(store.rows::<i64>("balances").expect("rows"), rows);
    workers.shutdown().await.expect("ended");
}
