//! A parked event that a mended projection sees with other eyes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use eventsource::{
    FailurePolicy, MemoryTransaction, OnFailure, Projection, ProjectionError, Settled, prelude::*,
};
use eventsource_conformance::waiting::followed;

use super::bank::{AccountEvent, Deposit};

/// Fails until it is mended, and is then partitioned by another key.
struct Mended(Arc<AtomicBool>);

#[async_trait::async_trait]
impl Projection<Arc<MemoryStore>> for Mended {
    type Event = AccountEvent;
    const NAME: &'static str = "mended";

    fn key<'a>(&self, event: &'a Recorded<AccountEvent>) -> Option<std::borrow::Cow<'a, str>> {
        let mended = self.0.load(Ordering::SeqCst);
        Some(if mended { "all".into() } else { event.stream_id().into() })
    }

    async fn apply(
        &self,
        _: &[Recorded<AccountEvent>],
        _: &mut MemoryTransaction,
    ) -> Result<(), ProjectionError> {
        if self.0.load(Ordering::SeqCst) { Ok(()) } else { Err(ProjectionError::new("not mended")) }
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy { attempts: 1, then: OnFailure::Park, ..FailurePolicy::default() }
    }
}

#[tokio::test]
async fn a_parked_event_that_has_another_key_by_now_is_not_taken_for_applied() {
    let mended = Arc::new(AtomicBool::new(false));
    let es =
        EventSource::builder(Arc::new(MemoryStore::new())).projection(Mended(Arc::clone(&mended))).build();
    let receipt = es.execute(Deposit("a", 1)).await.expect("accepted");
    let workers = es.start().await.expect("started");
    followed(&es, "mended", receipt.position).await;
    mended.store(true, Ordering::SeqCst);
    let again = es.retry_parked("mended", "a").await.expect("tried");
    let Settled::FailedAgain { event } = again else { panic!("nothing was applied: {again:?}") };
    let error = event.error.expect("why");
    assert!(error.contains("another key"), "{error}");
    workers.shutdown().await.expect("ended");
}
