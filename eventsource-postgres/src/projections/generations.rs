//! Creates, lists and abandons generations.

use eventsource_core::store::{
    Definition, EventTypes, Generation, GenerationId, GenerationRequest, GenerationState, Heartbeat,
    Liveness, StoreError,
    rules::generations::{self as rules, Due, Existing, Widening},
};
use eventsource_sql::{existing, state, statement};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row, SqlSafeStr, postgres::PgRow};

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
    let (existing, home) = of_name(connections, connection, &definition.name).await?;
    let new = match Due::of(definition, request, existing) {
        Due::Nothing => return Ok(None),
        Due::SwapOptions { building, swap_when_ready, keep_old } => {
            let options = connections.query(statement!("../sql/generations.sql", "set_swap_options"));
            let options = options.bind(row::signed(building.get())).bind(swap_when_ready).bind(keep_old);
            options.execute(connection).await?;
            return Ok(None);
        }
        Due::Create(new) => new,
    };
    if let Some(earlier) = new.abandon {
        abandon_locked(connections, transaction, earlier).await?;
    }
    let connection = transaction.own();
    let insert = connections
        .query(statement!("../sql/generations.sql", "insert_generation"))
        .bind(definition.name.clone())
        .bind(i64::from(definition.version))
        .bind(definition.kind.as_str())
        .bind(new.state.as_str())
        .bind(home)
        .bind(new.swap_when_ready)
        .bind(new.keep_old)
        .bind(row::partition(new.partitions))
        .bind(new.start.map(|position| row::signed(position.get())))
        .bind(json(&definition.event_types)?);
    let generation = GenerationId::new(row::unsigned(&insert.fetch_one(&mut *connection).await?, 0)?);
    let is_building = new.state == GenerationState::Building;
    if is_building {
        let schema = AssertSqlSafe(format!("create schema {}", schema_of(generation))).into_sql_str();
        connection.execute(schema).await?;
        let path = connections.query(statement!("../sql/generations.sql", "building_path"));
        path.bind(row::signed(generation.get())).execute(connection).await?;
    }
    Ok(Some((generation, is_building)))
}

/// The live and the building generation of a projection, and the schema of the live one.
async fn of_name(
    connections: &Connections,
    connection: &mut PgConnection,
    name: &str,
) -> Result<(Vec<Existing>, Option<String>), sqlx::Error> {
    let query =
        connections.query(statement!("../sql/generations.sql", "current_generations")).bind(name.to_owned());
    let (mut generations, mut home) = (Vec::new(), None);
    for found in query.fetch_all(connection).await? {
        let generation = existing(&found)?;
        if generation.state == GenerationState::Live {
            home = Some(found.try_get(3)?);
        }
        generations.push(generation);
    }
    Ok((generations, home))
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
    let Some(found) = lock_and_find(connections, transaction, generation).await? else {
        return Ok(None);
    };
    Ok(match found.state {
        GenerationState::Live => Some(found.home),
        _ => Some(schema_of(generation)),
    })
}

/// A generation whose name is locked.
struct Locked {
    name: String,
    state: GenerationState,
    /// The schema of the live generation.
    home: String,
}

/// Locks the name of a generation, and finds it.
async fn lock_and_find(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
) -> Result<Option<Locked>, sqlx::Error> {
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
    let locked = |found: PgRow| {
        Ok(Locked { name: found.try_get(0)?, state: state(&found, 1)?, home: found.try_get(2)? })
    };
    found.map(locked).transpose()
}

pub(super) async fn abandon(connections: &Connections, generation: GenerationId) -> Result<(), StoreError> {
    const ACTION: &str = "abandoning a generation";
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    let done = async {
        let found = lock_and_find(connections, &mut transaction, generation).await?;
        match rules::abandon(generation, found.map(|found| found.state)) {
            Ok(true) => abandon_locked(connections, &mut transaction, generation).await.map(Ok),
            Ok(false) => Ok(Ok(())),
            Err(fault) => Ok(Err(fault)),
        }
    };
    match done.await {
        Ok(Ok(())) => transaction.commit_now(connections).await,
        Ok(Err(fault)) => {
            transaction.roll_back_now().await?;
            Err(StoreError::Backend { action: ACTION, source: Box::new(ProjectionFault::from(fault)) })
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
        let Some(found) = lock_and_find(connections, &mut transaction, generation).await? else {
            return Ok(false);
        };
        let (existing, _) = of_name(connections, transaction.own(), &found.name).await?;
        let revives = rules::may_revive(Some(found.state), existing);
        if revives {
            let query = connections.query(statement!("../sql/generations.sql", "revive"));
            query.bind(row::signed(generation.get())).execute(transaction.own()).await?;
        }
        Ok(revives)
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
    let widening = Widening::of(&before.event_types, types);
    let widen = connections.query(statement!("../sql/generations.sql", "widen")).bind(number);
    widen.bind(json(&widening.types)?).bind(widening.revokes).execute(connection).await?;
    Ok(Some(before))
}

fn json(types: &EventTypes) -> Result<String, sqlx::Error> {
    serde_json::to_string(types).map_err(|error| sqlx::Error::Encode(error.into()))
}
