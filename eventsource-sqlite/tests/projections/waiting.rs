//! One transaction writes at a time: what waits for a projection, and what must not.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use eventsource_conformance::waiting::{in_time, wait_for};
use eventsource_core::{
    EventSource, Projection, ProjectionError, ProjectionState, Recorded,
    store::{
        AppendError, Definition, EventStore, GenerationRequest, ProjectionKind, ProjectionStore, StoreError,
    },
};
use eventsource_sqlite::{ProjectionFault, SqliteOptions, SqliteStore, SqliteTransaction};

use crate::{
    domain::{Add, TallyEvent, options},
    support::{append, begun, definition, full_text, held, made, store},
};

const TABLE: &str = "create table balances (account text primary key, amount integer not null)";

#[tokio::test]
async fn an_append_waits_for_a_projection_and_goes_on_after_it() {
    let (store, _directory) = store().await;
    let lease = held(&store, made(&store, GenerationRequest::Start, TABLE).await).await;
    let transaction = begun(&store, &lease).await;
    let appending = {
        let store = store.clone();
        tokio::spawn(async move { store.append(append()).await })
    };
    // Time to do wrong; it needs none of it.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!appending.is_finished());
    store.roll_back(transaction).await.expect("rolled back");
    appending.await.expect("no panic").expect("appended");
}

#[tokio::test]
async fn a_task_that_waits_for_its_own_transaction_is_told_at_once() {
    let (store, _directory) = store().await;
    let lease = held(&store, made(&store, GenerationRequest::Start, TABLE).await).await;
    // Only tasks are told apart.
    let inside = tokio::spawn(async move {
        let transaction = begun(&store, &lease).await;
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
async fn who_listens_hears_of_what_another_store_has_appended() {
    let (store, directory) = store().await;
    let other = SqliteStore::open(directory.path().join("store.db")).await.expect("opened");
    for _ in 0..3 {
        let listening = {
            let store = store.clone();
            tokio::spawn(async move { store.listen().await })
        };
        // Time to return for nothing; it needs none of it.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!listening.is_finished(), "nothing was appended");
        other.append(append()).await.expect("appended");
        in_time("it to hear of the append", listening).await.expect("no panic");
    }
}

/// Whether a commit on this connection waits for the disk.
async fn waits(transaction: &mut SqliteTransaction) -> bool {
    let mode: i64 =
        sqlx::query_scalar("pragma synchronous").fetch_one(&mut **transaction).await.expect("a mode");
    mode == 2
}

#[tokio::test]
async fn a_commit_waits_for_the_disk_unless_it_is_made_of_events_again() {
    let (store, _directory) = store().await;
    for kind in [ProjectionKind::Following, ProjectionKind::Handler] {
        let definition = Definition { kind, ..definition(&format!("{kind:?}")) };
        let begun_generation =
            store.begin_generation(&definition, GenerationRequest::Start).await.expect("begun");
        let (generation, mut transaction) = begun_generation.expect("due");
        assert!(waits(&mut transaction).await, "what is made");
        store.commit(transaction).await.expect("made");
        let lease = held(&store, generation).await;
        let mut waited = Vec::new();
        for _ in 0..3 {
            let mut transaction = begun(&store, &lease).await;
            waited.push(waits(&mut transaction).await);
            store.commit(transaction).await.expect("committed");
            let (mut transaction, _, _) = store.begin_append(append(), &[]).await.expect("accepted");
            assert!(waits(&mut transaction).await, "an append");
            store.commit(transaction).await.expect("committed");
        }
        // Of the first batch it is not known yet what it is of.
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
        let program = self.0.lock().expect("nobody panics").clone().expect("it is told its program");
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
    let program = EventSource::builder(store).projection(Told(echo)).build();
    *echo.0.lock().expect("nobody panics") = Some(program.clone());
    let workers = program.start_with(options("echo")).await.expect("it starts");
    program.execute(Add("a".to_owned(), 1)).await.expect("accepted");
    let stopped = wait_for("the projection to stop", || async {
        let status = program.status().await.expect("the store can be read");
        match status.live("echo").expect("it is there").state.clone() {
            ProjectionState::Stopped(reason) => Ok(reason.to_string()),
            other => Err(other),
        }
    })
    .await;
    assert!(stopped.contains("do that in an `EventHandler`"), "{stopped}");
    program.execute(Add("a".to_owned(), 1)).await.expect("others go on");
    workers.shutdown().await.expect("they end");
}

/// The same by reference.
struct Told(&'static Echo);

#[async_trait]
impl Projection<SqliteStore> for Told {
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
fn what_keeps_others_waiting_says_what_to_do() {
    let held = ProjectionFault::Held { waited: Duration::from_secs(30) };
    assert!(full_text(&held).contains("`acquire_timeout`") && full_text(&held).contains("`EventHandler`"));
}
