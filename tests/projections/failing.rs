//! What happens when a projection fails.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use eventsource::{
    FailurePolicy, MemoryTransaction, OnFailure, Projection, ProjectionError, ProjectionState, Settled,
    WaitError, prelude::*, store::StopReason,
};

use super::bank::{AccountEvent, Deposit};

/// Notes every deposit in order, and fails on one that is negative as long as it is told to.
#[derive(Clone)]
pub(crate) struct Notes {
    failing: Arc<AtomicBool>,
    panics: bool,
    then: OnFailure,
    attempts: Arc<AtomicUsize>,
}

impl Notes {
    fn failing(then: OnFailure) -> Self {
        Self { failing: Arc::new(AtomicBool::new(true)), panics: false, then, attempts: Arc::default() }
    }
}

#[async_trait::async_trait]
impl Projection<Arc<MemoryStore>> for Notes {
    type Event = AccountEvent;
    const NAME: &'static str = "notes";

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        transaction: &mut MemoryTransaction,
    ) -> Result<(), ProjectionError> {
        for event in events {
            let AccountEvent::Deposited { amount } = event.event else { continue };
            if amount < 0 && self.failing.load(Ordering::SeqCst) {
                self.attempts.fetch_add(1, Ordering::SeqCst);
                assert!(!self.panics, "no negative deposits");
                return Err(ProjectionError::new("no negative deposits"));
            }
            let mut notes: Vec<i64> = transaction.get("notes", event.stream_id())?.unwrap_or_default();
            notes.push(amount);
            transaction.put("notes", event.stream_id(), &notes)?;
        }
        Ok(())
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy {
            attempts: 3,
            min_delay: Duration::from_millis(1),
            then: self.then,
            ..FailurePolicy::default()
        }
    }
}

async fn deposits(es: &EventSource<Arc<MemoryStore>>) -> Position {
    let mut last = Position::START;
    for (account, amount) in [("a", 1), ("b", 1), ("a", -2), ("b", 2), ("a", 3), ("b", 3)] {
        last = es.execute(Deposit(account, amount)).await.expect("accepted").position;
    }
    last
}

fn notes(store: &MemoryStore) -> Vec<Vec<i64>> {
    store.rows("notes").expect("rows")
}

#[tokio::test]
async fn a_projection_that_fails_stops_before_the_event_and_says_why() {
    let store = Arc::new(MemoryStore::new());
    let projection = Notes::failing(OnFailure::Stop);
    let es = EventSource::builder(Arc::clone(&store)).projection(projection.clone()).build();
    let last = deposits(&es).await;
    let mut workers = es.start().await.expect("started");
    let stopped = workers.stopped().await;
    assert!(
        matches!(&stopped.reason, StopReason::Failed { position, attempts: 3, error, .. }
            if *position == Position::new(3) && error == "no negative deposits"),
        "{stopped:?}"
    );
    assert_eq!(notes(&store), [vec![1], vec![1]], "what came before is kept");
    let waited = es.wait_for("notes", last).await.expect_err("it stopped");
    assert!(matches!(waited, WaitError::Stopped { .. }), "{waited:?}");
    let status = es.status().await.expect("status");
    let state = &status.live("notes").expect("live").state;
    assert!(matches!(state, ProjectionState::Stopped(StopReason::Failed { .. })), "{state:?}");

    projection.failing.store(false, Ordering::SeqCst);
    assert_eq!(es.resume("notes").await.expect("resumed"), 1);
    es.wait_for("notes", last).await.expect("followed");
    assert_eq!(notes(&store), [vec![1, -2, 3], vec![1, 2, 3]]);
    workers.shutdown().await.expect("ended");
}

#[tokio::test]
async fn a_panic_is_an_error_like_any_other() {
    let store = Arc::new(MemoryStore::new());
    let projection = Notes { panics: true, ..Notes::failing(OnFailure::Stop) };
    let es = EventSource::builder(Arc::clone(&store)).projection(projection.clone()).build();
    let last = deposits(&es).await;
    let mut workers = es.start().await.expect("started");
    let stopped = workers.stopped().await;
    assert!(
        matches!(&stopped.reason, StopReason::Panicked { message, .. } if message == "no negative deposits"),
        "{stopped:?}"
    );
    projection.failing.store(false, Ordering::SeqCst);
    es.resume("notes").await.expect("resumed");
    es.wait_for("notes", last).await.expect("followed");
    assert_eq!(notes(&store), [vec![1, -2, 3], vec![1, 2, 3]]);
    workers.shutdown().await.expect("ended");
}

#[tokio::test]
async fn a_parked_key_waits_in_order_while_the_rest_goes_on() {
    let store = Arc::new(MemoryStore::new());
    let projection = Notes::failing(OnFailure::Park);
    let es = EventSource::builder(Arc::clone(&store)).projection(projection.clone()).build();
    let last = deposits(&es).await;
    let workers = es.start().await.expect("started");
    es.wait_for("notes", last).await.expect("the rest goes on");
    assert_eq!(notes(&store), [vec![1], vec![1, 2, 3]]);
    let parked = es.parked("notes").await.expect("parked");
    let positions: Vec<_> = parked.iter().map(|event| event.position.get()).collect();
    assert_eq!(positions, [3, 5]);
    assert_eq!(parked[0].error.as_deref(), Some("no negative deposits"));
    assert!(parked.iter().all(|event| event.key == "account/a"), "{parked:?}");

    let again = es.retry_parked("notes", "account/a").await.expect("tried");
    assert!(
        matches!(&again, Settled::FailedAgain { event } if event.position == Position::new(3)),
        "{again:?}"
    );

    projection.failing.store(false, Ordering::SeqCst);
    assert_eq!(es.retry_parked("notes", "account/a").await.expect("tried"), Settled::Applied);
    assert_eq!(notes(&store), [vec![1, -2, 3], vec![1, 2, 3]]);
    let receipt = es.execute(Deposit("a", 4)).await.expect("accepted");
    es.wait_for("notes", receipt.position).await.expect("followed");
    assert_eq!(notes(&store)[0], [1, -2, 3, 4]);
    assert_eq!(es.parked("notes").await.expect("parked"), []);
    workers.shutdown().await.expect("ended");
}

#[tokio::test]
async fn a_discarded_event_is_on_record_and_those_behind_it_are_applied() {
    let store = Arc::new(MemoryStore::new());
    let es = EventSource::builder(Arc::clone(&store)).projection(Notes::failing(OnFailure::Park)).build();
    let last = deposits(&es).await;
    let workers = es.start().await.expect("started");
    es.wait_for("notes", last).await.expect("the rest goes on");
    let settled = es.discard_parked("notes", "account/a", "entered twice").await.expect("discarded");
    assert_eq!(settled, Settled::Applied);
    assert_eq!(notes(&store), [vec![1, 3], vec![1, 2, 3]]);
    let record = es.parked("notes").await.expect("parked");
    assert_eq!(record.len(), 1, "{record:?}");
    assert_eq!(record[0].discarded.as_deref(), Some("entered twice"));
    workers.shutdown().await.expect("ended");
}

/// Notes what it handles, and fails once on each event.
struct Mails {
    sent: Arc<Mutex<Vec<(i64, uuid::Uuid)>>>,
    failed: AtomicUsize,
}

#[async_trait::async_trait]
impl Handler for Mails {
    type Event = AccountEvent;
    const NAME: &'static str = "mails";

    async fn handle(&self, mail: eventsource::Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
        if self.failed.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            return Err(ProjectionError::new("no answer"));
        }
        if let AccountEvent::Deposited { amount } = mail.event.event {
            self.sent.lock().expect("not poisoned").push((amount, mail.idempotency_key));
        }
        Ok(())
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy { min_delay: Duration::from_millis(1), ..FailurePolicy::default() }
    }
}

#[tokio::test]
async fn a_handler_begins_now_and_tries_again_what_failed() {
    let store = Arc::new(MemoryStore::new());
    let sent: Arc<Mutex<Vec<_>>> = Arc::default();
    let mails = Mails { sent: Arc::clone(&sent), failed: AtomicUsize::new(0) };
    let es =
        EventSource::builder(Arc::clone(&store)).handler(mails, eventsource::store::StartAt::Now).build();
    deposits(&es).await;
    let workers = es.start().await.expect("started");
    let last = deposits(&es).await;
    es.wait_for("mails", last).await.expect("handled");
    let sent = sent.lock().expect("not poisoned").clone();
    let amounts: Vec<_> = sent.iter().map(|(amount, _)| *amount).collect();
    assert_eq!(amounts, [1, 1, -2, 2, 3, 3]);
    let keys: std::collections::HashSet<_> = sent.iter().map(|(_, key)| *key).collect();
    assert_eq!(keys.len(), 6);
    let refused = es.rebuild("mails").await.expect_err("mail is not sent again");
    assert!(matches!(refused, eventsource::RebuildError::Handler { .. }), "{refused:?}");
    workers.shutdown().await.expect("ended");
}

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
    es.wait_for("mended", receipt.position).await.expect("set aside");
    mended.store(true, Ordering::SeqCst);
    let again = es.retry_parked("mended", "a").await.expect("tried");
    let Settled::FailedAgain { event } = again else { panic!("nothing was applied: {again:?}") };
    let error = event.error.expect("why");
    assert!(error.contains("another key"), "{error}");
    workers.shutdown().await.expect("ended");
}
