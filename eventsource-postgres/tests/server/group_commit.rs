//! Group commit: appends take few transactions, and none is affected by the other appends of its group.

use std::time::Duration;

use eventsource_conformance::waiting::LIMIT;
use eventsource_core::{
    Version,
    store::{Append, AppendError, Direction, EventStore, ExpectedVersion, Receipt, StoreError},
};
use eventsource_harness::Proxy;
use eventsource_postgres::{PostgresOptions, PostgresStore};
use futures_util::future::join_all;
use tokio::task::JoinSet;

use crate::{
    contention::assert_no_deadlock,
    support::{
        SeededRandom, append_to, append_with_sql, assert_streams_are_whole, connect, database, event,
        in_time, open, port_of, run, stored, stream, wait_for_backends, wait_until_blocked,
    },
};

/// The number of transactions that wrote the stored events.
async fn transactions(url: &str) -> i64 {
    let query = sqlx::query_scalar("select count(distinct xmin::text) from eventsource.events");
    query.fetch_one(&mut connect(url).await).await.expect("a count")
}

/// This many appends of one event each, to streams of their own.
fn singles(count: usize) -> Vec<Append> {
    let append = |n| Append::to(stream(n), ExpectedVersion::NoStream, vec![event()]);
    (0..count).map(append).collect()
}

/// Makes all appends concurrently.
async fn append_concurrently(
    store: &PostgresStore,
    appends: &[Append],
) -> Vec<Result<Vec<Receipt>, AppendError>> {
    in_time("the appends", join_all(appends.iter().map(|append| store.append(append.clone())))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_of_many_tasks_take_few_transactions() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..20 {
                store.append(append_to(task)).await.expect("appended");
            }
        });
    }
    tasks.join_all().await;
    let log = stored(database.url()).await;
    assert_eq!(log.len(), 64 * 20);
    assert_streams_are_whole(&log);
    let transactions = transactions(database.url()).await;
    assert!(transactions * 8 < 64 * 20, "{transactions} transactions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn continuous_appends_leave_connections_for_other_calls() {
    for connections in 1..=2 {
        let database = database().await;
        let options = PostgresOptions::new(database.url()).expect("a URL").max_connections(connections);
        let options = options.acquire_timeout(LIMIT);
        let store = options.connect().await.expect("a store");
        let mut tasks = JoinSet::new();
        for task in 0..64 {
            let store = store.clone();
            tasks.spawn(async move {
                loop {
                    store.append(append_to(task)).await.expect("appended");
                }
            });
        }
        let all = Direction::Forward { after: Version::EMPTY };
        for _ in 0..20 {
            store.read_stream(&stream("a"), all, 1).await.expect("read during the appends");
        }
        tasks.abort_all();
        while let Some(ended) = tasks.join_next().await {
            assert!(ended.expect_err("the loop does not end").is_cancelled(), "an append has failed");
        }
    }
}

#[tokio::test]
async fn a_conflict_does_not_fail_the_other_appends_of_the_group() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut appends = singles(64);
    for append in appends.iter_mut().skip(5).step_by(9) {
        append.streams[0].expected = ExpectedVersion::Exact(Version::new(7));
    }
    let outcomes = append_concurrently(&store, &appends).await;
    for (outcome, append) in outcomes.iter().zip(&appends) {
        match (append.streams[0].expected, outcome) {
            (ExpectedVersion::NoStream, Ok(receipts)) => assert_eq!(receipts[0].version.get(), 1),
            (ExpectedVersion::Exact(_), Err(AppendError::Conflict { actual, .. })) => {
                assert_eq!(actual.get(), 0)
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(transactions(database.url()).await, 1, "the appends are one group");
}

/// A used event id fails the whole statement, and then each append runs separately.
#[tokio::test]
async fn a_used_event_id_does_not_fail_the_other_appends_of_the_group() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut appends = singles(32);
    let used = append_to("before");
    store.append(used.clone()).await.expect("appended");
    appends[7].streams[0].events[0].id = used.streams[0].events[0].id;
    for (n, outcome) in append_concurrently(&store, &appends).await.into_iter().enumerate() {
        assert_eq!(matches!(outcome, Err(AppendError::Invalid(_))), n == 7, "{n}: {outcome:?}");
        assert_eq!(outcome.is_ok(), n != 7);
    }
    assert_eq!(stored(database.url()).await.len(), 32);
}

#[tokio::test]
async fn a_transaction_that_locks_one_stream_does_not_delay_appends_to_others() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut other = connect(database.url()).await;
    run(&mut other, "begin").await;
    append_with_sql(&mut other, "held").await.expect("the append succeeds");
    for expected in [ExpectedVersion::NoStream, ExpectedVersion::Any] {
        let held = {
            let (store, append) = (store.clone(), Append::to(stream("held"), expected, vec![event()]));
            tokio::spawn(async move { store.append(append).await })
        };
        let other_appends: Vec<_> = (0..32).map(|n| append_to(format!("{expected}-{n}"))).collect();
        assert!(
            append_concurrently(&store, &other_appends).await.iter().all(Result::is_ok),
            "in a group with one that expects {expected}"
        );
        wait_until_blocked(database.url(), 1).await;
        // Later appends to other streams are not delayed either.
        assert!(
            append_concurrently(&store, &other_appends).await.iter().all(Result::is_ok),
            "appends while one is blocked"
        );
        run(&mut other, "rollback").await;
        held.await.expect("an end").expect("appended");
        run(&mut other, "begin").await;
        append_with_sql(&mut other, "held").await.expect("the append succeeds");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_that_wait_for_locks_leave_connections_for_other_calls() {
    const HELD: usize = 6;
    let database = database().await;
    let options = PostgresOptions::new(database.url()).expect("a URL").max_connections(4);
    let store = options.acquire_timeout(LIMIT).connect().await.expect("a store");
    let mut other = connect(database.url()).await;
    run(&mut other, "begin").await;
    for n in 0..HELD {
        append_with_sql(&mut other, &format!("held-{n}")).await.expect("the append succeeds");
    }
    let held: Vec<_> = (0..HELD)
        .map(|n| {
            let (store, append) = (store.clone(), append_to(format!("held-{n}")));
            tokio::spawn(async move { store.append(append).await })
        })
        .collect();
    wait_until_blocked(database.url(), 2).await;
    for round in 0..5 {
        store.append(append_to(format!("free-{round}"))).await.expect("appended");
        let all = Direction::Forward { after: Version::EMPTY };
        store.read_stream(&stream("free-0"), all, 1).await.expect("read");
    }
    run(&mut other, "commit").await;
    for held in held {
        let receipts = held.await.expect("an end").expect("appended");
        assert_eq!(receipts[0].version.get(), 2);
    }
}

#[tokio::test]
async fn after_a_lost_answer_each_append_of_the_group_is_repeated() {
    let database = database().await;
    let proxy = Proxy::start(port_of(database.url())).expect("a proxy");
    let options = PostgresOptions::new(&proxy.url(database.url())).expect("a URL");
    let store = options.max_connections(1).connect().await.expect("a store");
    let appends = singles(48);
    proxy.lose_next_answer();
    let outcomes = append_concurrently(&store, &appends).await;
    assert_eq!(proxy.answers_lost(), 1);
    for (outcome, append) in outcomes.into_iter().zip(&appends) {
        let receipts = outcome.expect("it is stored");
        assert!(receipts[0].repeated && receipts[0].stream == append.streams[0].stream, "{receipts:?}");
    }
    assert_eq!(stored(database.url()).await.len(), 48);
    assert_eq!(transactions(database.url()).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_is_terminated_during_appends_neither_loses_nor_duplicates_one() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut admin = connect(database.url()).await;
    // Slows the statement down, so that it is found running.
    let slow = "create function slow() returns trigger language plpgsql as
                    'begin perform pg_sleep(0.2); return null; end';
                create trigger slow after insert on eventsource.events execute function slow()";
    run(&mut admin, slow).await;
    let appends = singles(32);
    let appending = {
        let (store, appends) = (store.clone(), appends.clone());
        tokio::spawn(async move { append_concurrently(&store, &appends).await })
    };
    wait_for_backends(database.url(), "wait_event = 'PgSleep'", 1).await;
    let end = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
                where datname = current_database() and wait_event = 'PgSleep'";
    run(&mut admin, end).await;
    for outcome in appending.await.expect("an end") {
        assert!(!outcome.expect("appended separately")[0].repeated);
    }
    let log = stored(database.url()).await;
    assert_eq!(log.len(), 32);
    assert_streams_are_whole(&log);
}

#[tokio::test]
async fn appends_beyond_the_queue_limit_are_refused_after_the_timeout() {
    let database = database().await;
    let timeout = Duration::from_millis(100);
    let options = PostgresOptions::new(database.url()).expect("a URL").acquire_timeout(timeout);
    let store = options.max_waiting_appends(2).connect().await.expect("a store");
    let mut other = connect(database.url()).await;
    run(&mut other, "begin").await;
    append_with_sql(&mut other, "held").await.expect("the append succeeds");
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.append(append_to("held")).await })
        })
        .collect();
    wait_until_blocked(database.url(), 1).await;
    for outcome in
        [store.append(append_to("a")).await, store.append_each(vec![append_to("a")]).await.remove(0)]
    {
        let error = outcome.expect_err("there is no room");
        assert!(error.is_retryable(), "{error:?}");
        let AppendError::Store(error @ StoreError::Overloaded { limit: 2, waited, .. }) = error else {
            panic!("{error:?}")
        };
        assert!(waited >= timeout);
        assert!(error.to_string().contains("make fewer at a time, or let more wait"), "{error}");
    }
    run(&mut other, "rollback").await;
    for waiting in waiting {
        waiting.await.expect("an end").expect("appended");
    }
    // A list that is longer than the queue is appended in rounds.
    let list = (0..5).map(|_| append_to("a")).collect();
    assert!(store.append_each(list).await.iter().all(Result::is_ok));
    assert_eq!(stored(database.url()).await.len(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_of_two_processes_over_the_same_streams_do_not_deadlock() {
    let database = database().await;
    let stores = [open(database.url()).await, open(database.url()).await];
    let racing = stores.iter().zip(1..).map(|(store, seed)| async move {
        let mut random = SeededRandom(seed);
        let mut appended = 0;
        for _ in 0..25 {
            let appends: Vec<_> = (0..40)
                .map(|_| {
                    let id = random.below(12);
                    let expected = match random.below(3) {
                        0 => ExpectedVersion::Exact(Version::new(random.below(20))),
                        _ => ExpectedVersion::Any,
                    };
                    let append = Append::to(stream(id), expected, vec![event()]);
                    match random.below(4) {
                        0 => append.with_idempotency_key(format!("key-{}", random.below(50))),
                        _ => append,
                    }
                })
                .collect();
            for (outcome, append) in append_concurrently(store, &appends).await.into_iter().zip(appends) {
                match outcome {
                    Ok(receipts) => appended += usize::from(!receipts[0].repeated),
                    Err(AppendError::Conflict { .. }) => {
                        assert_ne!(append.streams[0].expected, ExpectedVersion::Any);
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
        appended
    });
    let appended: usize = in_time("the race", join_all(racing)).await.into_iter().sum();
    let log = stored(database.url()).await;
    assert_eq!(log.len(), appended);
    assert_streams_are_whole(&log);
    assert_no_deadlock(&database, &stores).await;
}
