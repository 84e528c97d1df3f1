//! Calls that the store refuses permanently: the error is shown, and the retries do not busy-loop.

use std::sync::Arc;

use eventsource::{OnFailure, prelude::*, projections::ProjectionState, store::StopReason};

use crate::{
    domain::{Pages, included, is, note_some, numbers, started, status, until},
    faulty::{Call, Fails, Fault, Faulty},
};

async fn last_error(program: &crate::domain::Program) -> String {
    until(|| async { status(program).await.last_error }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_that_is_refused_stops_the_projection_after_its_attempts() {
    let store = Arc::new(Faulty::default());
    let program = EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
    let last = note_some(&program, 0..1).await;
    store.fail(Fails { call: Call::Advance, from: 0, times: 2, fault: Fault::Refused });
    let mut workers = started(&program).await;
    let stopped = workers.stopped().await;
    assert!(
        matches!(&stopped.reason, StopReason::Failed { attempts: 2, error, .. } if error.contains("refused")),
        "{stopped:?}"
    );
    program.resume("pages").await.expect("the store can be written");
    included(&program, last).await;
    assert_eq!(numbers(&program, "even").await, [0]);
    workers.shutdown().await.expect("they end in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_that_is_refused_is_shown_and_tried_again_after_a_lease() {
    let store = Arc::new(Faulty::default());
    let program = EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
    let workers = started(&program).await;
    included(&program, note_some(&program, 0..4).await).await;
    let before = status(&program).await.generation;
    store.fail(Fails { call: Call::Swap, from: 0, times: 2, fault: Fault::Refused });
    let since = std::time::Instant::now();
    let rebuild = program.rebuild("pages");
    let (rebuilt, error) = tokio::join!(rebuild, async {
        until(|| async {
            let found = program.status().await.expect("the store can be read");
            assert!(found.live("pages").is_some(), "the live generation stays");
            found.projections.into_iter().find_map(|it| it.last_error)
        })
        .await
    });
    assert!(error.contains("refused"), "{error}");
    assert_ne!(rebuilt.expect("it is rebuilt in the end").generation, before);
    assert!(since.elapsed() >= std::time::Duration::from_millis(600), "after two leases of 300 ms");
    assert_eq!((store.failed(), store.made()), (2, 3));
    assert_eq!(numbers(&program, "even").await, [0, 2]);
    workers.shutdown().await.expect("they end in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_that_is_refused_is_shown_and_the_projection_follows_on() {
    let store = Arc::new(Faulty::default());
    let program = EventSource::builder(Arc::clone(&store)).inline(Pages::new(OnFailure::Stop)).build();
    let last = note_some(&program, 0..4).await;
    store.fail(Fails { call: Call::Promote, from: 0, times: 2, fault: Fault::Refused });
    let since = std::time::Instant::now();
    let workers = started(&program).await;
    included(&program, last).await;
    let error = last_error(&program).await;
    assert!(error.contains("refused"), "{error}");
    let last = note_some(&program, 4..6).await;
    included(&program, last).await;
    is(&program, ProjectionState::Inline).await;
    assert!(since.elapsed() >= std::time::Duration::from_millis(600), "after two leases of 300 ms");
    assert_eq!((store.failed(), store.made()), (2, 3));
    assert_eq!(numbers(&program, "even").await, [0, 2, 4]);
    assert_eq!(numbers(&program, "odd").await, [1, 3, 5]);
    workers.shutdown().await.expect("they end in time");
}
