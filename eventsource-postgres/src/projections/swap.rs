//! Swaps a building generation with the live one.

use std::time::{Duration, Instant};

use eventsource_core::{
    Position,
    store::{GenerationFault, GenerationId, StoreError, SwapAttempt, rules::generations::swap_attempt},
};
use eventsource_sql::{quoted, state, statement};
use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr};
use tokio::time::sleep;

use super::{PgTransaction, ProjectionFault, generations::schema_of};
use crate::{
    connections::Connections,
    error::{detail_of, is_code, is_lock_timeout, store_error, table_error},
    row, sqlstate,
};

const ACTION: &str = "swapping generations";

/// How long the live generation is blocked while the building one catches up with it.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(1);

/// The interval at which the position of the building generation is read.
const POLL_INTERVAL: Duration = Duration::from_millis(3);

/// The lock timeout for the row locks of a worker's batch. Transactions behind this one wait for the same time.
const LOCK_TIMEOUT_MS: &str = "200";

pub(super) async fn begin(
    connections: &Connections,
    generation: GenerationId,
) -> Result<SwapAttempt<PgTransaction>, StoreError> {
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    let otherwise = match freeze(connections, &mut transaction, generation).await {
        Ok(SwapAttempt::Ready(())) => return Ok(SwapAttempt::Ready(transaction)),
        Ok(SwapAttempt::Behind) => SwapAttempt::Behind,
        Ok(SwapAttempt::Busy) => SwapAttempt::Busy,
        Ok(_) => SwapAttempt::Gone,
        Err(error) => {
            let busy = is_lock_timeout(&error);
            transaction.fail(&error).await;
            return if busy { Ok(SwapAttempt::Busy) } else { Err(store_error(ACTION, error)) };
        }
    };
    transaction.roll_back_now().await?;
    Ok(otherwise)
}

/// Locks the checkpoints of the live generation, waits until the building one has reached the same position, and locks its
/// checkpoints too. The workers of both then wait for the rows of their checkpoints, before they have accessed a table.
async fn freeze(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
) -> Result<SwapAttempt<()>, sqlx::Error> {
    let connection = transaction.own();
    let number = row::signed(generation.get());
    let find = || connections.query(statement!("../sql/generations.sql", "generation")).bind(number);
    let Some(found) = find().fetch_optional(&mut *connection).await? else { return Ok(SwapAttempt::Gone) };
    let name: String = found.try_get(0)?;
    let lock = connections.query(statement!("../sql/generations.sql", "try_lock_name")).bind(name.clone());
    if !lock.fetch_one(&mut *connection).await?.try_get::<bool, _>(0)? {
        return Ok(SwapAttempt::Busy);
    }
    let found = find().fetch_optional(&mut *connection).await?;
    let state = found.map(|found| state(&found, 1)).transpose()?;
    if let SwapAttempt::Gone = swap_attempt(state, None, Some(Position::START)) {
        return Ok(SwapAttempt::Gone);
    }
    let lock_timeout =
        connections.query(statement!("../sql/session.sql", "set_lock_timeout")).bind(LOCK_TIMEOUT_MS);
    lock_timeout.execute(&mut *connection).await?;
    let live = connections.query(statement!("../sql/checkpoints.sql", "lock_live")).bind(name.clone());
    let mut target = 0;
    for checkpoint in live.fetch_all(&mut *connection).await? {
        target = target.max(checkpoint.try_get::<i64, _>(0)?);
    }
    let inline = connections.query(statement!("../sql/generations.sql", "live_is_inline")).bind(name);
    if inline.fetch_one(&mut *connection).await?.try_get(0)? {
        // The checkpoint of an inline generation does not advance; it has applied every event up to the horizon.
        connections.query(statement!("../sql/log.sql", "hold_appends")).execute(&mut *connection).await?;
        let horizon = connections.query(statement!("../sql/log.sql", "horizon"));
        target = horizon.fetch_one(&mut *connection).await?.try_get(0)?;
    }
    let since = Instant::now();
    loop {
        let lowest = connections.query(statement!("../sql/checkpoints.sql", "least_position")).bind(number);
        let lowest: Option<i64> = lowest.fetch_one(&mut *connection).await?.try_get(0)?;
        match swap_attempt(state, Some(position(target)), lowest.map(position)) {
            SwapAttempt::Ready(()) => break,
            SwapAttempt::Behind if since.elapsed() < CATCH_UP_TIMEOUT => sleep(POLL_INTERVAL).await,
            otherwise => return Ok(otherwise),
        }
    }
    let building = connections.query(statement!("../sql/checkpoints.sql", "lock_generation")).bind(number);
    building.execute(connection).await?;
    Ok(SwapAttempt::Ready(()))
}

/// A check constraint keeps positions from being negative.
fn position(number: i64) -> Position {
    Position::new(u64::try_from(number).unwrap_or_default())
}

/// Analyzes tables that were never analyzed: readers would otherwise use plans for empty tables after the swap. Each table
/// may take as long as a call of these connections.
pub(super) async fn analyze(connections: &Connections, generation: GenerationId) -> Result<(), StoreError> {
    let tables = connections.read(ACTION, |connection| {
        let query = connections.query(statement!("../sql/read_models.sql", "never_analyzed"));
        let query = query.bind(row::signed(generation.get()));
        Box::pin(async move {
            let tables = query.fetch_all(connection).await?;
            tables.iter().map(|table| table.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()
        })
    });
    for table in tables.await? {
        let analyze = format!("analyze {}.{}", schema_of(generation), quoted(&table));
        let analyzed = connections.read(ACTION, move |connection| {
            let analyze = AssertSqlSafe(analyze.clone()).into_sql_str();
            Box::pin(async move { connection.execute(analyze).await.map(|_| ()) })
        });
        // A table that was dropped, that is just being analyzed, or that takes too long, does not prevent the swap.
        if let Err(error @ (StoreError::Unavailable { .. } | StoreError::Exhausted { .. })) = analyzed.await {
            return Err(error);
        }
    }
    Ok(())
}

pub(super) async fn swap(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
    keep_old: bool,
) -> Result<(), StoreError> {
    let query = connections
        .query(statement!("../sql/generations.sql", "swap"))
        .bind(row::signed(generation.get()))
        .bind(keep_old);
    let Err(error) = query.execute(transaction.own()).await else { return Ok(()) };
    let fault = match detail_of(&error, sqlstate::DEPENDENT_OBJECTS) {
        Some(dependents) => Some(ProjectionFault::Dependents { generation, dependents }),
        None => is_code(&error, sqlstate::NOT_BUILDING)
            .then(|| GenerationFault::NotBuilding { generation }.into()),
    };
    Err(match fault {
        Some(fault) => StoreError::Backend { action: ACTION, source: Box::new(fault) },
        None => table_error(ACTION, error),
    })
}
