//! Events record the origin of their command.

use std::collections::BTreeSet;

use eventsource::{EventContext, event::Traceparent};
use uuid::Uuid;

use crate::support::{Store, add, event, tally};

/// The contexts of the events of a tally.
async fn contexts(store: &Store, id: &str) -> Vec<EventContext> {
    store.events_of(&tally(id)).await.into_iter().map(|event| event.context).collect()
}

fn trace() -> Traceparent {
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().expect("a valid trace")
}

pub(crate) async fn events_get_a_correlation_and_a_causation_by_default(store: Store) {
    let es = store.source();
    for _ in 0..3 {
        es.execute(add("t", 1)).await.expect("it is accepted");
    }
    let mut correlations = BTreeSet::new();
    for context in contexts(&store, "t").await {
        let correlation = context.metadata.correlation_id.expect("filled in");
        assert_eq!(context.metadata.causation_id, Some(correlation), "the execution is the origin");
        correlations.insert(correlation);
    }
    assert_eq!(correlations.len(), 3, "each execution is an origin of its own");
}

pub(crate) async fn a_caused_event_inherits_the_correlation_and_the_trace(store: Store) {
    let es = store.source();
    es.execute(add("t", 1)).traceparent(trace()).await.expect("it is accepted");
    let cause = contexts(&store, "t").await.remove(0);
    es.execute(add("u", 1)).caused_by(&cause).await.expect("it is accepted");
    let effect = contexts(&store, "u").await.remove(0);
    es.execute(add("v", 1)).caused_by(&effect).await.expect("it is accepted");
    let further = contexts(&store, "v").await.remove(0);

    assert_eq!(effect.metadata.causation_id, Some(cause.id.as_uuid()));
    assert_eq!(further.metadata.causation_id, Some(effect.id.as_uuid()));
    for context in [effect, further] {
        assert_eq!(context.metadata.correlation_id, cause.metadata.correlation_id);
        assert_eq!(context.metadata.traceparent, Some(trace()));
    }
}

pub(crate) async fn an_event_without_a_correlation_becomes_the_origin_of_what_it_causes(store: Store) {
    store.write(&tally("foreign"), crate::support::exactly(0), vec![event("{}")]).await;
    let cause = contexts(&store, "foreign").await.remove(0);
    store.source().execute(add("t", 1)).caused_by(&cause).await.expect("it is accepted");
    let effect = contexts(&store, "t").await.remove(0);
    assert_eq!(effect.metadata.correlation_id, Some(cause.id.as_uuid()));
    assert_eq!(effect.metadata.causation_id, Some(cause.id.as_uuid()));
}

pub(crate) async fn metadata_given_with_a_command_is_stored(store: Store) {
    let correlation = Uuid::now_v7();
    let es = store.source();
    let executed = es
        .execute(add("t", 1))
        .metadata("channel", "web")
        .metadata("clerk", "o'brien \u{1F980}")
        .correlation_id(correlation)
        .traceparent(trace());
    executed.await.expect("it is accepted");
    let metadata = contexts(&store, "t").await.remove(0).metadata;
    assert_eq!(metadata.value("channel"), Some("web"));
    assert_eq!(metadata.value("clerk"), Some("o'brien \u{1F980}"));
    assert_eq!(metadata.entries.len(), 2);
    assert_eq!(metadata.correlation_id, Some(correlation));
    assert_eq!(metadata.traceparent, Some(trace()));
}

pub(crate) async fn events_of_one_atomic_execution_share_their_origin(store: Store) {
    let es = store.source();
    let executed = es.atomically().execute(add("t", 1)).execute(add("u", 1)).execute(add("t", 2));
    executed.metadata("channel", "web").await.expect("it is accepted");
    let mut all = contexts(&store, "t").await;
    all.extend(contexts(&store, "u").await);
    assert_eq!(all.len(), 3);
    let first = all[0].metadata.clone();
    assert!(first.correlation_id.is_some(), "filled in");
    assert_eq!(first.value("channel"), Some("web"));
    assert!(all.iter().all(|context| context.metadata == first));
}
