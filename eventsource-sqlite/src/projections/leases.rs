//! Workers with their heartbeats, and the leases of partitions that they hold.

use std::time::Duration;

use eventsource_core::store::{Claim, GenerationId, Lease, StopReason, StoreError, Worker, WorkerId};
use eventsource_sql::statement;
use sqlx::{Sqlite, query::Query, sqlite::SqliteArguments};

use super::{ProjectionsState, now};
use crate::{connections::Connections, error::store_error, row};

/// How long a dead worker is kept in the table.
const DEAD_WORKER_RETENTION: Duration = Duration::from_secs(3_600);

/// How long a claim waits for one transaction of a projection, which may take any time, or for another process.
const CLAIM_TIMEOUT: Duration = Duration::from_millis(250);

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Runs one statement in a transaction of its own; returns the number of rows it changed.
pub(super) async fn write(
    connections: &Connections,
    action: &'static str,
    statement: Query<'_, Sqlite, SqliteArguments>,
) -> Result<u64, StoreError> {
    let failed = |error| store_error(action, error);
    let mut writing = connections.begin(action).await?;
    let changed = match statement.execute(writing.connection()).await {
        Ok(done) => done.rows_affected(),
        Err(error) => {
            let _ = writing.roll_back().await;
            return Err(failed(error));
        }
    };
    writing.commit().await.map_err(failed)?;
    Ok(changed)
}

pub(super) async fn heartbeat(
    connections: &Connections,
    shared: &ProjectionsState,
    worker: &Worker,
    lease: Duration,
) -> Result<Vec<Worker>, StoreError> {
    const ACTION: &str = "sending a heartbeat";
    let failed = |error| store_error(ACTION, error);
    let supports = serde_json::to_string(&worker.supports)
        .map_err(|error| StoreError::Backend { action: ACTION, source: Box::new(error) })?;
    let waiting = shared.pend_heartbeat(worker.id);
    let mut writing = connections.begin(ACTION).await?;
    drop(waiting);
    let forgotten = shared.liveness.dead_for(DEAD_WORKER_RETENTION);
    let now = now();
    let recorded = async {
        let connection = writing.connection();
        sqlx::query(statement!("../sql/workers.sql", "heartbeat"))
            .bind(worker.id.as_uuid())
            .bind(&worker.application)
            .bind(supports)
            .bind(micros(lease))
            .bind(now)
            .execute(&mut *connection)
            .await?;
        let delete = sqlx::query(statement!("../sql/workers.sql", "delete_dead_workers"));
        delete.bind(counted(&forgotten)).execute(&mut *connection).await?;
        let rows = sqlx::query(statement!("../sql/workers.sql", "workers")).fetch_all(connection).await?;
        rows.iter()
            .map(|row| row::worker(row, |beat_at| now.saturating_sub(beat_at)))
            .collect::<Result<Vec<_>, sqlx::Error>>()
    };
    let found = match recorded.await {
        Ok(found) => writing.commit().await.map(|()| found).map_err(failed)?,
        Err(error) => {
            let _ = writing.roll_back().await;
            return Err(failed(error));
        }
    };
    let (workers, heartbeats): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    shared.liveness.observe_all(&heartbeats);
    Ok(workers.into_iter().filter(|it| it.id == worker.id || shared.lives(it.id)).collect())
}

/// Workers with the counts of their last heartbeats, as an array for a query.
fn counted(workers: &[(WorkerId, u64)]) -> String {
    let names = workers.iter().map(|(worker, count)| format!("\"{}:{count}\"", worker.as_uuid().simple()));
    format!("[{}]", names.collect::<Vec<_>>().join(","))
}

/// Claims a partition in one statement.
pub(super) async fn claim(
    connections: &Connections,
    shared: &ProjectionsState,
    claim: &Claim,
) -> Result<Option<Lease>, StoreError> {
    let Claim { generation, partition, worker, stopped_in } = *claim;
    let of = |sql| sqlx::query(sql).bind(row::signed(generation.get())).bind(i64::from(partition));
    let epoch = match stopped_in {
        Some(epoch) => {
            let query = of(statement!("../sql/checkpoints.sql", "claim_stopped"));
            let query = query.bind(row::signed(epoch)).bind(worker.as_uuid());
            claim_by(connections, "claiming a stopped partition", query).await?
        }
        None => {
            let query = of(statement!("../sql/checkpoints.sql", "claim")).bind(worker.as_uuid());
            let query = query.bind(counted(&shared.dead()));
            let epoch = claim_by(connections, "claiming a partition", query).await?;
            if epoch.is_none() {
                observe_owner(connections, shared, generation, partition).await?;
            }
            epoch
        }
    };
    Ok(epoch.map(|epoch| Lease { generation, partition, epoch, worker }))
}

/// The owner of a partition may have sent another heartbeat, which has to be known before it is found dead.
async fn observe_owner(
    connections: &Connections,
    shared: &ProjectionsState,
    generation: GenerationId,
    partition: u32,
) -> Result<(), StoreError> {
    let found = connections
        .read("claiming a partition", |connection| {
            let query = sqlx::query(statement!("../sql/checkpoints.sql", "owner"))
                .bind(row::signed(generation.get()))
                .bind(i64::from(partition));
            Box::pin(async move {
                let found = query.fetch_optional(connection).await?;
                found.map(|found| row::owner(&found, |beat_at| now().saturating_sub(beat_at))).transpose()
            })
        })
        .await?;
    shared.liveness.observe(found.as_slice());
    Ok(())
}

/// Runs a statement that claims a partition; returns the epoch.
async fn claim_by(
    connections: &Connections,
    action: &'static str,
    query: Query<'_, Sqlite, SqliteArguments>,
) -> Result<Option<u64>, StoreError> {
    let failed = |error| store_error(action, error);
    let Some(mut writing) = connections.begin_unless_held(action, CLAIM_TIMEOUT).await? else {
        return Ok(None);
    };
    let claimed = query.fetch_optional(writing.connection()).await;
    match claimed.and_then(|found| found.map(|found| row::unsigned(&found, 0)).transpose()) {
        Ok(Some(epoch)) => writing.commit().await.map(|()| Some(epoch)).map_err(failed),
        Ok(None) => writing.roll_back().await.map(|()| None).map_err(failed),
        Err(error) => {
            let _ = writing.roll_back().await;
            Err(failed(error))
        }
    }
}

pub(super) async fn release(connections: &Connections, lease: &Lease) -> Result<(), StoreError> {
    let query = of(lease, statement!("../sql/checkpoints.sql", "release"));
    write(connections, "releasing a partition", query).await.map(drop)
}

/// Partitions with a running transaction of this worker can be claimed too: their holder has left.
pub(super) async fn leave(connections: &Connections, worker: WorkerId) -> Result<(), StoreError> {
    const ACTION: &str = "deleting a worker";
    let end = sqlx::query(statement!("../sql/workers.sql", "delete_worker")).bind(worker.as_uuid());
    write(connections, ACTION, end).await?;
    let leave = sqlx::query(statement!("../sql/workers.sql", "leave")).bind(worker.as_uuid());
    write(connections, ACTION, leave).await.map(drop)
}

pub(super) async fn note_error(
    connections: &Connections,
    lease: &Lease,
    error: Option<&str>,
) -> Result<(), StoreError> {
    let query = of(lease, statement!("../sql/checkpoints.sql", "note_error")).bind(error.map(str::to_owned));
    write(connections, "recording the error of a projection", query).await.map(drop)
}

pub(super) async fn stop(
    connections: &Connections,
    lease: &Lease,
    reason: &StopReason,
) -> Result<(), StoreError> {
    const ACTION: &str = "stopping a partition";
    let reason = serde_json::to_string(reason)
        .map_err(|error| StoreError::Backend { action: ACTION, source: Box::new(error) })?;
    let query = of(lease, statement!("../sql/checkpoints.sql", "stop")).bind(reason).bind(now());
    write(connections, ACTION, query).await.map(drop)
}

pub(super) async fn resume(connections: &Connections, generation: GenerationId) -> Result<u64, StoreError> {
    let query =
        sqlx::query(statement!("../sql/checkpoints.sql", "resume")).bind(row::signed(generation.get()));
    write(connections, "resuming a generation", query).await
}

fn of(lease: &Lease, sql: &'static str) -> Query<'static, Sqlite, SqliteArguments> {
    sqlx::query(sql)
        .bind(row::signed(lease.generation.get()))
        .bind(i64::from(lease.partition))
        .bind(row::signed(lease.epoch))
}
