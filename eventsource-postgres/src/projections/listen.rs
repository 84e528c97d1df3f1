//! Hints from other processes that events were appended (`LISTEN` and `NOTIFY`).
//!
//! One connection per store listens for all callers. It does not belong to the pool: it stays open until the store is
//! closed or dropped. A lost connection is opened again, which counts as a hint, since notifications may have been missed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use eventsource_core::store::StoreError;
use eventsource_sql::statement;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::{sync::Notify, task::JoinHandle, time::sleep};

use crate::connections::Connections;

const CHANNEL: &str = "eventsource";

const MIN_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(5);

pub(crate) async fn announce(connections: &Connections) -> Result<(), StoreError> {
    connections
        .read("announcing an append", |connection| {
            let query = connections.query(statement!("../sql/log.sql", "announce"));
            Box::pin(async move { query.execute(connection).await.map(|_| ()) })
        })
        .await
}

/// The listening task, which all clones of a store share.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    hints: Arc<Notify>,
    task: Mutex<Task>,
}

#[derive(Debug, Default)]
struct Task {
    running: Option<JoinHandle<()>>,
    closed: bool,
}

impl Listener {
    /// Waits for a hint. Behind a pooler there is none.
    pub(crate) async fn listen(&self, connections: &Connections) {
        let hint = self.hints.notified();
        self.start(connections);
        hint.await;
    }

    fn start(&self, connections: &Connections) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = task.running.as_ref().is_some_and(|running| !running.is_finished());
        if runs || task.closed {
            return;
        }
        let Some(server) = connections.server() else { return };
        task.running = Some(tokio::spawn(receive(server, Arc::clone(&self.hints))));
    }

    pub(crate) fn close(&self) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.closed = true;
        if let Some(running) = task.running.take() {
            running.abort();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.close();
    }
}

async fn receive(server: PgConnectOptions, hints: Arc<Notify>) {
    let mut delay = MIN_DELAY;
    loop {
        let lost = match listening(&server).await {
            Ok(mut listener) => loop {
                // From here on no notification is missed; earlier ones may have been.
                hint(&hints);
                delay = MIN_DELAY;
                match listener.try_recv().await {
                    Ok(Some(_)) => {}
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            },
            Err(error) => Some(error),
        };
        if let Some(error) = lost {
            tracing::debug!(%error, "cannot listen for notifications of appends; retrying");
        }
        sleep(delay).await;
        delay = (delay * 2).min(MAX_DELAY);
    }
}

async fn listening(server: &PgConnectOptions) -> Result<PgListener, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(server.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    // The loop in `receive` opens a lost connection again.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Wakes all waiting callers, or else the next one: a hint that arrives while no caller waits is not lost.
fn hint(hints: &Notify) {
    hints.notify_waiters();
    hints.notify_one();
}
