//! Event sources with projections, like those of an application's programs, all on the store under test.

use std::{sync::Arc, time::Duration};

use eventsource::{
    EventSource, EventSourceBuilder, Metadata, Position, WorkerOptions, Workers,
    projections::{ProjectionState, ProjectionStatus},
    store::{Append, ExpectedVersion, NewEvent, ReadModelStore},
};

use super::{
    Letter, ReadModels, TallyEvent, Total, add, at_once, eventually, race, retried_on_conflict, tally,
};
use crate::{torture, waiting};

/// A program of the application.
pub(crate) type Program<S> = EventSource<Arc<S>>;

/// How many times a race is run.
const RACES: usize = 50;

/// Workers that send three heartbeats a second and poll the log often.
pub(crate) fn options() -> WorkerOptions {
    WorkerOptions::default()
        .lease(Duration::from_secs(1))
        .poll(Duration::from_millis(20))
        .shutdown(waiting::LIMIT)
}

/// The same for a program with this application name.
pub(crate) fn called(application: &str) -> WorkerOptions {
    options().application(application.to_owned())
}

pub(crate) async fn started<S: ReadModelStore>(program: &Program<S>) -> Workers {
    started_with(program, options()).await
}

pub(crate) async fn started_with<S: ReadModelStore>(program: &Program<S>, options: WorkerOptions) -> Workers {
    let started = at_once("projections are started", program.start_with(options)).await;
    started.expect("the projections can be started")
}

pub(crate) async fn ended(workers: Workers) {
    workers.shutdown().await.expect("the workers end in time");
}

/// Ends workers like a crash, while their code hangs: no lease is released, and the running batch is lost.
pub(crate) async fn crashed(workers: Workers) {
    let late = workers.shutdown().await.expect_err("the code of the application hangs");
    assert!(matches!(late, eventsource::projections::ShutdownError::Late(_)), "{late:?}");
}

/// Options of workers that are to crash.
pub(crate) fn impatient() -> WorkerOptions {
    options().shutdown(Duration::from_millis(1))
}

/// Adds an amount to a tally by a command.
pub(crate) async fn added<S: ReadModelStore>(program: &Program<S>, tally: &str, amount: u64) -> Position {
    let executed = retried_on_conflict!(program.execute(add(tally, amount)));
    executed.expect("the command is accepted").position
}

pub(crate) async fn included<S: ReadModelStore>(program: &Program<S>, name: &str, position: Position) {
    waiting::followed(program, name, position).await;
}

/// The position of the first event that is parked under a key.
pub(crate) async fn first_parked<S: ReadModelStore>(program: &Program<S>, name: &str, key: &str) -> Position {
    let events = program.parked(name).key(key).await.expect("the store can be read").events;
    events.iter().find(|event| event.discarded.is_none()).expect("an event is parked").position
}

pub(crate) async fn totals<S: ReadModelStore>(program: &Program<S>) -> Vec<Total> {
    program.all().await.expect("the rows can be read")
}

pub(crate) async fn total_of<S: ReadModelStore>(program: &Program<S>, tally: &str) -> Option<Total> {
    program.find(&tally.to_owned()).await.expect("the rows can be read")
}

/// The versions that were applied to a tally, in the order of application.
pub(crate) async fn seen<S: ReadModelStore>(program: &Program<S>, tally: &str) -> Vec<u64> {
    total_of(program, tally).await.map(|row| row.seen.into_vec()).unwrap_or_default()
}

pub(crate) async fn letters<S: ReadModelStore>(program: &Program<S>) -> Vec<Letter> {
    program.all().await.expect("the rows can be read")
}

/// The status of a live projection.
pub(crate) async fn status<S: ReadModelStore>(program: &Program<S>, name: &str) -> ProjectionStatus {
    let status = program.status().await.expect("the store can be read");
    status.live(name).expect("the projection is known").clone()
}

pub(crate) async fn is<S: ReadModelStore>(program: &Program<S>, name: &str, state: ProjectionState) {
    eventually(&format!("`{name}` is {state:?}"), || async {
        let status = status(program, name).await;
        if status.state == state { Ok(()) } else { Err((status.state, status.position)) }
    })
    .await;
}

/// Asserts that all versions up to this one were applied, each once and in order.
#[track_caller]
pub(crate) fn assert_complete(seen: &[u64], count: u64) {
    assert!(seen.iter().copied().eq(1..=count), "1 to {count}, each once and in order, but: {seen:?}");
}

/// Executes this many concurrent commands on one tally.
pub(crate) async fn add_at_once<S: ReadModelStore>(
    program: &Program<S>,
    tally: &str,
    count: usize,
) -> Position {
    let positions = race(count, |_| {
        let (program, tally) = (program.clone(), tally.to_owned());
        async move { added(&program, &tally, 1).await }
    });
    positions.await.into_iter().max().expect("there is one")
}

/// The tallies on which a race is run, one after the other.
pub(crate) fn races() -> impl Iterator<Item = String> {
    (0..torture::times(RACES)).map(|race| format!("race-{race}"))
}

impl<S: ReadModelStore> ReadModels<S> {
    /// A program on this store, without projections.
    pub(crate) fn program(&self) -> EventSourceBuilder<Arc<S>> {
        EventSource::builder(Arc::clone(self))
    }

    /// Appends this many events to a tally, each adding 1, without a notification.
    pub(crate) async fn add_many(&self, id: &str, count: usize) -> Position {
        let one = || NewEvent::encode(&TallyEvent::Added { amount: 1 }, Metadata::new()).expect("it is JSON");
        let events = (0..count).map(|_| one()).collect();
        self.append_events(id, events).await
    }

    /// Appends an event with this type, version and payload to a tally.
    pub(crate) async fn add_as(
        &self,
        id: &str,
        event_type: &'static str,
        version: u32,
        payload: &str,
    ) -> Position {
        let event =
            NewEvent { event_type: event_type.into(), schema_version: version, ..super::event(payload) };
        self.append_events(id, vec![event]).await
    }

    async fn append_events(&self, id: &str, events: Vec<NewEvent>) -> Position {
        let append = Append::to(tally(id), ExpectedVersion::Any, events);
        let receipts = self.append(append).await.expect("the append is accepted");
        receipts[0].position
    }

    /// Appends an event that no projection wants.
    pub(crate) async fn add_something_else(&self) -> Position {
        self.events().fill(&super::stream("something-else"), 1).await.position
    }
}
