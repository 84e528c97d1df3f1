//! Read models on a real server: leases and fencing, and what readers see while generations are swapped.

mod changed_columns;
mod compare;
mod fencing;
mod generations;
mod inline;
mod listening;
mod liveness;
mod plans;
mod rights;
mod rows;
mod shadows;
mod swap;
mod tables;

use std::{error::Error, time::Duration};

use eventsource_core::{
    Position,
    store::{
        Claim, Definition, EventTypes, Generation, GenerationId, GenerationRequest, Lease, ProjectionKind,
        ProjectionStore, StartAt, StoreError, StoreTransaction, SwapAttempt, Worker, WorkerId,
    },
};
use eventsource_postgres::{PgTransaction, PostgresStore};
use sqlx::{AssertSqlSafe, Executor};

/// Longer than any test.
const LEASE: Duration = Duration::from_secs(600);

pub(crate) const TABLE: &str = "create table balances (account text primary key, amount bigint not null)";

fn definition(name: &str) -> Definition {
    Definition {
        name: name.to_owned(),
        version: 1,
        partitions: 1,
        kind: ProjectionKind::Following,
        start: StartAt::Beginning,
        event_types: EventTypes::default(),
    }
}

fn rebuild(keep_old: bool) -> GenerationRequest {
    GenerationRequest::Rebuild { swap_when_ready: false, keep_old }
}

/// Creates a generation with these tables.
pub(crate) async fn create_generation(
    store: &PostgresStore,
    name: &str,
    request: GenerationRequest,
    setup: &str,
) -> GenerationId {
    let begun = store.begin_generation(&definition(name), request).await.expect("begun");
    let (generation, mut transaction) = begun.expect("a generation is created");
    execute(&mut transaction, setup).await;
    transaction.commit().await.expect("committed");
    generation
}

async fn execute(transaction: &mut PgTransaction, sql: &str) {
    let done = transaction.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Registers a worker by a heartbeat.
async fn register_worker(store: &PostgresStore) -> WorkerId {
    let worker = Worker { id: WorkerId::new(), application: "test".to_owned(), supports: Vec::new() };
    store.heartbeat(&worker, LEASE).await.expect("a heartbeat");
    worker.id
}

/// Claims the only partition of a generation with a new worker.
pub(crate) async fn claim_partition(store: &PostgresStore, generation: GenerationId) -> Lease {
    let claimed =
        store.claim(&Claim::of(generation, 0, register_worker(store).await)).await.expect("an answer");
    claimed.expect("the partition is free")
}

/// Processes one batch.
async fn process_batch(store: &PostgresStore, lease: &Lease, position: u64, sql: &str) {
    let (mut transaction, _) = store.begin(lease).await.expect("begun").expect("the lease is held");
    execute(&mut transaction, sql).await;
    transaction.advance(lease, Position::new(position), 1).await.expect("advanced");
    transaction.commit().await.expect("committed");
}

/// Swaps as soon as no other transaction blocks the swap.
async fn swap_generation(store: &PostgresStore, generation: GenerationId, keep_old: bool) {
    loop {
        match store.begin_swap(generation).await.expect("an answer") {
            SwapAttempt::Ready(mut transaction) => match transaction.swap(generation, keep_old).await {
                Ok(()) => return transaction.commit().await.expect("swapped"),
                Err(StoreError::Cancelled { .. }) => transaction.roll_back().await.expect("rolled back"),
                Err(error) => panic!("{error}: {:?}", error.source()),
            },
            SwapAttempt::Busy => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn generation(store: &PostgresStore, id: GenerationId) -> Option<Generation> {
    let all = store.generations().await.expect("the generations");
    all.into_iter().find(|generation| generation.id == id)
}

/// An error with all its causes.
fn full_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
