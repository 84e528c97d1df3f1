//! What projections need.

use std::sync::Arc;

use super::{consumer::Consumers, live_versions::LiveVersions, progress::Progress};
use crate::awake::Awake;

/// What projections need: the store, the projections of this program, and what this process knows of their progress.
pub(crate) struct ProjectionEngine<S> {
    pub(super) store: Arc<S>,
    pub(super) consumers: Consumers<S>,
    pub(super) awake: Arc<Awake<S>>,
    pub(super) progress: Progress,
    pub(super) live_versions: LiveVersions,
}

impl<S> ProjectionEngine<S> {
    pub(crate) fn new(store: Arc<S>, consumers: Consumers<S>, awake: Arc<Awake<S>>) -> Self {
        let (progress, live_versions) = (Progress::default(), LiveVersions::default());
        Self { store, consumers, awake, progress, live_versions }
    }
}
