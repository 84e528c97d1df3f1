//! Changing the name or the number of partitions of an event handler.

use eventsource_core::store::{GenerationId, PartitionOf, StoreError};
use eventsource_sql::statement;
use sqlx::Row;

use super::transaction::PgTransaction;
use crate::{connections::Connections, error::store_error, row};

pub(super) async fn change(
    connections: &Connections,
    generation: GenerationId,
    name: &str,
    partitions: u32,
    partition_of: PartitionOf<'_>,
) -> Result<bool, StoreError> {
    const ACTION: &str = "changing an event handler";
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    match change_in(connections, &mut transaction, generation, name, partitions, partition_of).await {
        Ok(changed) => transaction.commit_now(connections).await.map(|()| changed),
        Err(error) => {
            transaction.fail(&error).await;
            Err(store_error(ACTION, error))
        }
    }
}

async fn change_in(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
    name: &str,
    partitions: u32,
    partition_of: PartitionOf<'_>,
) -> Result<bool, sqlx::Error> {
    let connection = transaction.own();
    let number = row::signed(generation.get());
    let find = connections.query(statement!("../sql/generations.sql", "generation")).bind(number);
    let Some(found) = find.fetch_optional(&mut *connection).await? else { return Ok(false) };
    // In a fixed order, so that no deadlock can occur.
    let mut names = [found.try_get::<String, _>(0)?, name.to_owned()];
    names.sort();
    for name in names {
        let lock = connections.query(statement!("../sql/generations.sql", "lock_name")).bind(name);
        lock.execute(&mut *connection).await?;
    }
    let lock = connections.query(statement!("../sql/checkpoints.sql", "lock_generation")).bind(number);
    lock.execute(&mut *connection).await?;
    let find = connections
        .query(statement!("../sql/generations.sql", "handler_to_change"))
        .bind(number)
        .bind(name.to_owned());
    let Some(before) = find.fetch_optional(&mut *connection).await? else { return Ok(false) };
    let rename = connections.query(statement!("../sql/generations.sql", "rename_generation")).bind(number);
    rename.bind(name.to_owned()).execute(&mut *connection).await?;
    if before.try_get::<i64, _>(0)? == i64::from(partitions) {
        return Ok(true);
    }
    let (position, epoch, events): (i64, i64, i64) =
        (before.try_get(1)?, before.try_get(2)?, before.try_get(3)?);
    let delete = connections.query(statement!("../sql/checkpoints.sql", "delete_checkpoints")).bind(number);
    delete.execute(&mut *connection).await?;
    let insert = connections.query(statement!("../sql/checkpoints.sql", "insert_checkpoints")).bind(number);
    let insert = insert.bind(row::partition(partitions)).bind(position).bind(epoch + 1).bind(events);
    insert.execute(&mut *connection).await?;
    let keys = connections.query(statement!("../sql/parked.sql", "all_parked_keys")).bind(number);
    let keys: Vec<String> =
        keys.fetch_all(&mut *connection).await?.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let spread: Vec<i32> = keys.iter().map(|key| row::partition(partition_of(key))).collect();
    let update = connections.query(statement!("../sql/parked.sql", "move_parked")).bind(number);
    update.bind(keys).bind(spread).execute(connection).await?;
    Ok(true)
}
