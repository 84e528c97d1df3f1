//! A projection that follows the log while the store fails.

use std::sync::Arc;

use eventsource::{
    OnFailure,
    prelude::*,
    projections::{ProjectionState, ShutdownError},
};

use crate::{
    domain::{Pages, for_each_failure, included, is, note_some, numbers, started, status},
    faulty::{Call, Fails, Fault, Faulty},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_is_applied_once_whichever_call_fails() {
    let calls = [
        Call::ReadLog,
        Call::Generations,
        Call::Heartbeat,
        Call::Claim,
        Call::Begin,
        Call::Advance,
        Call::Commit,
        Call::LoadRows,
        Call::WriteRows,
    ];
    for_each_failure(&calls, |store, fails| async move {
        let program =
            EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
        note_some(&program, 0..7).await;
        store.fail(fails);
        let workers = started(&program).await;
        included(&program, note_some(&program, 7..10).await).await;
        included(&program, note_some(&program, 10..13).await).await;
        assert_eq!(numbers(&program, "even").await, [0, 2, 4, 6, 8, 10, 12], "{fails:?}");
        assert_eq!(numbers(&program, "odd").await, [1, 3, 5, 7, 9, 11], "{fails:?}");
        is(&program, ProjectionState::Live).await;
        assert_eq!(status(&program).await.events, 13, "{fails:?}: no event counts twice");
        workers.shutdown().await.expect("they end in time");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_in_an_apply_is_no_failed_attempt() {
    // More often than the projection's attempts.
    for call in [Call::LoadRows, Call::WriteRows, Call::Advance, Call::Commit] {
        let store = Arc::new(Faulty::default());
        let program =
            EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
        store.fail(Fails { call, from: 0, times: 4, fault: Fault::Lost });
        let last = note_some(&program, 0..4).await;
        let workers = started(&program).await;
        included(&program, last).await;
        assert_eq!(store.failed(), 4, "{call:?}");
        assert_eq!(numbers(&program, "even").await, [0, 2]);
        let found = status(&program).await;
        assert_eq!((found.events, found.last_error), (4, None), "{call:?}");
        workers.shutdown().await.expect("they end in time");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_that_cannot_be_released_are_an_error_of_the_shutdown() {
    let store = Arc::new(Faulty::default());
    let program = EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
    let workers = started(&program).await;
    included(&program, note_some(&program, 0..2).await).await;
    store.fail(Fails { call: Call::Leave, from: 0, times: 1, fault: Fault::Lost });
    let failed = workers.shutdown().await.expect_err("the store is away");
    assert!(matches!(failed, ShutdownError::Store(_)), "{failed:?}");
}

/// The store reports that a commit has failed permanently, although it has not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_was_committed_after_all_is_not_applied_again() {
    for from in 0..3 {
        let store = Arc::new(Faulty::default());
        let program =
            EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
        let last = note_some(&program, 0..6).await;
        store.fail(Fails { call: Call::Commit, from, times: 1, fault: Fault::AnswerGarbled });
        let workers = started(&program).await;
        included(&program, last).await;
        assert_eq!(store.failed(), 1);
        assert_eq!(numbers(&program, "even").await, [0, 2, 4]);
        assert_eq!(numbers(&program, "odd").await, [1, 3, 5]);
        assert_eq!(status(&program).await.events, 6);
        workers.shutdown().await.expect("they end in time");
    }
}
