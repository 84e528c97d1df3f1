//! Loads of events whose context is needed, by an upcaster or for an error.

use std::sync::atomic::{AtomicBool, Ordering};

use eventsource::{
    EventId, MemoryStore, Metadata, ReadError,
    event::{Decoded, EventType, StoredEvent, Undecodable},
    prelude::*,
    schema::TypeSchema,
    store::{Append, EventStore, ExpectedVersion, NewEvent},
};
use serde_json::value::RawValue;

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "note")]
enum NoteEvent {
    #[event(version = 2, from(WrittenV1), upcast(1 = with_its_place))]
    Written { text: String, at: Option<u64> },
}

#[derive(Deserialize, Schema)]
struct WrittenV1 {
    text: String,
}

fn with_its_place(old: WrittenV1, context: &EventContext) -> [NoteEvent; 1] {
    [NoteEvent::Written { text: old.text, at: Some(context.position.get()) }]
}

#[derive(Debug, PartialEq, EventSet)]
enum Notes {
    Note(NoteEvent),
}

/// A set that does not declare that it uses the context.
#[derive(Debug)]
struct Placed(u64);

static DECODED_WITHOUT_CONTEXT: AtomicBool = AtomicBool::new(false);

impl EventSet for Placed {
    const TYPES: &'static [EventType] = &[EventType {
        name: "note.placed",
        aliases: &["note.written"],
        category: "note",
        version: 2,
        writes: 2,
    }];
    const CATEGORIES: &'static [&'static str] = &["note"];

    fn decode(stored: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
        match stored.schema_version {
            2 => {
                DECODED_WITHOUT_CONTEXT.fetch_or(stored.context().is_err(), Ordering::Relaxed);
                Ok(Decoded::One(Self(0)))
            }
            1 => Ok(Decoded::One(Self(stored.context()?.position.get()))),
            _ => Err(Undecodable::UnknownVersion { known: 2 }),
        }
    }

    fn schema() -> Vec<TypeSchema> {
        Vec::new()
    }
}

impl Event for Placed {
    const CATEGORY: &'static str = "note";

    fn event_type(&self) -> &'static EventType {
        &Self::TYPES[0]
    }

    fn encode(&self) -> Result<Box<RawValue>, eventsource::event::EncodeError> {
        unreachable!("only read")
    }
}

#[derive(Debug, Default, PartialEq)]
struct Note {
    places: Vec<u64>,
}

impl Apply<NoteEvent> for Note {
    fn apply(&mut self, NoteEvent::Written { at, .. }: NoteEvent) {
        self.places.push(at.unwrap_or_default());
    }
}

impl Aggregate for Note {
    type Event = NoteEvent;
    type Id = str;
}

#[derive(Debug, Default, PartialEq)]
struct Places(Vec<u64>);

impl Apply<Placed> for Places {
    fn apply(&mut self, event: Placed) {
        self.0.push(event.0);
    }
}

impl Aggregate for Places {
    type Event = Placed;
    type Id = str;
}

/// A note with events of these schema versions, at the positions from 3.
async fn note(versions: impl IntoIterator<Item = u32>) -> EventSource<MemoryStore> {
    let store = MemoryStore::new();
    let event = |schema_version| NewEvent {
        id: EventId::new(),
        event_type: "note.written".into(),
        schema_version,
        payload: RawValue::from_string(r#"{"text":"x"}"#.to_owned()).expect("JSON"),
        metadata: Metadata::new(),
    };
    for (id, events) in
        [("other", vec![event(1), event(1)]), ("a", versions.into_iter().map(event).collect())]
    {
        let stream = StreamId::new("note", id).expect("an id");
        store.append(Append::to(stream, ExpectedVersion::NoStream, events)).await.expect("appended");
    }
    EventSource::new(store)
}

#[tokio::test]
async fn an_upcaster_is_given_the_context_of_the_event_when_an_aggregate_is_loaded() {
    const { assert!(NoteEvent::ASKS_FOR_CONTEXT && Notes::ASKS_FOR_CONTEXT) };
    let loaded = note([1, 2, 1, 2]).await.load::<Note>("a").await.expect("it can be read");
    assert_eq!((loaded.version.get(), loaded.state.places), (4, vec![3, 0, 5, 0]));
}

#[tokio::test]
async fn a_context_whose_use_was_not_declared_is_read_when_it_is_used() {
    for length in [3_u32, 1_000, 2_500] {
        let versions = (1..=length).map(|n| if n % 1_000 == 0 || n == 2 { 1 } else { 2 });
        let loaded = note(versions).await.load::<Places>("a").await.expect("it can be read");
        let places = (1..=length).map(|n| if n % 1_000 == 0 || n == 2 { u64::from(n) + 2 } else { 0 });
        assert_eq!(loaded.version.get(), u64::from(length));
        assert!(loaded.state.0.into_iter().eq(places), "each of {length} is applied once, in order");
    }
    assert!(DECODED_WITHOUT_CONTEXT.load(Ordering::Relaxed));
}

#[tokio::test]
async fn an_event_that_cannot_be_loaded_is_named_with_its_place() {
    let error = note([2, 2, 9, 2]).await.load::<Places>("a").await.expect_err("version 9 is unknown");
    let ReadError::Decode(error) = error else { panic!("{error:?}") };
    assert_eq!((error.context().version.get(), error.context().position.get()), (3, 5));
    let says = "cannot decode `note.written` v9 at note/a version 3 (position 5): this program knows versions 1 to 2";
    assert!(error.to_string().starts_with(says), "{error}");
}
