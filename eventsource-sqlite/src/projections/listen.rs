//! Hints that another process has appended: while a task listens, the end of the log is polled.
//!
//! SQLite has no notification of writes by other processes. `pragma data_version` would report every write, checkpoints
//! included, and so wake the worker that has just written one; reading the end of the log costs no more.

use std::{sync::atomic::Ordering, time::Duration};

use eventsource_sql::statement;
use sqlx::Row;
use tokio::time::sleep;

use super::ProjectionsState;
use crate::connections::Connections;

/// The time between two polls.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Returns once the log has grown since the last return.
pub(super) async fn listen(connections: &Connections, shared: &ProjectionsState) {
    let known = shared.announced.load(Ordering::Relaxed);
    loop {
        let end = connections.read("reading the end of the log", |connection| {
            let query = sqlx::query(statement!("../sql/log.sql", "horizon"));
            Box::pin(async move { query.fetch_one(connection).await?.try_get::<i64, _>(0) })
        });
        match end.await.map(|end| u64::try_from(end).unwrap_or_default()) {
            Ok(end) if end > known => {
                shared.announced.fetch_max(end, Ordering::Relaxed);
                return;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "could not read the end of the log; appends of other processes are noticed later")
            }
        }
        sleep(POLL_INTERVAL).await;
    }
}
