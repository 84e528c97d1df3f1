//! The state of the log that appends are decided on, one by one: the stored events, and those that earlier appends of the
//! batch have added.

use std::collections::HashMap;

use eventsource_core::{
    EventId, Position, StreamId, Version,
    store::{Append, Receipt, Request},
};
use sqlx::{Row, SqliteConnection};

use crate::row;

/// The part of the log that some appends depend on.
#[derive(Debug, Default)]
pub(crate) struct LogState {
    /// The position of the last event.
    pub(crate) end: Position,
    heads: HashMap<StreamId, Head>,
    keys: HashMap<(StreamId, String), Receipt>,
    ids: HashMap<EventId, Stored>,
    /// The inline generations, with the names of their projections.
    pub(super) inline: Vec<(i64, String)>,
    /// Whether stored ids were looked up; if not, `ids` has only the ids that were added.
    pub(crate) with_ids: bool,
}

/// The last event of a stream.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Head {
    pub(crate) version: Version,
    pub(crate) position: Position,
}

/// An event that is stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) stream: StreamId,
    pub(crate) head: Head,
    pub(crate) event_type: String,
    pub(crate) schema_version: u32,
}

/// The keys of a lookup.
#[derive(Debug, Default)]
pub(crate) struct Lookup<'a> {
    streams: Vec<&'a StreamId>,
    keys: Vec<(&'a StreamId, &'a str)>,
    ids: Vec<EventId>,
}

/// A row of the statement: kind, number, version, position, category, stream, event type, schema version, command,
/// content.
type Answer = (
    u8,
    i64,
    Option<u64>,
    Option<u64>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<u32>,
    Option<String>,
    Option<String>,
);

impl<'a> Lookup<'a> {
    /// The lookup for these appends; with their event ids, or without.
    pub(crate) fn of(appends: impl Iterator<Item = &'a Append>, with_ids: bool) -> Self {
        let mut lookup = Self::default();
        let mut seen = std::collections::HashSet::new();
        for append in appends {
            for part in &append.streams {
                if seen.insert(&part.stream) {
                    lookup.streams.push(&part.stream);
                }
                lookup.keys.extend(append.idempotency_key.as_deref().map(|key| (&part.stream, key)));
                if with_ids {
                    lookup.ids.extend(part.events.iter().map(|event| event.id));
                }
            }
        }
        lookup
    }

    /// A lookup of any streams and ids.
    pub(crate) fn new(streams: Vec<&'a StreamId>, ids: Vec<EventId>) -> Self {
        Self { streams, ids, keys: Vec::new() }
    }

    pub(crate) async fn run(
        &self,
        connection: &mut SqliteConnection,
        with_ids: bool,
    ) -> Result<LogState, sqlx::Error> {
        let streams: Vec<_> = self.streams.iter().map(|it| (it.category(), it.id())).collect();
        let keys: Vec<_> = self.keys.iter().map(|(it, key)| (it.category(), it.id(), key)).collect();
        let ids: Vec<_> = self.ids.iter().map(|id| id.as_uuid().simple().to_string()).collect();
        let row = sqlx::query(include_str!("../sql/lookup.sql"))
            .bind(json(&streams)?)
            .bind(json(&keys)?)
            .bind(json(&ids)?)
            .fetch_one(connection)
            .await?;
        let answers: Vec<Answer> = serde_json::from_str(row.try_get(0)?).map_err(row::decode_error)?;
        let mut log = LogState { with_ids, ..LogState::default() };
        for answer in answers {
            self.record(answer, &mut log)?;
        }
        Ok(log)
    }

    fn record(&self, answer: Answer, log: &mut LogState) -> Result<(), sqlx::Error> {
        let (kind, number, version, position, category, stream, event_type, schema_version, command, content) =
            answer;
        // A stream without events has no version and no position.
        let (Some(version), Some(position)) = (version, position) else { return Ok(()) };
        let head = Head { version: Version::new(version), position: Position::new(position) };
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let unknown = || row::decode_error("a row for a key that was not looked up");
        match kind {
            0 => {
                let stream = self.streams.get(index).ok_or_else(unknown)?;
                log.heads.insert(StreamId::clone(stream), head);
            }
            1 => {
                let (stream, key) = self.keys.get(index).ok_or_else(unknown)?;
                // `hex` of null is an empty text.
                let content = content.filter(|content| !content.is_empty());
                let content =
                    content.map(|content| content.parse()).transpose().map_err(row::decode_error)?;
                let request = command.map(|command| Request::stored(command, content));
                let receipt = Receipt { request, ..head.receipt(stream, true) };
                log.keys.insert((StreamId::clone(stream), (*key).to_owned()), receipt);
            }
            2 => {
                let id = self.ids.get(index).ok_or_else(unknown)?;
                let stream = StreamId::new(category.unwrap_or_default(), stream.unwrap_or_default());
                let stream = stream.map_err(row::decode_error)?;
                let event_type = event_type.unwrap_or_default();
                let schema_version = schema_version.unwrap_or_default();
                log.ids.insert(*id, Stored { stream, head, event_type, schema_version });
            }
            3 => log.end = head.position,
            _ => log.inline.push((number, category.unwrap_or_default())),
        }
        Ok(())
    }
}

impl LogState {
    pub(crate) fn head(&self, stream: &StreamId) -> Head {
        self.heads.get(stream).copied().unwrap_or_default()
    }

    pub(crate) fn receipt(&self, stream: &StreamId, key: &str) -> Option<&Receipt> {
        // Most appends have no key; this avoids allocating one for the comparison.
        self.keys.get(&(stream.clone(), key.to_owned()))
    }

    pub(crate) fn event(&self, id: EventId) -> Option<&Stored> {
        self.ids.get(&id)
    }

    /// Adds an event at the end of a stream, and of the log.
    pub(crate) fn add(
        &mut self,
        stream: &StreamId,
        id: EventId,
        event_type: &str,
        schema_version: u32,
    ) -> Head {
        self.end = Position::new(self.end.get() + 1);
        let head = self.heads.entry(stream.clone()).or_default();
        *head = Head { version: head.version.next(), position: self.end };
        let head = *head;
        let stored =
            Stored { stream: stream.clone(), head, event_type: event_type.to_owned(), schema_version };
        self.ids.insert(id, stored);
        head
    }

    /// Stores the first receipt under a key.
    pub(crate) fn keep(&mut self, receipt: &Receipt, key: &str) {
        let kept = Receipt { repeated: true, ..receipt.clone() };
        self.keys.insert((receipt.stream.clone(), key.to_owned()), kept);
    }
}

impl Head {
    pub(crate) fn receipt(self, stream: &StreamId, repeated: bool) -> Receipt {
        let (version, position) = (self.version, self.position);
        Receipt { stream: stream.clone(), version, position, repeated, request: None }
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
