//! Attempts on one effect that meet each other, on a store.

use eventsource_core::projection::EffectStore as _;
use uuid::Uuid;

use super::Effects;
use crate::{
    Delivery, EventContext, EventId, EventSource, MemoryStore, Metadata, Position, Recorded, StreamId,
    Timestamp, Version,
    reacting::{Attempt, Once, OnceError},
};

fn effects(nth: usize) -> (Effects<MemoryStore>, Recorded<()>) {
    let engine = EventSource::new(MemoryStore::new()).projections;
    let context = EventContext {
        stream: StreamId::new("transfer", "1").expect("an id"),
        version: Version::new(1),
        position: Position::new(1),
        id: EventId::new(),
        event_type: "transfer".into(),
        schema_version: 1,
        metadata: Metadata::default(),
        recorded_at: Timestamp::now(),
    };
    (Effects { engine, consumer: "mails", event: context.id, nth }, Recorded { context, event: () })
}

async fn once<'a>(effects: &'a Effects<MemoryStore>, event: &'a Recorded<()>) -> Once<'a, String> {
    Delivery::new(event, Uuid::nil()).keeping(effects).once("mail").await.expect("the store is there")
}

fn begun(once: Once<'_, String>) -> Attempt<'_, String> {
    match once {
        Once::Fresh(attempt) | Once::Unknown(attempt) => attempt,
        Once::Done(outcome) => panic!("it is done: {outcome}"),
    }
}

#[tokio::test]
async fn an_earlier_attempt_does_not_release_what_a_later_one_has_begun() {
    let (effects, event) = effects(0);
    let first = begun(once(&effects, &event).await);
    let later = once(&effects, &event).await;
    assert!(matches!(later, Once::Unknown(_)));
    first.not_done().await.expect("the store is there");
    assert!(matches!(once(&effects, &event).await, Once::Unknown(_)));
    begun(once(&effects, &event).await).not_done().await.expect("the store is there");
    assert!(matches!(once(&effects, &event).await, Once::Fresh(_)));
}

#[tokio::test]
async fn what_is_done_stays_done_with_its_first_outcome() {
    let (effects, event) = effects(0);
    let attempts = [once(&effects, &event).await, once(&effects, &event).await, once(&effects, &event).await];
    let [one, two, three] = attempts.map(begun);
    assert_eq!(one.done("one".to_owned()).await.expect("the store is there"), "one");
    two.done("two".to_owned()).await.expect("the store is there");
    three.not_done().await.expect("the store is there");
    assert!(matches!(once(&effects, &event).await, Once::Done(outcome) if outcome == "one"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_attempts_is_fresh() {
    let (effects, event) = effects(0);
    let all = futures_util::future::join_all((0..20).map(|_| once(&effects, &event))).await;
    assert_eq!(all.iter().filter(|it| matches!(it, Once::Fresh(_))).count(), 1, "{all:?}");
}

#[tokio::test]
async fn effects_of_other_names_events_and_ordinals_are_separate() {
    let (one, event) = effects(0);
    let other = Effects { engine: one.engine.clone(), nth: 1, ..one };
    let next = Effects { engine: one.engine.clone(), event: EventId::new(), ..one };
    begun(once(&one, &event).await).done("sent".to_owned()).await.expect("the store is there");
    for effects in [&other, &next] {
        assert!(matches!(once(effects, &event).await, Once::Fresh(_)));
    }
    let delivery = Delivery::new(&event, Uuid::nil()).keeping(&one);
    assert!(matches!(delivery.once::<String>("letter").await, Ok(Once::Fresh(_))));
}

#[tokio::test]
async fn an_outcome_that_cannot_be_read_is_an_error_that_names_the_effect_and_no_value() {
    let (effects, event) = effects(0);
    begun(once(&effects, &event).await).done("secret".to_owned()).await.expect("the store is there");
    let delivery = Delivery::new(&event, Uuid::nil()).keeping(&effects);
    let error = delivery.once::<u64>("mail").await.expect_err("it is a text");
    assert!(matches!(error, OnceError::Kept { .. }) && error.to_string().contains("`mail`"), "{error}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    effects.change("mail", &mut |_| Some("{}".to_owned())).await.expect("the store is there");
    assert!(matches!(delivery.once::<u64>("mail").await, Err(OnceError::Kept { .. })));
}

#[tokio::test]
async fn without_a_store_each_effect_is_fresh_and_nothing_is_kept() {
    let (_, event) = effects(0);
    let delivery = Delivery::new(&event, Uuid::nil());
    for _ in 0..2 {
        match delivery.once::<()>("mail").await {
            Ok(Once::Fresh(attempt)) => attempt.done(()).await.expect("nothing is kept"),
            other => panic!("{other:?}"),
        }
    }
}
