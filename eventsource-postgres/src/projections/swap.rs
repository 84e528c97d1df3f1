//! Putting a building generation in the place of the live one.

use std::time::{Duration, Instant};

use eventsource_core::store::{GenerationFault, GenerationId, StoreError, SwapAttempt};
use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr};
use tokio::time::sleep;

use super::{PgTransaction, ProjectionFault, generations::schema_of};
use crate::{
    connections::Connections,
    error::{detail_of, is_code, is_lock_timeout, store_error, table_error},
    read_models::quoted,
    row,
};

const ACTION: &str = "swapping generations";

/// How long the live generation is kept waiting for the building one to come to where it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between two looks at where the building one is.
const PAUSE: Duration = Duration::from_millis(3);

/// For the row locks of a worker's batch. Who waits behind this transaction waits as long.
const LOCK_TIMEOUT_MS: &str = "200";

enum Readiness {
    Ready,
    Behind,
    Busy,
    Gone,
}

pub(super) async fn begin(
    connections: &Connections,
    generation: GenerationId,
) -> Result<SwapAttempt<PgTransaction>, StoreError> {
    analyze(connections, generation).await?;
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    let readiness = match freeze(connections, &mut transaction, generation).await {
        Ok(readiness) => readiness,
        Err(error) => {
            let busy = is_lock_timeout(&error);
            transaction.fail(connections, &error).await;
            return if busy { Ok(SwapAttempt::Busy) } else { Err(store_error(ACTION, error)) };
        }
    };
    let otherwise = match readiness {
        Readiness::Ready => return Ok(SwapAttempt::Ready(transaction)),
        Readiness::Behind => SwapAttempt::Behind,
        Readiness::Busy => SwapAttempt::Busy,
        Readiness::Gone => SwapAttempt::Gone,
    };
    transaction.roll_back().await?;
    Ok(otherwise)
}

/// Keeps the live generation where it is, waits for the building one to be there too, and keeps that where it is.
/// Their workers wait for the rows of their checkpoints, before they have touched a table.
async fn freeze(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
) -> Result<Readiness, sqlx::Error> {
    let connection = transaction.own();
    let number = row::signed(generation.get());
    let find = || connections.query(include_str!("../sql/generation.sql")).bind(number);
    let Some(found) = find().fetch_optional(&mut *connection).await? else { return Ok(Readiness::Gone) };
    let name: String = found.try_get(0)?;
    let lock = connections.query(include_str!("../sql/try_lock_name.sql")).bind(name.clone());
    if !lock.fetch_one(&mut *connection).await?.try_get::<bool, _>(0)? {
        return Ok(Readiness::Busy);
    }
    let found = find().fetch_optional(&mut *connection).await?;
    if found.map(|found| found.try_get::<String, _>(1)).transpose()?.as_deref() != Some("building") {
        return Ok(Readiness::Gone);
    }
    let waits = connections.query(include_str!("../sql/short_waits.sql")).bind(LOCK_TIMEOUT_MS);
    waits.execute(&mut *connection).await?;
    let live = connections.query(include_str!("../sql/lock_live.sql")).bind(name.clone());
    let mut goal = 0;
    for checkpoint in live.fetch_all(&mut *connection).await? {
        goal = goal.max(checkpoint.try_get::<i64, _>(0)?);
    }
    let inline = connections.query(include_str!("../sql/live_is_inline.sql")).bind(name);
    if inline.fetch_one(&mut *connection).await?.try_get(0)? {
        // Its checkpoint stands still; it has seen all there is.
        connections.query(include_str!("../sql/hold_appends.sql")).execute(&mut *connection).await?;
        let horizon = connections.query(include_str!("../sql/horizon.sql"));
        goal = horizon.fetch_one(&mut *connection).await?.try_get(0)?;
    }
    let since = Instant::now();
    loop {
        let least = connections.query(include_str!("../sql/least_position.sql")).bind(number);
        let least: Option<i64> = least.fetch_one(&mut *connection).await?.try_get(0)?;
        match least {
            None => return Ok(Readiness::Gone),
            Some(least) if least >= goal => break,
            Some(_) if since.elapsed() >= PATIENCE => return Ok(Readiness::Behind),
            Some(_) => sleep(PAUSE).await,
        }
    }
    let building = connections.query(include_str!("../sql/lock_generation.sql")).bind(number);
    building.execute(connection).await?;
    Ok(Readiness::Ready)
}

/// Lets the server look at tables it has not looked at yet: readers would meet them with the plans of empty ones.
async fn analyze(connections: &Connections, generation: GenerationId) -> Result<(), StoreError> {
    let tables = connections.read(ACTION, |connection| {
        let query = connections.query(include_str!("../sql/never_analyzed.sql"));
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
        // A table that is gone, or that is just looked at, is no reason not to go on.
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
        .query(include_str!("../sql/exchange.sql"))
        .bind(row::signed(generation.get()))
        .bind(keep_old);
    let Err(error) = query.execute(transaction.own()).await else { return Ok(()) };
    let fault = match detail_of(&error, "ES002") {
        Some(dependents) => Some(ProjectionFault::Dependents { generation, dependents }),
        None => is_code(&error, "ES003").then(|| GenerationFault::NotBuilding { generation }.into()),
    };
    Err(match fault {
        Some(fault) => StoreError::Backend { action: ACTION, source: Box::new(fault) },
        None => table_error(ACTION, error),
    })
}
