//! Changing the name or the number of partitions of an event handler.

use eventsource_core::store::{
    Generation, GenerationId, GenerationState, PartitionOf, ProjectionKind, StoreError,
};
use eventsource_sql::statement;
use sqlx::{Row, SqliteConnection};

use super::{generations::read, now};
use crate::{connections::Connections, error::store_error, row};

/// Nothing else is written meanwhile.
pub(super) async fn change(
    connections: &Connections,
    generation: GenerationId,
    name: &str,
    partitions: u32,
    partition_of: PartitionOf<'_>,
) -> Result<bool, StoreError> {
    const ACTION: &str = "changing an event handler";
    let mut writing = connections.begin(ACTION).await?;
    match change_in(writing.connection(), generation, name, partitions, partition_of).await {
        Ok(changed) => writing.commit().await.map(|()| changed).map_err(|error| store_error(ACTION, error)),
        Err(error) => {
            let _ = writing.roll_back().await;
            Err(store_error(ACTION, error))
        }
    }
}

async fn change_in(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    name: &str,
    partitions: u32,
    partition_of: PartitionOf<'_>,
) -> Result<bool, sqlx::Error> {
    let (generations, _) = read(connection).await?;
    let is_handler = |it: &&Generation| {
        it.id == generation && it.kind == ProjectionKind::Handler && it.state == GenerationState::Live
    };
    let is_taken = generations.iter().any(|it| it.id != generation && it.name == name);
    let Some(before) = generations.iter().find(is_handler).filter(|_| !is_taken) else { return Ok(false) };
    let number = row::signed(generation.get());
    let rename = sqlx::query(statement!("../sql/generations.sql", "set_name")).bind(number).bind(name);
    rename.execute(&mut *connection).await?;
    if before.checkpoints.len() == partitions as usize {
        sqlx::query(statement!("../sql/checkpoints.sql", "revoke")).bind(number).execute(connection).await?;
        return Ok(true);
    }
    let epoch = before.checkpoints.iter().map(|it| it.epoch).max().unwrap_or_default() + 1;
    let events = before.checkpoints.iter().map(|it| it.events).sum();
    let delete = sqlx::query(statement!("../sql/checkpoints.sql", "delete_checkpoints")).bind(number);
    delete.execute(&mut *connection).await?;
    let insert =
        sqlx::query(statement!("../sql/checkpoints.sql", "insert_checkpoints")).bind(number).bind(partitions);
    let insert = insert.bind(row::signed(before.position().get())).bind(now());
    insert.execute(&mut *connection).await?;
    let progress = sqlx::query(statement!("../sql/checkpoints.sql", "set_progress")).bind(number);
    progress.bind(row::signed(epoch)).bind(row::signed(events)).execute(&mut *connection).await?;
    let keys = sqlx::query(statement!("../sql/parked.sql", "all_parked_keys")).bind(number);
    for found in keys.fetch_all(&mut *connection).await? {
        let key: String = found.try_get(0)?;
        let partition = partition_of(&key);
        let spread = sqlx::query(statement!("../sql/parked.sql", "move_parked")).bind(number).bind(key);
        spread.bind(partition).execute(&mut *connection).await?;
    }
    Ok(true)
}
