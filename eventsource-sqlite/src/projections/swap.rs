//! Swapping the live generation for a building one: its tables are renamed, in one transaction.

use std::{sync::Arc, time::Duration};

use eventsource_core::{
    Position,
    store::{
        GenerationFault, GenerationId, GenerationState, StoreError, SwapAttempt, rules::generations as rules,
    },
};
use eventsource_sql::{quoted, state, statement};
use sqlx::{Row, SqliteConnection};

use super::{
    ProjectionFault, ProjectionsState, SqliteTransaction,
    generations::delete_state,
    names::{self, Object},
    now,
    transaction::Tables,
};
use crate::{connections::Connections, error::store_error, row};

const ACTION: &str = "swapping generations";

/// How long a swap waits for other writers, in this process and in others.
const SWAP_TIMEOUT: Duration = Duration::from_millis(200);

pub(super) async fn begin(
    connections: &Connections,
    shared: &Arc<ProjectionsState>,
    generation: GenerationId,
) -> Result<SwapAttempt<SqliteTransaction>, StoreError> {
    let writing = match connections.begin_within(ACTION, SWAP_TIMEOUT, SWAP_TIMEOUT).await {
        Ok(writing) => writing,
        Err(StoreError::Exhausted { .. } | StoreError::Cancelled { .. } | StoreError::Contended { .. }) => {
            return Ok(SwapAttempt::Busy);
        }
        Err(error) => return Err(error),
    };
    let mut transaction = SqliteTransaction::of(connections, shared, writing, None);
    match attempt(transaction.own(), generation).await {
        Ok((live, SwapAttempt::Ready(()))) => {
            let tables = Tables::Building { live, moved: None };
            Ok(SwapAttempt::Ready(transaction.at(generation, tables)))
        }
        Ok((_, SwapAttempt::Behind)) => transaction.roll_back_now().await.map(|()| SwapAttempt::Behind),
        Ok(_) => transaction.roll_back_now().await.map(|()| SwapAttempt::Gone),
        Err(error) => {
            transaction.fail().await;
            Err(store_error(ACTION, error))
        }
    }
}

/// The live generation, and whether this one can replace it. No checkpoint moves while this transaction is open.
async fn attempt(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<(Option<GenerationId>, SwapAttempt<()>), sqlx::Error> {
    let Some((state, live)) = with_live(connection, generation).await? else {
        return Ok((None, rules::swap_attempt(None, None, None)));
    };
    let compare = sqlx::query(statement!("../sql/generations.sql", "swap_positions"));
    let compare = compare.bind(live.map(|live| row::signed(live.get()))).bind(row::signed(generation.get()));
    let positions = compare.fetch_one(connection).await?;
    let position = |column| {
        let found = positions.try_get::<Option<i64>, _>(column)?;
        Ok::<_, sqlx::Error>(found.and_then(|it| u64::try_from(it).ok()).map(Position::new))
    };
    Ok((live, rules::swap_attempt(Some(state), position(0)?, position(1)?)))
}

/// The state of a generation, and the live one of its name.
async fn with_live(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<Option<(GenerationState, Option<GenerationId>)>, sqlx::Error> {
    let find =
        sqlx::query(statement!("../sql/generations.sql", "generation")).bind(row::signed(generation.get()));
    let Some(found) = find.fetch_optional(connection).await? else { return Ok(None) };
    let live = found.try_get::<Option<i64>, _>(3)?.and_then(|live| u64::try_from(live).ok());
    Ok(Some((state(&found, 1)?, live.map(GenerationId::new))))
}

pub(super) async fn swap(
    transaction: &mut SqliteTransaction,
    generation: GenerationId,
    keep_old: bool,
) -> Result<(), StoreError> {
    let failed = |error| store_error(ACTION, error);
    let refused = |fault| StoreError::Backend { action: ACTION, source: Box::<ProjectionFault>::new(fault) };
    transaction.put_back().await.map_err(failed)?;
    let views = readable_views(transaction.own()).await.map_err(failed)?;
    let swapped = swap_tables(transaction.own(), generation, keep_old).await.map_err(failed)?;
    swapped.map_err(|fault| refused(fault.into()))?;
    let after = readable_views(transaction.own()).await.map_err(failed)?;
    // A view of the former generation that was dropped is not missed.
    let existing = views_of(transaction.own()).await.map_err(failed)?;
    let broken = views.into_iter().filter(|view| existing.contains(view) && !after.contains(view));
    let broken: Vec<_> = broken.map(|view| format!("view {view}")).collect();
    if !broken.is_empty() {
        return Err(refused(ProjectionFault::Dependents { generation, dependents: broken.join(", ") }));
    }
    transaction.set_live();
    Ok(())
}

async fn views_of(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let views = sqlx::query(statement!("../sql/read_models.sql", "views")).fetch_all(connection).await?;
    views.iter().map(|view| view.try_get(0)).collect()
}

/// The views that can be read now. Renamed tables do not change the text of a view, so it reads whatever table has the
/// name, and fails if that lacks a column.
async fn readable_views(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let mut readable = Vec::new();
    for view in views_of(&mut *connection).await? {
        if names::run(connection, format!("select * from {} limit 0", quoted(&view))).await.is_ok() {
            readable.push(view);
        }
    }
    Ok(readable)
}

async fn swap_tables(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    keep_old: bool,
) -> Result<Result<(), GenerationFault>, sqlx::Error> {
    let found = with_live(connection, generation).await?;
    if let Err(fault) = rules::check_building(generation, found.map(|(state, _)| state)) {
        return Ok(Err(fault));
    }
    let live = found.and_then(|(_, live)| live);
    let new = names::of(connection, generation).await?;
    names::begin_renames(connection).await?;
    if let Some(live) = live {
        let old = names::of(connection, live).await?;
        retire(connection, live, old.iter().chain(&new), keep_old).await?;
    }
    for object in &new {
        names::move_in(connection, generation, object).await?;
    }
    names::end_renames(connection).await?;
    set_state(connection, generation, GenerationState::Live).await?;
    Ok(Ok(()))
}

async fn set_state(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    state: GenerationState,
) -> Result<(), sqlx::Error> {
    let set = sqlx::query(statement!("../sql/generations.sql", "set_state"));
    set.bind(row::signed(generation.get())).bind(state.as_str()).execute(connection).await.map(drop)
}

/// Renames or drops the live generation's tables, and other objects whose names the new tables need.
async fn retire(
    connection: &mut SqliteConnection,
    live: GenerationId,
    names: impl Iterator<Item = &Object>,
    keep_old: bool,
) -> Result<(), sqlx::Error> {
    let number = row::signed(live.get());
    let end =
        sqlx::query(statement!("../sql/checkpoints.sql", "checkpoints_to_end")).bind(number).bind(now());
    end.execute(&mut *connection).await?;
    for object in names {
        // If a name occurs twice, the object was moved already.
        let Some(found) = names::find(connection, &object.name).await? else { continue };
        match (keep_old, &found.view) {
            (true, _) => {
                names::note(connection, live, &found).await?;
                names::move_out(connection, live, &found).await?;
            }
            (false, Some(_)) => names::move_out(connection, live, &found).await?,
            (false, None) => names::run(connection, format!("drop table {}", quoted(&found.name))).await?,
        }
    }
    if keep_old {
        set_state(connection, live, GenerationState::Retired).await?;
        sqlx::query(statement!("../sql/checkpoints.sql", "release_generation"))
            .bind(number)
            .execute(connection)
            .await?;
        return Ok(());
    }
    delete_state(connection, live).await
}
