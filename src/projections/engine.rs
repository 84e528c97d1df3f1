//! What projections need.

use std::sync::Arc;

use super::{
    consumer::Consumers, inline::InlineAppends, live_versions::LiveVersions, progress::Progress, watch::Hubs,
};
use crate::{awake::Awake, clock::TimerClock, commands::CommandEngine};

/// What projections need: the store, the projections of this program, and what this process knows of their progress.
pub(crate) struct ProjectionEngine<S> {
    pub(crate) store: Arc<S>,
    pub(crate) consumers: Consumers<S>,
    pub(crate) awake: Arc<Awake<S>>,
    /// For the commands of policies.
    pub(crate) commands: Arc<CommandEngine<S>>,
    /// The inline projections of this program, if it has registered any.
    pub(crate) inline: Option<Arc<InlineAppends<S>>>,
    /// The clock of timers.
    pub(crate) clock: TimerClock,
    pub(super) progress: Arc<Progress>,
    pub(super) live_versions: Arc<LiveVersions>,
    /// The read models that are watched.
    pub(super) hubs: Arc<Hubs>,
}

impl<S> ProjectionEngine<S> {
    pub(crate) fn new(
        store: Arc<S>,
        consumers: Consumers<S>,
        awake: Arc<Awake<S>>,
        commands: Arc<CommandEngine<S>>,
        inline: Option<Arc<InlineAppends<S>>>,
        clock: TimerClock,
    ) -> Self {
        let (progress, live_versions, hubs) = (Arc::default(), Arc::default(), Arc::default());
        Self { store, consumers, awake, commands, inline, clock, progress, live_versions, hubs }
    }

    /// The same store and the same progress, with other consumers.
    pub(crate) fn with_consumers(&self, consumers: Consumers<S>) -> Self {
        let (store, awake) = (Arc::clone(&self.store), Arc::clone(&self.awake));
        let (commands, inline) = (Arc::clone(&self.commands), self.inline.clone());
        let clock = self.clock.clone();
        let (progress, live_versions) = (Arc::clone(&self.progress), Arc::clone(&self.live_versions));
        let hubs = Arc::clone(&self.hubs);
        Self { store, consumers, awake, commands, inline, clock, progress, live_versions, hubs }
    }
}
