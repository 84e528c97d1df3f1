//! Waking readers when something was appended: those of this process at once, others by a hint.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use super::Inner;
use crate::{Position, store::EventStore};

/// For how long announcements are gathered: one for all appends of that time.
const GATHER: Duration = Duration::from_millis(4);

#[derive(Default)]
pub(crate) struct Awake {
    notify: Notify,
    /// The highest position this process appended.
    position: AtomicU64,
    announcing: AtomicBool,
}

impl Awake {
    /// Returns when this process has appended something since the last return.
    pub(super) async fn appended(&self) {
        self.notify.notified().await;
    }

    pub(super) fn position(&self) -> Position {
        Position::new(self.position.load(Ordering::Relaxed))
    }
}

impl<S: EventStore> Inner<S> {
    /// To be called after every append.
    pub(super) fn wake(self: &Arc<Self>, position: Position) {
        let awake = &self.awake;
        awake.position.fetch_max(position.get(), Ordering::Relaxed);
        awake.notify.notify_one();
        if !awake.announcing.swap(true, Ordering::AcqRel) {
            let source = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(GATHER).await;
                // Before it is sent: what is appended from here on needs another one.
                source.awake.announcing.store(false, Ordering::Release);
                if let Err(error) = source.store.announce().await {
                    tracing::debug!(%error, "other processes were not told of an append, and will see it by looking");
                }
            });
        }
    }
}
