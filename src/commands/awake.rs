//! Waking the readers of the log after an append: those of this process immediately, those of other processes by
//! notification.

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

/// How long appends are batched into one notification.
const ANNOUNCE_DELAY: Duration = Duration::from_millis(4);

#[derive(Default)]
pub(crate) struct Awake {
    notify: Notify,
    /// The highest position this process appended.
    position: AtomicU64,
    announcing: AtomicBool,
}

impl Awake {
    /// Waits until this process has appended something since the last return.
    pub(super) async fn appended(&self) {
        self.notify.notified().await;
    }

    pub(super) fn position(&self) -> Position {
        Position::new(self.position.load(Ordering::Relaxed))
    }
}

impl<S: EventStore> Inner<S> {
    /// Must be called after every append.
    pub(super) fn wake(self: &Arc<Self>, position: Position) {
        let awake = &self.awake;
        awake.position.fetch_max(position.get(), Ordering::Relaxed);
        awake.notify.notify_one();
        if !awake.announcing.swap(true, Ordering::AcqRel) {
            let source = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(ANNOUNCE_DELAY).await;
                // Before the notification is sent: an append after this point needs another one.
                source.awake.announcing.store(false, Ordering::Release);
                if let Err(error) = source.store.announce().await {
                    tracing::debug!(%error, "could not notify other processes of an append; they will find it by polling");
                }
            });
        }
    }
}
