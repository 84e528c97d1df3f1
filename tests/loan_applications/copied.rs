//! The history of the bank, or one of the same length, moved from SQLite to Postgres and back.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use eventsource::{
    Position, StreamId, Version,
    history::copy,
    postgres::PostgresStore,
    sqlite::SqliteStore,
    store::{EventStore, ImportEvent, LogFilter},
};
use eventsource_harness::TestDatabase;
use uuid::Uuid;

use super::{BANK_ROWS, beginning, log_of_the_bank, run, shortened_rows};

/// How many applications the whole log of the bank has, each with a stream.
const BANK_STREAMS: u64 = 13_087;

/// By stream: its number of events, and a hash of their contents. The empty name stands for the whole log in order.
type Sums = BTreeMap<String, (u64, u64)>;

async fn sums(store: &impl EventStore) -> Sums {
    let (mut sums, mut after) = (Sums::new(), Position::START);
    loop {
        let page = store.read_log(after, &LogFilter::all(), 10_000).await.expect("read");
        let Some(last) = page.events.last() else { return sums };
        after = last.context.position;
        for mut event in page.events {
            event.context.position = Position::START;
            let text = format!("{event:?}");
            for name in [event.context.stream.to_string(), String::new()] {
                let (events, hash) = sums.entry(name).or_default();
                let mut hasher = DefaultHasher::new();
                (*hash, &text).hash(&mut hasher);
                (*events, *hash) = (*events + 1, hasher.finish());
            }
        }
    }
}

/// A history with as many events and streams as the bank's, if that is not available.
#[expect(clippy::print_stderr, reason = "the output says which data was tested")]
async fn made_up(store: &SqliteStore, events: u64) {
    eprintln!("the bank's log was not found: a made-up history of {events} events is copied instead");
    let streams = events / 20;
    let event = |number: u64| {
        let stream = StreamId::new("loan_application", (number % streams).to_string()).expect("a name");
        let payload = format!("{{\"number\": {number}}}");
        let event = ImportEvent::raw(stream, "loan_application.counted", 1, payload).expect("JSON");
        let event =
            event.id(Uuid::from_u128(u128::from(number) + 1)).version(Version::new(number / streams + 1));
        event.entry("number", number.to_string())
    };
    for chunk in (0..events).collect::<Vec<_>>().chunks(5_000) {
        let events: Vec<_> = chunk.iter().map(|number| event(*number)).collect();
        store.import(&events).await.expect("imported");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_the_bank_is_the_same_after_it_went_from_sqlite_to_postgres_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    let rows = shortened_rows();
    let data = log_of_the_bank().map(|log| beginning(log, rows, &folder));
    let has_log = data.is_some();
    if has_log {
        let report = run(&format!("sqlite:{}", file("first.db").display()), data).await;
        assert!(report.agrees(), "{report}");
    }
    let first = SqliteStore::open(file("first.db")).await.expect("opened");
    if !has_log {
        made_up(&first, rows as u64).await;
    }

    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let second = PostgresStore::connect(database.url()).await.expect("connected");
    let third = SqliteStore::open(file("third.db")).await.expect("opened");

    let there = copy(&first, &second).await.expect("into Postgres");
    let back = copy(&second, &third).await.expect("and back");

    let (first, second, third) = tokio::join!(sums(&first), sums(&second), sums(&third));
    let (events, streams) = (first[""].0, first.len() as u64 - 1);
    assert_eq!(events, rows as u64);
    if has_log && rows == BANK_ROWS {
        assert_eq!(streams, BANK_STREAMS);
    }
    for copied in [there, back] {
        assert_eq!((copied.events, copied.stored, copied.streams), (events, events, streams));
    }
    assert!(first == second, "SQLite and Postgres differ");
    assert!(second == third, "Postgres and SQLite differ");
}
