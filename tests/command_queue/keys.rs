//! Commands under idempotency keys, in one process and in two.

use std::sync::Arc;

use eventsource::{
    Retry,
    prelude::*,
    store::{AppendError, EventStore, ExpectedVersion},
};
use futures_util::{FutureExt, future::join_all};

use crate::{
    page::note,
    watched::{Fate, Watched, begun},
};

#[tokio::test]
async fn of_concurrent_commands_under_one_key_one_counts() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    let mut gate = store.hold();
    let first = begun(source.execute(note("a", 0)).idempotency_key("key"));
    let held = gate.arrival().await;
    // Handled on the state after the first command it would be accepted; but this command is rejected there.
    let again = begun(source.execute(note("a", 0)).idempotency_key("key"));
    let rejected = begun(source.execute(note("a", 0).below(1)).idempotency_key("key"));
    let other = begun(source.execute(note("a", 1)));
    held.pass();
    let let_pass = async {
        gate.arrival().await.pass();
        drop(gate);
    };
    let (outcomes, ()) = tokio::join!(join_all([first, again, rejected, other]), let_pass);
    let receipts: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    let got: Vec<_> = receipts.iter().map(|it| (it.version.get(), it.repeated)).collect();
    assert_eq!(got, [(1, false), (1, true), (1, true), (2, false)]);
    assert_eq!(store.numbers("a").await, [0, 1]);
}

#[tokio::test]
async fn a_receipt_from_another_process_says_nothing_about_events_decided_here() {
    let store = Watched::new();
    let (here, there) = (EventSource::new(Arc::clone(&store)), EventSource::new(Arc::clone(&store)));
    here.execute(note("a", 0)).await.unwrap();
    there.execute(note("a", 1)).idempotency_key("key").await.unwrap();
    // Decided on the cached state, it produces the version that the other command produced.
    let repeated = here.execute(note("a", 2)).idempotency_key("key").await.unwrap();
    assert!(repeated.repeated && repeated.version == Version::new(2));
    here.execute(note("a", 3)).await.unwrap();
    assert_eq!(store.numbers("a").await, [0, 1, 3]);
}

#[tokio::test]
async fn a_command_based_on_a_pending_repetition_is_decided_again() {
    let store = Watched::new();
    let (here, there) = (EventSource::new(Arc::clone(&store)), EventSource::new(Arc::clone(&store)));
    here.execute(note("a", 0)).await.unwrap();
    there.execute(note("a", 1)).idempotency_key("key").await.unwrap();
    let mut gate = store.hold();
    let first = begun(here.execute(note("a", 2)).idempotency_key("key"));
    let second = begun(here.execute(note("a", 3)));
    let let_pass = async {
        gate.arrival().await.pass();
        drop(gate);
    };
    let (outcomes, ()) = tokio::join!(join_all([first, second]), let_pass);
    let versions: Vec<_> = outcomes.into_iter().map(|it| it.unwrap().version.get()).collect();
    assert_eq!(versions, [2, 3]);
    assert_eq!(store.numbers("a").await, [0, 1, 3]);
}

#[tokio::test]
async fn a_command_behind_a_repetition_in_a_list_is_decided_again() {
    let store = Watched::new();
    let here = EventSource::builder(Arc::clone(&store)).retry(Retry::NEVER).build();
    here.execute(note("a", 0)).idempotency_key("key").await.unwrap();
    let mut gate = store.hold();
    let first = begun(here.execute(note("a", 1)));
    let held = gate.arrival().await;
    let again = begun(here.execute(note("a", 2)).idempotency_key("key"));
    let behind = begun(here.execute(note("a", 3)));
    held.pass();
    let list = gate.arrival().await;
    assert_eq!(list.numbers(), [2, 3]);
    list.pass();
    store.let_go();
    let outcomes = join_all([first, again, behind]).await.into_iter().map(Result::unwrap);
    let got: Vec<_> = outcomes.map(|it| (it.version.get(), it.repeated)).collect();
    assert_eq!(got, [(2, false), (1, true), (3, false)]);
    assert_eq!(store.numbers("a").await, [0, 1, 3]);
}

#[tokio::test]
async fn an_append_cannot_be_based_on_a_repetition_under_a_key() {
    let store = Watched::new();
    let first = store.by_another("a", 0).await.with_idempotency_key("key");
    store.append(first.clone()).await.unwrap();
    let mut again = store.by_another("b", 0).await;
    again.streams[0].stream = first.streams[0].stream.clone();
    again.streams[0].expected = ExpectedVersion::NoStream;
    let mut after = again.clone();
    after.streams[0].expected = ExpectedVersion::Exact(Version::new(1));
    after.streams[0].events[0].id = eventsource::EventId::new();
    let outcomes = store.append_each(vec![again.with_idempotency_key("key"), after]).await;
    assert!(outcomes[0].as_ref().is_ok_and(|receipts| receipts[0].repeated));
    assert!(matches!(outcomes[1], Err(AppendError::Conflict { .. })), "{outcomes:?}");
}

#[tokio::test]
async fn a_command_under_a_key_whose_answer_was_lost_gets_its_receipt() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    store.foretell([Fate::AnswerLost]);
    source.execute(note("a", 0)).idempotency_key("key").await.unwrap();
    assert_eq!(source.execute(note("a", 1)).await.unwrap().version, Version::new(2));
    assert_eq!(store.numbers("a").await, [0, 1]);
}

#[tokio::test]
async fn an_atomic_execution_does_not_adopt_events_that_another_process_stored_under_its_key() {
    let store = Watched::new();
    let here = EventSource::new(Arc::clone(&store));
    here.execute(note("a", 0)).await.unwrap();
    let mut gate = store.hold();
    let mut executing = here.atomically().execute(note("a", 1)).idempotency_key("key").into_future();
    assert!((&mut executing).now_or_never().is_none());
    let held = gate.arrival().await;
    store.append(store.by_another("a", 1_000).await.with_idempotency_key("key")).await.unwrap();
    held.pass();
    assert!(executing.await.unwrap()[0].repeated);
    drop(gate);
    here.execute(note("a", 2)).await.unwrap();
    assert_eq!(store.numbers("a").await, [0, 1_000, 2]);
}
