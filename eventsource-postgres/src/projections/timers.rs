//! Timers, and the time.

use eventsource_core::{
    Position, Timestamp,
    store::{
        GenerationId, Lease, Moment, StoreError, Timer, TimerChange, TimerId, TimerQuery,
        rules::{names, timers::TimerEffects},
    },
};
use eventsource_sql::statement;
use sqlx::Row;

use super::PgTransaction;
use crate::{
    connections::Connections,
    encode::{Json, Time},
    error::store_error,
    row,
};

pub(super) async fn moment(connections: &Connections) -> Result<Moment, StoreError> {
    connections
        .read("reading the time", |connection| {
            let query = connections.query(statement!("../sql/log.sql", "moment"));
            Box::pin(async move { row::DECODER.moment(&query.fetch_one(connection).await?) })
        })
        .await
}

pub(super) async fn settled(
    connections: &Connections,
    end: Position,
) -> Result<Option<Position>, StoreError> {
    connections
        .read("reading the end of the log", |connection| {
            let query =
                connections.query(statement!("../sql/log.sql", "settled")).bind(row::signed(end.get()));
            Box::pin(async move {
                let last: Option<i64> = query.fetch_one(connection).await?.try_get(0)?;
                Ok(last.map(|last| Position::new(u64::try_from(last).unwrap_or_default())))
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
        (Some(key), _) => (statement!("../sql/timers.sql", "timers_of_key"), Some(key)),
        (None, Some(_)) => (statement!("../sql/timers.sql", "timers_of_partition"), None),
        (None, None) => (statement!("../sql/timers.sql", "timers"), None),
    };
    let after = query.after.as_ref();
    // No key is empty, so this is before all timers.
    let (after_key, after_name) = after.map_or(("", ""), |it| (it.key.as_str(), it.name.as_str()));
    let partition = query.partition.map(row::partition);
    connections
        .read("listing timers", |connection| {
            let mut select = connections
                .query(sql)
                .bind(row::signed(generation.get()))
                .bind(Time(query.due_by.unwrap_or(Timestamp::MAX)))
                .bind(Time(after.map_or(Timestamp::MIN, |it| it.due_at)))
                .bind(after_key.to_owned())
                .bind(after_name.to_owned())
                .bind(row::limit(query.limit));
            if key.is_some() || partition.is_some() {
                select = select.bind(partition);
            }
            if let Some(key) = key {
                select = select.bind(key.clone());
            }
            Box::pin(async move {
                select.fetch_all(connection).await?.iter().map(|row| row::DECODER.timer(row)).collect()
            })
        })
        .await
}

/// Each kind of change in one statement.
pub(super) async fn change(
    connections: &Connections,
    transaction: &mut PgTransaction,
    lease: &Lease,
    changes: &[TimerChange],
) -> Result<(), StoreError> {
    const ACTION: &str = "changing timers";
    checked(ACTION, changes)?;
    let failed = |error| store_error(ACTION, error);
    let generation = row::signed(lease.generation.get());
    let TimerEffects { fired, cleared, cancelled, set } = TimerEffects::of(changes);
    if !fired.is_empty() {
        let fire = connections
            .query(statement!("../sql/timers.sql", "fire_timers"))
            .bind(generation)
            .bind(fired.iter().map(|timer| timer.key.clone()).collect::<Vec<_>>())
            .bind(fired.iter().map(|timer| timer.name.clone()).collect::<Vec<_>>())
            .bind(fired.iter().map(|timer| Time(timer.due_at)).collect::<Vec<_>>())
            .bind(fired.iter().map(|timer| timer.data.clone()).collect::<Vec<_>>());
        let found = fire.fetch_one(transaction.own()).await.and_then(|row| row::unsigned(&row, 0));
        if found.map_err(failed)? != fired.len() as u64 {
            let source = "a timer was moved or removed".into();
            return Err(StoreError::Contended { action: "firing timers", source });
        }
    }
    if !cleared.is_empty() {
        let clear = connections.query(statement!("../sql/timers.sql", "clear_timers")).bind(generation);
        let cleared = cleared.into_iter().map(str::to_owned).collect::<Vec<_>>();
        clear.bind(cleared).execute(transaction.own()).await.map_err(failed)?;
    }
    if !cancelled.is_empty() {
        let (keys, names): (Vec<_>, Vec<_>) =
            cancelled.into_iter().map(|TimerId { key, name }| (key, name)).unzip();
        let cancel = connections.query(statement!("../sql/timers.sql", "cancel_timers")).bind(generation);
        cancel.bind(keys).bind(names).execute(transaction.own()).await.map_err(failed)?;
    }
    if !set.is_empty() {
        let set = connections
            .query(statement!("../sql/timers.sql", "set_timers"))
            .bind(generation)
            .bind(row::partition(lease.partition))
            .bind(set.iter().map(|timer| timer.key.clone()).collect::<Vec<_>>())
            .bind(set.iter().map(|timer| timer.name.clone()).collect::<Vec<_>>())
            .bind(set.iter().map(|timer| Time(timer.due_at)).collect::<Vec<_>>())
            .bind(set.iter().map(|timer| Json(timer.data.clone().into())).collect::<Vec<_>>());
        set.execute(transaction.own()).await.map_err(failed)?;
    }
    Ok(())
}

/// One statement. Whoever changes the same timer at the same time waits for the other, and finds what it has left.
pub(super) async fn change_one(
    connections: &Connections,
    generation: GenerationId,
    partition: u32,
    change: &TimerChange,
) -> Result<bool, StoreError> {
    const ACTION: &str = "changing a timer";
    checked(ACTION, std::slice::from_ref(change))?;
    connections
        .read(ACTION, |connection| {
            let of = |sql| connections.query(sql).bind(row::signed(generation.get()));
            match change {
                TimerChange::Set(timer) => {
                    let set = of(statement!("../sql/timers.sql", "set_timer"))
                        .bind(row::partition(partition))
                        .bind(timer.key.clone())
                        .bind(timer.name.clone())
                        .bind(Time(timer.due_at))
                        .bind(Json(timer.data.clone().into()));
                    Box::pin(async move {
                        let replaced = set.fetch_optional(connection).await?;
                        replaced.map_or(Ok(false), |row| row.try_get(0))
                    })
                }
                TimerChange::Cancel(id) => {
                    let cancel = of(statement!("../sql/timers.sql", "cancel_timers"))
                        .bind(vec![id.key.clone()])
                        .bind(vec![id.name.clone()]);
                    Box::pin(async move { Ok(cancel.execute(connection).await?.rows_affected() > 0) })
                }
                TimerChange::CancelAll { key } => {
                    let clear = of(statement!("../sql/timers.sql", "clear_timers")).bind(vec![key.clone()]);
                    Box::pin(async move { Ok(clear.execute(connection).await?.rows_affected() > 0) })
                }
                TimerChange::Fire(timer) => {
                    let fire = of(statement!("../sql/timers.sql", "fire_timers"))
                        .bind(vec![timer.key.clone()])
                        .bind(vec![timer.name.clone()])
                        .bind(vec![Time(timer.due_at)])
                        .bind(vec![timer.data.clone()]);
                    Box::pin(async move { Ok(row::unsigned(&fire.fetch_one(connection).await?, 0)? > 0) })
                }
                TimerChange::Replace { timer, by } => {
                    let replace = of(statement!("../sql/timers.sql", "replace_timer"))
                        .bind(timer.key.clone())
                        .bind(timer.name.clone())
                        .bind(Time(timer.due_at))
                        .bind(timer.data.clone())
                        .bind(Time(by.due_at))
                        .bind(Json(by.data.clone().into()));
                    Box::pin(async move { Ok(replace.execute(connection).await?.rows_affected() > 0) })
                }
            }
        })
        .await
}

fn checked(action: &'static str, changes: &[TimerChange]) -> Result<(), StoreError> {
    let fault = names::check_timers(changes);
    fault.map_err(|fault| StoreError::Backend { action, source: Box::new(fault) })
}
