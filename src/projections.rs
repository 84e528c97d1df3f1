//! Running projections and event handlers, rebuilding them, and reading their rows.
//!
//! [`register`] prepares the store at a start. Then the [`coordinator`] claims partitions, the [`feed`] reads the log once
//! for all of them, and a [`runner`] per partition applies its events. A rebuild is a second generation with tables of its
//! own: [`rebuild`] asks for it, [`swap`] makes it live. An [`inline`] projection runs in the transaction of each append.

mod assignment;
mod by_name;
pub(crate) mod consumer;
mod context;
mod coordinator;
mod error;
mod feed;
mod fitness;
pub(crate) mod inline;
mod live_versions;
mod meters;
mod operate;
mod options;
mod outages;
mod parked;
mod project;
mod rebuild;
mod register;
mod rows;
mod runner;
mod status;
mod swap;
mod wait;
mod widen;
mod workers;

use std::sync::Arc;

pub use by_name::{OperateError, UnknownProjection};
pub use error::RowsError;
pub use options::WorkerOptions;
pub use parked::{Parked, ParkedError, ParkedPage, ParkedRetries, ParkedRetry};
pub use project::Project;
pub use rebuild::{Rebuild, RebuildError, RebuildProgress, Rebuilt};
pub use register::StartError;
pub use status::{Owner, ProjectionState, ProjectionStatus, Status};
pub use wait::{WaitError, WaitFor};
pub use workers::{ShutdownError, StoppedProjection, Workers};

use self::{
    consumer::Consumers,
    context::{Progress, WorkerContext},
    live_versions::LiveVersions,
};
use crate::awake::Awake;

/// What projections need: the store, the projections of this program, and what this process knows of their progress.
pub(crate) struct ProjectionEngine<S> {
    store: Arc<S>,
    consumers: Consumers<S>,
    awake: Arc<Awake<S>>,
    progress: Progress,
    live_versions: LiveVersions,
}

impl<S> ProjectionEngine<S> {
    pub(crate) fn new(store: Arc<S>, consumers: Consumers<S>, awake: Arc<Awake<S>>) -> Self {
        let (progress, live_versions) = (Progress::default(), LiveVersions::default());
        Self { store, consumers, awake, progress, live_versions }
    }
}
