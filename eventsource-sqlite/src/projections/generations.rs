//! Creating, listing and abandoning generations.

use std::sync::Arc;

use eventsource_core::store::{
    Definition, EventTypes, Generation, GenerationId, GenerationRequest, GenerationState, Heartbeat,
    StoreError,
    rules::generations::{self as rules, Due, Existing, Widening},
};
use eventsource_sql::{existing, quoted, state, statement};
use sqlx::{Row, SqliteConnection};

use super::{
    ProjectionFault, ProjectionsState, SqliteTransaction,
    leases::write,
    names::{self, prefixed_name},
    now,
    setup::Setup,
    transaction::Tables,
};
use crate::{connections::Connections, error::store_error, row};

pub(super) async fn begin(
    connections: &Connections,
    shared: &Arc<ProjectionsState>,
    definition: &Definition,
    request: GenerationRequest,
) -> Result<Option<(GenerationId, SqliteTransaction)>, StoreError> {
    const ACTION: &str = "creating a generation";
    let mut transaction = SqliteTransaction::begin(connections, shared, ACTION).await?;
    match create(transaction.own(), definition, request).await {
        Ok(Some((generation, setup))) => {
            Ok(Some((generation, transaction.at(generation, Tables::New(setup)))))
        }
        // Commits the changed swap options of the building generation.
        Ok(None) => transaction.commit_now().await.map(|()| None),
        Err(error) => {
            transaction.fail().await;
            Err(store_error(ACTION, error))
        }
    }
}

async fn create(
    connection: &mut SqliteConnection,
    definition: &Definition,
    request: GenerationRequest,
) -> Result<Option<(GenerationId, Setup)>, sqlx::Error> {
    let existing = of_name(connection, &definition.name).await?;
    let new = match Due::of(definition, request, existing.iter().copied()) {
        Due::Nothing => return Ok(None),
        Due::SwapOptions { building, swap_when_ready, keep_old } => {
            let options = sqlx::query(statement!("../sql/generations.sql", "set_swap_options"));
            let options = options.bind(row::signed(building.get())).bind(swap_when_ready).bind(keep_old);
            options.execute(connection).await?;
            return Ok(None);
        }
        Due::Create(new) => new,
    };
    if let Some(earlier) = new.abandon {
        abandon_in(connection, earlier).await?;
    }
    let insert = sqlx::query(statement!("../sql/generations.sql", "insert_generation"))
        .bind(&definition.name)
        .bind(i64::from(definition.version))
        .bind(definition.kind.as_str())
        .bind(new.state.as_str())
        .bind(new.swap_when_ready)
        .bind(new.keep_old)
        .bind(now())
        .bind(json(&definition.event_types)?);
    let inserted = insert.fetch_one(&mut *connection).await?;
    let generation = GenerationId::new(row::unsigned(&inserted, 0)?);
    let checkpoints = sqlx::query(statement!("../sql/checkpoints.sql", "insert_checkpoints"))
        .bind(row::signed(generation.get()))
        .bind(i64::from(new.partitions))
        .bind(new.start.map(|position| row::signed(position.get())))
        .bind(now());
    checkpoints.execute(&mut *connection).await?;
    let live = existing.iter().find(|it| it.state == GenerationState::Live).map(|it| it.id);
    let setup = Setup::begin(connection, live, new.state == GenerationState::Building).await?;
    Ok(Some((generation, setup)))
}

/// The generations of a projection.
async fn of_name(connection: &mut SqliteConnection, name: &str) -> Result<Vec<Existing>, sqlx::Error> {
    let query = sqlx::query(statement!("../sql/generations.sql", "current_generations")).bind(name);
    query.fetch_all(connection).await?.iter().map(existing).collect()
}

/// Abandons a generation that is not live.
async fn abandon_in(connection: &mut SqliteConnection, generation: GenerationId) -> Result<(), sqlx::Error> {
    drop_tables(connection, generation).await?;
    delete_state(connection, generation).await
}

/// Deletes a generation with its checkpoints, parked events, timers, instances and object list.
pub(super) async fn delete_state(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<(), sqlx::Error> {
    let number = row::signed(generation.get());
    for sql in [
        statement!("../sql/checkpoints.sql", "delete_checkpoints"),
        statement!("../sql/parked.sql", "delete_parked"),
        statement!("../sql/timers.sql", "delete_timers"),
        statement!("../sql/instances.sql", "delete_instances"),
        statement!("../sql/read_models.sql", "delete_objects"),
        statement!("../sql/generations.sql", "delete_generation"),
    ] {
        sqlx::query(sql).bind(number).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Drops the tables of a generation that is not live. Its views do not exist in the file.
async fn drop_tables(connection: &mut SqliteConnection, generation: GenerationId) -> Result<(), sqlx::Error> {
    for object in names::of(connection, generation).await? {
        if object.view.is_none() {
            let name = quoted(&prefixed_name(generation, &object.name));
            names::run(connection, format!("drop table if exists {name}")).await?;
        }
    }
    Ok(())
}

/// Name and state of a generation.
async fn find(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<Option<(String, GenerationState)>, sqlx::Error> {
    let find =
        sqlx::query(statement!("../sql/generations.sql", "generation")).bind(row::signed(generation.get()));
    let found = find.fetch_optional(connection).await?;
    found.map(|found| Ok((found.try_get(0)?, state(&found, 1)?))).transpose()
}

pub(super) async fn abandon(connections: &Connections, generation: GenerationId) -> Result<(), StoreError> {
    const ACTION: &str = "abandoning a generation";
    let mut writing = connections.begin(ACTION).await?;
    let connection = writing.connection();
    let done = async {
        let found = find(connection, generation).await?;
        match rules::abandon(generation, found.map(|(_, state)| state)) {
            Ok(true) => abandon_in(connection, generation).await.map(Ok),
            Ok(false) => Ok(Ok(())),
            Err(fault) => Ok(Err(fault)),
        }
    };
    match done.await {
        Ok(Ok(())) => writing.commit().await.map_err(|error| store_error(ACTION, error)),
        Ok(Err(fault)) => {
            let _ = writing.roll_back().await;
            Err(StoreError::Backend { action: ACTION, source: Box::new(ProjectionFault::from(fault)) })
        }
        Err(error) => {
            let _ = writing.roll_back().await;
            Err(store_error(ACTION, error))
        }
    }
}

pub(super) async fn revive(connections: &Connections, generation: GenerationId) -> Result<bool, StoreError> {
    const ACTION: &str = "reviving a generation";
    let mut writing = connections.begin(ACTION).await?;
    let connection = writing.connection();
    let done = async {
        let Some((name, state)) = find(connection, generation).await? else { return Ok(false) };
        let revives = rules::may_revive(Some(state), of_name(connection, &name).await?);
        if revives {
            let revive = sqlx::query(statement!("../sql/generations.sql", "revive"))
                .bind(row::signed(generation.get()));
            revive.execute(connection).await?;
        }
        Ok(revives)
    };
    match done.await {
        Ok(revived) => writing.commit().await.map(|()| revived).map_err(|error| store_error(ACTION, error)),
        Err(error) => {
            let _ = writing.roll_back().await;
            Err(store_error(ACTION, error))
        }
    }
}

pub(super) async fn swap_when_ready(
    connections: &Connections,
    generation: GenerationId,
    swap: bool,
) -> Result<(), StoreError> {
    let query = sqlx::query(statement!("../sql/generations.sql", "set_swap_options"))
        .bind(row::signed(generation.get()))
        .bind(swap)
        .bind(None::<bool>);
    write(connections, "setting when a generation is swapped", query).await.map(drop)
}

pub(super) async fn list(
    connections: &Connections,
    shared: &ProjectionsState,
) -> Result<Vec<Generation>, StoreError> {
    let (mut generations, heartbeats) =
        connections.read("listing generations", |connection| Box::pin(read(connection))).await?;
    shared.judge(&mut generations, &heartbeats);
    Ok(generations)
}

/// The generations, and the heartbeats of the workers that own their partitions.
pub(super) async fn read(
    connection: &mut SqliteConnection,
) -> Result<(Vec<Generation>, Vec<Heartbeat>), sqlx::Error> {
    let query = sqlx::query(statement!("../sql/generations.sql", "generations"));
    let now = now();
    row::DECODER.generations(&query.fetch_all(connection).await?, |beat_at| now.saturating_sub(beat_at))
}

/// No checkpoint moves while this transaction is open.
pub(super) async fn begin_widening(
    connections: &Connections,
    shared: &Arc<ProjectionsState>,
    generation: GenerationId,
    types: &EventTypes,
) -> Result<Option<(SqliteTransaction, Generation)>, StoreError> {
    const ACTION: &str = "widening the event types of a generation";
    let mut transaction = SqliteTransaction::begin(connections, shared, ACTION).await?;
    match widen(shared, transaction.own(), generation, types).await {
        Ok(Some(before)) => Ok(Some((transaction, before))),
        Ok(None) => transaction.roll_back_now().await.map(|()| None),
        Err(error) => {
            transaction.fail().await;
            Err(store_error(ACTION, error))
        }
    }
}

async fn widen(
    shared: &ProjectionsState,
    connection: &mut SqliteConnection,
    generation: GenerationId,
    types: &EventTypes,
) -> Result<Option<Generation>, sqlx::Error> {
    let (mut found, heartbeats) = read(connection).await?;
    shared.judge(&mut found, &heartbeats);
    let Some(before) = found.into_iter().find(|it| it.id == generation) else { return Ok(None) };
    let number = row::signed(generation.get());
    let widening = Widening::of(&before.event_types, types);
    let widen = sqlx::query(statement!("../sql/generations.sql", "set_event_types"));
    widen.bind(number).bind(json(&widening.types)?).execute(&mut *connection).await?;
    if widening.revokes {
        sqlx::query(statement!("../sql/checkpoints.sql", "revoke")).bind(number).execute(connection).await?;
    }
    Ok(Some(before))
}

fn json(types: &EventTypes) -> Result<String, sqlx::Error> {
    serde_json::to_string(types).map_err(|error| sqlx::Error::Encode(error.into()))
}
