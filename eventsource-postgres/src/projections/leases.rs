//! Workers and their heartbeats, and the leases on partitions.

use std::time::Duration;

use eventsource_core::store::{
    Claim, GenerationId, Lease, Liveness, StopReason, StoreError, Worker, WorkerId,
};
use eventsource_sql::statement;
use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use crate::{connections::Connections, row};

/// How long a dead worker is kept in the table.
const DEAD_WORKER_RETENTION: Duration = Duration::from_secs(3_600);

pub(super) async fn heartbeat(
    connections: &Connections,
    liveness: &Liveness,
    worker: &Worker,
    lease: Duration,
) -> Result<Vec<Worker>, StoreError> {
    let supports = serde_json::to_string(&worker.supports)
        .map_err(|error| StoreError::Backend { action: "sending a heartbeat", source: Box::new(error) })?;
    let lease = i64::try_from(lease.as_micros()).unwrap_or(i64::MAX);
    let (forgotten, beats) = counted(&liveness.dead_for(DEAD_WORKER_RETENTION));
    let found = connections
        .read("sending a heartbeat", |connection| {
            let query = connections
                .query(statement!("../sql/workers.sql", "heartbeat"))
                .bind(worker.id.as_uuid())
                .bind(without_nul(&worker.application))
                .bind(supports.clone())
                .bind(lease)
                .bind(forgotten.clone())
                .bind(beats.clone());
            Box::pin(async move {
                let rows = query.fetch_all(connection).await?;
                rows.iter().map(|row| row::worker(row, |age| age)).collect::<Result<Vec<_>, _>>()
            })
        })
        .await?;
    let (workers, heartbeats): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    liveness.observe_all(&heartbeats);
    Ok(workers.into_iter().filter(|it| it.id == worker.id || liveness.lives(it.id)).collect())
}

/// Workers with the counts of their last heartbeats, as arrays for a query.
fn counted(workers: &[(WorkerId, u64)]) -> (Vec<Uuid>, Vec<i64>) {
    workers.iter().map(|(worker, count)| (worker.as_uuid(), row::signed(*count))).unzip()
}

/// Claims a partition in one statement.
pub(super) async fn claim(
    connections: &Connections,
    liveness: &Liveness,
    claim: &Claim,
) -> Result<Option<Lease>, StoreError> {
    let Claim { generation, partition, worker, stopped_in } = *claim;
    let of = |sql| {
        let query = connections.query(sql).bind(row::signed(generation.get()));
        query.bind(row::partition(partition))
    };
    let epoch = match stopped_in {
        Some(epoch) => {
            let query = || {
                let query = of(statement!("../sql/checkpoints.sql", "claim_stopped"));
                query.bind(row::signed(epoch)).bind(worker.as_uuid())
            };
            claim_by(connections, "claiming a stopped partition", query).await?
        }
        None => {
            let (dead, beats) = counted(&liveness.dead());
            let query = || {
                let query = of(statement!("../sql/checkpoints.sql", "claim")).bind(worker.as_uuid());
                query.bind(dead.clone()).bind(beats.clone())
            };
            let epoch = claim_by(connections, "claiming a partition", query).await?;
            if epoch.is_none() {
                observe_owner(connections, liveness, generation, partition).await?;
            }
            epoch
        }
    };
    Ok(epoch.map(|epoch| Lease { generation, partition, epoch, worker }))
}

/// The owner of a partition may have sent another heartbeat, which has to be known before it is found dead.
async fn observe_owner(
    connections: &Connections,
    liveness: &Liveness,
    generation: GenerationId,
    partition: u32,
) -> Result<(), StoreError> {
    let found = connections
        .read("claiming a partition", |connection| {
            let query = connections
                .query(statement!("../sql/checkpoints.sql", "owner"))
                .bind(row::signed(generation.get()))
                .bind(row::partition(partition));
            Box::pin(async move {
                let found = query.fetch_optional(connection).await?;
                found.map(|found| row::owner(&found, |age| age)).transpose()
            })
        })
        .await?;
    liveness.observe(found.as_slice());
    Ok(())
}

/// The epoch that the statement of a claim returns; `None` if the partition cannot be claimed.
async fn claim_by(
    connections: &Connections,
    action: &'static str,
    query: impl Fn() -> Query<'static, Postgres, PgArguments> + Send + Sync,
) -> Result<Option<u64>, StoreError> {
    connections
        .read(action, |connection| {
            let query = query();
            Box::pin(async move {
                let claimed = query.fetch_optional(connection).await?;
                claimed.map(|claimed| row::unsigned(&claimed, 0)).transpose()
            })
        })
        .await
}

pub(super) async fn release(connections: &Connections, lease: &Lease) -> Result<(), StoreError> {
    connections
        .read("releasing a partition", |connection| {
            let query = connections
                .query(statement!("../sql/checkpoints.sql", "release"))
                .bind(row::signed(lease.generation.get()))
                .bind(row::partition(lease.partition))
                .bind(row::signed(lease.epoch));
            Box::pin(async move { query.execute(connection).await.map(|_| ()) })
        })
        .await
}

pub(super) async fn leave(connections: &Connections, worker: WorkerId) -> Result<(), StoreError> {
    connections
        .read("deleting a worker", |connection| {
            let query = connections.query(statement!("../sql/workers.sql", "leave")).bind(worker.as_uuid());
            Box::pin(async move { query.execute(connection).await.map(|_| ()) })
        })
        .await
}

pub(super) async fn note_error(
    connections: &Connections,
    lease: &Lease,
    error: Option<&str>,
) -> Result<(), StoreError> {
    connections
        .read("recording the error of a projection", |connection| {
            let query = connections
                .query(statement!("../sql/checkpoints.sql", "note_error"))
                .bind(row::signed(lease.generation.get()))
                .bind(row::partition(lease.partition))
                .bind(row::signed(lease.epoch))
                .bind(error.map(without_nul));
            Box::pin(async move { query.execute(connection).await.map(|_| ()) })
        })
        .await
}

pub(super) async fn stop(
    connections: &Connections,
    lease: &Lease,
    reason: &StopReason,
) -> Result<(), StoreError> {
    const ACTION: &str = "stopping a partition";
    let reason = serde_json::to_string(reason)
        .map_err(|error| StoreError::Backend { action: ACTION, source: Box::new(error) })?;
    connections
        .read(ACTION, |connection| {
            let query = connections
                .query(statement!("../sql/checkpoints.sql", "stop"))
                .bind(row::signed(lease.generation.get()))
                .bind(row::partition(lease.partition))
                .bind(row::signed(lease.epoch))
                .bind(reason.clone());
            Box::pin(async move { query.execute(connection).await.map(|_| ()) })
        })
        .await
}

pub(super) async fn resume(connections: &Connections, generation: GenerationId) -> Result<u64, StoreError> {
    connections
        .read("resuming a generation", |connection| {
            let query = connections
                .query(statement!("../sql/checkpoints.sql", "resume"))
                .bind(row::signed(generation.get()));
            Box::pin(async move { query.execute(connection).await.map(|done| done.rows_affected()) })
        })
        .await
}

/// Replaces NUL characters, which Postgres cannot store. For texts that only people read.
pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
