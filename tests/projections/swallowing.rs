//! Projections that do not report a failed statement.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventsource::{
    FailurePolicy, OnFailure, Projection, ProjectionError,
    postgres::{PgTransaction, PostgresStore, sqlx},
    prelude::*,
    projections::ParkedRetry,
    store::StopReason,
};
use eventsource_conformance::waiting::{followed, in_time};
use eventsource_harness::TestDatabase;

use super::bank::{AccountEvent, Deposit};

/// Fails on the first event, and reports it only if it is honest.
struct Swallowing {
    honest: Arc<AtomicBool>,
    then: OnFailure,
}

#[async_trait::async_trait]
impl Projection<PostgresStore> for Swallowing {
    type Event = AccountEvent;
    const NAME: &'static str = "swallowing";

    async fn apply(
        &self,
        _: &[Recorded<AccountEvent>],
        transaction: &mut PgTransaction,
    ) -> Result<(), ProjectionError> {
        let failed = sqlx::query("select 1 / 0").execute(&mut **transaction).await;
        if self.honest.load(Ordering::SeqCst) {
            failed?;
        }
        Ok(())
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().attempts(2).min_delay(Duration::from_millis(1)).then(self.then)
    }
}

async fn store(database: &TestDatabase) -> PostgresStore {
    PostgresStore::migrate(database.url()).await.expect("migrated");
    PostgresStore::connect(database.url()).await.expect("connected")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projection_that_swallows_the_failure_of_a_statement_stops_before_the_event() {
    let database = TestDatabase::create();
    let honest = Arc::new(AtomicBool::new(false));
    let projection = Swallowing { honest, then: OnFailure::Stop };
    let es = EventSource::builder(store(&database).await).projection(projection).build();
    es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    let mut workers = es.start().await.expect("started");
    let stopped = in_time("the projection to stop instead of retrying for ever", workers.stopped()).await;
    assert!(matches!(&stopped.reason, StopReason::Failed { attempts: 2, .. }), "{stopped:?}");
    workers.shutdown().await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_event_whose_transaction_cannot_commit_has_failed_again() {
    let database = TestDatabase::create();
    let honest = Arc::new(AtomicBool::new(true));
    let projection = Swallowing { honest: Arc::clone(&honest), then: OnFailure::Park };
    let es = EventSource::builder(store(&database).await).projection(projection).build();
    let receipt = es.execute(Deposit("acc-1", 1)).await.expect("accepted");
    let workers = es.start().await.expect("started");
    followed(&es, "swallowing", receipt.position).await;
    honest.store(false, Ordering::SeqCst);
    let again = es.retry_parked("swallowing", "account/acc-1");
    let again = in_time("the parked event to be retried once", again).await.expect("tried");
    assert!(matches!(&again, ParkedRetry::FailedAgain { event } if event.attempts == 3), "{again:?}");
    workers.shutdown().await.expect("ended");
}
