//! Instances of processes.

use eventsource_core::{
    Timestamp,
    store::{
        GenerationId, Instance, InstanceChange, InstanceQuery, InstanceRequest, InstanceState, Lease,
        StoreError,
        rules::{
            instances::{self as rules, Stepped},
            names,
        },
    },
};
use eventsource_sql::statement;
use serde_json::json;
use sqlx::{Row, SqliteConnection};

use super::{SqliteTransaction, now};
use crate::{connections::Connections, error::store_error, row};

pub(super) async fn change(
    transaction: &mut SqliteTransaction,
    lease: &Lease,
    changes: &[InstanceChange],
) -> Result<Vec<(String, InstanceState)>, StoreError> {
    const ACTION: &str = "recording process instances";
    names::check_instances(changes)
        .map_err(|fault| StoreError::Backend { action: ACTION, source: Box::new(fault) })?;
    transaction.check_open(ACTION).await?;
    change_in(transaction.own(), lease, changes).await.map_err(|error| store_error(ACTION, error))
}

async fn change_in(
    connection: &mut SqliteConnection,
    lease: &Lease,
    changes: &[InstanceChange],
) -> Result<Vec<(String, InstanceState)>, sqlx::Error> {
    let (mut steps, mut ignoring) = (Vec::new(), Vec::new());
    for change in changes {
        // Whatever the record is: the statement leaves those that are held as they are.
        match rules::step(None, change) {
            Stepped::To(state) => {
                steps.push(json!([change.key, state.as_str(), row::signed(change.ignored)]))
            }
            Stepped::Unchanged => ignoring.push(json!([change.key, row::signed(change.ignored)])),
        }
    }
    let generation = row::signed(lease.generation.get());
    if !steps.is_empty() {
        let step = sqlx::query(statement!("../sql/instances.sql", "step_instances"))
            .bind(generation)
            .bind(i64::from(lease.partition))
            .bind(now())
            .bind(json!(steps).to_string());
        step.execute(&mut *connection).await?;
    }
    if !ignoring.is_empty() {
        let ignore = sqlx::query(statement!("../sql/instances.sql", "ignore_inputs")).bind(generation);
        ignore.bind(json!(ignoring).to_string()).execute(&mut *connection).await?;
    }
    let keys: Vec<_> = changes.iter().map(|change| &change.key).collect();
    let held = sqlx::query(statement!("../sql/instances.sql", "held_among")).bind(generation);
    let held = held.bind(json!(keys).to_string()).fetch_all(connection).await?;
    held.iter().map(|row| Ok((row.try_get(0)?, row::instance_state(row, 1)?))).collect()
}

pub(super) async fn list(
    connections: &Connections,
    generation: GenerationId,
    query: &InstanceQuery,
) -> Result<Vec<Instance>, StoreError> {
    let InstanceQuery { key, states, after, limit } = query.clone();
    if key.as_deref().is_some_and(row::contains_nul) {
        return Ok(Vec::new());
    }
    let states: Vec<_> = states.into_iter().map(InstanceState::as_str).collect();
    let states = (!states.is_empty()).then(|| json!(states).to_string());
    let found: Vec<Instance> = connections
        .read("listing process instances", |connection| {
            let of = |sql| sqlx::query(sql).bind(row::signed(generation.get()));
            let select = match key {
                Some(key) => of(statement!("../sql/instances.sql", "instance")).bind(key),
                None => of(statement!("../sql/instances.sql", "instances"))
                    // No id is empty, so this is before all instances.
                    .bind(after.as_ref().map_or(Timestamp::MIN, |it| it.started_at).as_microsecond())
                    .bind(after.map(|it| it.key).unwrap_or_default())
                    .bind(row::limit(limit))
                    .bind(states),
            };
            Box::pin(async move {
                select.fetch_all(connection).await?.iter().map(|row| row::DECODER.instance(row)).collect()
            })
        })
        .await?;
    Ok(found.into_iter().filter(|instance| rules::selects(query, instance)).take(limit).collect())
}

pub(super) async fn suspended(
    connections: &Connections,
    generation: GenerationId,
    partition: u32,
) -> Result<Vec<String>, StoreError> {
    connections
        .read("listing suspended process instances", |connection| {
            let query = sqlx::query(statement!("../sql/instances.sql", "suspended_instances"))
                .bind(row::signed(generation.get()))
                .bind(i64::from(partition));
            Box::pin(async move {
                let rows = query.fetch_all(connection).await?;
                rows.iter().map(|row| row.try_get(0)).collect()
            })
        })
        .await
}

/// No step is being committed meanwhile.
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
    let failed = |error| store_error(ACTION, error);
    let mut writing = connections.begin(ACTION).await?;
    match request_in(writing.connection(), generation, key, request).await {
        Ok(applies) => writing.commit().await.map(|()| applies).map_err(failed),
        Err(error) => {
            let _ = writing.roll_back().await;
            Err(failed(error))
        }
    }
}

async fn request_in(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    key: &str,
    request: &InstanceRequest,
) -> Result<bool, sqlx::Error> {
    let of = |sql| sqlx::query(sql).bind(row::signed(generation.get()));
    let find = of(statement!("../sql/instances.sql", "instance_state")).bind(key);
    let Some(found) = find.fetch_optional(&mut *connection).await? else { return Ok(false) };
    let Some((state, reason)) = rules::request(row::instance_state(&found, 0)?, request) else {
        return Ok(false);
    };
    let set = of(statement!("../sql/instances.sql", "set_instance_state")).bind(key);
    set.bind(state.as_str()).bind(reason).bind(now()).execute(&mut *connection).await?;
    if state == InstanceState::Aborted {
        let clear = of(statement!("../sql/timers.sql", "clear_timers")).bind(json!([key]).to_string());
        clear.execute(connection).await?;
    }
    Ok(true)
}
