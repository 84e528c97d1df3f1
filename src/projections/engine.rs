//! What projections need.

use std::sync::Arc;

use super::{consumer::Consumers, live_versions::LiveVersions, progress::Progress};
use crate::awake::Awake;

/// What projections need: the store, the projections of this program, and what this process knows of their progress.
pub(crate) struct ProjectionEngine<S> {
    pub(super) store: Arc<S>,
    pub(super) consumers: Consumers<S>,
    pub(super) awake: Arc<Awake<S>>,
    pub(super) progress: Arc<Progress>,
    pub(super) live_versions: Arc<LiveVersions>,
}

impl<S> ProjectionEngine<S> {
    pub(crate) fn new(store: Arc<S>, consumers: Consumers<S>, awake: Arc<Awake<S>>) -> Self {
        let (progress, live_versions) = (Arc::default(), Arc::default());
        Self { store, consumers, awake, progress, live_versions }
    }

    /// The same store and the same progress, with other consumers.
    pub(crate) fn with_consumers(&self, consumers: Consumers<S>) -> Self {
        let (store, awake) = (Arc::clone(&self.store), Arc::clone(&self.awake));
        let (progress, live_versions) = (Arc::clone(&self.progress), Arc::clone(&self.live_versions));
        Self { store, consumers, awake, progress, live_versions }
    }
}
