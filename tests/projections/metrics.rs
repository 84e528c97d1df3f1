//! The metrics of running projections.

use std::{collections::BTreeMap, sync::Arc};

use eventsource::{FailurePolicy, OnFailure, ProjectionError, prelude::*, projections::ParkedRetry};
use eventsource_conformance::waiting::followed;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use super::bank::{AccountEvent, Deposit};

/// Parks every negative deposit after one attempt.
struct Positive;

#[async_trait::async_trait]
impl Projection<Arc<MemoryStore>> for Positive {
    type Event = AccountEvent;
    const NAME: &'static str = "positive";

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        _: &mut eventsource::memory::MemoryTransaction,
    ) -> Result<(), ProjectionError> {
        let negative = |it: &Recorded<_>| matches!(it.event, AccountEvent::Deposited { amount: ..0 });
        if events.iter().any(negative) { Err(ProjectionError::new("negative")) } else { Ok(()) }
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().attempts(1).then(OnFailure::Park)
    }
}

/// The measured values, by name and the value of the label `projection`.
fn measured(snapshotter: &Snapshotter) -> BTreeMap<(String, String), DebugValue> {
    let measured = snapshotter.snapshot().into_vec().into_iter().map(|(key, _, _, value)| {
        let key = key.key();
        let projection = key.labels().find(|label| label.key() == "projection");
        let projection = projection.map_or_else(String::new, |label| label.value().to_owned());
        ((key.name().to_owned(), projection), value)
    });
    measured.collect()
}

/// On one thread, because the recorder is thread-local.
#[tokio::test]
async fn events_errors_and_parked_events_are_measured() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let es = EventSource::builder(Arc::new(MemoryStore::new())).projection(Positive).build();
    let workers = es.start().await.expect("started");
    for (account, amount) in [("a", 1), ("a", -2), ("b", 3)] {
        let receipt = es.execute(Deposit(account, amount)).await.expect("accepted");
        followed(&es, "positive", receipt.position).await;
    }
    // The request for the key makes the workers poll, and so update the gauges.
    let retried = es.retry_parked("positive", "account/a").await.expect("tried");
    assert!(matches!(retried, ParkedRetry::FailedAgain { .. }), "{retried:?}");
    workers.shutdown().await.expect("ended");

    let measured = measured(&snapshotter);
    let of = |name: &str| measured.get(&(format!("eventsource_{name}"), "positive".to_owned()));
    assert_eq!(of("projection_events_total"), Some(&DebugValue::Counter(2)), "{measured:#?}");
    assert_eq!(of("projection_errors_total"), Some(&DebugValue::Counter(1)));
    assert_eq!(of("projection_parked"), Some(&DebugValue::Gauge(1.0.into())));
    assert_eq!(of("projection_stopped"), Some(&DebugValue::Gauge(0.0.into())));
    assert_eq!(of("projection_lag"), Some(&DebugValue::Gauge(0.0.into())));
    match of("projection_batch_seconds") {
        Some(DebugValue::Histogram(batches)) => assert!(!batches.is_empty()),
        other => panic!("{other:?}"),
    }
    for name in ["projection_position", "horizon"] {
        assert!(measured.keys().any(|(found, _)| *found == format!("eventsource_{name}")), "{measured:#?}");
    }
}
