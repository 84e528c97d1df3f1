//! One transaction writes at a time: calls that wait for a projection, and calls that must not.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use eventsource::{
    EventSource, Projection, ProjectionError, Recorded,
    projections::ProjectionState,
    store::{
        AppendError, Definition, EventStore, GenerationRequest, ProjectionKind, ProjectionStore, StoreError,
        StoreTransaction,
    },
};
use eventsource_conformance::waiting::{in_time, wait_for};
use eventsource_sqlite::{ProjectionFault, SqliteOptions, SqliteStore, SqliteTransaction};

use crate::{
    domain::{Add, TallyEvent, options},
    support::{append, begin, claim, create_generation, definition, full_text, store},
};

const TABLE: &str = "create table balances (account text primary key, amount integer not null)";

#[tokio::test]
async fn an_append_waits_for_a_projection_and_completes_after_it() {
    let (store, _directory) = store().await;
    let lease = claim(&store, create_generation(&store, GenerationRequest::Start, TABLE).await).await;
    let transaction = begin(&store, &lease).await;
    let appending = {
        let store = store.clone();
        tokio::spawn(async move { store.append(append()).await })
    };
    // Gives a faulty append time to complete; the test does not depend on its length.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!appending.is_finished());
    transaction.roll_back().await.expect("rolled back");
    appending.await.expect("no panic").expect("appended");
}

#[tokio::test]
async fn a_task_that_would_wait_for_its_own_transaction_fails_immediately() {
    let (store, _directory) = store().await;
    let lease = claim(&store, create_generation(&store, GenerationRequest::Start, TABLE).await).await;
    // Only tasks are distinguished.
    let inside = tokio::spawn(async move {
        let transaction = begin(&store, &lease).await;
        let error = store.append(append()).await.expect_err("it would wait for itself");
        let AppendError::Store(StoreError::Backend { source, .. }) = &error else { panic!("{error:?}") };
        assert!(matches!(source.downcast_ref(), Some(ProjectionFault::WaitsForItself)), "{error:?}");
        assert!(store.release(&lease).await.is_err() && store.begin(&lease).await.is_err());
        drop(transaction);
        store.append(append()).await.expect("appended");
    });
    inside.await.expect("no panic");
}

#[tokio::test]
async fn a_listener_is_notified_of_an_append_by_another_store() {
    let (store, directory) = store().await;
    let other = SqliteStore::open(directory.path().join("store.db")).await.expect("opened");
    for _ in 0..3 {
        let listening = {
            let store = store.clone();
            tokio::spawn(async move { store.listen().await })
        };
        // Gives a faulty `listen` time to return; the test does not depend on its length.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!listening.is_finished(), "nothing was appended");
        other.append(append()).await.expect("appended");
        in_time("a hint of the append", listening).await.expect("no panic");
    }
}

/// Whether a commit on this connection waits for the disk.
async fn waits(transaction: &mut SqliteTransaction) -> bool {
    let mode: i64 =
        sqlx::query_scalar("pragma synchronous").fetch_one(&mut **transaction).await.expect("a mode");
    mode == 2
}

#[tokio::test]
async fn a_commit_waits_for_the_disk_unless_events_can_rebuild_its_data() {
    let (store, _directory) = store().await;
    for kind in [ProjectionKind::Following, ProjectionKind::Handler] {
        let definition = Definition { kind, ..definition(&format!("{kind:?}")) };
        let begun_generation =
            store.begin_generation(&definition, GenerationRequest::Start).await.expect("begun");
        let (generation, mut transaction) = begun_generation.expect("begun");
        assert!(waits(&mut transaction).await, "the setup of a generation");
        transaction.commit().await.expect("made");
        let lease = claim(&store, generation).await;
        let mut waited = Vec::new();
        for _ in 0..3 {
            let mut transaction = begin(&store, &lease).await;
            waited.push(waits(&mut transaction).await);
            transaction.commit().await.expect("committed");
            let (mut transaction, _, _) = store.begin_append(append(), &[]).await.expect("accepted");
            assert!(waits(&mut transaction).await, "an append");
            transaction.commit().await.expect("committed");
        }
        // At the first batch the kind of the generation is not known yet.
        assert_eq!(waited, [true, kind == ProjectionKind::Handler, kind == ProjectionKind::Handler]);
    }
}

/// A projection that executes a command on its own store.
struct Echo(Mutex<Option<EventSource<SqliteStore>>>);

#[async_trait]
impl Projection<SqliteStore> for Echo {
    type Event = TallyEvent;
    const NAME: &'static str = "echo";

    async fn apply(
        &self,
        _events: &[Recorded<TallyEvent>],
        _transaction: &mut SqliteTransaction,
    ) -> Result<(), ProjectionError> {
        let program = self.0.lock().expect("nobody panics").clone().expect("its program was set");
        program.execute(Add("echo".to_owned(), 1)).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projection_that_executes_a_command_stops_and_says_what_to_do() {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let impatient = SqliteOptions::new().acquire_timeout(Duration::from_millis(100));
    let store = SqliteStore::open_with(directory.path().join("store.db"), impatient).await.expect("opened");
    let echo = Box::leak(Box::new(Echo(Mutex::default())));
    let program = EventSource::builder(store).projection(EchoRef(echo)).build();
    *echo.0.lock().expect("nobody panics") = Some(program.clone());
    let workers = program.start_with(options("echo")).await.expect("it starts");
    program.execute(Add("a".to_owned(), 1)).await.expect("accepted");
    let stopped = wait_for("the projection to stop", || async {
        let status = program.status().await.expect("the store can be read");
        match status.live("echo").expect("it is live").state.clone() {
            ProjectionState::Stopped(reason) => Ok(reason.to_string()),
            other => Err(other),
        }
    })
    .await;
    assert!(stopped.contains("do that in an `EventHandler`"), "{stopped}");
    program.execute(Add("a".to_owned(), 1)).await.expect("other commands are accepted");
    workers.shutdown().await.expect("they end");
}

/// The same projection by reference.
struct EchoRef(&'static Echo);

#[async_trait]
impl Projection<SqliteStore> for EchoRef {
    type Event = TallyEvent;
    const NAME: &'static str = Echo::NAME;

    async fn apply(
        &self,
        events: &[Recorded<TallyEvent>],
        transaction: &mut SqliteTransaction,
    ) -> Result<(), ProjectionError> {
        self.0.apply(events, transaction).await
    }
}

#[test]
fn the_error_of_a_held_transaction_says_what_to_do() {
    let held = ProjectionFault::Held { waited: Duration::from_secs(30) };
    assert!(full_text(&held).contains("`acquire_timeout`") && full_text(&held).contains("`EventHandler`"));
}
