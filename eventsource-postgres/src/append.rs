//! Appending: one autocommit statement, on a task of its own.
//!
//! A caller who goes away does not take the statement along: it runs to its end either way, so that no
//! connection is left with half of an answer, and an append is stored whole or not at all.

use std::sync::Arc;

use eventsource_core::{
    Position, StreamId, Version,
    store::{Append, AppendError, ExpectedVersion, InvalidAppend, Receipt, StoreError, StreamAppend},
};
use sqlx::{
    Postgres, Row,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use uuid::Uuid;

use crate::{
    PgTransaction,
    connections::Connections,
    error::{detail_of, is_connection_lost, is_contended, store_error, violated_unique},
    row,
};

const ACTION: &str = "appending";

/// How often an append is tried that another transaction got in the way of. Each time that other one has
/// committed something, so it is seen at the next try; only an append that expects no version can lose twice.
const RACES: usize = 20;

/// The constraint that keeps event ids unique. The one who was in the way has committed by the time of the
/// violation, so the next call sees its event: if it is not a repetition then, the id is another append's.
const EVENT_ID: &str = "events_event_id_key";

pub(crate) async fn append(connections: &Connections, append: Append) -> Result<Vec<Receipt>, AppendError> {
    append.validate()?;
    let append = Arc::new(append);
    let task = tokio::spawn(settle(connections.clone(), Arc::clone(&append)));
    let outcome = match task.await {
        Ok(outcome) => outcome,
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        // The runtime is shutting down, and took the task along.
        Err(cancelled) => Err(Failure::Unknown(Box::new(cancelled))),
    };
    outcome.map_err(|failure| match failure {
        Failure::Settled(error) => error,
        Failure::Unknown(source) => {
            AppendError::OutcomeUnknown { append: Box::new(Arc::unwrap_or_clone(append)), source }
        }
    })
}

enum Failure {
    Settled(AppendError),
    Unknown(Box<dyn std::error::Error + Send + Sync>),
}

/// Appends until the outcome is known. An append whose answer was lost is asked for once more: its event ids
/// tell whether it happened.
async fn settle(connections: Connections, append: Arc<Append>) -> Result<Vec<Receipt>, Failure> {
    let unit = Unit::of(&append, Vec::new());
    let mut answer_lost = false;
    let mut races = 0;
    loop {
        let connection = match answer_lost {
            false => connections.acquire(ACTION).await,
            true => connections.acquire_live(ACTION).await,
        };
        let connection = match connection {
            Ok(connection) => connection,
            Err(error) if answer_lost => return Err(Failure::Unknown(Box::new(error))),
            Err(error) => return Err(Failure::Settled(error.into())),
        };
        let error = match unit.call(&connections, connection).await {
            Ok(outcomes) => return read_outcomes(&append, outcomes).map_err(Failure::Settled),
            Err(error) => error,
        };
        if is_connection_lost(&error) {
            if answer_lost {
                return Err(Failure::Unknown(Box::new(error)));
            }
            answer_lost = true;
        } else if violated_unique(&error) == Some(EVENT_ID) && races > 0 {
            return find_by_ids(&connections, &append, unit).await.map_err(Failure::Settled);
        } else if (violated_unique(&error).is_some() || is_contended(&error)) && races < RACES {
            races += 1;
        } else {
            if answer_lost {
                return Err(Failure::Unknown(Box::new(error)));
            }
            if violated_unique(&error).is_some() {
                let source = Box::new(error);
                return Err(Failure::Settled(StoreError::Contended { action: ACTION, source }.into()));
            }
            return Err(Failure::Settled(refusal(error)));
        }
    }
}

/// An append whose transaction is open.
pub(crate) struct Begun {
    pub(crate) transaction: PgTransaction,
    pub(crate) receipts: Vec<Receipt>,
}

/// Appends within a transaction, for the generations that commit with the events. Until that commits nothing is
/// stored, so whatever goes wrong here can be tried again.
pub(crate) async fn begin(
    connections: &Connections,
    append: &Append,
    inline: Vec<i64>,
) -> Result<Begun, AppendError> {
    let unit = Unit::of(append, inline);
    let mut races = 0;
    let mut lost = false;
    loop {
        let mut transaction = PgTransaction::begin(connections, ACTION).await?;
        let outcomes = unit.query(connections).fetch_all(transaction.own()).await;
        let error = match outcomes.and_then(|rows| rows.iter().map(Outcome::decode).collect()) {
            Ok(outcomes) => match read_outcomes(append, outcomes) {
                Ok(receipts) => return Ok(Begun { transaction, receipts }),
                Err(error) => {
                    transaction.roll_back().await?;
                    return Err(error);
                }
            },
            Err(error) => error,
        };
        transaction.fail(connections, &error).await;
        if is_connection_lost(&error) && !lost {
            lost = true;
        } else if violated_unique(&error) == Some(EVENT_ID) && races > 0 {
            let receipts = find_by_ids(connections, append, unit).await?;
            let transaction = PgTransaction::begin(connections, ACTION).await?;
            return Ok(Begun { transaction, receipts });
        } else if (violated_unique(&error).is_some() || is_contended(&error)) && races < RACES {
            races += 1;
        } else if violated_unique(&error).is_some() {
            return Err(StoreError::Contended { action: ACTION, source: Box::new(error) }.into());
        } else {
            return Err(refusal(error));
        }
    }
}

/// What an error of the append function means: that read models commit with the events which the append does not
/// keep, or something that can happen to any statement.
fn refusal(error: sqlx::Error) -> AppendError {
    match detail_of(&error, "ES001") {
        Some(names) => AppendError::Inline { projections: serde_json::from_str(&names).unwrap_or_default() },
        None => store_error(ACTION, error).into(),
    }
}

/// One append as the arrays of the append function. Borrowed, so that trying again costs no copy of payloads.
struct Unit<'a> {
    units: Vec<i32>,
    categories: Vec<&'a str>,
    streams: Vec<&'a str>,
    expected: Vec<i64>,
    counts: Vec<i32>,
    keys: Vec<Option<&'a str>>,
    ids: Vec<Uuid>,
    types: Vec<&'a str>,
    schema_versions: Vec<i32>,
    payloads: Vec<&'a str>,
    metadata: Vec<String>,
    correlations: Vec<Option<Uuid>>,
    causations: Vec<Option<Uuid>>,
    inline: Vec<i64>,
}

/// What the function answers for one part.
struct Outcome {
    kind: String,
    version: Version,
    position: Position,
}

impl<'a> Unit<'a> {
    fn of(append: &'a Append, inline: Vec<i64>) -> Self {
        let parts = &append.streams;
        let events = || parts.iter().flat_map(|part| &part.events);
        Self {
            units: vec![1; parts.len()],
            categories: parts.iter().map(|part| part.stream.category()).collect(),
            streams: parts.iter().map(|part| part.stream.id()).collect(),
            expected: parts.iter().map(|part| encode_expected(part.expected)).collect(),
            counts: parts.iter().map(|part| i32::try_from(part.events.len()).unwrap_or(i32::MAX)).collect(),
            keys: vec![append.idempotency_key.as_deref(); parts.len()],
            ids: events().map(|event| event.id.as_uuid()).collect(),
            types: events().map(|event| &*event.event_type).collect(),
            schema_versions: events().map(|e| i32::try_from(e.schema_version).unwrap_or(i32::MAX)).collect(),
            payloads: events().map(|event| event.payload.get()).collect(),
            metadata: events().map(|event| event.metadata.encode_values()).collect(),
            correlations: events().map(|event| event.metadata.correlation_id).collect(),
            causations: events().map(|event| event.metadata.causation_id).collect(),
            inline,
        }
    }

    fn query(&self, connections: &Connections) -> Query<'static, Postgres, PgArguments> {
        connections
            .query(include_str!("sql/append.sql"))
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
    }

    async fn call(
        &self,
        connections: &Connections,
        connection: PoolConnection<Postgres>,
    ) -> Result<Vec<Outcome>, sqlx::Error> {
        let query = self.query(connections);
        // To the end, not to the first row: the server sends rows before it commits, and says that it is ready
        // for another query only afterwards.
        let rows = connections.call(connection, |connection| Box::pin(query.fetch_all(connection))).await?;
        rows.iter().map(Outcome::decode).collect()
    }
}

impl Outcome {
    fn decode(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            kind: row.try_get(1)?,
            version: Version::new(row::unsigned(row, 2)?),
            position: Position::new(row::unsigned(row, 3)?),
        })
    }
}

/// As the function wants it. A version beyond what a stream can have is no stream's.
fn encode_expected(expected: ExpectedVersion) -> i64 {
    match expected {
        ExpectedVersion::Any => -1,
        ExpectedVersion::StreamExists => -2,
        ExpectedVersion::NoStream => 0,
        ExpectedVersion::Exact(version) => row::signed(version.get()),
    }
}

fn read_outcomes(append: &Append, outcomes: Vec<Outcome>) -> Result<Vec<Receipt>, AppendError> {
    if outcomes.len() != append.streams.len() {
        let source = format!("{} outcomes for {} streams", outcomes.len(), append.streams.len()).into();
        return Err(StoreError::Corrupt { action: ACTION, source }.into());
    }
    let mut receipts = Vec::with_capacity(outcomes.len());
    let mut held_back = false;
    for (StreamAppend { stream, expected, .. }, Outcome { kind, version, position }) in
        append.streams.iter().zip(outcomes)
    {
        let stream = stream.clone();
        match kind.as_str() {
            "appended" => receipts.push(Receipt { stream, version, position, repeated: false }),
            "repeated" => receipts.push(Receipt { stream, version, position, repeated: true }),
            "conflict" => return Err(AppendError::Conflict { stream, expected: *expected, actual: version }),
            "used key" => {
                let key = append.idempotency_key.clone().unwrap_or_default();
                return Err(InvalidAppend::UsedKey { stream, key }.into());
            }
            // The part that was in the way is among the others.
            "held back" => held_back = true,
            other => {
                let source = format!("an unknown outcome {other:?}").into();
                return Err(StoreError::Corrupt { action: ACTION, source }.into());
            }
        }
    }
    if held_back {
        let source = "a part was held back, but none was in the way".into();
        return Err(StoreError::Corrupt { action: ACTION, source }.into());
    }
    Ok(receipts)
}

/// The first receipt of an append under this key.
pub(crate) async fn find_receipt(
    connections: &Connections,
    stream: &StreamId,
    key: &str,
) -> Result<Option<Receipt>, StoreError> {
    if row::is_no_text(key) {
        return Ok(None);
    }
    connections
        .read("looking for an idempotency key", |connection| {
            let query = connections
                .query(include_str!("sql/find_receipt.sql"))
                .bind(stream.category().to_owned())
                .bind(stream.id().to_owned())
                .bind(key.to_owned());
            let stream = stream.clone();
            Box::pin(async move {
                let Some(found) = query.fetch_optional(connection).await? else { return Ok(None) };
                let version = Version::new(row::unsigned(&found, 0)?);
                let position = Position::new(row::unsigned(&found, 1)?);
                Ok(Some(Receipt { stream, version, position, repeated: true }))
            })
        })
        .await
}

/// What became of an append whose version fitted, but not its event ids: they are stored in these streams all
/// the same, and then it has happened before; or another append has used one of them.
async fn find_by_ids(
    connections: &Connections,
    append: &Append,
    mut unit: Unit<'_>,
) -> Result<Vec<Receipt>, AppendError> {
    // The function looks for the ids of those parts only that do not fit by their version.
    unit.expected.fill(i64::MAX);
    let connection = connections.acquire(ACTION).await?;
    let outcomes = unit.call(connections, connection).await.map_err(refusal)?;
    if outcomes.iter().all(|outcome| outcome.kind == "repeated") {
        return read_outcomes(append, outcomes);
    }
    Err(used_event_id(connections, append, &unit).await?)
}

/// Names the event id that another append has used.
async fn used_event_id(
    connections: &Connections,
    append: &Append,
    unit: &Unit<'_>,
) -> Result<AppendError, StoreError> {
    let find = connections.read("looking for a used event id", |connection| {
        let query = connections.query(include_str!("sql/used_event_id.sql")).bind(&unit.ids);
        Box::pin(async move { query.fetch_one(connection).await?.try_get(0) })
    });
    let used: Uuid = find.await?;
    let uses = |part: &&StreamAppend| part.events.iter().any(|event| event.id.as_uuid() == used);
    let part = append.streams.iter().find(uses).or(append.streams.first());
    let Some(StreamAppend { stream, .. }) = part else { return Ok(InvalidAppend::NoStreams.into()) };
    Ok(InvalidAppend::UsedEventId { stream: stream.clone(), id: used.into() }.into())
}
