//! A read model that is restored while the store fails.

use std::sync::Arc;

use async_trait::async_trait;
use eventsource::{OnFailure, Projection, ProjectionError, prelude::*, store::GenerationState};

use crate::{
    domain::{PageEvent, Pages, note_some, started},
    faulty::{Call, Fails, Fault, Faulty, Transaction},
};

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "draft")]
enum DraftEvent {
    Written,
}

#[derive(Debug, EventSet)]
#[expect(dead_code, reason = "only its types are used")]
enum Either {
    Page(PageEvent),
    Draft(DraftEvent),
}

/// The projection of the same name and version in a newer program, which reads further event types.
struct Newer;

#[async_trait]
impl Projection<Arc<Faulty>> for Newer {
    type Event = Either;
    const NAME: &'static str = "pages";

    async fn apply(&self, _: &[Recorded<Either>], _: &mut Transaction) -> Result<(), ProjectionError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_fails_can_be_repeated() {
    let store = Arc::new(Faulty::default());
    let old = EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
    let workers = started(&old).await;
    note_some(&old, 0..4).await;
    old.rebuild("pages").keep_old().await.expect("it is rebuilt");
    workers.shutdown().await.expect("they end in time");

    let new = EventSource::builder(Arc::clone(&store)).projection(Newer).build();
    let workers = started(&new).await;
    store.fail(Fails { call: Call::BeginWidening, from: 0, times: 1, fault: Fault::Lost });
    let restore = || {
        let new = new.clone();
        tokio::spawn(async move { new.restore("pages").await })
    };
    let failed = restore().await.expect("no panic").expect_err("the store cannot be reached");
    assert_eq!(store.failed(), 1, "{failed:?}");
    let restored = restore().await.expect("no panic").expect("the store is back");
    assert!(restored.live, "{restored:?}");
    workers.shutdown().await.expect("they end in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_was_interrupted_can_be_repeated() {
    let store = Arc::new(Faulty::default());
    let es = EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
    let workers = started(&es).await;
    note_some(&es, 0..4).await;
    let rebuilt = es.rebuild("pages").keep_old().await.expect("it is rebuilt");
    workers.shutdown().await.expect("they end in time");

    // The generation is building again, and nobody has asked yet that it is swapped: the workers cannot do it meanwhile.
    store.fail(Fails { call: Call::SwapWhenReady, from: 0, times: 1, fault: Fault::Lost });
    let interrupted = {
        let es = es.clone();
        tokio::spawn(async move { es.restore("pages").await })
    };
    interrupted.await.expect("no panic").expect_err("the store cannot be reached");
    assert_eq!(store.failed(), 1);
    let status = es.status().await.expect("the store can be read");
    assert!(status.projections.iter().any(|it| it.role == GenerationState::Building), "{status:?}");

    let workers = started(&es).await;
    let restored = es.restore("pages").await.expect("it continues");
    assert!(restored.live && restored.generation < rebuilt.generation, "{restored:?}");
    workers.shutdown().await.expect("they end in time");
}
