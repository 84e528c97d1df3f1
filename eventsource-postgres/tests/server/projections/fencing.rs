//! Fencing: only the holder of a lease can commit, whatever happens to a process.

use eventsource_core::{
    Position, ProjectionError,
    store::{Claim, GenerationRequest, ProjectionStore, StoreTransaction},
};
use eventsource_postgres::PostgresOptions;
use sqlx::{Connection, Executor, Row};

use super::{
    TABLE, claim_partition, create_generation, definition, execute, full_text, process_batch, register_worker,
};
use crate::{
    cancel::{assert_idle, poll_times},
    support::{connect, database, in_time, open, run, wait_for_backends, wait_until, wait_until_blocked},
};

async fn rows(url: &str) -> i64 {
    let query = sqlx::query("select count(*) from balances");
    query.fetch_one(&mut connect(url).await).await.expect("the table").get(0)
}

#[tokio::test]
async fn a_partition_cannot_be_claimed_while_a_transaction_of_its_holder_is_open() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let stalled = claim_partition(&store, generation).await;
    let (mut transaction, _) = store.begin(&stalled).await.expect("begun").expect("held");
    execute(&mut transaction, "insert into balances values ('a', 1)").await;
    // As if its lease had expired.
    store.leave(stalled.worker).await.expect("the worker is deleted");

    let other = register_worker(&store).await;
    let wanted = Claim::of(generation, 0, other);
    let claim = in_time("an answer", store.claim(&wanted));
    assert_eq!(claim.await.expect("an answer"), None, "the holder has an open transaction");
    transaction.advance(&stalled, Position::new(1), 1).await.expect("advanced");
    transaction.commit().await.expect("committed");

    let lease = store.claim(&Claim::of(generation, 0, other)).await.expect("an answer").expect("free");
    assert!(lease.epoch > stalled.epoch);
    assert!(store.begin(&stalled).await.expect("an answer").is_none(), "the lease is lost");
    let (transaction, position) = store.begin(&lease).await.expect("begun").expect("held");
    assert_eq!(position, Position::new(1));
    transaction.roll_back().await.expect("rolled back");
    assert_eq!(rows(database.url()).await, 1);
}

#[tokio::test]
async fn a_second_transaction_of_a_lease_waits_for_the_first_and_continues_at_its_position() {
    let database = database().await;
    let store = open(database.url()).await;
    let lease =
        claim_partition(&store, create_generation(&store, "balances", GenerationRequest::Start, TABLE).await)
            .await;
    let (mut first, _) = store.begin(&lease).await.expect("begun").expect("held");
    let second = tokio::spawn({
        let (store, lease) = (store.clone(), lease.clone());
        async move { store.begin(&lease).await.expect("begun").expect("held").1 }
    });
    wait_until_blocked(database.url(), 1).await;
    first.advance(&lease, Position::new(7), 7).await.expect("advanced");
    first.commit().await.expect("committed");
    assert_eq!(second.await.expect("an end"), Position::new(7));
}

#[tokio::test]
async fn a_worker_that_was_cut_off_commits_nothing_and_is_replaced() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let lease = claim_partition(&store, generation).await;
    let (mut transaction, _) = store.begin(&lease).await.expect("begun").expect("held");
    // The server terminates a session that is idle in a transaction for long.
    let show = sqlx::query("show idle_in_transaction_session_timeout");
    let timeout: String = show.fetch_one(&mut *transaction).await.expect("a setting").get(0);
    assert_eq!(timeout, "10s");
    execute(&mut transaction, "insert into balances values ('a', 1)").await;
    transaction.advance(&lease, Position::new(1), 1).await.expect("advanced");
    let cut = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
                where datname = current_database() and state = 'idle in transaction'";
    run(&mut connect(database.url()).await, cut).await;
    transaction.commit().await.expect_err("the connection is lost");

    store.leave(lease.worker).await.expect("the worker is deleted");
    let other = register_worker(&store).await;
    wait_until("the partition is free", || async {
        store.claim(&Claim::of(generation, 0, other)).await.expect("an answer").is_some()
    })
    .await;
    assert_eq!(rows(database.url()).await, 0);
}

#[tokio::test]
async fn a_lease_that_another_worker_claimed_is_lost_immediately() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let lease = claim_partition(&store, generation).await;
    process_batch(&store, &lease, 1, "insert into balances values ('a', 1)").await;
    store.leave(lease.worker).await.expect("the worker is deleted");
    let taken = claim_partition(&store, generation).await;
    assert!(store.begin(&lease).await.expect("an answer").is_none());
    // Other calls with the lost lease have no effect either.
    store.note_error(&lease, Some("of the old holder")).await.expect("ignored");
    store.release(&lease).await.expect("ignored");
    process_batch(&store, &taken, 2, "insert into balances values ('b', 1)").await;
}

#[tokio::test]
async fn a_transaction_with_a_hidden_failed_statement_is_not_committed() {
    let database = database().await;
    let store = open(database.url()).await;
    let (_, mut transaction) = store
        .begin_generation(&definition("balances"), GenerationRequest::Start)
        .await
        .expect("begun")
        .expect("a generation is created");
    execute(&mut transaction, TABLE).await;
    transaction.execute("select 1 / 0").await.expect_err("it fails, and the error is ignored");
    let error = transaction.commit().await.expect_err("the transaction is rolled back");
    assert!(full_text(&error).contains("current transaction is aborted"), "{}", full_text(&error));
    assert!(store.generations().await.expect("the generations").is_empty());
    assert_idle(database.url()).await;
}

#[derive(Debug, thiserror::Error)]
#[error("of the application")]
struct Wrapped(#[from] sqlx::Error);

#[tokio::test]
async fn an_unreachable_server_is_an_outage_and_not_an_error_of_the_projection() {
    let database = database().await;
    let store = open(database.url()).await;
    let lease =
        claim_partition(&store, create_generation(&store, "balances", GenerationRequest::Start, TABLE).await)
            .await;
    let (mut transaction, _) = store.begin(&lease).await.expect("begun").expect("held");
    let own = transaction.execute("select 1 / 0").await.expect_err("it fails");
    assert!(!store.is_outage(&ProjectionError::from(Wrapped(own))));
    let cut = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
                where datname = current_database() and state like 'idle in transaction%'";
    run(&mut connect(database.url()).await, cut).await;
    // Until the backend has ended, it may still refuse the statement because the transaction has failed.
    wait_for_backends(database.url(), "state like 'idle in transaction%'", 0).await;
    let lost = transaction.execute("select 1").await.expect_err("the connection is lost");
    assert!(store.is_outage(&ProjectionError::from(Wrapped(lost))));
    let error = transaction.commit().await.expect_err("the connection is lost");
    assert!(store.is_outage(&ProjectionError::from(error)));
    store.close().await;
    let closed = store.begin(&lease).await.expect_err("closed");
    assert!(store.is_outage(&ProjectionError::from(closed)));
}

#[tokio::test]
async fn a_nested_transaction_is_a_savepoint() {
    let database = database().await;
    let store = open(database.url()).await;
    let lease =
        claim_partition(&store, create_generation(&store, "balances", GenerationRequest::Start, TABLE).await)
            .await;
    let (mut transaction, _) = store.begin(&lease).await.expect("begun").expect("held");
    for (account, keep) in [("a", true), ("b", false)] {
        let mut within = transaction.begin().await.expect("a savepoint");
        let insert = sqlx::query("insert into balances values ($1, 1)").bind(account);
        insert.execute(&mut *within).await.expect("inserted");
        if keep {
            within.commit().await.expect("released");
        }
    }
    assert_eq!(rows(database.url()).await, 0, "nothing is committed before the outer transaction");
    transaction.advance(&lease, Position::new(1), 1).await.expect("advanced");
    transaction.commit().await.expect("committed");
    assert_eq!(rows(database.url()).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_dropped_at_any_point_are_committed_whole_or_not_at_all() {
    let database = database().await;
    let store = PostgresOptions::new(database.url()).expect("a URL").max_connections(3);
    let store = store.connect().await.expect("a store");
    let lease =
        claim_partition(&store, create_generation(&store, "balances", GenerationRequest::Start, TABLE).await)
            .await;
    let mut finished = 0;
    for polls in 0..60 {
        let batch = async {
            let (mut transaction, position) = store.begin(&lease).await.expect("begun").expect("held");
            let next = position.get() + 1;
            let insert = sqlx::query("insert into balances values ($1, 1)").bind(next.to_string());
            insert.execute(&mut *transaction).await.expect("inserted");
            transaction.advance(&lease, Position::new(next), 1).await.expect("advanced");
            transaction.commit().await.expect("committed");
        };
        finished += i64::from(poll_times(polls % 20, batch).await.is_some());
    }
    assert_idle(database.url()).await;
    let (transaction, position) = store.begin(&lease).await.expect("begun").expect("held");
    transaction.roll_back().await.expect("rolled back");
    let rows = rows(database.url()).await;
    assert_eq!(Ok(rows), i64::try_from(position.get()), "rows and checkpoint move together");
    assert!(rows >= finished && finished > 0, "{finished} were acknowledged, {rows} are stored");
}
