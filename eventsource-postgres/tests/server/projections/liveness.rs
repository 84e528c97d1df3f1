//! Which workers are alive when the server's clock is set.

use std::time::Duration;

use eventsource_conformance::waiting::wait_for;
use eventsource_core::store::{Claim, GenerationId, ProjectionStore, Worker, WorkerId};
use eventsource_postgres::PostgresStore;

use super::{LEASE, TABLE, create_generation, rebuild};
use crate::support::{connect, database, open, run};

fn worker() -> Worker {
    Worker { id: WorkerId::new(), application: "test".to_owned(), supports: Vec::new() }
}

async fn owner_lives(store: &PostgresStore, generation: GenerationId) -> bool {
    let generations = store.generations().await.expect("an answer");
    let generation = generations.into_iter().find(|it| it.id == generation).expect("it exists");
    generation.checkpoints[0].owner_lives
}

#[tokio::test]
async fn a_dead_worker_is_found_although_the_clock_was_set_back() {
    let database = database().await;
    let (store, late) = (open(database.url()).await, open(database.url()).await);
    let generation = create_generation(&store, "balances", rebuild(false), TABLE).await;
    let dead = worker();
    store.heartbeat(&dead, Duration::from_millis(1)).await.expect("a heartbeat");
    let lost = store
        .claim(&Claim::of(generation, 0, dead.id))
        .await
        .expect("an answer")
        .expect("the partition is free");
    // As far as the server knows, the last heartbeat is still to come.
    let set_back = "update eventsource.workers set beat_at = beat_at + interval '1 day'";
    run(&mut connect(database.url()).await, set_back).await;
    for store in [&store, &late] {
        wait_for("the worker to be found dead", || async { !owner_lives(store, generation).await }).await;
    }
    let other = worker();
    assert_eq!(late.heartbeat(&other, LEASE).await.expect("a heartbeat"), std::slice::from_ref(&other));
    late.claim(&Claim::of(generation, 0, other.id)).await.expect("an answer").expect("its owner is dead");
    assert!(store.begin(&lost).await.expect("an answer").is_none(), "the lease is lost");
}

#[tokio::test]
async fn a_worker_is_alive_although_the_clock_was_set_forward() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "balances", rebuild(false), TABLE).await;
    let (holder, other) = (worker(), worker());
    store.heartbeat(&holder, LEASE).await.expect("a heartbeat");
    store
        .claim(&Claim::of(generation, 0, holder.id))
        .await
        .expect("an answer")
        .expect("the partition is free");
    let set_forward = "update eventsource.workers set beat_at = beat_at - interval '1 day'";
    run(&mut connect(database.url()).await, set_forward).await;
    assert!(owner_lives(&store, generation).await);
    let alive = store.heartbeat(&other, LEASE).await.expect("a heartbeat");
    assert!(alive.contains(&holder));
    assert_eq!(store.claim(&Claim::of(generation, 0, other.id)).await.expect("an answer"), None);
}

#[tokio::test]
async fn a_worker_that_died_long_ago_is_deleted() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut connection = connect(database.url()).await;
    store.heartbeat(&worker(), Duration::from_millis(1)).await.expect("a heartbeat");
    let age = "update eventsource.workers set beat_at = beat_at - interval '61 minutes'";
    run(&mut connection, age).await;
    // A program that starts then.
    let (store, stays) = (open(database.url()).await, worker());
    for _ in 0..2 {
        store.heartbeat(&stays, LEASE).await.expect("a heartbeat");
    }
    let left: Vec<uuid::Uuid> = sqlx::query_scalar("select worker from eventsource.workers")
        .fetch_all(&mut connection)
        .await
        .expect("an answer");
    assert_eq!(left, [stays.id.as_uuid()]);
}

#[tokio::test]
async fn a_worker_that_was_found_dead_keeps_its_partitions_if_it_has_sent_another_heartbeat() {
    let database = database().await;
    let (store, other) = (open(database.url()).await, open(database.url()).await);
    let generation = create_generation(&store, "balances", rebuild(false), TABLE).await;
    let (holder, claims) = (worker(), worker());
    other.heartbeat(&holder, Duration::from_millis(1)).await.expect("a heartbeat");
    other
        .claim(&Claim::of(generation, 0, holder.id))
        .await
        .expect("an answer")
        .expect("the partition is free");
    store.heartbeat(&claims, LEASE).await.expect("a heartbeat");
    wait_for("the worker to be found dead", || async { !owner_lives(&store, generation).await }).await;
    // The first store does not see it.
    other.heartbeat(&holder, LEASE).await.expect("a heartbeat");
    assert_eq!(store.claim(&Claim::of(generation, 0, claims.id)).await.expect("an answer"), None);
}
