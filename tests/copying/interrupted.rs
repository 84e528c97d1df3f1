//! An interrupted copy is repeated unchanged.

use eventsource::{
    MemoryStore, Retry,
    history::{CopyError, CopySide, copy},
    store::ImportError,
};
use eventsource_conformance::waiting::LIMIT;

use crate::{
    history::{assert_same, history, log},
    twisted::{Failure, Twisted},
};

#[path = "../command_queue/chance.rs"]
#[expect(dead_code, reason = "it is shared with other tests")]
mod chance;

const EVENTS: u64 = 20;
const CHUNK: u64 = 3;

#[tokio::test]
async fn a_copy_that_fails_at_any_chunk_resumes() {
    let from = history(EVENTS).await;
    for failing in 1..=EVENTS.div_ceil(CHUNK) {
        for failure in [Failure::BeforeStoring, Failure::AfterStoring] {
            let fails = usize::try_from(failing).unwrap();
            let mut to = Twisted { fails: Some((fails, failure)), ..Twisted::default() };
            let failed = copy(&from, &to).chunk(3).retry(Retry::NEVER).await.unwrap_err();
            assert!(matches!(failed, CopyError::Import(ImportError::Store(_))), "{failed}");
            assert!(failed.is_retryable());
            let kept = log(&to).await.len() as u64;
            let whole = failing - u64::from(failure == Failure::BeforeStoring);
            assert_eq!(kept, (whole * CHUNK).min(EVENTS));

            let (before, _) = (to.sent(), to.fails.take());
            let copied = copy(&from, &to).chunk(3).await.unwrap();
            assert_eq!((copied.events, copied.stored), (EVENTS, EVENTS - kept));
            assert_eq!(to.sent() - before, EVENTS - kept, "stored events are not sent again");
            assert_same(&from, &to).await;
        }
    }
}

#[tokio::test]
async fn a_copy_that_is_dropped_at_any_point_resumes() {
    let from = Twisted::of(history(EVENTS).await);
    let mut stored = Vec::new();
    for polls in 0.. {
        let to = Twisted::default();
        let ended = chance::polled(polls, copy(&from, &to).chunk(3).into_future()).await;
        stored.push(log(&to).await.len());
        let copied = copy(&from, &to).chunk(4).await.unwrap();
        assert_eq!((copied.events, copied.streams), (EVENTS, 3));
        assert_same(&from, &to).await;
        if let Some(ended) = ended {
            assert_eq!(ended.unwrap().stored, EVENTS);
            break;
        }
    }
    stored.dedup();
    assert_eq!(stored, [0, 3, 6, 9, 12, 15, 18, 20], "each chunk was the last one once");
}

#[tokio::test]
async fn a_copy_that_is_up_to_date_stores_nothing() {
    let from = history(EVENTS).await;
    let to = Twisted::of(history(EVENTS).await);
    let copied = copy(&from, &to).await.unwrap();
    assert_eq!((copied.events, copied.streams, copied.stored), (EVENTS, 3, 0));
    assert_eq!(to.imports(), 0);
}

#[tokio::test]
async fn a_call_to_a_target_with_a_short_outage_is_retried() {
    let from = history(EVENTS).await;
    for failure in [Failure::BeforeStoring, Failure::AfterStoring] {
        let to = Twisted { fails: Some((2, failure)), ..Twisted::default() };
        let copied = copy(&from, &to).chunk(3).retry(Retry::within(LIMIT)).await.unwrap();
        assert_eq!(copied.events, EVENTS);
        assert_same(&from, &to).await;
    }
}

#[tokio::test]
async fn a_target_whose_horizon_is_held_back_is_waited_for() {
    let from = history(EVENTS).await;
    let held_back = |calls: usize| Twisted { held_back: calls.into(), ..Twisted::default() };
    let to = held_back(5);
    let copied = copy(&from, &to).retry(Retry::within(LIMIT)).await.unwrap();
    assert_eq!((copied.events, copied.stored), (EVENTS, EVENTS));

    let to = held_back(1);
    let error = copy(&from, &to).retry(Retry::NEVER).await.unwrap_err();
    assert!(matches!(error, CopyError::Unsettled { .. }) && error.is_retryable(), "{error:?}");
    let copied = copy(&from, &to).retry(Retry::NEVER).await.unwrap();
    assert_eq!((copied.events, copied.stored), (EVENTS, 0));
}

#[tokio::test]
async fn an_error_for_an_unreadable_log_names_the_store() {
    let away = || Twisted { unreadable: true, ..Twisted::default() };
    let (from, to) = (history(1).await, MemoryStore::new());
    let error = copy(&away(), &to).retry(Retry::NEVER).await.unwrap_err();
    assert!(matches!(error, CopyError::Read { side: CopySide::Source, .. }) && error.is_retryable());
    let error = copy(&from, &away()).retry(Retry::NEVER).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not read the log of the target; copy again once it can be read, and the copy resumes"
    );
}
