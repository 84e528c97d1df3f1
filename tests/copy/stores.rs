//! A store of each kind, and its events.

use std::{any::Any, sync::Arc};

use eventsource::{
    MemoryStore, Metadata, Position, RecordedEvent, StreamId, Version,
    postgres::PostgresStore,
    sqlite::SqliteStore,
    store::{EventStore, ImportEvent, LogFilter},
};
use eventsource_harness::TestDatabase;
use uuid::Uuid;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Memory,
    Postgres,
    Sqlite,
}

/// An empty store with its address.
pub(crate) struct Place {
    pub(crate) store: Arc<dyn EventStore>,
    /// The address for [`open`]; empty for memory.
    pub(crate) address: String,
    _place: Box<dyn Any>,
}

/// The store at an address.
pub(crate) async fn open(address: &str) -> Arc<dyn EventStore> {
    match address.strip_prefix("sqlite:") {
        Some(file) => Arc::new(SqliteStore::open(file).await.unwrap()),
        None => Arc::new(PostgresStore::connect(address).await.unwrap()),
    }
}

impl Place {
    pub(crate) async fn of(kind: Kind) -> Self {
        let (address, place): (String, Box<dyn Any>) = match kind {
            Kind::Memory => {
                let store = Arc::new(MemoryStore::new());
                return Self { store, address: String::new(), _place: Box::new(()) };
            }
            Kind::Postgres => {
                let database = TestDatabase::create();
                PostgresStore::migrate(database.url()).await.unwrap();
                (database.url().to_owned(), Box::new(database))
            }
            Kind::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                (format!("sqlite:{}", folder.path().join("copy.db").display()), Box::new(folder))
            }
        };
        Self { store: open(&address).await, address, _place: place }
    }
}

/// This many events of seven alternating streams, each with its own id, time and metadata entry.
pub(crate) fn history(events: u64) -> Vec<ImportEvent> {
    let event = |number: u64| {
        let stream = StreamId::new("account", format!("acc-{}", number % 7)).unwrap();
        let payload = format!("{{\"number\": {number}}}");
        ImportEvent::raw(stream, "account.counted", 1, payload)
            .unwrap()
            .id(Uuid::from_u128(u128::from(number) + 1))
            .version(Version::new(number / 7 + 1))
            .recorded_at("2011-09-30T22:38:44.546123Z".parse().unwrap())
            .entry("number", number.to_string())
    };
    (0..events).map(event).collect()
}

/// Events that a careless store would change.
pub(crate) fn strange() -> Vec<ImportEvent> {
    let payloads = [
        r#"{ "b":1e3,  "a":1.0, "a":"\u0000\ud83e\udd80ü" }"#,
        "null",
        "\"\"",
        "123456789012345678901234567890",
    ];
    let times = ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"];
    let ids = ["o'brien@example.org", "ü\u{1F980} \"/\\\n", "%"];
    let mut events = Vec::new();
    for (version, payload) in (1..).zip(payloads) {
        for (id, time) in ids.into_iter().zip(times) {
            let metadata = Metadata {
                correlation_id: Some(Uuid::from_u128(1)),
                causation_id: Some(Uuid::from_u128(2)),
                traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap()),
                ..Metadata::new().with("ü", "\"\n").with("", "")
            };
            let event =
                ImportEvent::raw(StreamId::new("ca/te gory", id).unwrap(), "an old type", 4_711, payload);
            let event =
                event.unwrap().id(Uuid::from_u128(0xffff_0000 + events.len() as u128)).metadata(metadata);
            events.push(event.version(Version::new(version)).recorded_at(time.parse().unwrap()));
        }
    }
    events
}

/// Everything in the log except the positions, as text.
pub(crate) async fn texts(store: &dyn EventStore) -> Vec<String> {
    let text = |mut event: RecordedEvent| {
        event.context.position = Position::START;
        format!("{event:?}")
    };
    let (mut texts, mut after) = (Vec::new(), Position::START);
    loop {
        let page = store.read_log(after, &LogFilter::all(), 1_000).await.unwrap();
        let Some(last) = page.events.last() else { return texts };
        after = last.context.position;
        texts.extend(page.events.into_iter().map(text));
    }
}
