//! A parked event that has another key after the projection was fixed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use eventsource::{
    FailurePolicy, OnFailure, Projection, ProjectionError, memory::MemoryTransaction, prelude::*,
    projections::ParkedRetry,
};
use eventsource_conformance::waiting::followed;

use super::bank::{AccountEvent, Deposit};

/// Fails until it is fixed, and is then partitioned by another key.
struct Fixed(Arc<AtomicBool>);

#[async_trait::async_trait]
impl Projection<Arc<MemoryStore>> for Fixed {
    type Event = AccountEvent;
    const NAME: &'static str = "fixed";

    fn key<'a>(&self, event: &'a Recorded<AccountEvent>) -> Option<std::borrow::Cow<'a, str>> {
        let fixed = self.0.load(Ordering::SeqCst);
        Some(if fixed { "all".into() } else { event.aggregate_id().into() })
    }

    async fn apply(
        &self,
        _: &[Recorded<AccountEvent>],
        _: &mut MemoryTransaction,
    ) -> Result<(), ProjectionError> {
        if self.0.load(Ordering::SeqCst) { Ok(()) } else { Err(ProjectionError::new("not fixed")) }
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().attempts(1).then(OnFailure::Park)
    }
}

#[tokio::test]
async fn a_parked_event_whose_key_has_changed_does_not_count_as_applied() {
    let fixed = Arc::new(AtomicBool::new(false));
    let es = EventSource::builder(Arc::new(MemoryStore::new())).projection(Fixed(Arc::clone(&fixed))).build();
    let receipt = es.execute(Deposit("a", 1)).await.expect("accepted");
    let workers = es.start().await.expect("started");
    followed(&es, "fixed", receipt.position).await;
    fixed.store(true, Ordering::SeqCst);
    let again = es.retry_parked("fixed", "a").await.expect("tried");
    let ParkedRetry::FailedAgain { event } = again else { panic!("no event was applied: {again:?}") };
    let error = event.error.expect("why");
    assert!(error.contains("another key"), "{error}");
    workers.shutdown().await.expect("ended");
}
