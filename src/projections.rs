//! Running projections and event handlers, rebuilding them, and reading their rows.

// `register` prepares the store at a start. Then the `coordinator` claims partitions, the `feed` reads the log once for all
// of them, and a `runner` per partition applies its events. A `watch` follows the rows of a read model. A rebuild is a second generation with tables of its own:
// `rebuild` asks for it, `swap` makes it live. An `inline` projection runs in the transaction of each append.

mod assignment;
mod by_name;
pub(crate) mod consumer;
mod context;
mod coordinator;
mod engine;
mod error;
mod feed;
mod feed_reader;
mod fitness;
pub(crate) mod inline;
mod live_versions;
mod meters;
mod operate;
mod options;
mod other_version;
mod outages;
mod parked;
mod progress;
mod project;
mod rebuild;
mod register;
mod resumptions;
mod rows;
mod runner;
#[cfg(test)]
mod sample;
mod status;
mod swap;
mod wait;
mod watch;
mod widen;
mod workers;

pub use eventsource_core::projection::{FoldError, ReadModelProjection, RowFault, RowKeyError, Rows};

pub use by_name::{OperateError, UnknownProjection};
pub(crate) use engine::ProjectionEngine;
pub use error::{RowsError, StartError, StoppedProjection};
pub use options::WorkerOptions;
pub use parked::{Parked, ParkedError, ParkedPage, ParkedRetries, ParkedRetry};
pub use project::Project;
pub use rebuild::{Rebuild, RebuildError, RebuildProgress, Rebuilt};
pub use status::{Owner, ProjectionState, ProjectionStatus, Status};
pub use wait::{WaitError, WaitFor};
pub use watch::{Filter, InvalidToken, Watch, WatchError, WatchToken, Watched};
pub use workers::{ShutdownError, Workers};
