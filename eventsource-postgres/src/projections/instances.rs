//! Instances of processes.

use eventsource_core::{
    Timestamp,
    store::{
        GenerationId, Instance, InstanceChange, InstanceQuery, InstanceRequest, InstanceState, Lease,
        StoreError,
        rules::{instances as rules, names},
    },
};
use eventsource_sql::statement;
use sqlx::Row;

use super::{PgTransaction, leases::without_nul};
use crate::{connections::Connections, encode::Time, error::store_error, row};

pub(super) async fn change(
    connections: &Connections,
    transaction: &mut PgTransaction,
    lease: &Lease,
    changes: &[InstanceChange],
) -> Result<Vec<(String, InstanceState)>, StoreError> {
    const ACTION: &str = "recording process instances";
    names::check_instances(changes)
        .map_err(|fault| StoreError::Backend { action: ACTION, source: Box::new(fault) })?;
    let query = connections
        .query(statement!("../sql/instances.sql", "change_instances"))
        .bind(row::signed(lease.generation.get()))
        .bind(row::partition(lease.partition))
        .bind(changes.iter().map(|change| change.key.clone()).collect::<Vec<_>>())
        .bind(changes.iter().map(|change| change.completed).collect::<Vec<_>>())
        .bind(changes.iter().map(|change| row::signed(change.ignored)).collect::<Vec<_>>())
        .bind(changes.iter().map(|change| change.stepped).collect::<Vec<_>>());
    let held = query.fetch_all(transaction.own()).await;
    let held = held.and_then(|rows| {
        rows.iter().map(|row| Ok((row.try_get(0)?, row::instance_state(row, 1)?))).collect()
    });
    held.map_err(|error| store_error(ACTION, error))
}

pub(super) async fn list(
    connections: &Connections,
    generation: GenerationId,
    query: &InstanceQuery,
) -> Result<Vec<Instance>, StoreError> {
    if query.key.as_deref().is_some_and(row::contains_nul) {
        return Ok(Vec::new());
    }
    let after = query.after.as_ref();
    let states: Vec<_> = query.states.iter().map(|state| state.as_str().to_owned()).collect();
    let states = (!states.is_empty()).then_some(states);
    let found: Vec<Instance> = connections
        .read("listing process instances", |connection| {
            let of = |sql| connections.query(sql).bind(row::signed(generation.get()));
            let select = match &query.key {
                Some(key) => of(statement!("../sql/instances.sql", "instance")).bind(key.clone()),
                None => of(statement!("../sql/instances.sql", "instances"))
                    // No id is empty, so this is before all instances.
                    .bind(Time(after.map_or(Timestamp::MIN, |it| it.started_at)))
                    .bind(after.map(|it| it.key.clone()).unwrap_or_default())
                    .bind(row::limit(query.limit))
                    .bind(states.clone()),
            };
            Box::pin(async move {
                select.fetch_all(connection).await?.iter().map(|row| row::DECODER.instance(row)).collect()
            })
        })
        .await?;
    Ok(found.into_iter().filter(|instance| rules::selects(query, instance)).take(query.limit).collect())
}

pub(super) async fn suspended(
    connections: &Connections,
    generation: GenerationId,
    partition: u32,
) -> Result<Vec<String>, StoreError> {
    connections
        .read("listing suspended process instances", |connection| {
            let query = connections
                .query(statement!("../sql/instances.sql", "suspended_instances"))
                .bind(row::signed(generation.get()))
                .bind(row::partition(partition));
            Box::pin(async move {
                let rows = query.fetch_all(connection).await?;
                rows.iter().map(|row| row.try_get(0)).collect()
            })
        })
        .await
}

pub(super) async fn request(
    connections: &Connections,
    generation: GenerationId,
    key: &str,
    request: &InstanceRequest,
) -> Result<bool, StoreError> {
    const ACTION: &str = "changing a process instance";
    if row::contains_nul(key) {
        return Ok(false);
    }
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    match request_in(connections, &mut transaction, generation, key, request).await {
        Ok(applies) => transaction.commit_now(connections).await.map(|()| applies),
        Err(error) => {
            transaction.fail(&error).await;
            Err(store_error(ACTION, error))
        }
    }
}

async fn request_in(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
    key: &str,
    request: &InstanceRequest,
) -> Result<bool, sqlx::Error> {
    let of = |sql| connections.query(sql).bind(row::signed(generation.get()));
    let lock = of(statement!("../sql/instances.sql", "lock_instance")).bind(key.to_owned());
    lock.execute(transaction.own()).await?;
    let find = of(statement!("../sql/instances.sql", "instance_state")).bind(key.to_owned());
    let Some(found) = find.fetch_optional(transaction.own()).await? else { return Ok(false) };
    let Some((state, reason)) = rules::request(row::instance_state(&found, 0)?, request) else {
        return Ok(false);
    };
    let set = of(statement!("../sql/instances.sql", "set_instance_state")).bind(key.to_owned());
    set.bind(state.as_str()).bind(reason.map(without_nul)).execute(transaction.own()).await?;
    if state == InstanceState::Aborted {
        let clear = of(statement!("../sql/timers.sql", "clear_timers")).bind(vec![key.to_owned()]);
        clear.execute(transaction.own()).await?;
    }
    Ok(true)
}
