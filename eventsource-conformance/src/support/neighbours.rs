//! Other projections in the store under test. Every operation of a test is for one of several projections, and must
//! not change the others.

use std::{future::Future, sync::Arc};

use eventsource::{
    EventId, Position, Timestamp, Version,
    store::{
        Generation, GenerationId, GenerationRequest, GenerationState, Lease, ParkedEvent, ReadModelStore,
        ReadModelTable, StopReason, StoreTransaction,
    },
};
use serde_json::Value;

use super::{ReadModels, accounts, definition, every_parked, row, tally};

/// One name sorts before the projections of the tests, the other after them.
pub(crate) const NEIGHBOURS: [&str; 2] = ["a_neighbour", "z_neighbour"];

/// Keys that the tests park as well.
const KEYS: [&str; 2] = ["a", "t-0"];

pub(crate) fn is_neighbour(name: &str) -> bool {
    NEIGHBOURS.contains(&name)
}

/// Runs a test in a store with neighbours, and checks that they are unchanged.
pub(crate) async fn among_neighbours<S, F>(store: ReadModels<S>, test: impl FnOnce(ReadModels<S>) -> F + Send)
where
    S: ReadModelStore,
    F: Future<Output = ()> + Send,
{
    for name in NEIGHBOURS {
        add(&store, name).await;
    }
    let before = found(&store).await;
    let states = before.iter().map(|neighbour| neighbour.generation.state);
    let three = [GenerationState::Retired, GenerationState::Live, GenerationState::Building];
    assert!(states.eq(three.into_iter().cycle().take(6)), "{before:#?}");
    test(store.clone()).await;
    assert_eq!(found(&store).await, before, "projections that the test is not about have changed");
}

/// A generation of a neighbour with its rows and parked events.
#[derive(Debug, PartialEq)]
struct Neighbour {
    generation: Generation,
    parked: Vec<ParkedEvent>,
    /// The rows that queries find.
    rows: Vec<Value>,
}

async fn found<S: ReadModelStore>(store: &ReadModels<S>) -> Vec<Neighbour> {
    let mut found = Vec::new();
    for generation in store.generations().await.expect("the store can be read") {
        if is_neighbour(&generation.name) {
            let parked = store.parked(generation.id, &every_parked()).await.expect("the store can be read");
            let rows = store.rows(&table(&generation.name)).await;
            found.push(Neighbour { generation, parked, rows });
        }
    }
    found
}

fn table(name: &str) -> ReadModelTable {
    ReadModelTable { name: name.to_owned(), ..accounts() }
}

/// A projection with a generation in each state. The live one and the building one have stopped, and hold parked
/// events. No process hosts it.
async fn add<S: ReadModelStore>(store: &ReadModels<S>, name: &str) {
    let retired = store.make(&definition(name, 1)).await;
    with_row(store, name, retired, 1).await;
    let live = rebuild(store, name).await;
    with_row(store, name, live, 2).await;
    store.swapped(live, true).await;
    let building = rebuild(store, name).await;
    with_row(store, name, building, 3).await;
    for generation in [live, building] {
        stop(store, generation).await;
    }
}

async fn rebuild<S: ReadModelStore>(store: &ReadModels<S>, name: &str) -> GenerationId {
    let request = GenerationRequest::Rebuild { swap_when_ready: false, keep_old: true };
    store.made(&definition(name, 1), request).await.expect("a generation is made")
}

async fn with_row<S: ReadModelStore>(
    store: &ReadModels<S>,
    name: &str,
    generation: GenerationId,
    balance: i64,
) {
    let lease = store.lease(generation).await;
    store.apply_to(&lease, name, 0, &[row("a", balance)]).await;
    leave(store, &lease).await;
}

async fn stop<S: ReadModelStore>(store: &ReadModels<S>, generation: GenerationId) {
    let lease = store.lease(generation).await;
    let mut transaction = store.begun(&lease).await;
    let events: Vec<_> = (1..).zip(KEYS).map(|(position, key)| parked(key, position)).collect();
    transaction.park(&lease, &events).await.expect("the store can be written");
    store.committed(transaction).await;
    let fault = "the neighbour failed".to_owned();
    store.note_error(&lease, Some(&fault)).await.expect("the store can be written");
    let position = Position::new(3);
    let reason = StopReason::Failed { event: "an event".to_owned(), position, attempts: 1, error: fault };
    store.stop(&lease, &reason).await.expect("the store can be written");
    leave(store, &lease).await;
}

async fn leave<S: ReadModelStore>(store: &ReadModels<S>, lease: &Lease) {
    Arc::clone(store).leave(lease.worker).await.expect("the store can be written");
}

/// A parked event that is not in the log, so no worker retries it.
fn parked(key: &str, position: u64) -> ParkedEvent {
    ParkedEvent {
        key: key.to_owned(),
        position: Position::new(position),
        stream: tally(key),
        version: Version::new(1),
        id: EventId::new(),
        event_type: "tally.added".to_owned(),
        error: Some("the neighbour failed".to_owned()),
        attempts: 1,
        parked_at: Timestamp::now(),
        request: None,
        discarded: None,
    }
}
