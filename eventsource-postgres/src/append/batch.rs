//! Encodes appends as the arrays of the append function.

use eventsource_core::store::{Append, ExpectedVersion};
use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use crate::{connections::Connections, row};

/// Each append is a unit. Borrowed, so that a retry does not copy payloads.
pub(super) struct Batch<'a> {
    units: Vec<i32>,
    categories: Vec<&'a str>,
    streams: Vec<&'a str>,
    expected: Vec<i64>,
    counts: Vec<i32>,
    keys: Vec<Option<&'a str>>,
    commands: Vec<Option<&'a str>>,
    contents: Vec<Option<Uuid>>,
    pub(super) ids: Vec<Uuid>,
    types: Vec<&'a str>,
    schema_versions: Vec<i32>,
    payloads: Vec<&'a str>,
    metadata: Vec<String>,
    correlations: Vec<Option<Uuid>>,
    causations: Vec<Option<Uuid>>,
    inline: Vec<i64>,
}

impl<'a> Batch<'a> {
    pub(super) fn of(
        appends: impl IntoIterator<Item = &'a Append, IntoIter: Clone>,
        inline: Vec<i64>,
    ) -> Self {
        let appends = appends.into_iter();
        let units = || (1_i32..).zip(appends.clone());
        let parts =
            || units().flat_map(|(unit, append)| append.streams.iter().map(move |part| (unit, append, part)));
        let events = || parts().flat_map(|(.., part)| &part.events);
        Self {
            units: parts().map(|(unit, ..)| unit).collect(),
            categories: parts().map(|(.., part)| part.stream.category()).collect(),
            streams: parts().map(|(.., part)| part.stream.id()).collect(),
            expected: parts().map(|(.., part)| encode_expected(part.expected)).collect(),
            counts: parts().map(|(.., part)| i32::try_from(part.events.len()).unwrap_or(i32::MAX)).collect(),
            keys: parts().map(|(_, append, _)| append.idempotency_key.as_deref()).collect(),
            commands: parts().map(|(_, append, _)| Some(append.request.as_ref()?.command.as_str())).collect(),
            contents: parts().map(|(_, append, _)| append.request.as_ref()?.content).collect(),
            ids: events().map(|event| event.id.as_uuid()).collect(),
            types: events().map(|event| &*event.event_type).collect(),
            schema_versions: events().map(|e| i32::try_from(e.schema_version).unwrap_or(i32::MAX)).collect(),
            payloads: events().map(|event| event.payload.get()).collect(),
            metadata: events().map(|event| event.metadata.encode_entries()).collect(),
            correlations: events().map(|event| event.metadata.correlation_id).collect(),
            causations: events().map(|event| event.metadata.causation_id).collect(),
            inline,
        }
    }

    pub(super) fn is_one(&self) -> bool {
        self.units.last() == Some(&1)
    }

    /// Makes the function look up the event ids: it does so only for parts whose expected version does not match.
    pub(super) fn expect_impossible_version(&mut self) {
        self.expected.fill(i64::MAX);
    }

    /// The query for one of the two statements that append.
    pub(super) fn query(
        &self,
        connections: &Connections,
        sql: &'static str,
    ) -> Query<'static, Postgres, PgArguments> {
        connections
            .query(sql)
            .bind(&self.units)
            .bind(&self.categories)
            .bind(&self.streams)
            .bind(&self.expected)
            .bind(&self.counts)
            .bind(&self.keys)
            .bind(&self.ids)
            .bind(&self.types)
            .bind(&self.schema_versions)
            .bind(&self.payloads)
            .bind(&self.metadata)
            .bind(&self.correlations)
            .bind(&self.causations)
            .bind(&self.inline)
            .bind(&self.commands)
            .bind(&self.contents)
    }
}

/// Encodes an expected version as the function requires. A version beyond the greatest possible one matches no stream.
fn encode_expected(expected: ExpectedVersion) -> i64 {
    match expected {
        ExpectedVersion::Any => -1,
        ExpectedVersion::StreamExists => -2,
        ExpectedVersion::NoStream => 0,
        ExpectedVersion::Exact(version) => row::signed(version.get()),
    }
}
