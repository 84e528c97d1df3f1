//! Why no connection was to be had in time.
//!
//! A pool waits for a server that refuses connections as it waits for a connection that is in use, and says the
//! same of both. To a caller they differ: the one calls for the server, the other for a larger pool. One
//! connection beside the pool tells them apart.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eventsource_core::store::StoreError;
use sqlx::{ConnectOptions, Connection, postgres::PgPool};
use tokio::{sync::Mutex, time::timeout};

/// How long a server may take for a connection beside the pool before it counts as unavailable.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was found out last. Callers that time out together share the answer: many connections beside the pool
/// would be the last thing that a server in need can use.
#[derive(Debug, Default)]
pub(super) struct Timeouts {
    last: Mutex<Option<(Instant, Finding)>>,
}

/// `None` if the server accepts connections, else what it answers.
type Finding = Option<Arc<dyn std::error::Error + Send + Sync>>;

impl Timeouts {
    pub(super) async fn explain(&self, pool: &PgPool, action: &'static str, waited: Duration) -> StoreError {
        let since = Instant::now();
        let mut last = self.last.lock().await;
        let finding = match &*last {
            Some((at, finding)) if *at >= since => finding.clone(),
            _ => {
                let finding = connect_beside(pool).await;
                *last = Some((Instant::now(), finding.clone()));
                finding
            }
        };
        match finding {
            Some(source) => StoreError::Unavailable { action, source: Box::new(source) },
            None => StoreError::Exhausted { action, waited },
        }
    }
}

async fn connect_beside(pool: &PgPool) -> Finding {
    let server = pool.connect_options();
    let connecting = async { server.connect().await?.close().await };
    match timeout(PATIENCE, connecting).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(Arc::new(error)),
        Err(elapsed) => Some(Arc::new(elapsed)),
    }
}
