//! Timers, and the time.

use eventsource_core::{
    Position, Timestamp,
    store::{
        GenerationId, Lease, Moment, StoreError, Timer, TimerChange, TimerQuery,
        rules::{names, timers::TimerEffects},
    },
};
use eventsource_sql::statement;
use serde_json::json;
use sqlx::{Row, SqliteConnection};

use super::SqliteTransaction;
use crate::{connections::Connections, error::store_error, row};

/// Nothing is appended meanwhile: a transaction takes the time of its events before it ends.
pub(super) async fn moment(connections: &Connections) -> Result<Moment, StoreError> {
    const ACTION: &str = "reading the time";
    let failed = |error| store_error(ACTION, error);
    let mut writing = connections.begin(ACTION).await?;
    let time = Timestamp::now();
    let end = sqlx::query(statement!("../sql/log.sql", "horizon")).fetch_one(writing.connection()).await;
    writing.roll_back().await.map_err(failed)?;
    let end = end.and_then(|row| row::unsigned(&row, 0)).map_err(failed)?;
    Ok(Moment { time, end: Position::new(end) })
}

/// An append that is under way has positions above the end of any moment that was returned.
pub(super) async fn settled(
    connections: &Connections,
    end: Position,
) -> Result<Option<Position>, StoreError> {
    connections
        .read("reading the end of the log", |connection| {
            let query = sqlx::query(statement!("../sql/log.sql", "horizon"));
            Box::pin(async move {
                let last = Position::new(row::unsigned(&query.fetch_one(connection).await?, 0)?);
                Ok(Some(last.min(end)))
            })
        })
        .await
}

pub(super) async fn list(
    connections: &Connections,
    generation: GenerationId,
    query: &TimerQuery,
) -> Result<Vec<Timer>, StoreError> {
    let (sql, key) = match (&query.key, query.partition) {
        (Some(key), _) if row::contains_nul(key) => return Ok(Vec::new()),
        (Some(key), _) => (statement!("../sql/timers.sql", "timers_of_key"), Some(key.clone())),
        (None, Some(_)) => (statement!("../sql/timers.sql", "timers_of_partition"), None),
        (None, None) => (statement!("../sql/timers.sql", "timers"), None),
    };
    let (due_by, after) = (query.due_by.unwrap_or(Timestamp::MAX), query.after.clone());
    let (partition, limit) = (query.partition.map(i64::from), row::limit(query.limit));
    connections
        .read("listing timers", |connection| {
            let mut select = sqlx::query(sql)
                .bind(row::signed(generation.get()))
                .bind(due_by.as_microsecond())
                // No key is empty, so this is before all timers.
                .bind(after.as_ref().map_or(Timestamp::MIN, |it| it.due_at).as_microsecond())
                .bind(after.as_ref().map(|it| it.key.clone()).unwrap_or_default())
                .bind(after.map(|it| it.name).unwrap_or_default())
                .bind(limit);
            if key.is_some() || partition.is_some() {
                select = select.bind(partition);
            }
            if let Some(key) = key {
                select = select.bind(key);
            }
            Box::pin(async move {
                select.fetch_all(connection).await?.iter().map(|row| row::DECODER.timer(row)).collect()
            })
        })
        .await
}

/// Each kind of change in one statement.
pub(super) async fn change(
    transaction: &mut SqliteTransaction,
    lease: &Lease,
    changes: &[TimerChange],
) -> Result<(), StoreError> {
    const ACTION: &str = "changing timers";
    checked(ACTION, changes)?;
    transaction.check_open(ACTION).await?;
    let effects = TimerEffects::of(changes);
    match apply(transaction.own(), lease.generation, lease.partition, &effects).await {
        Ok(Changed { fired, .. }) if fired != effects.fired.len() as u64 => {
            let source = "a timer was moved or removed".into();
            Err(StoreError::Contended { action: "firing timers", source })
        }
        changed => changed.map(drop).map_err(|error| store_error(ACTION, error)),
    }
}

/// How many timers were changed. If fewer have fired than were to, nothing else was done.
struct Changed {
    fired: u64,
    removed: u64,
}

async fn apply(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    partition: u32,
    effects: &TimerEffects<'_>,
) -> Result<Changed, sqlx::Error> {
    let TimerEffects { fired, cleared, cancelled, set } = effects;
    let rows = |timers: &[&Timer]| {
        let rows: Vec<_> =
            timers.iter().map(|it| json!([it.key, it.name, it.due_at.as_microsecond(), it.data])).collect();
        json!(rows).to_string()
    };
    let of = |sql| sqlx::query(sql).bind(row::signed(generation.get()));
    let mut changed = Changed { fired: 0, removed: 0 };
    if !fired.is_empty() {
        let fire = of(statement!("../sql/timers.sql", "fire_timers")).bind(rows(fired));
        changed.fired = fire.execute(&mut *connection).await?.rows_affected();
        if changed.fired < fired.len() as u64 {
            return Ok(changed);
        }
    }
    if !cleared.is_empty() {
        let clear = of(statement!("../sql/timers.sql", "clear_timers")).bind(json!(cleared).to_string());
        changed.removed += clear.execute(&mut *connection).await?.rows_affected();
    }
    if !cancelled.is_empty() {
        let ids: Vec<_> = cancelled.iter().map(|id| json!([id.key, id.name])).collect();
        let cancel = of(statement!("../sql/timers.sql", "cancel_timers")).bind(json!(ids).to_string());
        changed.removed += cancel.execute(&mut *connection).await?.rows_affected();
    }
    if !set.is_empty() {
        let set =
            of(statement!("../sql/timers.sql", "set_timers")).bind(i64::from(partition)).bind(rows(set));
        set.execute(connection).await?;
    }
    Ok(changed)
}

pub(super) async fn change_one(
    connections: &Connections,
    generation: GenerationId,
    partition: u32,
    change: &TimerChange,
) -> Result<bool, StoreError> {
    const ACTION: &str = "changing a timer";
    checked(ACTION, std::slice::from_ref(change))?;
    let failed = |error| store_error(ACTION, error);
    let mut writing = connections.begin(ACTION).await?;
    match change_one_in(writing.connection(), generation, partition, change).await {
        Ok(existed) => writing.commit().await.map(|()| existed).map_err(failed),
        Err(error) => {
            let _ = writing.roll_back().await;
            Err(failed(error))
        }
    }
}

async fn change_one_in(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    partition: u32,
    change: &TimerChange,
) -> Result<bool, sqlx::Error> {
    let replaces = match change {
        TimerChange::Set(timer) => {
            let find = sqlx::query(statement!("../sql/timers.sql", "has_timer"))
                .bind(row::signed(generation.get()))
                .bind(&timer.key)
                .bind(&timer.name);
            find.fetch_one(&mut *connection).await?.try_get(0)?
        }
        _ => false,
    };
    let effects = TimerEffects::of(std::slice::from_ref(change));
    let Changed { fired, removed } = apply(connection, generation, partition, &effects).await?;
    Ok(replaces || fired > 0 || removed > 0)
}

fn checked(action: &'static str, changes: &[TimerChange]) -> Result<(), StoreError> {
    let fault = names::check_timers(changes);
    fault.map_err(|fault| StoreError::Backend { action, source: Box::new(fault) })
}
