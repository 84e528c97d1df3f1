//! Events, the types of stored events, snapshots and receipts.

use eventsource_core::{
    EventContext, EventId, Metadata, Position, Recorded, RecordedEvent, StreamId, Version,
    event::StoredEvent,
    snapshot::Snapshot,
    store::{Interner, Receipt, Request, SnapshotForm, StoredSnapshot, StoredType, UnreadableEvent},
};

use super::Decoder;
use crate::row::{SqlRow, decode_error, id, unsigned};

impl Decoder {
    /// An event from the columns position, category, `stream_id`, version, `event_id`, `event_type`, `schema_version`,
    /// payload, metadata, `correlation_id`, `causation_id`, `recorded_at`. JSON arrives as its text, byte for byte.
    ///
    /// # Errors
    ///
    /// If a column cannot be decoded. The error names the event: a reader of the log cannot go on after it, and
    /// somebody has to find it.
    pub fn event(self, row: &impl SqlRow, interner: &mut Interner) -> Result<RecordedEvent, sqlx::Error> {
        self.decode_event(row, interner).map_err(|source| {
            let version = unsigned(row, 3).unwrap_or_default();
            let names = [1, 2, 5].map(|column| row.text(column).unwrap_or("?"));
            let position = unsigned(row, 0).unwrap_or_default();
            decode_error(UnreadableEvent::new(version, names, source).at(position))
        })
    }

    fn decode_event(self, row: &impl SqlRow, interner: &mut Interner) -> Result<RecordedEvent, sqlx::Error> {
        let metadata = Metadata::decode_entries(row.text(8)?).map_err(decode_error)?;
        let (correlation_id, causation_id) = (row.optional_id(9)?, row.optional_id(10)?);
        let context = EventContext {
            position: Position::new(unsigned(row, 0)?),
            stream: interner.stream(row.text(1)?, row.text(2)?).map_err(decode_error)?,
            version: Version::new(unsigned(row, 3)?),
            id: EventId::from(id(row, 4)?),
            event_type: interner.event_type(row.text(5)?),
            schema_version: schema_version(row, 6)?,
            metadata: Metadata { correlation_id, causation_id, ..metadata },
            recorded_at: self.timestamp(row, 11)?,
        };
        Ok(Recorded { context, event: row.text(7)?.into() })
    }

    /// The events of these rows, as [`event`](Self::event).
    ///
    /// # Errors
    ///
    /// As [`event`](Self::event).
    pub fn events(self, rows: &[impl SqlRow]) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let mut interner = Interner::default();
        rows.iter().map(|row| self.event(row, &mut interner)).collect()
    }
}

/// The parts of an event that a load needs, from the columns version, `event_type`, `schema_version`, payload.
///
/// # Errors
///
/// If a column cannot be decoded. The error names the event.
pub fn stored<'r>(
    row: &'r impl SqlRow,
    stream: &StreamId,
) -> Result<(Version, StoredEvent<'r>), sqlx::Error> {
    decode_stored(row).map_err(|source| {
        let version = unsigned(row, 0).unwrap_or_default();
        let names = [stream.category(), stream.id(), row.text(1).unwrap_or("?")];
        decode_error(UnreadableEvent::new(version, names, source))
    })
}

fn decode_stored(row: &impl SqlRow) -> Result<(Version, StoredEvent<'_>), sqlx::Error> {
    let version = Version::new(unsigned(row, 0)?);
    Ok((version, StoredEvent::new(row.text(1)?, schema_version(row, 2)?, row.text(3)?)))
}

fn schema_version(row: &impl SqlRow, column: usize) -> Result<u32, sqlx::Error> {
    u32::try_from(row.integer(column)?).map_err(decode_error)
}

/// The stored types without samples, and the positions of the samples, from the columns category, `event_type`,
/// `schema_version`, number of events, position.
///
/// # Errors
///
/// If a column cannot be decoded.
pub fn count_types(rows: &[impl SqlRow]) -> Result<(Vec<StoredType>, Vec<i64>), sqlx::Error> {
    let (mut stored, mut positions) = (Vec::new(), Vec::with_capacity(rows.len()));
    for row in rows {
        let (category, event_type) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        let schema_version = u32::try_from(row.integer(2)?).unwrap_or_default();
        StoredType::count(&mut stored, category, event_type, schema_version, unsigned(row, 3)?);
        positions.push(row.integer(4)?);
    }
    Ok((stored, positions))
}

/// The snapshot of a stream, from the columns version, `form_version`, fingerprint, state, `event_id`, and whether the
/// stream has that event. `None` if this program cannot represent the form or the state: such a snapshot is ignored,
/// like one that it cannot decode.
///
/// # Errors
///
/// If another column cannot be decoded.
pub fn snapshot(row: &impl SqlRow, stream: StreamId) -> Result<Option<StoredSnapshot>, sqlx::Error> {
    let Ok(version) = u32::try_from(row.integer(1)?) else { return Ok(None) };
    let Ok(state) = serde_json::from_str(row.text(3)?) else { return Ok(None) };
    let form = SnapshotForm { version, fingerprint: row.text(2)?.into() };
    let version = Version::new(unsigned(row, 0)?);
    let snapshot = Snapshot { stream, version, event_id: id(row, 4)?.into(), form, state };
    Ok(Some(StoredSnapshot { snapshot, has_event: row.boolean(5)? }))
}

/// The first receipt of an append under a key, from the columns version, position, command, content.
///
/// # Errors
///
/// If a column cannot be decoded.
pub fn receipt(row: &impl SqlRow, stream: StreamId) -> Result<Receipt, sqlx::Error> {
    let (version, position) = (Version::new(unsigned(row, 0)?), Position::new(unsigned(row, 1)?));
    Ok(Receipt { stream, version, position, repeated: true, request: request(row, 2)? })
}

/// What an idempotency key was used for, from the columns command and content, which begin at `column`.
///
/// # Errors
///
/// If a column cannot be decoded.
pub fn request(row: &impl SqlRow, column: usize) -> Result<Option<Request>, sqlx::Error> {
    let Some(command) = row.optional_text(column)? else { return Ok(None) };
    Ok(Some(Request::stored(command.to_owned(), row.optional_id(column + 1)?)))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use eventsource_core::Timestamp;
    use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteRow};

    use super::*;

    const ID: &str = "x'00000000000070008000000000000001'";

    async fn select(columns: &str) -> SqliteRow {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
        let query = sqlx::query(AssertSqlSafe(format!("select {columns}")));
        query.fetch_one(&mut connection).await.expect("a row")
    }

    fn message(error: &sqlx::Error) -> String {
        error.source().expect("a source").to_string()
    }

    #[tokio::test]
    async fn an_event_has_the_values_of_its_columns() {
        let columns = format!(
            r#"7, 'account', 'a', 3, {ID}, 'opened', 2, '{{"by": "me"}}', '{{"user": "u"}}', {ID}, null, 5"#
        );
        let event = Decoder::since(60).event(&select(&columns).await, &mut Interner::default());
        let event = event.expect("an event");
        assert_eq!(
            (event.context.position.get(), event.context.version.get(), event.context.schema_version),
            (7, 3, 2)
        );
        assert_eq!(
            (event.context.stream.to_string().as_str(), &*event.context.event_type),
            ("account/a", "opened")
        );
        assert_eq!(event.payload(), r#"{"by": "me"}"#);
        assert_eq!(event.context.metadata.correlation_id, Some(event.context.id.as_uuid()));
        assert_eq!(event.context.metadata.causation_id, None);
        assert_eq!(event.context.recorded_at, Timestamp::from_microsecond(65).expect("a time"));
    }

    #[tokio::test]
    async fn an_event_that_cannot_be_decoded_is_named() {
        for (schema_version, id) in [("-1", ID), ("4294967296", ID), ("1", "null"), ("1", "x'00'")] {
            let columns = format!(
                "7, 'account', 'a', 3, {id}, 'opened', {schema_version}, 'null', '{{}}', null, null, 5"
            );
            let error = Decoder::since(0).events(&[select(&columns).await]).expect_err("an error");
            let named = "the event that is version 3 of account/a, of type opened, at position 7";
            assert!(message(&error).ends_with(named), "{error}");
        }
        let row = select("3, 'opened', -1, 'null'").await;
        let stream = StreamId::new("account", "a").expect("a valid id");
        let error = stored(&row, &stream).expect_err("an error");
        assert!(message(&error).ends_with("version 3 of account/a, of type opened"), "{error}");
    }

    #[tokio::test]
    async fn a_snapshot_that_this_program_cannot_represent_is_ignored() {
        let stream = || StreamId::new("account", "a").expect("a valid id");
        for (form_version, state, is_some) in [("1", "{}", true), ("-1", "{}", false), ("1", "{", false)] {
            let row = select(&format!("3, {form_version}, 'f', '{state}', {ID}, 1")).await;
            let found = snapshot(&row, stream()).expect("no error");
            assert_eq!(found.is_some(), is_some, "{form_version} {state}");
        }
        assert!(snapshot(&select("-3, 1, 'f', '{}', null, 1").await, stream()).is_err());
    }

    #[tokio::test]
    async fn types_are_counted_by_their_schema_version() {
        let mut rows = Vec::new();
        for columns in ["'a', 'opened', 1, 3, 7", "'a', 'opened', 1, 2, 8", "'a', 'opened', 2, 1, 9"] {
            rows.push(select(columns).await);
        }
        let (stored, positions) = count_types(&rows).expect("no error");
        let counts = stored.iter().map(|it| (&*it.event_type, it.schema_version, it.count));
        assert_eq!(counts.collect::<Vec<_>>(), [("opened", 1, 5), ("opened", 2, 1)]);
        assert_eq!(positions, [7, 8, 9]);
    }

    #[tokio::test]
    async fn a_request_has_a_command_and_perhaps_a_content() {
        for (columns, content) in [("'open', null", None), (&*format!("'open', {ID}"), Some(1))] {
            let found = request(&select(columns).await, 0).expect("no error");
            let expected = Request::stored(
                "open".to_owned(),
                content.map(|_| "00000000-0000-7000-8000-000000000001".parse().expect("an id")),
            );
            assert_eq!(found, Some(expected));
        }
        assert_eq!(request(&select("null, null").await, 0).expect("no error"), None);
    }
}
