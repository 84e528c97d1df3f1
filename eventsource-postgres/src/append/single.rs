//! Appends one append separately until its outcome is known: races are retried, and a lost answer is requested again.

use std::sync::Arc;

use eventsource_core::store::{
    Append, AppendError, BoxError, DependentAppends, InvalidAppend, Receipt, StoreError, StreamAppend,
};
use eventsource_sql::statement;
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use super::{
    ACTION, AppendResult,
    batch::Batch,
    outcome::{self, StreamOutcome, refusal},
    outcome_unknown,
};
use crate::{
    PgTransaction,
    connections::Connections,
    error::{is_connection_lost, is_contended, is_lock_timeout, store_error, violated_unique},
};

/// How often an append is retried after it lost a race against another transaction. That transaction has committed, so
/// the next attempt sees its events; only an append that accepts any version can lose more than once.
const RACES: usize = 20;

/// The constraint that keeps event ids unique. When it is violated, the other transaction has committed, so the next call
/// sees its event: if that call does not report a repetition, the event id belongs to another append.
const EVENT_ID: &str = "events_event_id_key";

/// Why an append has no receipt.
enum SingleFailure {
    Final(AppendError),
    /// The append may be stored or not.
    Unknown(BoxError),
}

/// Appends until the outcome is known. An append whose answer was lost is repeated once: its event ids show whether it
/// was stored.
async fn append_until_known(
    connections: &Connections,
    append: &Append,
    mut answer_lost: bool,
) -> Result<Vec<Receipt>, SingleFailure> {
    let unit = Batch::of([append], Vec::new());
    let (mut races, mut permit) = (0, None);
    let deadline = connections.deadline();
    loop {
        let connection = match answer_lost {
            false => connections.acquire(ACTION, deadline).await,
            true => connections.acquire_live(ACTION, deadline).await,
        };
        let connection = match connection {
            Ok(connection) => connection,
            Err(error) if answer_lost => return Err(SingleFailure::Unknown(Box::new(error))),
            Err(error) => return Err(SingleFailure::Final(error.into())),
        };
        // An append that has to wait for a lock needs a permit, so that appends that wait for locks leave connections to
        // those that need not wait.
        let sql = match permit {
            None => statement!("../sql/events.sql", "append_group"),
            Some(_) => statement!("../sql/events.sql", "append"),
        };
        let query = unit.query(connections, sql);
        // Reads to the end of the result, not only the first row: the server sends the rows before it commits, and is
        // ready for another query only afterwards.
        let called =
            connections.call(connection, deadline, |connection| Box::pin(query.fetch_all(connection))).await;
        let error = match called.and_then(|rows| decode(&rows)) {
            Ok(outcomes) => return outcome::read(append, &outcomes).map_err(SingleFailure::Final),
            Err(error) => error,
        };
        if is_connection_lost(&error) {
            if answer_lost || deadline.has_passed() {
                return Err(SingleFailure::Unknown(Box::new(store_error(ACTION, error))));
            }
            answer_lost = true;
        } else if is_lock_timeout(&error) && permit.is_none() {
            permit = match connections.wait_for_lock_permit(deadline).await {
                Ok(permit) => permit,
                Err(timed_out) if answer_lost => {
                    return Err(SingleFailure::Unknown(Box::new(timed_out.of(ACTION))));
                }
                Err(timed_out) => return Err(SingleFailure::Final(timed_out.of(ACTION).into())),
            };
        } else if violated_unique(&error) == Some(EVENT_ID) && races > 0 {
            return find_by_ids(connections, append, unit).await.map_err(SingleFailure::Final);
        } else if (violated_unique(&error).is_some() || is_contended(&error)) && races < RACES {
            races += 1;
        } else {
            if answer_lost {
                return Err(SingleFailure::Unknown(Box::new(error)));
            }
            if is_lock_timeout(&error)
                && let Some(timed_out) = deadline.lock_timeout(ACTION)
            {
                return Err(SingleFailure::Final(timed_out.into()));
            }
            if violated_unique(&error).is_some() {
                let source = Box::new(error);
                return Err(SingleFailure::Final(StoreError::Contended { action: ACTION, source }.into()));
            }
            return Err(SingleFailure::Final(refusal(error)));
        }
    }
}

/// Appends several appends to the same stream in order. After one with an unknown outcome, the outcomes of the later ones
/// are unknown too: it may still be stored, and must not be stored after them.
pub(super) async fn append_in_order(
    connections: &Connections,
    appends: &[Arc<Append>],
    answer_lost: bool,
) -> Vec<AppendResult> {
    let call = |append: Arc<Append>| async move {
        append_until_known(connections, &append, answer_lost).await.map_err(|failure| match failure {
            SingleFailure::Final(error) => error,
            SingleFailure::Unknown(source) => outcome_unknown(append, source),
        })
    };
    if let [append] = appends {
        return vec![call(Arc::clone(append)).await];
    }
    let mut dependent = DependentAppends::new();
    let mut results: Vec<AppendResult> = Vec::with_capacity(appends.len());
    for append in appends {
        results.push(match results.last() {
            Some(Err(AppendError::OutcomeUnknown { .. })) => {
                Err(outcome_unknown(Arc::clone(append), "the outcome of the append before it is unknown"))
            }
            _ => dependent.append(Append::clone(append), |append| call(Arc::new(append))).await,
        });
    }
    results
}

/// An append in an open transaction.
pub(crate) struct Begun {
    pub(crate) transaction: PgTransaction,
    pub(crate) receipts: Vec<Receipt>,
}

/// Appends within a transaction, for the inline generations. Nothing is stored until the transaction commits, so every
/// failure here can be retried.
pub(crate) async fn begin(
    connections: &Connections,
    append: &Append,
    inline: Vec<i64>,
) -> Result<Begun, AppendError> {
    let unit = Batch::of([append], inline);
    let mut races = 0;
    let mut lost = false;
    loop {
        let mut transaction = PgTransaction::begin(connections, ACTION).await?;
        let query = unit.query(connections, statement!("../sql/events.sql", "append"));
        let error = match query.fetch_all(transaction.own()).await.and_then(|rows| decode(&rows)) {
            Ok(outcomes) => match outcome::read(append, &outcomes) {
                Ok(receipts) => return Ok(Begun { transaction, receipts }),
                Err(error) => {
                    transaction.roll_back_now().await?;
                    return Err(error);
                }
            },
            Err(error) => error,
        };
        transaction.fail(&error).await;
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

/// Appends within an open transaction, which cannot be committed after an error.
pub(crate) async fn within(
    connections: &Connections,
    transaction: &mut PgTransaction,
    append: &Append,
    inline: Vec<i64>,
) -> Result<Vec<Receipt>, AppendError> {
    let unit = Batch::of([append], inline);
    let query = unit.query(connections, statement!("../sql/events.sql", "append_within"));
    match query.fetch_all(transaction.own()).await.and_then(|rows| decode(&rows)) {
        Ok(outcomes) => outcome::read(append, &outcomes),
        // Another transaction has committed what makes this append impossible, or holds it.
        Err(error) if violated_unique(&error).is_some() || is_lock_timeout(&error) => {
            Err(StoreError::Contended { action: ACTION, source: Box::new(error) }.into())
        }
        Err(error) => Err(refusal(error)),
    }
}

fn decode(rows: &[PgRow]) -> Result<Vec<StreamOutcome>, sqlx::Error> {
    rows.iter().map(StreamOutcome::decode).collect()
}

/// The outcome of an append whose expected version matched, but whose event ids exist. Either they are stored in its own
/// streams, and the append is a repetition, or another append has used one of them.
async fn find_by_ids(
    connections: &Connections,
    append: &Append,
    mut unit: Batch<'_>,
) -> Result<Vec<Receipt>, AppendError> {
    unit.expect_impossible_version();
    let deadline = connections.deadline();
    let connection = connections.acquire(ACTION, deadline).await?;
    let query = unit.query(connections, statement!("../sql/events.sql", "append"));
    let called =
        connections.call(connection, deadline, |connection| Box::pin(query.fetch_all(connection))).await;
    let outcomes = called.and_then(|rows| decode(&rows)).map_err(refusal)?;
    if outcomes.iter().all(StreamOutcome::is_repeated) {
        return outcome::read(append, &outcomes);
    }
    Err(used_event_id(connections, append, &unit).await?)
}

/// The error that names the event id that another append has used.
async fn used_event_id(
    connections: &Connections,
    append: &Append,
    unit: &Batch<'_>,
) -> Result<AppendError, StoreError> {
    let find = connections.read("looking up a used event id", |connection| {
        let query = connections.query(statement!("../sql/events.sql", "used_event_id")).bind(&unit.ids);
        Box::pin(async move { query.fetch_one(connection).await?.try_get(0) })
    });
    let used: Uuid = find.await?;
    let uses = |part: &&StreamAppend| part.events.iter().any(|event| event.id.as_uuid() == used);
    let part = append.streams.iter().find(uses).or(append.streams.first());
    let Some(StreamAppend { stream, .. }) = part else { return Ok(InvalidAppend::NoStreams.into()) };
    Ok(InvalidAppend::UsedEventId { stream: stream.clone(), id: used.into() }.into())
}
