//! A projection that is rebuilt and swapped, or becomes inline, while the store fails.

use std::sync::Arc;

use eventsource::{
    Event as _, Metadata, OnFailure, StreamId,
    prelude::*,
    projections::ProjectionState,
    store::{Append, ExpectedVersion, NewEvent},
};

use crate::{
    domain::{PageEvent, Pages, for_each_failure, included, is, note_some, noted, numbers, started, status},
    faulty::{Call, Faulty},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_becomes_live_whichever_call_fails() {
    let calls = [
        Call::BeginSwap,
        Call::Swap,
        Call::Commit,
        Call::Generations,
        Call::Claim,
        Call::Begin,
        Call::ReadLog,
    ];
    for_each_failure(&calls, |store, fails| async move {
        let program =
            EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
        let workers = started(&program).await;
        included(&program, note_some(&program, 0..6).await).await;
        let before = status(&program).await.generation;
        store.fail(fails);
        let rebuilt = program.rebuild("pages").await.expect("it is rebuilt");
        assert!(rebuilt.live && rebuilt.generation != before, "{fails:?}: {rebuilt:?}");
        assert_eq!(status(&program).await.generation, rebuilt.generation);
        included(&program, note_some(&program, 6..8).await).await;
        assert_eq!(numbers(&program, "even").await, [0, 2, 4, 6], "{fails:?}");
        assert_eq!(numbers(&program, "odd").await, [1, 3, 5, 7], "{fails:?}");
        assert_eq!(status(&program).await.events, 8, "{fails:?}");
        workers.shutdown().await.expect("they end in time");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projection_becomes_inline_without_a_gap_whichever_call_fails() {
    let calls =
        [Call::BeginPromotion, Call::ReadRest, Call::Promote, Call::Commit, Call::Advance, Call::Begin];
    for_each_failure(&calls, |store, fails| async move {
        let program = EventSource::builder(Arc::clone(&store)).inline(Pages::new(OnFailure::Stop)).build();
        note_some(&program, 0..5).await;
        store.fail(fails);
        let workers = started(&program).await;
        is(&program, ProjectionState::Inline).await;
        noted(&program, "odd", 5).await;
        assert_eq!(numbers(&program, "even").await, [0, 2, 4], "{fails:?}");
        assert_eq!(numbers(&program, "odd").await, [1, 3, 5], "{fails:?}");
        workers.shutdown().await.expect("they end in time");
    })
    .await;
}

/// No runner has read these events when the promotion begins, which blocks all other appends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_events_before_a_promotion_are_applied_in_it() {
    let store = Arc::new(Faulty::default());
    let program = EventSource::builder(Arc::clone(&store)).inline(Pages::new(OnFailure::Stop)).build();
    note_some(&program, 0..4).await;
    for number in 4..7 {
        let event = PageEvent::Noted { number };
        let event = NewEvent::encode(&event, Metadata::new()).expect("it is JSON");
        let stream = StreamId::new(PageEvent::CATEGORY, if number == 5 { "odd" } else { "even" });
        let append = Append::to(stream.expect("an id"), ExpectedVersion::Any, vec![event]);
        store.append_before_a_promotion(append);
    }
    let workers = started(&program).await;
    is(&program, ProjectionState::Inline).await;
    assert_eq!(numbers(&program, "even").await, [0, 2, 4, 6]);
    assert_eq!(numbers(&program, "odd").await, [1, 3, 5]);
    noted(&program, "odd", 7).await;
    assert_eq!(numbers(&program, "odd").await, [1, 3, 5, 7]);
    assert_eq!(status(&program).await.events, 7, "events applied from the log are counted");
    workers.shutdown().await.expect("they end in time");
}
