//! Creating, listing and abandoning generations.

use std::sync::Arc;

use eventsource_core::store::{
    Definition, EventTypes, Generation, GenerationFault, GenerationId, GenerationRequest, Heartbeat,
    StoreError,
};
use eventsource_sql::{Due, quoted, start_of};
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
    let current = sqlx::query(include_str!("../sql/current_generations.sql")).bind(&definition.name);
    let (mut live, mut building) = (None, None);
    for found in current.fetch_all(&mut *connection).await? {
        let (generation, version) = (GenerationId::new(row::unsigned(&found, 0)?), row::unsigned(&found, 1)?);
        match found.try_get::<&str, _>(2)? {
            "live" => live = Some((version, generation)),
            _ => building = Some((version, generation)),
        }
    }
    let due = Due::of(definition, request, live.map(|(version, _)| version), building);
    let (abandon, swap_when_ready, keep_old) = match due {
        Due::Nothing => return Ok(None),
        Due::SwapOptions { building, swap_when_ready, keep_old } => {
            let options = sqlx::query(include_str!("../sql/set_swap_options.sql"));
            let options = options.bind(row::signed(building.get())).bind(swap_when_ready).bind(keep_old);
            options.execute(connection).await?;
            return Ok(None);
        }
        Due::Create { abandon, swap_when_ready, keep_old } => (abandon, swap_when_ready, keep_old),
    };
    if let Some(earlier) = abandon {
        abandon_in(connection, earlier).await?;
    }
    let has_live = live.is_some();
    let position = start_of(definition, has_live);
    let insert = sqlx::query(include_str!("../sql/insert_generation.sql"))
        .bind(&definition.name)
        .bind(i64::from(definition.version))
        .bind(definition.kind.as_str())
        .bind(if has_live { "building" } else { "live" })
        .bind(has_live && swap_when_ready)
        .bind(keep_old)
        .bind(now())
        .bind(json(&definition.event_types)?);
    let inserted = insert.fetch_one(&mut *connection).await?;
    let generation = GenerationId::new(row::unsigned(&inserted, 0)?);
    let checkpoints = sqlx::query(include_str!("../sql/insert_checkpoints.sql"))
        .bind(row::signed(generation.get()))
        .bind(i64::from(definition.partitions.max(1)))
        .bind(position.map(|position| row::signed(position.get())))
        .bind(now());
    checkpoints.execute(&mut *connection).await?;
    let setup = Setup::begin(connection, live.map(|(_, generation)| generation), has_live).await?;
    Ok(Some((generation, setup)))
}

/// Abandons a generation that is not live.
async fn abandon_in(connection: &mut SqliteConnection, generation: GenerationId) -> Result<(), sqlx::Error> {
    drop_tables(connection, generation).await?;
    delete_state(connection, generation).await
}

/// Deletes a generation with its checkpoints, parked events and object list.
pub(super) async fn delete_state(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<(), sqlx::Error> {
    let number = row::signed(generation.get());
    for sql in [
        include_str!("../sql/delete_checkpoints.sql"),
        include_str!("../sql/delete_parked.sql"),
        include_str!("../sql/delete_objects.sql"),
        include_str!("../sql/delete_generation.sql"),
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

async fn state(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<Option<String>, sqlx::Error> {
    let find = sqlx::query(include_str!("../sql/generation.sql")).bind(row::signed(generation.get()));
    find.fetch_optional(connection).await?.map(|found| found.try_get(1)).transpose()
}

pub(super) async fn abandon(connections: &Connections, generation: GenerationId) -> Result<(), StoreError> {
    const ACTION: &str = "abandoning a generation";
    let mut writing = connections.begin(ACTION).await?;
    let connection = writing.connection();
    let done = async {
        match state(connection, generation).await?.as_deref() {
            Some("live") => Ok(false),
            Some("building" | "retired") => abandon_in(connection, generation).await.map(|()| true),
            _ => Ok(true),
        }
    };
    match done.await {
        Ok(true) => writing.commit().await.map_err(|error| store_error(ACTION, error)),
        Ok(false) => {
            let _ = writing.roll_back().await;
            let source = Box::new(ProjectionFault::from(GenerationFault::Live { generation }));
            Err(StoreError::Backend { action: ACTION, source })
        }
        Err(error) => {
            let _ = writing.roll_back().await;
            Err(store_error(ACTION, error))
        }
    }
}

pub(super) async fn revive(connections: &Connections, generation: GenerationId) -> Result<bool, StoreError> {
    let query = sqlx::query(include_str!("../sql/revive.sql")).bind(row::signed(generation.get()));
    write(connections, "reviving a generation", query).await.map(|changed| changed > 0)
}

pub(super) async fn swap_when_ready(
    connections: &Connections,
    generation: GenerationId,
    swap: bool,
) -> Result<(), StoreError> {
    let query = sqlx::query(include_str!("../sql/set_swap_options.sql"))
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
    let query = sqlx::query(include_str!("../sql/generations.sql"));
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
    let widen = sqlx::query(include_str!("../sql/set_event_types.sql"));
    let widen = widen.bind(number).bind(json(&before.event_types.widened_by(types))?);
    widen.execute(&mut *connection).await?;
    if before.event_types.has_to_revoke(types) {
        sqlx::query(include_str!("../sql/revoke.sql")).bind(number).execute(connection).await?;
    }
    Ok(Some(before))
}

fn json(types: &EventTypes) -> Result<String, sqlx::Error> {
    serde_json::to_string(types).map_err(|error| sqlx::Error::Encode(error.into()))
}
