//! Effects that must not be repeated, and messages of other systems, while the store fails.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use eventsource::{
    Delivery, FailurePolicy, OnFailure, ProjectionError, Retry,
    prelude::*,
    reacting::{Inbox, InboxHandle, Once, Reactions, Received, Retention},
    store::StartAt,
};

use crate::{
    domain::{Note, PageEvent, Program, for_each_failure, note_some, started},
    faulty::{Call, Fails, Fault, Faulty},
};

/// Prints each number once.
#[derive(Clone, Default)]
struct Prints {
    printed: Arc<Mutex<Vec<u64>>>,
}

#[async_trait]
impl EventHandler for Prints {
    type Event = PageEvent;
    const NAME: &'static str = "prints";

    async fn handle(&self, print: Delivery<'_, PageEvent>) -> Result<(), ProjectionError> {
        let PageEvent::Noted { number } = *print.event;
        match print.once("print").await? {
            Once::Fresh(attempt) => {
                self.printed.lock().unwrap_or_else(PoisonError::into_inner).push(number);
                attempt.done(()).await?;
            }
            Once::Done(()) => {}
            Once::Unknown(_) => return Err(ProjectionError::new("no program has crashed")),
        }
        Ok(())
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().attempts(1).then(OnFailure::Park)
    }
}

/// Prints ten numbers with this retry of the calls of a store.
async fn print_ten(store: &Arc<Faulty>, fails: Fails, retry: Retry) {
    let prints = Prints::default();
    let builder = EventSource::builder(Arc::clone(store)).retry(retry);
    let program: Program = builder.handler(prints.clone(), StartAt::Beginning).build();
    note_some(&program, 0..7).await;
    store.fail(fails);
    let workers = started(&program).await;
    let last = note_some(&program, 7..10).await;
    program.wait_for("prints", last).timeout(Duration::from_secs(30)).await.expect("included");
    let status = program.status().await.expect("the store can be read");
    assert_eq!(status.live("prints").expect("it is there").parked, 0, "{fails:?}");
    let printed = prints.printed.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(printed, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "{fails:?}");
    workers.shutdown().await.expect("they end in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_is_neither_repeated_nor_unknown_whichever_call_fails() {
    let calls = [Call::BeginMessage, Call::KeepOutcome, Call::Commit, Call::RollBack, Call::Begin];
    for_each_failure(&calls, |store, fails| async move {
        print_ten(&store, fails, Retry::default()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_no_failed_attempt_of_an_event_with_an_effect() {
    let store = Arc::new(Faulty::default());
    let fails = Fails { call: Call::BeginMessage, from: 4, times: 3, fault: Fault::Lost };
    print_ten(&store, fails, Retry::NEVER).await;
    assert_eq!(store.failed(), 3);
}

/// Notes the number of a message on its page.
struct Numbers;

impl Inbox for Numbers {
    type Message = (&'static str, u64);
    const NAME: &'static str = "numbers";

    fn id(&self, (page, number): &Self::Message) -> String {
        format!("{page}/{number}")
    }

    fn receive(&self, &(page, number): &Self::Message) -> Reactions {
        Reactions::execute(Note(page, number))
    }
}

type Numbered = InboxHandle<Arc<Faulty>, Numbers>;

/// Receives a message until it is received, as a queue delivers it. Returns how often it was received as a new one.
async fn received(inbox: &Numbered, message: (&'static str, u64)) -> usize {
    loop {
        match inbox.receive(&message).await {
            Ok(Received::New(_)) => return 1,
            Ok(Received::Again(_)) => return 0,
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_executed_once_whichever_call_fails() {
    let calls = [Call::BeginMessage, Call::Append, Call::KeepOutcome, Call::Commit];
    for_each_failure(&calls, |store, fails| async move {
        let program: Program = EventSource::new(Arc::clone(&store));
        store.fail(fails);
        let inbox = program.inbox(Numbers, Retention::FOREVER);
        let receiving = tokio::spawn(async move {
            let mut new = 0;
            for number in 0..5 {
                new += received(&inbox, ("even", number)).await;
                assert_eq!(received(&inbox, ("even", number)).await, 0);
                let odd = ("odd", number);
                while inbox.receive_from("shard", number, &odd).await.is_err() {}
                assert!(matches!(inbox.receive_from("shard", number, &odd).await, Ok(None)));
            }
            new
        });
        assert_eq!(receiving.await.expect("no panic"), 5, "{fails:?}");
        for page in ["even", "odd"] {
            let version = program.load::<crate::domain::Page>(page).await.expect("it can be loaded").version;
            assert_eq!(version.get(), 5, "{fails:?}");
        }
    })
    .await;
}
