//! A process that is killed during appends, projections and rebuilds.

use std::{collections::BTreeMap, path::Path, time::Duration};

use eventsource::{
    Position, RecordedEvent,
    store::{EventStore, GenerationState, LogFilter, ProjectionStore},
};
use eventsource_conformance::{torture, waiting::followed};
use eventsource_sqlite::{
    SqliteStore,
    sqlx::{ConnectOptions, Row, sqlite::SqliteConnectOptions},
};
use serde_json::Value;

use crate::{
    child::{Process, Role},
    domain::{Digit, Total, options, program},
};

/// How often a process is killed.
const CRASHES: usize = 100;

/// Pseudo-random numbers, the same for the same seed: <https://en.wikipedia.org/wiki/Xorshift#xorshift*>.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

pub(crate) async fn log(store: &SqliteStore) -> Vec<RecordedEvent> {
    let (mut events, mut after) = (Vec::new(), Position::START);
    loop {
        let page = store.read_log(after, &LogFilter::all(), 5_000).await.expect("the log can be read");
        events.extend(page.events);
        after = page.horizon;
        if page.at_head {
            return events;
        }
    }
}

/// The position and amount of each event, decoded without the code of the read models.
pub(crate) fn amounts(log: &[RecordedEvent]) -> Vec<(String, u64, u64)> {
    let amount = |event: &RecordedEvent| {
        let payload: Value = serde_json::from_str(event.payload()).expect("JSON");
        let amount = payload["amount"].as_u64().expect("an amount");
        (event.context.stream.id().to_owned(), event.context.position.get(), amount)
    };
    log.iter().map(amount).collect()
}

/// The total of each key, and the positions in order.
pub(crate) fn folded(
    amounts: &[(String, u64, u64)],
    key: impl Fn(&str) -> String,
) -> BTreeMap<String, (u64, Vec<u64>)> {
    let mut rows = BTreeMap::<String, (u64, Vec<u64>)>::new();
    for (tally, position, amount) in amounts {
        let row = rows.entry(key(tally)).or_default();
        row.0 += amount;
        row.1.push(*position);
    }
    rows
}

fn digit(tally: &str) -> String {
    tally.chars().last().map(String::from).unwrap_or_default()
}

async fn entries(path: &Path) -> Vec<(u64, u64)> {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.expect("the file opens");
    let rows = sqlx::query("select position, amount from entries order by position");
    let rows = rows.fetch_all(&mut connection).await.expect("the table exists");
    let number = |value: i64| u64::try_from(value).expect("positive");
    rows.iter().map(|row| (number(row.get(0)), number(row.get(1)))).collect()
}

/// Asserts, after a crash and before the next start, that each read model equals a fold of the log up to its checkpoint.
async fn assert_whole(path: &Path, crash: usize) -> usize {
    let store = SqliteStore::open(path).await.expect("the file opens");
    let (log, generations) = (log(&store).await, store.generations().await.expect("the generations"));
    let amounts = amounts(&log);
    for generation in generations.iter().filter(|it| it.state == GenerationState::Live) {
        let upto = generation.position().get();
        match generation.name.as_str() {
            "entries" => {
                let expected: Vec<_> =
                    amounts.iter().filter(|(_, at, _)| *at <= upto).map(|(_, at, n)| (*at, *n)).collect();
                assert_eq!(entries(path).await, expected, "`entries` after crash {crash}");
            }
            "digits" if generation.inline => {
                let program = program(path).await;
                let rows: Vec<Digit> = program.all().await.expect("the rows");
                let rows: BTreeMap<_, _> =
                    rows.into_iter().map(|row| (row.digit, (row.total, row.seen))).collect();
                assert_eq!(rows, folded(&amounts, digit), "`digits` after crash {crash}");
            }
            _ => {}
        }
    }
    store.close().await;
    log.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_models_are_correct_after_every_crash() {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let path = directory.path().join("store.db");
    let mut chance = Chance(20_261_121);
    let (mut grew, mut last) = (0, 0);
    let crashes = torture::at_least(4, CRASHES);
    for crash in 0..crashes {
        let mut process = Process::start(Role::ProjectsAndWrites, &path, "killed");
        // Half of the processes are killed while they append, however slow the machine is; some of the others before they
        // have started.
        if crash % 2 == 0 {
            process.wait_until_it_appends();
        }
        std::thread::sleep(Duration::from_micros(chance.below(300_000)));
        process.kill();
        let now = assert_whole(&path, crash).await;
        grew += usize::from(now > last);
        last = now;
    }
    assert!(grew >= crashes / 2, "only {grew} of the processes have appended");

    let program = program(&path).await;
    let workers = program.start_with(options("last")).await.expect("the projections start");
    let end = Position::new(last as u64);
    for name in ["totals", "digits", "entries"] {
        followed(&program, name, end).await;
    }
    workers.shutdown().await.expect("they end");
    let amounts = amounts(&log(program.store()).await);
    let totals: Vec<Total> = program.all().await.expect("the rows");
    let totals: BTreeMap<_, _> = totals.into_iter().map(|row| (row.tally, (row.total, row.seen))).collect();
    assert_eq!(totals, folded(&amounts, str::to_owned));
    assert_whole(&path, crashes).await;
    assert_eq!(entries(&path).await.len(), amounts.len());
}
