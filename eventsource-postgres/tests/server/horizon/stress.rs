//! The horizon under concurrent load. A plain reader that reads `position > last` must miss events: otherwise the run would
//! not have tested anything.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventsource_conformance::torture;
use eventsource_core::{
    Position,
    store::{EventStore, LogFilter},
};
use sqlx::PgConnection;

use crate::support::{
    SeededRandom, append_with_sql, assert_streams_are_whole, connect, database, open, run, stored,
};

const WRITERS: u64 = 24;
/// The number of transactions of each writer.
const TRANSACTIONS: usize = 100;
const STREAMS: u64 = 300;
const PAUSE: Duration = Duration::from_millis(8);

/// Transactions of two appends with pauses at all points. One in ten is rolled back, and the backends of some are killed
/// while they commit.
async fn write(url: String, seed: u64) {
    let mut random = SeededRandom(seed);
    let mut connection = connect(&url).await;
    for _ in 0..torture::times(TRANSACTIONS) {
        // In ascending order, because the transactions wait for each other's streams and could deadlock.
        let mut streams = [random.below(STREAMS), random.below(STREAMS)];
        streams.sort_unstable();
        run(&mut connection, "begin").await;
        for stream in streams {
            append_with_sql(&mut connection, &stream.to_string()).await.expect("the append succeeds");
            random.pause(PAUSE).await;
        }
        match random.below(100) {
            0..10 => run(&mut connection, "rollback").await,
            10..14 => {
                kill_while_committing(&url, connection, &mut random).await;
                connection = connect(&url).await;
            }
            _ => run(&mut connection, "commit").await,
        }
    }
}

async fn kill_while_committing(url: &str, mut connection: PgConnection, random: &mut SeededRandom) {
    let pid: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await.expect("a pid");
    let mut killer = connect(url).await;
    let commit = tokio::spawn(async move {
        // The transaction may be committed or killed: the test allows both.
        let _ = sqlx::raw_sql("commit").execute(&mut connection).await;
    });
    random.pause(Duration::from_micros(500)).await;
    run(&mut killer, format!("select pg_terminate_backend({pid})")).await;
    commit.await.expect("the commit returns");
}

/// Transactions that are prepared, stay prepared for a while, and are ended on another connection.
async fn prepare(url: String, database: String) {
    let mut connection = connect(&url).await;
    let mut random = SeededRandom(4711);
    for n in 0..4 {
        run(&mut connection, "begin").await;
        append_with_sql(&mut connection, "prepared").await.expect("the append succeeds");
        run(&mut connection, format!("prepare transaction '{database} {n}'")).await;
        random.pause(Duration::from_millis(400)).await;
        let end = if n == 2 { "rollback" } else { "commit" };
        run(&mut connect(&url).await, format!("{end} prepared '{database} {n}'")).await;
    }
}

/// The positions that a reader has read, and for each horizon the number of events read up to it.
#[derive(Debug, Default)]
struct Seen {
    positions: Vec<u64>,
    horizons: Vec<(u64, usize)>,
}

/// Follows the log from its start, until all events are written and read.
async fn follow(url: String, limit: usize, over: Arc<AtomicBool>) -> Seen {
    let store = open(&url).await;
    let mut seen = Seen::default();
    let mut after = Position::START;
    loop {
        let is_last = over.load(Ordering::SeqCst);
        let page = store.read_log(after, &LogFilter::all(), limit).await.expect("the log can be read");
        assert!(page.horizon >= after, "the horizon went back from {after} to {}", page.horizon);
        seen.positions.extend(page.events.iter().map(|event| event.context.position.get()));
        seen.horizons.push((page.horizon.get(), seen.positions.len()));
        after = page.horizon;
        if is_last && page.at_head {
            return seen;
        }
    }
}

/// Reads by `position > last`, as many event stores do.
async fn follow_plainly(url: String, over: Arc<AtomicBool>) -> HashSet<i64> {
    let mut connection = connect(&url).await;
    let mut seen = HashSet::new();
    let mut last = 0_i64;
    loop {
        let is_last = over.load(Ordering::SeqCst);
        let query =
            sqlx::query_scalar("select position from eventsource.events where position > $1 order by 1");
        let page: Vec<i64> = query.bind(last).fetch_all(&mut connection).await.expect("the log can be read");
        last = page.last().copied().unwrap_or(last);
        if page.is_empty() && is_last {
            return seen;
        }
        seen.extend(page);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_misses_no_event_where_a_plain_reader_does() {
    let database = database().await;
    let url = || database.url().to_owned();
    let mut unrelated = connect(database.url()).await;
    run(&mut unrelated, "create table public.other (n int); begin; insert into public.other values (1)")
        .await;

    let over = Arc::new(AtomicBool::new(false));
    let readers = [1, 20, 100_000].map(|limit| tokio::spawn(follow(url(), limit, Arc::clone(&over))));
    let plain = tokio::spawn(follow_plainly(url(), Arc::clone(&over)));
    let mut writers: Vec<_> = (0..WRITERS).map(|n| tokio::spawn(write(url(), n))).collect();
    writers.push(tokio::spawn(prepare(url(), database.name().to_owned())));
    for writer in writers {
        writer.await.expect("no writer fails");
    }
    over.store(true, Ordering::SeqCst);

    let mut seen = Vec::new();
    for reader in readers {
        seen.push(reader.await.expect("no reader fails"));
    }
    let plain = plain.await.expect("the plain reader does not fail");
    let log = stored(database.url()).await;
    let positions: Vec<u64> = log.iter().map(|event| event.position).collect();
    for Seen { positions: read, horizons } in seen {
        let missed = positions.iter().filter(|position| !read.contains(position)).count();
        assert!(read == positions, "missed {missed} of {} events, or another order", positions.len());
        for (horizon, read) in horizons {
            let below = positions.partition_point(|position| *position <= horizon);
            assert_eq!(below, read, "an event appeared at or below the horizon {horizon} later");
        }
    }
    assert_streams_are_whole(&log);
    assert!(
        plain.len() < positions.len(),
        "the plain reader missed no event, so this run has tested nothing"
    );
    run(&mut unrelated, "commit").await;
}
