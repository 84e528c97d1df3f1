//! The history of the bank, or one of the same length, moved from SQLite to Postgres and back.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use eventsource::{
    Position, StreamId, Version, copy,
    postgres::PostgresStore,
    sqlite::SqliteStore,
    store::{EventStore, ImportEvent, LogFilter},
};
use eventsource_harness::TestDatabase;
use uuid::Uuid;

use super::{log_of_the_bank, run};

const EVENTS: u64 = 262_200;
const STREAMS: u64 = 13_087;

/// By stream: its number of events, and a hash of their contents. The empty name stands for the whole log in order.
type Sums = BTreeMap<String, (u64, u64)>;

async fn sums(store: &impl EventStore) -> Sums {
    let (mut sums, mut after) = (Sums::new(), Position::START);
    loop {
        let page = store.read_log(after, &LogFilter::all(), 10_000).await.expect("read");
        let Some(last) = page.events.last() else { return sums };
        after = last.position;
        for mut event in page.events {
            event.context.position = Position::START;
            let text = format!("{event:?}");
            for name in [event.stream.to_string(), String::new()] {
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
async fn made_up(store: &SqliteStore) {
    eprintln!("the bank's log was not found: a made-up history of {EVENTS} events is copied instead");
    let event = |number: u64| {
        let stream = StreamId::new("loan_application", (number % STREAMS).to_string()).expect("a name");
        let payload = format!("{{\"number\": {number}}}");
        let event = ImportEvent::raw(stream, "loan_application.counted", 1, payload).expect("JSON");
        let event =
            event.id(Uuid::from_u128(u128::from(number) + 1)).version(Version::new(number / STREAMS + 1));
        event.entry("number", number.to_string())
    };
    for chunk in (0..EVENTS).collect::<Vec<_>>().chunks(5_000) {
        let events: Vec<_> = chunk.iter().map(|number| event(*number)).collect();
        store.import(&events).await.expect("imported");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_the_bank_is_the_same_after_it_went_from_sqlite_to_postgres_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    let data = log_of_the_bank();
    if data.is_some() {
        let report = run(&format!("sqlite:{}", file("first.db").display()), data.clone()).await;
        assert!(report.agrees(), "{report}");
    }
    let first = SqliteStore::open(file("first.db")).await.expect("opened");
    if data.is_none() {
        made_up(&first).await;
    }

    let database = TestDatabase::create();
    PostgresStore::migrate(database.url()).await.expect("migrated");
    let second = PostgresStore::connect(database.url()).await.expect("connected");
    let third = SqliteStore::open(file("third.db")).await.expect("opened");

    let copied = copy(&first, &second).await.expect("into Postgres");
    assert_eq!((copied.events, copied.stored, copied.streams), (EVENTS, EVENTS, STREAMS));
    let copied = copy(&second, &third).await.expect("and back");
    assert_eq!((copied.events, copied.stored, copied.streams), (EVENTS, EVENTS, STREAMS));

    let (first, second, third) = tokio::join!(sums(&first), sums(&second), sums(&third));
    assert_eq!((first[""].0, first.len() as u64), (EVENTS, STREAMS + 1));
    assert!(first == second, "SQLite and Postgres differ");
    assert!(second == third, "Postgres and SQLite differ");
}
