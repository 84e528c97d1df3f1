//! Which versions of the read models are live, as far as this process knows.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a query relies on the versions that were read last. Workers read them with each heartbeat, so that queries
/// need no call of their own.
const RELIABLE: Duration = Duration::from_secs(10);

/// The versions that were live when the store was read last.
#[derive(Default)]
pub(crate) struct LiveVersions(Mutex<Known>);

#[derive(Default)]
pub(super) struct Known {
    pub(super) read_at: Option<Instant>,
    pub(super) live: HashMap<String, u32>,
    /// The live versions that this process has warned of.
    pub(super) warned: HashMap<String, u32>,
}

impl LiveVersions {
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a query for this version has to read the store first. Of concurrent queries, one does.
    pub(super) fn must_read(&self, name: &str, version: u32) -> bool {
        let mut known = self.known();
        let is_old = known.read_at.is_none_or(|read_at| read_at.elapsed() > RELIABLE);
        if is_old {
            known.read_at = Some(Instant::now());
        }
        is_old || known.live.get(name).is_some_and(|live| *live > version)
    }
}
