//! One append by itself, until its outcome is known: races are run again, and a lost answer is asked for.

use std::sync::Arc;

use eventsource_core::store::{
    Append, AppendError, BoxError, DependentAppends, InvalidAppend, Receipt, StoreError, StreamAppend,
};
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use super::{
    ACTION, AppendResult,
    batch::Batch,
    outcome::{self, StreamOutcome, refusal},
    unknown,
};
use crate::{
    PgTransaction,
    connections::Connections,
    error::{is_connection_lost, is_contended, is_lock_timeout, violated_unique},
};

/// How often an append is tried that another transaction got in the way of. Each time that other one has
/// committed something, so it is seen at the next try; only an append that expects no version can lose twice.
const RACES: usize = 20;

/// The constraint that keeps event ids unique. The one who was in the way has committed by the time of the
/// violation, so the next call sees its event: if it is not a repetition then, the id is another append's.
const EVENT_ID: &str = "events_event_id_key";

/// Why an append has no receipt.
enum SettleFailure {
    Final(AppendError),
    /// It is stored, or it is not.
    Unknown(BoxError),
}

/// Appends until the outcome is known. An append whose answer was lost is asked for once more: its event ids
/// tell whether it happened.
async fn settle(
    connections: &Connections,
    append: &Append,
    mut answer_lost: bool,
) -> Result<Vec<Receipt>, SettleFailure> {
    let unit = Batch::of([append], Vec::new());
    let (mut races, mut in_line) = (0, None);
    loop {
        let connection = match answer_lost {
            false => connections.acquire(ACTION).await,
            true => connections.acquire_live(ACTION).await,
        };
        let connection = match connection {
            Ok(connection) => connection,
            Err(error) if answer_lost => return Err(SettleFailure::Unknown(Box::new(error))),
            Err(error) => return Err(SettleFailure::Final(error.into())),
        };
        // Whoever has to wait for a lock does so in turn with others, so that these leave connections to those who need
        // not wait.
        let sql = match in_line {
            None => include_str!("../sql/append_together.sql"),
            Some(_) => include_str!("../sql/append.sql"),
        };
        let query = unit.query(connections, sql);
        // To the end, not to the first row: the server sends rows before it commits, and says that it is ready
        // for another query only afterwards.
        let called = connections.call(connection, |connection| Box::pin(query.fetch_all(connection))).await;
        let error = match called.and_then(|rows| decode(&rows)) {
            Ok(outcomes) => return outcome::read(append, &outcomes).map_err(SettleFailure::Final),
            Err(error) => error,
        };
        if is_connection_lost(&error) {
            if answer_lost {
                return Err(SettleFailure::Unknown(Box::new(error)));
            }
            answer_lost = true;
        } else if is_lock_timeout(&error) && in_line.is_none() {
            in_line = connections.wait_in_line().await;
        } else if violated_unique(&error) == Some(EVENT_ID) && races > 0 {
            return find_by_ids(connections, append, unit).await.map_err(SettleFailure::Final);
        } else if (violated_unique(&error).is_some() || is_contended(&error)) && races < RACES {
            races += 1;
        } else {
            if answer_lost {
                return Err(SettleFailure::Unknown(Box::new(error)));
            }
            if violated_unique(&error).is_some() {
                let source = Box::new(error);
                return Err(SettleFailure::Final(StoreError::Contended { action: ACTION, source }.into()));
            }
            return Err(SettleFailure::Final(refusal(error)));
        }
    }
}

/// Appends that were called for in this order, on the same stream. After one whose outcome is unknown nothing can
/// be said of the others: it may yet be stored, and must not be after them.
pub(super) async fn settle_in_order(
    connections: &Connections,
    appends: &[Arc<Append>],
    answer_lost: bool,
) -> Vec<AppendResult> {
    let call = |append: Arc<Append>| async move {
        settle(connections, &append, answer_lost).await.map_err(|failure| match failure {
            SettleFailure::Final(error) => error,
            SettleFailure::Unknown(source) => unknown(append, source),
        })
    };
    if let [append] = appends {
        return vec![call(Arc::clone(append)).await];
    }
    let mut dependent = DependentAppends::new();
    let mut settled: Vec<AppendResult> = Vec::with_capacity(appends.len());
    for append in appends {
        settled.push(match settled.last() {
            Some(Err(AppendError::OutcomeUnknown { .. })) => {
                Err(unknown(Arc::clone(append), "the outcome of the append before it is unknown"))
            }
            _ => dependent.append(Append::clone(append), |append| call(Arc::new(append))).await,
        });
    }
    settled
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
    let unit = Batch::of([append], inline);
    let mut races = 0;
    let mut lost = false;
    loop {
        let mut transaction = PgTransaction::begin(connections, ACTION).await?;
        let query = unit.query(connections, include_str!("../sql/append.sql"));
        let error = match query.fetch_all(transaction.own()).await.and_then(|rows| decode(&rows)) {
            Ok(outcomes) => match outcome::read(append, &outcomes) {
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

fn decode(rows: &[PgRow]) -> Result<Vec<StreamOutcome>, sqlx::Error> {
    rows.iter().map(StreamOutcome::decode).collect()
}

/// What became of an append whose version fitted, but not its event ids: they are stored in these streams all
/// the same, and then it has happened before; or another append has used one of them.
async fn find_by_ids(
    connections: &Connections,
    append: &Append,
    mut unit: Batch<'_>,
) -> Result<Vec<Receipt>, AppendError> {
    unit.expect_the_impossible();
    let connection = connections.acquire(ACTION).await?;
    let query = unit.query(connections, include_str!("../sql/append.sql"));
    let called = connections.call(connection, |connection| Box::pin(query.fetch_all(connection))).await;
    let outcomes = called.and_then(|rows| decode(&rows)).map_err(refusal)?;
    if outcomes.iter().all(StreamOutcome::is_repeated) {
        return outcome::read(append, &outcomes);
    }
    Err(used_event_id(connections, append, &unit).await?)
}

/// Names the event id that another append has used.
async fn used_event_id(
    connections: &Connections,
    append: &Append,
    unit: &Batch<'_>,
) -> Result<AppendError, StoreError> {
    let find = connections.read("looking for a used event id", |connection| {
        let query = connections.query(include_str!("../sql/used_event_id.sql")).bind(&unit.ids);
        Box::pin(async move { query.fetch_one(connection).await?.try_get(0) })
    });
    let used: Uuid = find.await?;
    let uses = |part: &&StreamAppend| part.events.iter().any(|event| event.id.as_uuid() == used);
    let part = append.streams.iter().find(uses).or(append.streams.first());
    let Some(StreamAppend { stream, .. }) = part else { return Ok(InvalidAppend::NoStreams.into()) };
    Ok(InvalidAppend::UsedEventId { stream: stream.clone(), id: used.into() }.into())
}
