//! An event handler while the store fails.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use eventsource::{
    Delivery, FailurePolicy, OnFailure, ProjectionError, WorkerOptions, prelude::*, projections::ParkedRetry,
    store::StartAt,
};

use tokio::sync::Semaphore;

use crate::{
    domain::{PageEvent, Program, UNLUCKY, for_each_failure, note_some, noted, started, until},
    faulty::{Call, Fails, Fault, Faulty},
};

/// Records the deliveries: the page and the number. It fails on [`UNLUCKY`] until it is fixed.
#[derive(Clone)]
struct Letters {
    sent: Arc<Mutex<Vec<(String, u64)>>>,
    is_fixed: Arc<AtomicBool>,
    /// A letter of the page `slow` waits for a permit.
    gate: Arc<Semaphore>,
}

#[async_trait]
impl EventHandler for Letters {
    type Event = PageEvent;
    const NAME: &'static str = "letters";
    const CONCURRENCY: usize = 4;

    async fn handle(&self, letter: Delivery<'_, PageEvent>) -> Result<(), ProjectionError> {
        let PageEvent::Noted { number } = *letter.event;
        if number == UNLUCKY && !self.is_fixed.load(Ordering::SeqCst) {
            return Err(ProjectionError::new("13 is not to be sent"));
        }
        let page = letter.aggregate_id();
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push((page.to_owned(), number));
        if page == "slow" {
            self.gate.acquire().await?.forget();
        }
        Ok(())
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().attempts(1).then(OnFailure::Park)
    }
}

impl Letters {
    fn new() -> Self {
        Self { sent: Arc::default(), is_fixed: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
    }

    /// The numbers that were sent for a page, in order.
    fn sent(&self, page: &str) -> Vec<u64> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().filter(|(of, _)| of == page).map(|(_, number)| *number).collect()
    }
}

fn program(store: &Arc<Faulty>, letters: &Letters) -> Program {
    EventSource::builder(Arc::clone(store)).handler(letters.clone(), StartAt::Beginning).build()
}

async fn included(program: &Program, position: Position) {
    program.wait_for("letters", position).timeout(Duration::from_secs(30)).await.expect("included");
}

async fn events(program: &Program) -> u64 {
    program.status().await.expect("the store can be read").live("letters").expect("it is there").events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_delivery_is_repeated_whichever_call_fails() {
    let calls = [
        Call::ReadLog,
        Call::Generations,
        Call::Heartbeat,
        Call::Claim,
        Call::Begin,
        Call::Advance,
        Call::Commit,
    ];
    for_each_failure(&calls, |store, fails| async move {
        let letters = Letters::new();
        let program = program(&store, &letters);
        note_some(&program, 0..7).await;
        store.fail(fails);
        let workers = started(&program).await;
        included(&program, note_some(&program, 7..10).await).await;
        included(&program, note_some(&program, 10..12).await).await;
        assert_eq!(letters.sent("even"), [0, 2, 4, 6, 8, 10], "{fails:?}");
        assert_eq!(letters.sent("odd"), [1, 3, 5, 7, 9, 11], "{fails:?}");
        workers.shutdown().await.expect("they end in time");
        assert_eq!(events(&program).await, 12, "{fails:?}: no event counts twice");
    })
    .await;
}

/// Its answer is lost, or it is: a delivery that is in progress meanwhile is not begun again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_fails_does_not_disturb_the_deliveries_in_progress() {
    for fault in [Fault::Lost, Fault::AnswerLost] {
        let store = Arc::new(Faulty::default());
        let letters = Letters::new();
        let program = program(&store, &letters);
        let before = noted(&program, "a", 1).await;
        noted(&program, "slow", 2).await;
        let last = noted(&program, "b", 3).await;
        store.fail(Fails { call: Call::Commit, from: 0, times: 1, fault });
        let workers = started(&program).await;
        included(&program, before).await;
        assert_eq!(store.failed(), 1, "{fault:?}");
        letters.gate.add_permits(1);
        included(&program, last).await;
        for (page, number) in [("a", 1), ("slow", 2), ("b", 3)] {
            assert_eq!(letters.sent(page), [number], "{fault:?}");
        }
        workers.shutdown().await.expect("they end in time");
        assert_eq!(events(&program).await, 3, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_that_a_crash_has_lost_are_made_up_for_by_deliveries() {
    let store = Arc::new(Faulty::default());
    let letters = Letters::new();
    let program = program(&store, &letters);
    let workers = started(&program).await;
    included(&program, note_some(&program, 0..4).await).await;
    store.fail(Fails { call: Call::Begin, from: 0, times: 1, fault: Fault::CheckpointLost });
    let last = note_some(&program, 4..6).await;
    for (page, before, again) in [("even", [0, 2], [0, 2, 4]), ("odd", [1, 3], [1, 3, 5])] {
        until(|| async {
            (letters.sent(page).len() >= 5 && letters.sent(page).ends_with(&again)).then_some(())
        })
        .await;
        assert!(letters.sent(page).starts_with(&before), "each is delivered again, in order");
    }
    included(&program, last).await;
    workers.shutdown().await.expect("they end in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_a_handler_is_parked_and_retried_whichever_call_fails() {
    let calls = [Call::Park, Call::Unpark, Call::Begin, Call::Advance, Call::Commit, Call::Parked];
    for_each_failure(&calls, |store, fails| async move {
        let letters = Letters::new();
        let program = program(&store, &letters);
        for (page, number) in [("a", 1), ("b", 1), ("a", UNLUCKY), ("a", 2), ("b", 2)] {
            noted(&program, page, number).await;
        }
        store.fail(fails);
        let workers = started(&program).await;
        included(&program, noted(&program, "a", 3).await).await;
        assert_eq!(letters.sent("a"), [1], "{fails:?}");
        assert_eq!(letters.sent("b"), [1, 2], "{fails:?}");
        letters.is_fixed.store(true, Ordering::SeqCst);
        let key = program.parked("letters").await.expect("it can be read").events[0].key.clone();
        let retried = program.retry_parked("letters", &key).await.expect("it is retried");
        assert_eq!(retried, ParkedRetry::Applied, "{fails:?}");
        included(&program, noted(&program, "a", 4).await).await;
        let mut sent = letters.sent("a");
        sent.dedup();
        assert_eq!(sent, [1, UNLUCKY, 2, 3, 4], "{fails:?}: in order, and one perhaps twice");
        workers.shutdown().await.expect("they end in time");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_events_of_a_handler_are_committed_together() {
    let store = Arc::new(Faulty::default());
    let letters = Letters::new();
    let program = program(&store, &letters);
    let last = note_some(&program, 100..1_900).await;
    // Nothing fails: the calls are counted.
    store.fail(Fails { call: Call::Commit, from: 0, times: 0, fault: Fault::Lost });
    let workers = program.start_with(WorkerOptions::default()).await.expect("the store is there");
    included(&program, last).await;
    assert_eq!(letters.sent("even").len() + letters.sent("odd").len(), 1_800);
    assert!(store.made() <= 180, "{} transactions for 1,800 events", store.made());
    workers.shutdown().await.expect("they end in time");
}
