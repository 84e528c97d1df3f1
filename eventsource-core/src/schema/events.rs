//! Event types in a snapshot: what the program reads, and what it read once.

use std::collections::BTreeMap;

use super::{Shape, TypeSchema};
use crate::EventSet;

/// One event type of a snapshot: its names, and the shape of each version of its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSchema {
    /// The persisted name.
    pub name: String,
    /// Names under which older events are stored.
    pub aliases: Vec<String>,
    /// What the program does with events of the type.
    pub state: TypeState,
    /// The version that the program writes, if it is not the newest one.
    pub writes: Option<u32>,
    /// The shape of the payload by version; empty unless the type is read.
    pub versions: BTreeMap<u32, Shape>,
    /// Shapes of events that may still be stored and that the versions above do not read unchanged, by version: a
    /// change that is not compatible with them was accepted.
    pub formerly: BTreeMap<u32, Vec<Shape>>,
}

/// What a program does with stored events of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeState {
    /// They are decoded.
    Read,
    /// They are decoded to nothing: the type is in `removed(…)`.
    Removed,
    /// The program no longer has the type, and cannot read them.
    Gone,
}

impl EventSchema {
    /// A type without versions.
    #[must_use]
    pub fn new(name: &str, state: TypeState) -> Self {
        Self {
            name: name.to_owned(),
            aliases: Vec::new(),
            state,
            writes: None,
            versions: BTreeMap::new(),
            formerly: BTreeMap::new(),
        }
    }

    /// What a set of events reads: its types, and those that it has removed.
    #[must_use]
    pub fn of<E: EventSet>() -> Vec<Self> {
        let removed = E::REMOVED.iter().map(|name| Self::new(name, TypeState::Removed));
        E::schema().into_iter().map(Self::from).chain(removed).collect()
    }

    /// The version in which new events are stored.
    #[must_use]
    pub fn written(&self) -> Option<u32> {
        self.writes.or_else(|| self.versions.keys().copied().max())
    }

    /// Whether events that are stored under this name are of the type.
    #[must_use]
    pub fn reads(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

impl From<TypeSchema> for EventSchema {
    fn from(schema: TypeSchema) -> Self {
        Self {
            writes: (1..schema.versions.len() as u64)
                .contains(&schema.writes.into())
                .then_some(schema.writes),
            aliases: schema.aliases.iter().map(|&alias| alias.to_owned()).collect(),
            versions: (1..).zip(schema.versions).collect(),
            ..Self::new(schema.name, TypeState::Read)
        }
    }
}
