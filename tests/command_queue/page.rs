//! A page on which numbers are noted. Each event records the state that it was decided on, so that an event after
//! other events than those is detected. An event also says which fault it triggers.

use eventsource::{
    event::{Decoded, EncodeError, EventType, StoredEvent, Undecodable},
    prelude::*,
};
use serde::ser::Error as _;
use serde_json::value::{RawValue, to_raw_value};

/// The fault that an event triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Trick {
    #[default]
    None,
    /// Handling the command panics.
    HandlePanics,
    Unwritable,
    WritePanics,
    Unreadable,
    ReadPanics,
    ApplyPanics,
    WeightPanics,
    /// It decodes to no event.
    ReadAsNone,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted {
    pub(crate) number: u64,
    /// The fingerprint of the page that the event was decided on.
    pub(crate) on: u64,
    pub(crate) trick: Trick,
}

impl EventSet for Noted {
    const TYPES: &'static [EventType] =
        &[EventType { name: "page.noted", aliases: &[], category: "page", version: 1, writes: 1 }];
    const CATEGORIES: &'static [&'static str] = &["page"];

    fn decode(stored: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
        let broken = |source| Undecodable::Payload { path: ".".to_owned(), source };
        let noted: Self = serde_json::from_str(stored.payload).map_err(broken)?;
        match noted.trick {
            Trick::ReadPanics => panic!("an event that cannot be read"),
            Trick::Unreadable => Err(broken(serde_json::Error::custom("not to be read"))),
            Trick::ReadAsNone => Ok(Decoded::Many(Vec::new())),
            _ => Ok(Decoded::One(noted)),
        }
    }

    fn schema() -> Vec<eventsource::schema::TypeSchema> {
        Vec::new()
    }
}

impl Event for Noted {
    const CATEGORY: &'static str = "page";

    fn event_type(&self) -> &'static EventType {
        &Self::TYPES[0]
    }

    fn encode(&self) -> Result<Box<RawValue>, EncodeError> {
        let failed = |source| EncodeError::Json { event_type: "page.noted", source };
        match self.trick {
            Trick::WritePanics => panic!("an event that cannot be written"),
            Trick::Unwritable => Err(failed(serde_json::Error::custom("not to be written"))),
            _ => to_raw_value(self).map_err(failed),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) numbers: Vec<u64>,
    is_cursed: bool,
}

impl Page {
    pub(crate) fn fingerprint(&self) -> u64 {
        fingerprint(&self.numbers)
    }
}

/// Distinguishes any two lists of numbers in a test.
pub(crate) fn fingerprint(numbers: &[u64]) -> u64 {
    numbers.iter().fold(17, |all, number| {
        (all ^ number).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
    })
}

impl Aggregate for Page {
    type Event = Noted;
    type Id = str;

    fn weight(&self) -> usize {
        assert!(!self.is_cursed, "a page that cannot be weighed");
        self.numbers.len()
    }
}

impl Apply<Noted> for Page {
    fn apply(&mut self, event: Noted) {
        assert!(event.trick != Trick::ApplyPanics, "an event that cannot be applied");
        self.is_cursed = event.trick == Trick::WeightPanics;
        self.numbers.push(event.number);
    }
}

/// Notes a number this many times, if fewer than `below` numbers are on the page.
#[derive(Debug, Clone)]
pub(crate) struct Note<'a> {
    pub(crate) page: &'a str,
    pub(crate) number: u64,
    pub(crate) below: usize,
    pub(crate) times: usize,
    pub(crate) trick: Trick,
    is_harmless_on_an_empty_page: bool,
}

pub(crate) fn note(page: &str, number: u64) -> Note<'_> {
    let (below, times, trick) = (usize::MAX, 1, Trick::None);
    Note { page, number, below, times, trick, is_harmless_on_an_empty_page: false }
}

impl Note<'_> {
    pub(crate) fn below(self, below: usize) -> Self {
        Self { below, ..self }
    }

    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    pub(crate) fn with(self, trick: Trick) -> Self {
        Self { trick, ..self }
    }

    /// The first number of a page triggers no fault.
    pub(crate) fn harmless_on_an_empty_page(self) -> Self {
        Self { is_harmless_on_an_empty_page: true, ..self }
    }
}

impl Command for Note<'_> {
    type Aggregate = Page;

    const NAME: &'static str = "Note";

    fn aggregate_id(&self) -> &str {
        self.page
    }
}

/// The page that the command was handled on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there are {count} numbers on the page")]
pub(crate) struct Full {
    pub(crate) count: usize,
    pub(crate) on: u64,
}

impl Handle<Note<'_>> for Page {
    type Error = Full;

    fn handle(&self, note: &Note<'_>) -> Result<Vec<Noted>, Full> {
        assert!(note.trick != Trick::HandlePanics, "a command that cannot be decided");
        if self.numbers.len() >= note.below {
            return Err(Full { count: self.numbers.len(), on: self.fingerprint() });
        }
        let is_harmless = note.is_harmless_on_an_empty_page && self.numbers.is_empty();
        let trick = if is_harmless { Trick::None } else { note.trick };
        let noted = Noted { number: note.number, on: self.fingerprint(), trick };
        Ok(vec![noted; note.times])
    }
}

pub(crate) fn stream(page: &str) -> StreamId {
    StreamId::of::<Page>(page).expect("a page may have this name")
}
