//! Encodes the events of a chunk as the arrays of the import function. The arrays have the types of the columns: the
//! server parses JSON and times when they arrive, before the transaction begins.

use eventsource_core::{Version, store::ImportEvent};
use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use crate::{
    encode::{Json, Time},
    row,
};

/// An array for each parameter. Borrowed, so that a retry does not copy payloads.
pub(super) struct Columns<'a> {
    categories: Vec<&'a str>,
    streams: Vec<&'a str>,
    versions: Vec<i64>,
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
        Self {
            categories: events.iter().map(|event| event.stream.category()).collect(),
            streams: events.iter().map(|event| event.stream.id()).collect(),
            versions: events.iter().map(|event| encode_version(event.version)).collect(),
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

    pub(super) fn bind(
        &self,
        query: Query<'static, Postgres, PgArguments>,
    ) -> Query<'static, Postgres, PgArguments> {
        query
            .bind(&self.categories)
            .bind(&self.streams)
            .bind(&self.versions)
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

/// Encodes a version as the function requires. A version beyond the greatest possible one matches no stream. Neither does
/// version 0, which is encoded as -1, since 0 means that no version is given.
fn encode_version(version: Option<Version>) -> i64 {
    match version {
        None => 0,
        Some(Version::EMPTY) => -1,
        Some(version) => row::signed(version.get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_is_given_is_distinguished_from_none() {
        let versions = [None, Some(Version::EMPTY), Some(Version::new(1)), Some(Version::new(7))];
        assert_eq!(versions.map(encode_version), [0, -1, 1, 7]);
    }
}
