//! Putting a building generation in the place of the live one: its tables get their names, in one transaction.

use std::{sync::Arc, time::Duration};

use eventsource_core::store::{GenerationFault, GenerationId, StoreError, SwapAttempt};
use sqlx::{Row, SqliteConnection};

use super::{
    ProjectionFault, ProjectionsState, SqliteTransaction,
    generations::forget,
    names::{self, Object},
    now,
    transaction::Tables,
};
use crate::{connections::Connections, error::store_error, read_models::quoted, row};

const ACTION: &str = "swapping generations";

/// How long a swap waits for those who write, in this process and in others.
const SHORT: Duration = Duration::from_millis(200);

enum Readiness {
    Ready { live: Option<GenerationId> },
    Behind,
    Gone,
}

pub(super) async fn begin(
    connections: &Connections,
    shared: &Arc<ProjectionsState>,
    generation: GenerationId,
) -> Result<SwapAttempt<SqliteTransaction>, StoreError> {
    let writing = match connections.begin_within(ACTION, SHORT, SHORT).await {
        Ok(writing) => writing,
        Err(StoreError::Exhausted { .. } | StoreError::Cancelled { .. } | StoreError::Contended { .. }) => {
            return Ok(SwapAttempt::Busy);
        }
        Err(error) => return Err(error),
    };
    let mut transaction = SqliteTransaction::of(connections, shared, writing, None);
    let otherwise = match readiness(transaction.own(), generation).await {
        Ok(Readiness::Ready { live }) => {
            let tables = Tables::Building { live, moved: None };
            return Ok(SwapAttempt::Ready(transaction.at(generation, tables)));
        }
        Ok(Readiness::Behind) => SwapAttempt::Behind,
        Ok(Readiness::Gone) => SwapAttempt::Gone,
        Err(error) => {
            transaction.fail().await;
            return Err(store_error(ACTION, error));
        }
    };
    transaction.roll_back().await?;
    Ok(otherwise)
}

/// Nobody moves while this transaction is open.
async fn readiness(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<Readiness, sqlx::Error> {
    let number = row::signed(generation.get());
    let find = sqlx::query(include_str!("../sql/generation.sql")).bind(number);
    let Some(found) = find.fetch_optional(&mut *connection).await? else { return Ok(Readiness::Gone) };
    if found.try_get::<&str, _>(1)? != "building" {
        return Ok(Readiness::Gone);
    }
    let live: Option<i64> = found.try_get(3)?;
    let compare = sqlx::query(include_str!("../sql/standing.sql")).bind(live).bind(number);
    let places = compare.fetch_one(connection).await?;
    let goal = places.try_get::<Option<i64>, _>(0)?.unwrap_or_default();
    let least = places.try_get::<Option<i64>, _>(1)?;
    Ok(match least {
        None => Readiness::Gone,
        Some(least) if least < goal => Readiness::Behind,
        Some(_) => {
            Readiness::Ready { live: live.and_then(|live| u64::try_from(live).ok()).map(GenerationId::new) }
        }
    })
}

pub(super) async fn swap(
    transaction: &mut SqliteTransaction,
    generation: GenerationId,
    keep_old: bool,
) -> Result<(), StoreError> {
    let failed = |error| store_error(ACTION, error);
    transaction.put_back().await.map_err(failed)?;
    match swap_tables(transaction.own(), generation, keep_old).await.map_err(failed)? {
        true => {
            transaction.is_live();
            Ok(())
        }
        false => {
            let source = Box::new(ProjectionFault::from(GenerationFault::NotBuilding { generation }));
            Err(StoreError::Backend { action: ACTION, source })
        }
    }
}

async fn swap_tables(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    keep_old: bool,
) -> Result<bool, sqlx::Error> {
    let number = row::signed(generation.get());
    let find = sqlx::query(include_str!("../sql/generation.sql")).bind(number);
    let Some(found) = find.fetch_optional(&mut *connection).await? else { return Ok(false) };
    if found.try_get::<&str, _>(1)? != "building" {
        return Ok(false);
    }
    let live = found.try_get::<Option<i64>, _>(3)?.and_then(|live| u64::try_from(live).ok());
    let comes = names::of(connection, generation).await?;
    names::move_only(connection).await?;
    if let Some(live) = live.map(GenerationId::new) {
        let goes = names::of(connection, live).await?;
        retire(connection, live, goes.iter().chain(&comes), keep_old).await?;
    }
    for object in &comes {
        names::bring_in(connection, generation, object).await?;
    }
    names::stay(connection).await?;
    let state = sqlx::query(include_str!("../sql/set_state.sql")).bind(number).bind("live");
    state.execute(connection).await?;
    Ok(true)
}

/// Takes the live generation's tables away, and what else has a name that the new ones take.
async fn retire(
    connection: &mut SqliteConnection,
    live: GenerationId,
    names: impl Iterator<Item = &Object>,
    keep_old: bool,
) -> Result<(), sqlx::Error> {
    let number = row::signed(live.get());
    let end = sqlx::query(include_str!("../sql/to_the_end.sql")).bind(number).bind(now());
    end.execute(&mut *connection).await?;
    for object in names {
        // Of two with the same name, the second is not there any more.
        let Some(found) = names::find(connection, &object.name).await? else { continue };
        match (keep_old, &found.view) {
            (true, _) => {
                names::note(connection, live, &found).await?;
                names::take_out(connection, live, &found).await?;
            }
            (false, Some(_)) => names::take_out(connection, live, &found).await?,
            (false, None) => names::run(connection, format!("drop table {}", quoted(&found.name))).await?,
        }
    }
    let state = sqlx::query(include_str!("../sql/set_state.sql")).bind(number);
    if keep_old {
        state.bind("retired").execute(&mut *connection).await?;
        sqlx::query(include_str!("../sql/disown.sql")).bind(number).execute(connection).await?;
        return Ok(());
    }
    state.bind("abandoned").execute(&mut *connection).await?;
    forget(connection, live).await
}
