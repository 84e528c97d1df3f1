//! Writing snapshots in the background: a command neither waits for one nor fails with it.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::Inner;
use crate::{Snapshot, store::EventStore};

/// How many snapshots are written concurrently. Further snapshots are skipped: the next one follows after `every`
/// more events, and a missing snapshot only makes loading slower.
const CONCURRENCY: usize = 4;

pub(crate) struct SnapshotWriter {
    tasks: TaskTracker,
    slots: Arc<Semaphore>,
}

impl Default for SnapshotWriter {
    fn default() -> Self {
        Self { tasks: TaskTracker::new(), slots: Arc::new(Semaphore::new(CONCURRENCY)) }
    }
}

impl SnapshotWriter {
    pub(super) fn write<S: EventStore>(&self, source: Arc<Inner<S>>, snapshot: Snapshot) {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return };
        self.tasks.spawn(async move {
            let (stream, version) = (snapshot.stream.clone(), snapshot.version);
            if let Err(error) = source.store.save_snapshot(snapshot).await {
                tracing::warn!(%stream, %version, %error, "could not save a snapshot");
            }
            drop(slot);
        });
    }

    pub(super) async fn flush(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}
