//! Encodes the events of a chunk as the arrays of the import function. The arrays have the types of the columns: the
//! server parses JSON and times when they arrive, before the transaction begins.

use std::{borrow::Cow, collections::HashMap};

use eventsource_core::{Position, StreamId, Timestamp, Version, store::ImportEvent};
use sqlx::{
    Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgArguments, PgHasArrayType, PgTypeInfo, types::Oid},
    query::Query,
};
use uuid::Uuid;

use super::heads::LastStored;
use crate::row;

/// Arrays by stream, and arrays by event. Borrowed, so that a retry does not copy payloads.
pub(super) struct Columns<'a> {
    names: Vec<&'a StreamId>,
    counts: Vec<i32>,
    categories: Vec<&'a str>,
    streams: Vec<&'a str>,
    firsts: Vec<i32>,
    parts: Vec<i32>,
    ordinals: Vec<i32>,
    versions: Vec<i64>,
    category_of: Vec<&'a str>,
    stream_of: Vec<&'a str>,
    ids: Vec<Uuid>,
    types: Vec<&'a str>,
    schema_versions: Vec<i32>,
    payloads: Vec<Json<'a>>,
    metadata: Vec<Json<'a>>,
    correlations: Vec<Option<Uuid>>,
    causations: Vec<Option<Uuid>>,
    times: Vec<Option<Time>>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(events: &'a [ImportEvent]) -> Self {
        let mut streams = Streams::default();
        let (parts, ordinals) =
            events.iter().zip(1..).map(|(event, number)| streams.place(event, number)).unzip();
        let Streams { names, firsts, places } = streams;
        Self {
            counts: names.iter().map(|stream| places.get(stream).map_or(0, |(_, count)| *count)).collect(),
            categories: names.iter().map(|stream| stream.category()).collect(),
            streams: names.iter().map(|stream| stream.id()).collect(),
            names,
            firsts,
            parts,
            ordinals,
            versions: events.iter().map(|event| encode_version(event.version)).collect(),
            category_of: events.iter().map(|event| event.stream.category()).collect(),
            stream_of: events.iter().map(|event| event.stream.id()).collect(),
            ids: events.iter().map(|event| event.event.id.as_uuid()).collect(),
            types: events.iter().map(|event| &*event.event.event_type).collect(),
            schema_versions: events
                .iter()
                .map(|event| i32::try_from(event.event.schema_version).unwrap_or(i32::MAX))
                .collect(),
            payloads: events.iter().map(|event| Json(event.event.payload.get().into())).collect(),
            metadata: events.iter().map(|event| Json(event.event.metadata.encode_entries().into())).collect(),
            correlations: events.iter().map(|event| event.event.metadata.correlation_id).collect(),
            causations: events.iter().map(|event| event.event.metadata.causation_id).collect(),
            times: events.iter().map(|event| event.recorded_at.map(Time)).collect(),
        }
    }

    /// The streams, in the order of their first events.
    pub(super) fn names(&self) -> &[&'a StreamId] {
        &self.names
    }

    /// The versions of the streams after the whole chunk is stored, from their versions before.
    pub(super) fn grown(&self, before: Vec<i64>) -> impl Iterator<Item = i64> {
        before.into_iter().zip(&self.counts).map(|(before, count)| before + i64::from(*count))
    }

    /// The last event of the chunk, with the position at which it was stored.
    pub(super) fn last_stored(&self, position: Position) -> Option<LastStored> {
        self.ids.last().map(|&id| LastStored { id, position })
    }

    /// Binds the arrays, with the known versions of the streams.
    pub(super) fn bind(
        &self,
        query: Query<'static, Postgres, PgArguments>,
        known: &[i64],
    ) -> Query<'static, Postgres, PgArguments> {
        query
            .bind(&self.categories)
            .bind(&self.streams)
            .bind(&self.firsts)
            .bind(known)
            .bind(&self.parts)
            .bind(&self.ordinals)
            .bind(&self.versions)
            .bind(&self.category_of)
            .bind(&self.stream_of)
            .bind(&self.ids)
            .bind(&self.types)
            .bind(&self.schema_versions)
            .bind(&self.payloads)
            .bind(&self.metadata)
            .bind(&self.correlations)
            .bind(&self.causations)
            .bind(&self.times)
    }
}

/// The streams of a chunk, each once, in the order of their first events.
#[derive(Default)]
struct Streams<'a> {
    names: Vec<&'a StreamId>,
    firsts: Vec<i32>,
    /// By stream: its 1-based number, and the ordinal of its last event.
    places: HashMap<&'a StreamId, (i32, i32)>,
}

impl<'a> Streams<'a> {
    /// The number of an event's stream, and the ordinal of the event within that stream.
    fn place(&mut self, event: &'a ImportEvent, number: i32) -> (i32, i32) {
        let (part, ordinal) = self.places.entry(&event.stream).or_insert_with(|| {
            self.names.push(&event.stream);
            self.firsts.push(number);
            (i32::try_from(self.names.len()).unwrap_or(i32::MAX), 0)
        });
        *ordinal += 1;
        (*part, *ordinal)
    }
}

/// Encodes a version as the function requires. A version beyond the greatest possible one matches no stream. Neither does
/// version 0, which is encoded as -1, since 0 means that no version is given.
fn encode_version(version: Option<Version>) -> i64 {
    match version {
        None => 0,
        Some(Version::EMPTY) => -1,
        Some(version) => row::signed(version.get()),
    }
}

/// JSON text as `json`; sqlx encodes its own type as `jsonb`.
struct Json<'a>(Cow<'a, str>);

/// A time as `timestamptz`, in the binary format: microseconds since 2000.
struct Time(Timestamp);

// The oids of the types are those of
// <https://github.com/postgres/postgres/blob/REL_18_0/src/include/catalog/pg_type.dat>.
impl Type<Postgres> for Json<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(114))
    }
}

impl PgHasArrayType for Json<'_> {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(199))
    }
}

impl Encode<'_, Postgres> for Json<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl PgHasArrayType for Time {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1185))
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let microseconds = self.0.as_microsecond().saturating_sub(row::POSTGRES_EPOCH);
        buffer.extend_from_slice(&microseconds.to_be_bytes());
        Ok(IsNull::No)
    }
}
