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

use crate::{Position, store::EventStore};

/// How long appends are batched into one notification.
const ANNOUNCE_DELAY: Duration = Duration::from_millis(4);

pub(crate) struct Awake<S> {
    store: Arc<S>,
    notify: Notify,
    /// The highest position this process appended.
    position: AtomicU64,
    announcing: AtomicBool,
}

impl<S: EventStore> Awake<S> {
    pub(crate) fn new(store: Arc<S>) -> Self {
        let (position, announcing) = (AtomicU64::default(), AtomicBool::default());
        Self { store, notify: Notify::new(), position, announcing }
    }

    /// Waits until this process has appended something since the last return.
    pub(crate) async fn appended(&self) {
        self.notify.notified().await;
    }

    pub(crate) fn position(&self) -> Position {
        Position::new(self.position.load(Ordering::Relaxed))
    }

    /// Must be called after every append.
    pub(crate) fn wake(self: &Arc<Self>, position: Position) {
        self.position.fetch_max(position.get(), Ordering::Relaxed);
        self.notify.notify_one();
        if !self.announcing.swap(true, Ordering::AcqRel) {
            let awake = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(ANNOUNCE_DELAY).await;
                // Before the notification is sent: an append after this point needs another one.
                awake.announcing.store(false, Ordering::Release);
                if let Err(error) = awake.store.announce().await {
                    tracing::debug!(%error, "could not notify other processes of an append; they will find it by polling");
                }
            });
        }
    }
}
