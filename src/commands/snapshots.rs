//! Writing snapshots in the background: a command neither waits for one nor fails with it.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::{Snapshot, store::EventStore};

/// How many snapshots are written concurrently. Further snapshots are skipped: the next one follows after `every`
/// more events, and a missing snapshot only makes loading slower.
const CONCURRENCY: usize = 4;

pub(super) struct SnapshotWriter<S> {
    store: Arc<S>,
    tasks: TaskTracker,
    slots: Arc<Semaphore>,
}

impl<S> SnapshotWriter<S> {
    pub(super) fn new(store: Arc<S>) -> Self {
        Self { store, tasks: TaskTracker::new(), slots: Arc::new(Semaphore::new(CONCURRENCY)) }
    }

    pub(super) async fn flush(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}

impl<S: EventStore> SnapshotWriter<S> {
    pub(super) fn write(&self, snapshot: Snapshot) {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return };
        let store = Arc::clone(&self.store);
        self.tasks.spawn(async move {
            let (stream, version) = (snapshot.stream.clone(), snapshot.version);
            if let Err(error) = store.save_snapshot(snapshot).await {
                tracing::warn!(%stream, %version, %error, "could not save a snapshot");
            }
            drop(slot);
        });
    }
}
