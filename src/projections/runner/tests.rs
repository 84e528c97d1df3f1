use std::sync::atomic::Ordering;

use super::*;
use crate::{
    MemoryStore, OnFailure,
    projections::sample::{Pages, context, event, generation, leased, page},
    store::{
        Append, EventStore, ExpectedVersion, NewEvent, ParkedEvent, ParkedQuery, ParkedRequest,
        ParkedSelection, ProjectionKind, StreamAppend,
    },
};

/// A runner on a new store, with this size of batches.
pub(super) async fn runner(pages: &Pages, batch_events: usize) -> Runner<MemoryStore> {
    let consumers = pages.consumers(ProjectionKind::Following);
    let mut context = context(consumers.clone());
    Arc::get_mut(&mut context).expect("it is not shared").options.batch_events = batch_events;
    let lease = leased(&context.engine.store, consumers[0].definition()).await;
    let generation = Generation { id: lease.generation, ..generation(1, &[0]) };
    let (token, control) = (CancellationToken::new(), Arc::default());
    Runner::new(context, Arc::clone(&consumers[0]), generation, lease, token, control)
}

/// Appends events with this word.
pub(super) async fn append(runner: &Runner<MemoryStore>, word: &str, count: usize) {
    let new = || NewEvent {
        id: crate::EventId::new(),
        event_type: "page.noted".into(),
        schema_version: 2,
        payload: serde_json::value::to_raw_value(word).expect("JSON"),
        metadata: crate::Metadata::default(),
    };
    let events = std::iter::repeat_with(new).take(count).collect();
    let streams = vec![StreamAppend { stream: page(), expected: ExpectedVersion::Any, events }];
    let append = Append { streams, idempotency_key: None, request: None };
    runner.context.engine.store.append(append).await.expect("appended");
}

/// Processes a page with these events.
async fn process(runner: &mut Runner<MemoryStore>, events: &[&str]) -> Result<(), Interrupt> {
    let events: Vec<_> = (1..).zip(events).map(|(position, words)| event(position, words)).collect();
    let horizon = events.last().expect("events").context.position;
    runner.process(horizon, events.into_iter().map(Cow::Owned)).await
}

async fn parked(runner: &Runner<MemoryStore>) -> Vec<ParkedEvent> {
    let query = ParkedQuery::first(ParkedSelection::All, usize::MAX);
    runner.context.engine.store.parked(runner.generation.id, &query).await.expect("it can be read")
}

#[tokio::test]
async fn a_failing_batch_is_halved_until_the_failing_event_is_found() {
    let pages = Pages::new(OnFailure::Stop);
    let mut runner = runner(&pages, 8).await;
    let stopped = process(&mut runner, &["a", "b", "c", "d", "bad", "e", "f", "g"]).await;
    assert!(matches!(stopped, Err(Interrupt::End(End::Stopped { .. }))));
    assert_eq!(pages.calls(), ["a b c d bad e f g", "a b c d", "bad e f g", "bad e", "bad"]);
    assert_eq!(runner.checkpoint, Position::new(4));
}

#[tokio::test]
async fn a_batch_of_a_policy_is_short() {
    let pages = Pages::new(OnFailure::Stop);
    let mut runner = runner(&pages, 4_000).await;
    runner.generation.kind = ProjectionKind::Policy;
    assert!(process(&mut runner, &["a"; POLICY_EVENTS + 1]).await.is_ok());
    let sizes: Vec<_> = pages.calls().iter().map(|call| call.split(' ').count()).collect();
    assert_eq!(sizes, [POLICY_EVENTS, 1]);
}

#[tokio::test]
async fn batches_grow_again_after_some_successes() {
    let pages = Pages::new(OnFailure::Park);
    let mut runner = runner(&pages, 2).await;
    assert!(process(&mut runner, &["bad", "a", "b", "c", "d", "e"]).await.is_ok());
    assert_eq!(pages.calls(), ["bad a", "bad", "a", "b", "c", "d e"]);
}

#[tokio::test]
async fn events_that_were_upcast_from_one_stored_event_are_committed_together() {
    let pages = Pages::new(OnFailure::Stop);
    let mut runner = runner(&pages, 2).await;
    assert!(process(&mut runner, &["a b c", "d", "e f", "g"]).await.is_ok());
    assert_eq!(pages.calls(), ["a b c", "d e f", "g"]);
    assert_eq!(runner.checkpoint, Position::new(4));
}

#[tokio::test]
async fn an_event_of_a_key_that_was_just_parked_is_parked_and_the_rest_of_its_stored_event_applied() {
    let pages = Pages::new(OnFailure::Park);
    let mut runner = runner(&pages, 1).await;
    assert!(process(&mut runner, &["bad", "a bad", "bad", "b", "c bad"]).await.is_ok());
    assert_eq!(pages.calls(), ["bad", "a", "b", "c"]);
    let positions: Vec<_> = parked(&runner).await.iter().map(|it| it.position.get()).collect();
    assert_eq!(positions, [1, 2, 3, 5]);
    assert_eq!(runner.checkpoint, Position::new(5));
}

#[tokio::test]
async fn parked_events_at_the_end_of_a_page_are_committed_without_a_call_of_the_projection() {
    let pages = Pages::new(OnFailure::Park);
    let mut runner = runner(&pages, 1).await;
    assert!(process(&mut runner, &["bad", "bad"]).await.is_ok());
    assert_eq!((pages.calls(), parked(&runner).await.len()), (vec!["bad".to_owned()], 2));
    assert_eq!(runner.checkpoint, Position::new(2));
}

#[tokio::test]
async fn a_key_with_more_than_a_page_of_parked_events_is_retried_to_its_end() {
    const COUNT: usize = 102;
    let pages = Pages::new(OnFailure::Park);
    let mut runner = runner(&pages, 1).await;
    append(&runner, "bad", COUNT).await;
    let store = Arc::clone(&runner.context.engine.store);
    assert!(runner.catch_up().await.is_ok());
    assert_eq!(parked(&runner).await.len(), COUNT);

    pages.is_fixed.store(true, Ordering::SeqCst);
    store.request_parked(runner.generation.id, None, &ParkedRequest::Retry).await.expect("requested");
    let now = Instant::now();
    assert!(matches!(runner.retry_key("bad", now).await, Ok(false)), "there is no time for more than one");
    assert_eq!(parked(&runner).await.len(), COUNT - 1);
    assert!(matches!(runner.retry_key("bad", now + Duration::from_secs(3_600)).await, Ok(true)));
    assert_eq!(parked(&runner).await, []);
    assert!(runner.parked.is_empty());
}
