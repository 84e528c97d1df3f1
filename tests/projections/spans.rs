//! Spans of projections lead to the command that caused the event.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use eventsource::prelude::*;
use eventsource_conformance::waiting::followed;
use tracing::{
    Event as LogEvent, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use uuid::Uuid;

use super::bank::{Balances, Deposit};

/// The formatted fields of a span.
type Fields = BTreeMap<&'static str, String>;

/// Records every span of a projection with its initial fields.
#[derive(Clone, Default)]
struct Spans {
    projected: Arc<Mutex<Vec<Fields>>>,
    last: Arc<AtomicU64>,
}

impl Spans {
    /// Records the spans of the whole process from now on, those of other tests included. A subscriber of one
    /// thread is not enough: if another thread reaches a span first without interest in it, tracing caches that for
    /// all threads.
    fn of_the_process() -> Self {
        let spans = Self::default();
        tracing::subscriber::set_global_default(spans.clone()).expect("the only subscriber of this process");
        // Also spans whose interest was cached before.
        tracing::callsite::rebuild_interest_cache();
        spans
    }

    /// The spans that were caused by one command.
    fn caused_by(&self, correlation: Uuid) -> Vec<Fields> {
        let projected = self.projected.lock().unwrap_or_else(PoisonError::into_inner);
        let caused = |fields: &&Fields| fields.get("correlation_id") == Some(&correlation.to_string());
        projected.iter().filter(caused).cloned().collect()
    }
}

struct Shown<'a>(&'a mut Fields);

impl Visit for Shown<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Shown(&mut fields));
        if span.metadata().name() == "project" {
            self.projected.lock().unwrap_or_else(PoisonError::into_inner).push(fields);
        }
        Id::from_u64(self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &LogEvent<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_span_names_the_projection_and_the_correlation_of_the_event() {
    let spans = Spans::of_the_process();
    let es = EventSource::builder(Arc::new(MemoryStore::new())).projection(Balances).build();
    let workers = es.start().await.expect("started");
    let correlation = Uuid::now_v7();
    let receipt = es.execute(Deposit("a", 1)).correlation_id(correlation).await.expect("accepted");
    followed(&es, "balances", receipt.position).await;
    workers.shutdown().await.expect("ended");

    let caused = spans.caused_by(correlation);
    let [fields] = &caused[..] else { panic!("one span was expected, not {caused:#?}") };
    assert!(fields["projection"].contains("balances"), "{fields:?}");
    assert_eq!((fields["position"].clone(), &*fields["events"]), (receipt.position.to_string(), "1"));
}
