//! Looks up the state of the log that the appends of a batch are decided on.

use eventsource_core::{
    EventId, Position, StreamId, Version,
    store::{
        Append, GenerationId, Receipt, Request,
        rules::{Head, KnownEvent, LogState},
    },
};
use eventsource_sql::statement;
use sqlx::{Row, SqliteConnection};

use crate::row;

/// What a lookup found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) log: LogState,
    /// The inline generations, with the names of their projections.
    pub(super) inline: Vec<(GenerationId, String)>,
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
    ) -> Result<Found, sqlx::Error> {
        let streams: Vec<_> = self.streams.iter().map(|it| (it.category(), it.id())).collect();
        let keys: Vec<_> = self.keys.iter().map(|(it, key)| (it.category(), it.id(), key)).collect();
        let ids: Vec<_> = self.ids.iter().map(|id| id.as_uuid().simple().to_string()).collect();
        let row = sqlx::query(statement!("../sql/events.sql", "lookup"))
            .bind(json(&streams)?)
            .bind(json(&keys)?)
            .bind(json(&ids)?)
            .fetch_one(connection)
            .await?;
        let answers: Vec<Answer> = serde_json::from_str(row.try_get(0)?).map_err(row::decode_error)?;
        let mut found = Found::default();
        found.log.without_ids = !with_ids;
        for answer in answers {
            self.record(answer, &mut found)?;
        }
        Ok(found)
    }

    fn record(&self, answer: Answer, found: &mut Found) -> Result<(), sqlx::Error> {
        let Found { log, inline } = found;
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
                let (stream, Head { version, position }) = (StreamId::clone(stream), head);
                let of_key = (stream.clone(), (*key).to_owned());
                log.receipts.insert(of_key, Receipt { stream, version, position, repeated: true, request });
            }
            2 => {
                let id = self.ids.get(index).ok_or_else(unknown)?;
                let stream = StreamId::new(category.unwrap_or_default(), stream.unwrap_or_default());
                let stream = stream.map_err(row::decode_error)?;
                let event_type = event_type.unwrap_or_default().into();
                let schema_version = schema_version.unwrap_or_default();
                log.events.insert(*id, KnownEvent { stream, head, event_type, schema_version });
            }
            3 => log.end = head.position,
            _ => {
                let generation = GenerationId::new(u64::try_from(number).map_err(row::decode_error)?);
                inline.push((generation, category.unwrap_or_default()));
            }
        }
        Ok(())
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
