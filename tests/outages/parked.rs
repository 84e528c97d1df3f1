//! A projection that stops or parks events, and is resumed or retries them, while the store fails.

use std::sync::Arc;

use eventsource::{OnFailure, prelude::*, projections::ProjectionState, store::StopReason};

use crate::{
    domain::{Pages, UNLUCKY, for_each_failure, included, noted, numbers, started, status, until},
    faulty::{Call, Fails, Fault, Faulty},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_parked_and_retried_once_whichever_call_fails() {
    let calls =
        [Call::Park, Call::Begin, Call::Advance, Call::Commit, Call::NoteError, Call::Parked, Call::RollBack];
    for_each_failure(&calls, |store, fails| async move {
        let projection = Pages::new(OnFailure::Park);
        let program = EventSource::builder(Arc::clone(&store)).projection(projection.clone()).build();
        for (page, number) in [("a", 1), ("b", 1), ("a", UNLUCKY), ("a", 2), ("b", 2)] {
            noted(&program, page, number).await;
        }
        store.fail(fails);
        let workers = started(&program).await;
        included(&program, noted(&program, "a", 3).await).await;
        assert_eq!(numbers(&program, "a").await, [1], "{fails:?}");
        assert_eq!(numbers(&program, "b").await, [1, 2], "{fails:?}");
        assert_eq!((status(&program).await.events, status(&program).await.parked), (3, 3), "{fails:?}");
        projection.fix();
        program.retry_parked("pages", "a").await.expect("it is tried");
        assert_eq!(numbers(&program, "a").await, [1, UNLUCKY, 2, 3], "{fails:?}");
        included(&program, noted(&program, "a", 4).await).await;
        assert_eq!(numbers(&program, "a").await, [1, UNLUCKY, 2, 3, 4], "{fails:?}");
        assert_eq!((status(&program).await.events, status(&program).await.parked), (7, 0), "{fails:?}");
        workers.shutdown().await.expect("they end in time");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parked_events_are_retried_once_whichever_call_fails() {
    let calls = [
        Call::Unpark,
        Call::Begin,
        Call::Advance,
        Call::Commit,
        Call::Parked,
        Call::ReadLog,
        Call::LoadRows,
        Call::WriteRows,
    ];
    for_each_failure(&calls, |store, fails| async move {
        let projection = Pages::new(OnFailure::Park);
        let program = EventSource::builder(Arc::clone(&store)).projection(projection.clone()).build();
        let workers = started(&program).await;
        for (page, number) in [("b", 1), ("a", UNLUCKY), ("a", 2)] {
            noted(&program, page, number).await;
        }
        included(&program, noted(&program, "a", 3).await).await;
        let position = program.parked("pages").await.expect("it can be read").events[0].position;
        projection.fix();
        store.fail(fails);
        program.discard_parked("pages", "a", position, "not a number").await.expect("it is discarded");
        assert_eq!(numbers(&program, "a").await, [2, 3], "{fails:?}");
        included(&program, noted(&program, "a", 4).await).await;
        assert_eq!(numbers(&program, "a").await, [2, 3, 4], "{fails:?}");
        assert_eq!((status(&program).await.events, status(&program).await.parked), (4, 0), "{fails:?}");
        let kept = program.parked("pages").await.expect("it can be read").events;
        assert_eq!(kept.iter().map(|it| it.discarded.as_deref()).collect::<Vec<_>>(), [Some("not a number")]);
        workers.shutdown().await.expect("they end in time");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projection_stops_and_is_resumed_whichever_call_fails() {
    let calls = [Call::Stop, Call::NoteError, Call::Begin, Call::Commit, Call::RollBack];
    for_each_failure(&calls, |store, fails| async move {
        let projection = Pages::new(OnFailure::Stop);
        let program = EventSource::builder(Arc::clone(&store)).projection(projection.clone()).build();
        for (page, number) in [("a", 1), ("b", 1), ("a", 2)] {
            noted(&program, page, number).await;
        }
        let fault = noted(&program, "a", UNLUCKY).await;
        store.fail(fails);
        let workers = started(&program).await;
        let reason = until(|| async {
            match status(&program).await.state {
                ProjectionState::Stopped(reason) => Some(reason),
                _ => None,
            }
        })
        .await;
        assert!(matches!(reason, StopReason::Failed { position, .. } if position == fault), "{reason:?}");
        assert_eq!(numbers(&program, "a").await, [1, 2], "{fails:?}");
        projection.fix();
        // If the answer to the stop was lost, the partition may be stopped again before the worker knows.
        until(|| async { (program.resume("pages").await.expect("it can be written") == 1).then_some(()) })
            .await;
        included(&program, fault).await;
        assert_eq!(numbers(&program, "a").await, [1, 2, UNLUCKY], "{fails:?}");
        assert_eq!(status(&program).await.events, 4, "{fails:?}");
        workers.shutdown().await.expect("they end in time");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_retry_does_not_move_the_checkpoint_past_batches_that_a_crash_has_lost() {
    let store = Arc::new(Faulty::default());
    let projection = Pages::new(OnFailure::Park);
    let program = EventSource::builder(Arc::clone(&store)).projection(projection.clone()).build();
    let workers = started(&program).await;
    for (page, number) in [("b", 1), ("a", UNLUCKY)] {
        noted(&program, page, number).await;
    }
    included(&program, noted(&program, "b", 2).await).await;
    projection.fix();
    store.fail(Fails { call: Call::Begin, from: 0, times: 1, fault: Fault::CheckpointLost });
    program.retry_parked("pages", "a").await.expect("it is tried");
    included(&program, noted(&program, "b", 3).await).await;
    // The rows were not lost here, so what is applied again is there twice.
    assert_eq!(numbers(&program, "b").await, [1, 2, 1, 2, 3]);
    workers.shutdown().await.expect("they end in time");
}
