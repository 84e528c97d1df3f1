//! What a migration logs.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use eventsource_harness::TestDatabase;
use eventsource_postgres::PostgresStore;
use tracing::{
    Event as LogEvent, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

use crate::support::{connect, run};

/// Counts the notices of the server that an application logs by default.
#[derive(Clone, Default)]
struct Notices(Arc<AtomicUsize>);

impl Subscriber for Notices {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::postgres::notice" && *metadata.level() <= Level::INFO
    }

    fn event(&self, _: &LogEvent<'_>) {
        self.0.fetch_add(1, SeqCst);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn migrations_log_no_notices() {
    let notices = Notices::default();
    let _recording = tracing::subscriber::set_default(notices.clone());
    let database = TestDatabase::create();
    for _ in 0..2 {
        PostgresStore::migrate(database.url()).await.expect("migrated");
    }
    assert_eq!(notices.0.load(SeqCst), 0);
    run(&mut connect(database.url()).await, "do $$ begin raise notice 'seen'; end $$").await;
    assert_eq!(notices.0.load(SeqCst), 1, "notices are recorded");
}
