//! What commands need.

use std::sync::Arc;

use super::{
    append::Appender,
    queue::{cache::AggregateCache, handle::CommandQueues},
    snapshots::SnapshotWriter,
};
use crate::Retry;

/// What commands need: the store to load from, the queues of the aggregates, and the way to the log.
pub(crate) struct CommandEngine<S> {
    pub(super) store: Arc<S>,
    pub(super) retry: Retry,
    pub(super) queues: Arc<CommandQueues>,
    pub(super) snapshots: SnapshotWriter<S>,
    pub(super) appender: Appender<S>,
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
