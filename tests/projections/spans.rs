//! What a projection does is traced to the command it comes from.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use eventsource::prelude::*;
use tracing::{
    Event as LogEvent, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use uuid::Uuid;

use super::bank::{Balances, Deposit};

/// The fields of a span as they are shown.
type Fields = BTreeMap<&'static str, String>;

/// Keeps every span by its name, with the fields it began with.
#[derive(Clone, Default)]
struct Spans {
    spans: Arc<Mutex<Vec<(&'static str, Fields)>>>,
    last: Arc<AtomicU64>,
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
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        spans.push((span.metadata().name(), fields));
        Id::from_u64(self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &LogEvent<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// On one thread, because the subscriber is that of the thread.
#[tokio::test]
async fn a_span_names_the_projection_and_the_correlation_of_the_event() {
    let spans = Spans::default();
    let _tracing = tracing::subscriber::set_default(spans.clone());
    let es = EventSource::builder(Arc::new(MemoryStore::new())).projection(Balances).build();
    let workers = es.start().await.expect("started");
    let correlation = Uuid::now_v7();
    let receipt = es.execute(Deposit("a", 1)).correlation_id(correlation).await.expect("accepted");
    es.wait_for("balances", receipt.position).await.expect("followed");
    workers.shutdown().await.expect("ended");

    let spans = spans.spans.lock().unwrap_or_else(PoisonError::into_inner);
    let projected = spans.iter().filter(|(name, _)| *name == "project").map(|(_, fields)| fields);
    let projected: Vec<_> = projected.filter(|fields| fields["events"] == "1").collect();
    assert_eq!(projected.len(), 1, "{spans:#?}");
    let fields = projected[0];
    assert!(fields["projection"].contains("balances"), "{fields:?}");
    assert_eq!(fields["position"], receipt.position.to_string());
    assert_eq!(fields.get("correlation_id"), Some(&correlation.to_string()));
}
