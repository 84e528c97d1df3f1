//! Creates, lists and abandons generations.

use eventsource_core::store::{
    Definition, EventTypes, Generation, GenerationFault, GenerationId, GenerationRequest, Heartbeat,
    Liveness, StoreError,
};
use eventsource_sql::{Due, start_of, statement};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row, SqlSafeStr};

use super::{PgTransaction, ProjectionFault};
use crate::{
    connections::Connections,
    error::{is_code, store_error, table_error},
    row,
};

/// The schema of a generation that is not live.
pub(super) fn schema_of(generation: GenerationId) -> String {
    format!("eventsource_{generation}")
}

pub(super) async fn begin(
    connections: &Connections,
    definition: &Definition,
    request: GenerationRequest,
) -> Result<Option<(GenerationId, PgTransaction)>, StoreError> {
    const ACTION: &str = "creating a generation";
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    match create(connections, &mut transaction, definition, request).await {
        Ok(Some((generation, building))) => Ok(Some((generation, transaction.of(generation, building)))),
        // Commits the swap options of the building generation.
        Ok(None) => transaction.commit_now(connections).await.map(|()| None),
        Err(error) => {
            let source = is_code(&error, NOT_NULL).then_some(ProjectionFault::NoSchema);
            transaction.fail(&error).await;
            Err(match source {
                Some(source) => StoreError::Backend { action: ACTION, source: Box::new(source) },
                None => store_error(ACTION, error),
            })
        }
    }
}

/// `not_null_violation`: only the schema in which tables are created can be null.
const NOT_NULL: &str = "23502";

/// Returns the generation that was created, and whether it is building.
async fn create(
    connections: &Connections,
    transaction: &mut PgTransaction,
    definition: &Definition,
    request: GenerationRequest,
) -> Result<Option<(GenerationId, bool)>, sqlx::Error> {
    let connection = transaction.own();
    let lock =
        connections.query(statement!("../sql/generations.sql", "lock_name")).bind(definition.name.clone());
    lock.execute(&mut *connection).await?;
    let current = connections.query(statement!("../sql/generations.sql", "current_generations"));
    let (mut live, mut building) = (None, None);
    for found in current.bind(definition.name.clone()).fetch_all(&mut *connection).await? {
        let (generation, version) = (row::unsigned(&found, 0)?, row::unsigned(&found, 1)?);
        match found.try_get::<&str, _>(2)? {
            "live" => live = Some((version, found.try_get::<String, _>(3)?)),
            _ => building = Some((version, GenerationId::new(generation))),
        }
    }
    let due = Due::of(definition, request, live.as_ref().map(|(version, _)| *version), building);
    let (abandon, swap_when_ready, keep_old) = match due {
        Due::Nothing => return Ok(None),
        Due::SwapOptions { building, swap_when_ready, keep_old } => {
            let options = connections.query(statement!("../sql/generations.sql", "set_swap_options"));
            let options = options.bind(row::signed(building.get())).bind(swap_when_ready).bind(keep_old);
            options.execute(connection).await?;
            return Ok(None);
        }
        Due::Create { abandon, swap_when_ready, keep_old } => (abandon, swap_when_ready, keep_old),
    };
    if let Some(earlier) = abandon {
        abandon_locked(connections, transaction, earlier).await?;
    }
    let connection = transaction.own();
    let is_building = live.is_some();
    let position = start_of(definition, is_building);
    let insert = connections
        .query(statement!("../sql/generations.sql", "insert_generation"))
        .bind(definition.name.clone())
        .bind(i64::from(definition.version))
        .bind(definition.kind.as_str())
        .bind(if is_building { "building" } else { "live" })
        .bind(live.map(|(_, home)| home))
        .bind(is_building && swap_when_ready)
        .bind(keep_old)
        .bind(row::partition(definition.partitions.max(1)))
        .bind(position.map(|position| row::signed(position.get())))
        .bind(json(&definition.event_types)?);
    let generation = GenerationId::new(row::unsigned(&insert.fetch_one(&mut *connection).await?, 0)?);
    if is_building {
        let schema = AssertSqlSafe(format!("create schema {}", schema_of(generation))).into_sql_str();
        connection.execute(schema).await?;
        let path = connections.query(statement!("../sql/generations.sql", "building_path"));
        path.bind(row::signed(generation.get())).execute(connection).await?;
    }
    Ok(Some((generation, is_building)))
}

/// Abandons a generation whose name is locked. Its checkpoints are locked first, so that no worker uses its tables.
async fn abandon_locked(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
) -> Result<(), sqlx::Error> {
    let connection = transaction.own();
    let number = row::signed(generation.get());
    let lock = connections.query(statement!("../sql/checkpoints.sql", "lock_generation")).bind(number);
    lock.execute(&mut *connection).await?;
    let abandon = connections.query(statement!("../sql/generations.sql", "abandon")).bind(number);
    if !abandon.fetch_one(&mut *connection).await?.try_get::<bool, _>(0)? {
        return Ok(());
    }
    connection.execute("set local client_min_messages = warning").await?;
    let drop = format!("drop schema if exists {} cascade", schema_of(generation));
    connection.execute(AssertSqlSafe(drop).into_sql_str()).await?;
    Ok(())
}

/// The schema that has the tables of a generation, if it was not abandoned. No swap moves them until the transaction
/// ends, because the name is locked.
pub(crate) async fn locked_schema(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
) -> Result<Option<String>, sqlx::Error> {
    let Some((state, home)) = lock_and_find(connections, transaction, generation).await? else {
        return Ok(None);
    };
    Ok(match state.as_str() {
        "live" => Some(home),
        _ => Some(schema_of(generation)),
    })
}

/// The state of a generation and the schema of the live one, with the name locked.
async fn lock_and_find(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
) -> Result<Option<(String, String)>, sqlx::Error> {
    let connection = transaction.own();
    let find = || {
        let query = connections.query(statement!("../sql/generations.sql", "generation"));
        query.bind(row::signed(generation.get()))
    };
    let Some(found) = find().fetch_optional(&mut *connection).await? else { return Ok(None) };
    let lock = connections
        .query(statement!("../sql/generations.sql", "lock_name"))
        .bind(found.try_get::<String, _>(0)?);
    lock.execute(&mut *connection).await?;
    let found = find().fetch_optional(connection).await?;
    found.map(|found| Ok((found.try_get(1)?, found.try_get(2)?))).transpose()
}

pub(super) async fn abandon(connections: &Connections, generation: GenerationId) -> Result<(), StoreError> {
    const ACTION: &str = "abandoning a generation";
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    let done = async {
        let state = lock_and_find(connections, &mut transaction, generation).await?;
        if state.is_some_and(|(state, _)| state == "live") {
            return Ok(false);
        }
        abandon_locked(connections, &mut transaction, generation).await.map(|()| true)
    };
    match done.await {
        Ok(true) => transaction.commit_now(connections).await,
        Ok(false) => {
            transaction.roll_back_now().await?;
            let source = Box::new(ProjectionFault::from(GenerationFault::Live { generation }));
            Err(StoreError::Backend { action: ACTION, source })
        }
        Err(error) => {
            transaction.fail(&error).await;
            Err(table_error(ACTION, error))
        }
    }
}

pub(super) async fn revive(connections: &Connections, generation: GenerationId) -> Result<bool, StoreError> {
    const ACTION: &str = "reviving a generation";
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    let done = async {
        lock_and_find(connections, &mut transaction, generation).await?;
        let query = connections
            .query(statement!("../sql/generations.sql", "revive"))
            .bind(row::signed(generation.get()));
        query.execute(transaction.own()).await.map(|done| done.rows_affected() > 0)
    };
    match done.await {
        Ok(revived) => transaction.commit_now(connections).await.map(|()| revived),
        Err(error) => {
            transaction.fail(&error).await;
            Err(store_error(ACTION, error))
        }
    }
}

pub(super) async fn swap_when_ready(
    connections: &Connections,
    generation: GenerationId,
    swap: bool,
) -> Result<(), StoreError> {
    connections
        .read("setting when a generation is swapped", |connection| {
            let query = connections
                .query(statement!("../sql/generations.sql", "set_swap_options"))
                .bind(row::signed(generation.get()))
                .bind(swap)
                .bind(None::<bool>);
            Box::pin(async move { query.execute(connection).await.map(|_| ()) })
        })
        .await
}

pub(super) async fn list(
    connections: &Connections,
    liveness: &Liveness,
) -> Result<Vec<Generation>, StoreError> {
    let (mut generations, heartbeats) = connections
        .read("listing generations", |connection| Box::pin(read(connections.clone(), connection)))
        .await?;
    liveness.judge(&mut generations, &heartbeats);
    Ok(generations)
}

/// The generations, and the heartbeats of the workers that own their partitions.
async fn read(
    connections: Connections,
    connection: &mut PgConnection,
) -> Result<(Vec<Generation>, Vec<Heartbeat>), sqlx::Error> {
    let query = connections.query(statement!("../sql/generations.sql", "generations"));
    row::DECODER.generations(&query.fetch_all(connection).await?, |age| age)
}

pub(super) async fn begin_widening(
    connections: &Connections,
    liveness: &Liveness,
    generation: GenerationId,
    types: &EventTypes,
) -> Result<Option<(PgTransaction, Generation)>, StoreError> {
    const ACTION: &str = "widening the event types of a generation";
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    match widen(connections, liveness, &mut transaction, generation, types).await {
        Ok(Some(before)) => Ok(Some((transaction, before))),
        Ok(None) => transaction.roll_back_now().await.map(|()| None),
        Err(error) => {
            transaction.fail(&error).await;
            Err(store_error(ACTION, error))
        }
    }
}

async fn widen(
    connections: &Connections,
    liveness: &Liveness,
    transaction: &mut PgTransaction,
    generation: GenerationId,
    types: &EventTypes,
) -> Result<Option<Generation>, sqlx::Error> {
    lock_and_find(connections, transaction, generation).await?;
    let connection = transaction.own();
    let number = row::signed(generation.get());
    let lock = connections.query(statement!("../sql/checkpoints.sql", "lock_generation")).bind(number);
    lock.execute(&mut *connection).await?;
    let (mut found, heartbeats) = read(connections.clone(), &mut *connection).await?;
    liveness.judge(&mut found, &heartbeats);
    let Some(before) = found.into_iter().find(|it| it.id == generation) else { return Ok(None) };
    let widen = connections
        .query(statement!("../sql/generations.sql", "widen"))
        .bind(number)
        .bind(json(&before.event_types.widened_by(types))?)
        .bind(before.event_types.has_to_revoke(types));
    widen.execute(connection).await?;
    Ok(Some(before))
}

fn json(types: &EventTypes) -> Result<String, sqlx::Error> {
    serde_json::to_string(types).map_err(|error| sqlx::Error::Encode(error.into()))
}
