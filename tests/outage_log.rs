//! What workers log of an outage: its causes when it begins, few lines while it lasts, and its end.

#[path = "outages/domain.rs"]
#[expect(dead_code, reason = "shared with the tests of outages")]
mod domain;
#[path = "outages/faulty.rs"]
#[expect(dead_code, reason = "shared with the tests of outages")]
mod faulty;

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use eventsource::{OnFailure, prelude::*};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::{
    domain::{Pages, included, noted, started, until},
    faulty::{Call, Fails, Fault, Faulty},
};

/// All lines, with their fields.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn with(&self, text: &str) -> Vec<String> {
        let all = self.0.lock().expect("not poisoned");
        all.iter().filter(|line| line.contains(text)).cloned().collect()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).expect("a string can be written");
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().expect("not poisoned").push(line.0);
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_logged_with_its_causes_in_few_lines_and_so_is_its_end() {
    const CALLS: usize = 200;
    let lines = Lines::default();
    tracing::subscriber::set_global_default(lines.clone()).expect("the only test of this process");
    let store = Arc::new(Faulty::default());
    let program = EventSource::builder(Arc::clone(&store)).projection(Pages::new(OnFailure::Stop)).build();
    let workers = started(&program).await;
    included(&program, noted(&program, "a", 1).await).await;
    assert_eq!(lines.with("the store failed"), [""; 0]);

    store.fail(Fails { call: Call::ReadLog, from: 0, times: CALLS, fault: Fault::Lost });
    until(|| async { (store.failed() == CALLS).then_some(()) }).await;
    included(&program, noted(&program, "a", 2).await).await;
    until(|| async { (!lines.with("is over").is_empty()).then_some(()) }).await;
    let failed = lines.with("the store failed");
    // The first line, and more only if the calls took long.
    assert!(!failed.is_empty() && failed.len() < 10, "{failed:?}");
    let causes = "calling a store behind a broken line; try again once it is back: the line is broken";
    assert!(failed.iter().all(|line| line.contains(causes)), "{failed:?}");
    assert_eq!(lines.with("is over").len(), 1);
    workers.shutdown().await.expect("they end in time");
}
