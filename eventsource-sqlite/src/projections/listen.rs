//! Hints that another process has appended: the last position is looked at, as long as somebody listens.
//!
//! SQLite tells nobody of a write. `pragma data_version` would say that anything was written, checkpoints among it, and
//! so wake whoever has just written one; the end of the log costs no more to look at.

use std::{sync::atomic::Ordering, time::Duration};

use sqlx::Row;
use tokio::time::sleep;

use super::ProjectionsState;
use crate::connections::Connections;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Returns once the log has grown since the last return.
pub(super) async fn listen(connections: &Connections, shared: &ProjectionsState) {
    let known = shared.announced.load(Ordering::Relaxed);
    loop {
        let end = connections.read("looking for the end of the log", |connection| {
            let query = sqlx::query(include_str!("../sql/horizon.sql"));
            Box::pin(async move { query.fetch_one(connection).await?.try_get::<i64, _>(0) })
        });
        match end.await.map(|end| u64::try_from(end).unwrap_or_default()) {
            Ok(end) if end > known => {
                shared.announced.fetch_max(end, Ordering::Relaxed);
                return;
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "cannot look for what another process has appended"),
        }
        sleep(PAUSE).await;
    }
}
