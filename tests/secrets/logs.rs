//! The log of the process, as the usual subscribers write it, and errors as programs print them.

use std::{
    error::Error,
    fmt::{Debug, Write},
    sync::{Mutex, OnceLock, PoisonError},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Every line of the process at any level, the fields of spans included.
#[derive(Debug, Default)]
pub(super) struct Logs(Mutex<Vec<String>>);

impl Logs {
    /// Records from the first call on, the lines of other tests of the process included.
    pub(super) fn of_the_process() -> &'static Self {
        static LOGS: OnceLock<Logs> = OnceLock::new();
        static IS_SET: OnceLock<()> = OnceLock::new();
        let logs = LOGS.get_or_init(Self::default);
        IS_SET.get_or_init(|| {
            tracing::subscriber::set_global_default(Recorder(logs))
                .expect("the only subscriber of this process");
            tracing::callsite::rebuild_interest_cache();
        });
        logs
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn push(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        let mut line = Line(format!("{} {}:", metadata.level(), metadata.target()));
        record(&mut line);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }
}

struct Recorder(&'static Logs);

/// Texts are quoted, and other values are written as they are.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let _ = write!(self.0, " {}={}", field.name(), chain(value));
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("eventsource") || metadata.target().starts_with("sqlx")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.push(span.metadata(), |line| span.record(line));
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        self.0.push(event.metadata(), |line| event.record(line));
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// An error with its causes.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// An error in all forms in which a program may print it.
pub(super) fn printed(error: &dyn Error) -> String {
    format!("{} {error:?} {error:#?}", chain(error))
}
