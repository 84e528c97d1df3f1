//! Executing commands.
//!
//! [`execute`] takes one command through the queue of its aggregate, [`atomically`] several commands on several
//! aggregates. A command passes two queues: first the [`queue`] of its aggregate, which decides it on the state that its
//! predecessors produce, then the append queue of the store, which batches the appends of all aggregates. See
//! "A command" in `ARCHITECTURE.md`.

mod append;
mod atomically;
mod cache;
mod error;
mod execute;
pub(crate) mod load;
mod origin;
mod queue;
mod queues;
mod snapshots;

use std::sync::Arc;

pub(crate) use append::{AppendPath, Appender, Outcomes};
pub use atomically::{Atomically, RejectedCommand};
pub use cache::AggregateCache;
pub use error::{ExecuteError, ReusedKey};
pub use execute::Execute;
pub use load::{AsOf, Loaded};

use self::{queues::CommandQueues, snapshots::SnapshotWriter};
use crate::Retry;

/// What commands need: the store to load from, the queues of the aggregates, and the way to the log.
pub(crate) struct CommandEngine<S> {
    store: Arc<S>,
    retry: Retry,
    queues: Arc<CommandQueues>,
    snapshots: SnapshotWriter<S>,
    appender: Appender<S>,
}

impl<S> CommandEngine<S> {
    pub(crate) fn new(store: Arc<S>, retry: Retry, cache: AggregateCache, appender: Appender<S>) -> Self {
        let queues = Arc::new(CommandQueues::new(cache));
        let snapshots = SnapshotWriter::new(Arc::clone(&store));
        Self { store, retry, queues, snapshots, appender }
    }

    pub(crate) fn retry(&self) -> &Retry {
        &self.retry
    }

    /// Waits until the snapshots that are being written are written.
    pub(crate) async fn flush(&self) {
        self.snapshots.flush().await;
    }
}
