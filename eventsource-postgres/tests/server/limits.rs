//! The call timeout: a call ends whatever it waits for, and its connection is not used again.

use std::{ops::ControlFlow, time::Duration};

use eventsource_conformance::waiting::wait_for;
use eventsource_core::{
    EventId, Position, Version,
    event::StoredEvent,
    store::{
        Append, AppendError, Direction, EventStore, EventTypes, GenerationRequest, ImportEvent, LogFilter,
        ProjectionStore, Receipt, StoreError, StoreTransaction, SwapAttempt,
    },
};
use eventsource_harness::{Direction as Network, Proxy, TestDatabase};
use eventsource_postgres::{
    PostgresOptions, PostgresStore,
    sqlx::{PgConnection, postgres::PgPoolOptions},
};

use crate::{
    projections::{TABLE, claim_partition, create_generation},
    support::{append_to, connect, database, in_time, open, port_of, run, snapshot, stored, stream},
};

const LIMIT: Duration = Duration::from_millis(600);
/// Longer than a test takes.
const LONG: Duration = Duration::from_secs(3_600);

/// A store whose network can go silent.
async fn behind_proxy(database: &TestDatabase) -> (Proxy, PostgresStore) {
    let proxy = Proxy::start(port_of(database.url())).expect("a proxy");
    let options = PostgresOptions::new(&proxy.url(database.url())).expect("a URL").acquire_timeout(LONG);
    let store = options.call_timeout(LIMIT).connect().await.expect("a store");
    (proxy, store)
}

/// Appends under a time limit that may be too short on a busy machine: then it is repeated.
async fn appended(store: &PostgresStore, append: Append) -> Vec<Receipt> {
    let repeated = async {
        loop {
            match store.append(append.clone()).await {
                Ok(receipts) => return receipts,
                Err(error) => assert!(error.is_retryable(), "{error:?}"),
            }
        }
    };
    in_time("an append to end within its limit", repeated).await
}

fn assert_timed_out(error: &StoreError, expected: &str) {
    let StoreError::TimedOut { waiting_for, limit, .. } = error else { panic!("{error:?}") };
    assert!(waiting_for.contains(expected), "{error}");
    assert!(error.is_retryable() && *limit >= LIMIT && error.to_string().contains("call timeout"), "{error}");
}

/// The idle connection may still be on its way back to the pool, and then the call waits for a new one.
fn assert_silent(error: &StoreError) {
    let StoreError::TimedOut { waiting_for, .. } = error else { panic!("{error:?}") };
    assert!(["the server's answer", "a free connection"].contains(waiting_for), "{error}");
}

/// Makes one of the store's calls that are no appends.
async fn call(store: &PostgresStore, which: usize) -> Result<(), StoreError> {
    let forward = Direction::Forward { after: Version::EMPTY };
    let mut all = |_: Version, _: StoredEvent<'_>| ControlFlow::Continue(());
    match which {
        0 => store.read_stream(&stream("a"), forward, 9).await.map(drop),
        1 => store.read_log(Position::START, &LogFilter::all(), 9).await.map(drop),
        2 => store.find_receipt(&stream("a"), "key").await.map(drop),
        3 => store.save_snapshot(snapshot("a", 1)).await,
        4 => store.load_snapshot(&stream("a")).await.map(drop),
        5 => store.read_history(&stream("a"), Version::EMPTY, &mut all).await,
        6 => store.generations().await.map(drop),
        7 => store.horizon_holders().await.map(drop),
        _ => store.announce().await,
    }
}

#[tokio::test]
async fn calls_on_a_silent_network_end_in_time() {
    let database = database().await;
    for direction in [Network::ToClient, Network::ToServer] {
        let (proxy, store) = behind_proxy(&database).await;
        for which in 0..9 {
            // Its first call may have to open a connection, which takes longer than the limit on a busy machine.
            wait_for("the network to work", || async {
                call(&store, which).await.map_err(|error| error.to_string())
            })
            .await;
            proxy.stall(direction);
            let called = in_time("the call to time out", call(&store, which)).await;
            assert_silent(&called.expect_err("the network is silent"));
            proxy.heal();
        }
    }
}

#[tokio::test]
async fn an_append_on_a_silent_network_has_an_unknown_outcome_and_can_be_repeated() {
    let database = database().await;
    for direction in [Network::ToClient, Network::ToServer] {
        let (proxy, store) = behind_proxy(&database).await;
        appended(&store, append_to("a")).await;
        let before = stored(database.url()).await.len();
        proxy.stall(direction);
        let outcome = in_time("the append to time out", store.append(append_to("a"))).await;
        let append = match outcome {
            Err(AppendError::OutcomeUnknown { append, source }) => {
                assert!(source.to_string().contains("the server's answer"), "{source}");
                *append
            }
            other => panic!("{other:?}"),
        };
        let several =
            in_time("the appends to time out", store.append_each(vec![append_to("b"), append_to("c")]));
        assert!(several.await.iter().all(|it| matches!(it, Err(error) if error.is_retryable())));
        proxy.heal();
        assert_eq!(appended(&store, append).await.len(), 1, "the append can be repeated");
        let stored = stored(database.url()).await;
        let to_a = stored.iter().skip(before).filter(|event| event.stream == stream("a"));
        assert_eq!(to_a.count(), 1, "it is stored once");
    }
}

#[tokio::test]
async fn an_import_on_a_silent_network_ends_in_time_and_can_be_repeated() {
    let database = database().await;
    let (proxy, store) = behind_proxy(&database).await;
    let events = [ImportEvent::raw(stream("a"), "account.noted", 1, "{}").expect("JSON").id(EventId::new())];
    proxy.stall(Network::ToClient);
    let imported = in_time("the import to time out", store.import(&events)).await;
    let eventsource_core::store::ImportError::Store(error) = imported.expect_err("the network is silent")
    else {
        panic!("not an error of the store")
    };
    assert_silent(&error);
    proxy.heal();
    store.import(&events).await.expect("it can be repeated");
    assert_eq!(stored(database.url()).await.len(), 1);
}

#[tokio::test]
async fn an_append_that_waits_for_a_lock_ends_in_time_and_is_not_stored() {
    let database = database().await;
    let options = PostgresOptions::new(database.url()).expect("a URL").call_timeout(5 * LIMIT);
    let store = options.connect().await.expect("a store");
    let mut holder = connect(database.url()).await;
    run(&mut holder, "begin; lock table eventsource.events in access exclusive mode").await;
    let append = append_to("a");
    let appended = in_time("the append to time out", store.append(append.clone())).await;
    let AppendError::Store(error) = appended.expect_err("it is locked") else {
        panic!("not a known outcome")
    };
    assert_timed_out(&error, "a lock");
    run(&mut holder, "rollback").await;
    assert_eq!(stored(database.url()).await.len(), 0, "the server does not execute it later");
    store.append(append).await.expect("it can be repeated");
    assert_eq!(stored(database.url()).await.len(), 1);
}

#[tokio::test]
async fn a_call_that_waits_for_a_connection_ends_in_time() {
    let database = database().await;
    let options = PostgresOptions::new(database.url()).expect("a URL").call_timeout(LIMIT);
    let store = options.max_connections(1).acquire_timeout(LONG).connect().await.expect("a store");
    let generation = create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let lease = claim_partition(&store, generation).await;
    let (transaction, _) = store.begin(&lease).await.expect("begun").expect("held");
    for which in 0..9 {
        let called = in_time("the call to time out", call(&store, which)).await;
        assert_timed_out(&called.expect_err("there is no connection"), "a free connection");
    }
    let appended = in_time("the append to time out", store.append(append_to("a"))).await;
    assert!(appended.expect_err("there is no connection").is_retryable());
    transaction.roll_back().await.expect("rolled back");
    for which in 0..9 {
        call(&store, which).await.expect("the connection is free");
    }
}

#[tokio::test]
async fn a_projection_on_a_silent_network_loses_its_transaction_in_time() {
    let database = database().await;
    let generation =
        create_generation(&open(database.url()).await, "balances", GenerationRequest::Start, TABLE).await;
    let (proxy, store) = behind_proxy(&database).await;
    let lease = claim_partition(&store, generation).await;
    for step in 0..4 {
        let (mut transaction, position) = store.begin(&lease).await.expect("begun").expect("held");
        if step == 2 {
            transaction.roll_back().await.expect("rolled back");
            proxy.stall(Network::ToClient);
            let begun = in_time("the begin to time out", store.begin(&lease)).await;
            assert_silent(&begun.map(drop).expect_err("the network is silent"));
            proxy.heal();
            continue;
        }
        proxy.stall(Network::ToClient);
        let failed = match step {
            0 => {
                let advanced = transaction.advance(&lease, Position::new(1), 1);
                let failed = in_time("the checkpoint to time out", advanced).await;
                let rolled_back = in_time("an end of the transaction", transaction.roll_back()).await;
                rolled_back.expect("its connection is closed, which rolls back");
                failed
            }
            3 => {
                let advanced = transaction.advance(&lease, Position::new(1), 1);
                let failed = in_time("the checkpoint to time out", advanced).await;
                // As before a statement of the projection.
                let _: &mut PgConnection = &mut transaction;
                let committed = in_time("an end of the transaction", transaction.commit()).await;
                let error = committed.expect_err("its connection is closed");
                assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
                failed
            }
            _ => in_time("the rollback to time out", transaction.roll_back()).await,
        };
        assert_timed_out(&failed.expect_err("the network is silent"), "the server's answer");
        proxy.heal();
        let (transaction, now) = in_time("the server to end the transaction", store.begin(&lease))
            .await
            .expect("begun")
            .expect("held");
        assert_eq!(now, position, "it was rolled back");
        transaction.roll_back().await.expect("rolled back");
    }
}

/// On a pool of the application, the server does not end the wait for a lock.
#[tokio::test]
async fn widening_a_locked_generation_ends_in_time() {
    let database = database().await;
    let pool = PgPoolOptions::new().connect(database.url()).await.expect("a pool");
    let store = PostgresStore::from_pool_with(pool, 5 * LIMIT).await.expect("a store");
    let generation = create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let mut holder = connect(database.url()).await;
    run(&mut holder, "begin; lock table eventsource.generations in access exclusive mode").await;
    let types = EventTypes::default();
    let widening = in_time("the widening to time out", store.begin_widening(generation, &types)).await;
    assert_timed_out(&widening.map(drop).expect_err("it is locked"), "the server's answer");
    run(&mut holder, "rollback").await;
    let widening = store.begin_widening(generation, &types).await.expect("begun");
    let (transaction, _) = widening.expect("the generation is there");
    transaction.roll_back().await.expect("rolled back");
}

/// The tables are analyzed one after the other, and for each the store waits nearly as long as one call may take.
#[tokio::test]
async fn a_swap_does_not_fail_because_its_tables_cannot_be_analyzed() {
    let database = database().await;
    let options = PostgresOptions::new(database.url()).expect("a URL").call_timeout(5 * LIMIT);
    let store = options.connect().await.expect("a store");
    create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let rebuild = GenerationRequest::Rebuild { swap_when_ready: false, keep_old: false };
    let tables = format!("{TABLE}; create table totals (account text primary key)");
    let building = create_generation(&store, "balances", rebuild, &tables).await;
    let mut holder = connect(database.url()).await;
    let lock = "in share update exclusive mode";
    run(
        &mut holder,
        format!("begin; lock table eventsource_{building}.balances, eventsource_{building}.totals {lock}"),
    )
    .await;
    let begun = in_time("the beginning of the swap", store.begin_swap(building)).await.expect("begun");
    let SwapAttempt::Ready(transaction) = begun else { panic!("{begun:?}") };
    transaction.roll_back().await.expect("rolled back");
}
