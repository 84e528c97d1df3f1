//! Cancellation: every call is dropped after every number of polls. In `shared_pool.rs`, other code of the application
//! drops its calls.

mod shared_pool;

use std::{
    fmt::Debug,
    future::{Future, poll_fn},
    ops::ControlFlow,
    pin::pin,
    task::Poll,
};

use eventsource_core::{
    Position, Version,
    event::StoredEvent,
    snapshot::Snapshot,
    store::{Append, Direction, EventStore, ExpectedVersion, LogFilter, Receipt, StreamAppend},
};
use eventsource_harness::{self as harness, Proxy, TestDatabase};
use eventsource_postgres::{PostgresOptions, PostgresStore};
use sqlx::postgres::PgPoolOptions;

use crate::support::{
    append_to, assert_streams_are_whole, connect, database, event, in_time, open, port_of, run, snapshot,
    stored, stream, wait_for_backends, wait_until, wait_until_blocked,
};

const CONNECTIONS: u32 = 3;

/// Polls a future this many times, and drops it if it is not ready by then.
pub(crate) async fn poll_times<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Makes a call and drops it after 0 polls, after 1, and so on until it completes. Repeats that three times, because the
/// number of polls varies. Returns how often a call was dropped.
async fn drop_after_every_poll<F, T, E>(mut call: impl FnMut() -> F, mut check: impl FnMut(T)) -> usize
where
    F: Future<Output = Result<T, E>>,
    E: Debug,
{
    let mut dropped = 0;
    for _ in 0..3 {
        let mut polls = 0;
        let outcome = loop {
            match poll_times(polls, call()).await {
                Some(outcome) => break outcome,
                None => dropped += 1,
            }
            polls += 1;
        };
        check(outcome.expect("a call that is not dropped succeeds"));
    }
    dropped
}

/// Waits until all backends are idle, and none of them is inside a transaction.
pub(crate) async fn assert_idle(url: &str) {
    wait_for_backends(url, "state <> 'idle'", 0).await;
}

/// Asserts that all connections of the pool can be used at the same time.
async fn assert_whole_pool_works(store: &PostgresStore, url: &str) {
    let mut other = connect(url).await;
    run(&mut other, "begin; lock table eventsource.events in access exclusive mode").await;
    let reading: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.read_log(Position::START, &LogFilter::all(), 1).await })
        })
        .collect();
    wait_until_blocked(url, i64::from(CONNECTIONS)).await;
    run(&mut other, "rollback").await;
    for reading in reading {
        reading.await.expect("an end").expect("the connection works");
    }
}

#[derive(Debug, Clone, Copy)]
enum Pool {
    Own,
    Shared,
}

impl Pool {
    const BOTH: [Self; 2] = [Self::Own, Self::Shared];

    async fn open(self, url: &str) -> PostgresStore {
        match self {
            Self::Own => {
                PostgresOptions::new(url).expect("a URL").max_connections(CONNECTIONS).connect().await
            }
            Self::Shared => {
                let pool = PgPoolOptions::new().max_connections(CONNECTIONS);
                PostgresStore::from_pool(pool.connect_lazy(url).expect("a URL")).await
            }
        }
        .expect("a store")
    }
}

/// Drops appends, and checks that each is stored whole or not at all, and at the position of its receipt if it has one.
async fn drop_appends(new: impl Fn(usize) -> Append) {
    for pool in Pool::BOTH {
        let database = database().await;
        let store = pool.open(database.url()).await;
        let mut appends: Vec<Append> = Vec::new();
        let mut acknowledged: Vec<(usize, Vec<Receipt>)> = Vec::new();
        for _ in 0..3 {
            for polls in 0.. {
                let append = new(appends.len());
                appends.push(append.clone());
                let appending = poll_times(polls, store.append(append));
                if let Some(outcome) = in_time("an append after a dropped one", appending).await {
                    acknowledged.push((appends.len() - 1, outcome.expect("appended")));
                    break;
                }
            }
        }
        assert!(appends.len() > acknowledged.len(), "{pool:?}: no append was dropped");
        assert_idle(database.url()).await;
        let log = stored(database.url()).await;
        assert_streams_are_whole(&log);
        for append in &appends {
            let count = |part: &StreamAppend| {
                log.iter().filter(|kept| part.events.iter().any(|event| event.id == kept.id)).count()
            };
            let kept: Vec<usize> = append.streams.iter().map(count).collect();
            let whole: Vec<usize> = append.streams.iter().map(|part| part.events.len()).collect();
            assert!(kept == whole || kept.iter().all(|count| *count == 0), "{pool:?}: {kept:?} of {whole:?}");
        }
        for (index, receipts) in acknowledged {
            for (part, receipt) in appends[index].streams.iter().zip(receipts) {
                let last = log.iter().find(|kept| kept.position == receipt.position.get());
                let last = last.map(|kept| (kept.stream.clone(), kept.version, Some(kept.id)));
                let expected = part.events.last().map(|event| event.id);
                assert_eq!(last, Some((receipt.stream, receipt.version.get(), expected)), "{pool:?}");
            }
        }
        assert_whole_pool_works(&store, database.url()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_append_is_stored_whole_or_not_at_all() {
    drop_appends(|_| Append::to(stream("a"), ExpectedVersion::Any, vec![event(), event(), event()])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_append_to_several_streams_is_stored_whole_or_not_at_all() {
    drop_appends(|n| {
        let part = |id: String, expected| StreamAppend {
            stream: stream(id),
            expected,
            events: vec![event(), event()],
        };
        let new = part(format!("new-{n}"), ExpectedVersion::NoStream);
        Append {
            streams: vec![new, part("common".to_owned(), ExpectedVersion::Any)],
            idempotency_key: None,
            request: None,
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_append_under_a_key_is_stored_whole_or_not_at_all() {
    drop_appends(|n| append_to("a").with_idempotency_key(format!("request {n}"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_reads_do_not_affect_later_calls() {
    for pool in Pool::BOTH {
        let database = database().await;
        let store = pool.open(database.url()).await;
        let three = Append::to(stream("a"), ExpectedVersion::Any, vec![event(), event(), event()]);
        let receipt = store.append(three.with_idempotency_key("key")).await.expect("appended").remove(0);
        store.save_snapshot(snapshot("a", 3)).await.expect("kept");

        let from_start = Direction::Forward { after: Version::EMPTY };
        let a = stream("a");
        let all = LogFilter::all();
        let mut dropped = Vec::new();
        dropped.push(
            drop_after_every_poll(|| store.read_stream(&a, from_start, 10), |read| assert_eq!(read.len(), 3))
                .await,
        );
        dropped.push(
            drop_after_every_poll(
                || store.read_log(Position::START, &all, 10),
                |page| assert_eq!((page.events.len(), page.horizon), (3, receipt.position)),
            )
            .await,
        );
        dropped.push(
            drop_after_every_poll(
                || async {
                    let mut handed = 0;
                    let mut each = |_: Version, _: StoredEvent<'_>| {
                        handed += 1;
                        ControlFlow::Continue(())
                    };
                    store.read_history(&a, Version::EMPTY, &mut each).await.map(|()| handed)
                },
                |handed| assert_eq!(handed, 3),
            )
            .await,
        );
        dropped.push(
            drop_after_every_poll(
                || store.find_receipt(&a, "key"),
                |found| assert_eq!(found, Some(Receipt { repeated: true, ..receipt.clone() })),
            )
            .await,
        );
        dropped.push(
            drop_after_every_poll(
                || store.load_snapshot(&a),
                |found| assert_eq!(found.expect("the snapshot was saved").snapshot.version.get(), 3),
            )
            .await,
        );
        dropped.push(
            drop_after_every_poll(
                || store.stored_types(2),
                |types| assert_eq!(types.iter().map(|stored| stored.count).collect::<Vec<_>>(), [3]),
            )
            .await,
        );
        // On a busy machine a call may be ready at the first poll each time, but not all calls.
        let minimum = 3 * dropped.len();
        assert!(dropped.iter().sum::<usize>() > minimum, "{pool:?}: {dropped:?} were dropped");
        assert_idle(database.url()).await;
        assert_whole_pool_works(&store, database.url()).await;
        store.append(append_to("a")).await.expect("the store still works");
        assert_eq!(stored(database.url()).await.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_snapshot_may_be_saved_and_an_acknowledged_one_is_saved() {
    for pool in Pool::BOTH {
        let database = database().await;
        let store = pool.open(database.url()).await;
        // A snapshot of an event that the stream does not have could be replaced by an older one.
        let events = (0..500).map(|_| event()).collect();
        store.append(Append::to(stream("a"), ExpectedVersion::Any, events)).await.expect("stored");
        let events = stored(database.url()).await;
        let mut version = 0;
        for _ in 0..3 {
            for polls in 0.. {
                let event_id = events[version].id;
                version += 1;
                let snapshot = Snapshot { event_id, ..snapshot("a", version as u64) };
                if let Some(outcome) = poll_times(polls, store.save_snapshot(snapshot)).await {
                    outcome.expect("kept");
                    break;
                }
            }
            let kept = open(database.url()).await.load_snapshot(&stream("a")).await.expect("an answer");
            assert_eq!(kept.map(|kept| kept.snapshot.version.get()), Some(version as u64), "{pool:?}");
        }
        assert_idle(database.url()).await;
        assert_whole_pool_works(&store, database.url()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_migration_completes() {
    for polls in 0..4 {
        let database = TestDatabase::create();
        let finished = poll_times(polls, PostgresStore::migrate(database.url())).await;
        finished.unwrap_or(Ok(())).expect("migrated");
        if polls == 0 {
            PostgresStore::migrate(database.url()).await.expect("migrated");
        } else {
            let there = || async { PostgresStore::connect(database.url()).await.is_ok() };
            wait_until("the schema", there).await;
        }
        open(database.url()).await.append(append_to("a")).await.expect("appended");
        assert_idle(database.url()).await;
        let locks = sqlx::query_scalar(
            "select count(*) from pg_locks where locktype = 'advisory'
              and database = (select oid from pg_database where datname = current_database())",
        );
        let locks: i64 = locks.fetch_one(&mut connect(database.url()).await).await.expect("a count");
        assert_eq!(locks, 0, "dropped after {polls} polls");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_connect_leaves_no_open_connection() {
    let database = database().await;
    drop_after_every_poll(|| PostgresStore::connect(database.url()), drop).await;
    // In every case once while an answer is outstanding.
    let proxy = Proxy::start(port_of(database.url())).expect("a proxy");
    proxy.stall(harness::Direction::ToClient);
    let url = proxy.url(database.url());
    tokio::select! {
        connected = PostgresStore::connect(&url) => panic!("{:?}", connected.err()),
        () = wait_until("a connection", || async { proxy.connections() > 0 }) => {}
    }
    proxy.heal();
    wait_for_backends(database.url(), "application_name = 'eventsource'", 0).await;
    open(database.url()).await.append(append_to("a")).await.expect("appended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_grant_is_committed_whole_or_not_at_all() {
    let database = database().await;
    let store = Pool::Own.open(database.url()).await;
    drop_after_every_poll(|| store.grant_to("postgres"), drop).await;
    // In every case once in the middle of the call, while it waits for a lock.
    let mut other = connect(database.url()).await;
    run(&mut other, "begin; select eventsource.grant_to('postgres')").await;
    tokio::select! {
        granted = store.grant_to("postgres") => panic!("{granted:?}"),
        () = wait_until_blocked(database.url(), 1) => {}
    }
    run(&mut other, "rollback").await;
    assert_idle(database.url()).await;
    assert_whole_pool_works(&store, database.url()).await;
}
