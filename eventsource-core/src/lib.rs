//! Events, aggregates, commands, and the contract that every store fulfils.
//!
//! Applications depend on the facade, `eventsource-cqrs`, which re-exports all of this as `eventsource`; the examples
//! here are written for them. Store authors depend on this crate, read [`store`], and run the suite
//! `eventsource-conformance`.
//!
//! Without features this crate has no database, no `syn` and no runtime. Features: `runtime` adds
//! [`EventSource`], which needs timers and background tasks; `testing` adds the test kit; `jiff`, `chrono`,
//! `time` and `rust_decimal` add [`Schema`] for their types.

pub mod store;

mod aggregate;
mod command;
#[cfg(feature = "runtime")]
mod copy;
mod event;
mod json;
mod memory;
mod metadata;
mod numbers;
mod projection;
mod recorded;
pub mod schema;
mod shown;
mod snapshot;
#[cfg(feature = "runtime")]
mod source;
mod stream_id;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;

#[doc(hidden)]
pub mod __private;

pub use aggregate::{Aggregate, Apply};
pub use command::{Command, Handle};
#[cfg(feature = "runtime")]
pub use copy::{
    Copied, CopyError, CopyProgress, CopySide, CopyStep, Copying, HistoryDifference, UnequalStream, copy,
};
pub use event::{
    DecodeError, Decoded, EncodeError, Event, EventSet, EventType, StoredEvent, Undecodable, UpcastFrom,
};
pub use memory::MemoryStore;
#[cfg(feature = "runtime")]
pub use memory::MemoryTransaction;
pub use metadata::{InvalidTraceparent, Metadata, Traceparent};
pub use numbers::{EventId, Position, Version};
pub use projection::{
    Change, Delivery, EventHandler, FailurePolicy, Fold, FoldError, OnFailure, Projection, ProjectionError,
    ReadModel, ReadModelProjection, RowFault, RowKeyError, Rows,
};
pub use recorded::{EventContext, Recorded, RecordedEvent};
pub use schema::Schema;
pub use shown::show_values_in_errors;
pub use snapshot::{Snapshot, SnapshotCodec, SnapshotError};
#[cfg(feature = "runtime")]
pub use source::{
    AggregateCache, AsOf, Atomically, CheckSchemas, EventSource, EventSourceBuilder, EventStream, Execute,
    ExecuteError, Import, ImportItem, Loaded, OperateError, Owner, Parked, ParkedError, ParkedPage,
    ParkedRetries, ParkedRetry, Project, ProjectionState, ProjectionStatus, ReadError, Rebuild, RebuildError,
    RebuildProgress, Rebuilt, RejectedCommand, RenamedCategory, Retry, ReusedKey, RowsError, SchemaCheck,
    SchemaReport, SchemaVerdict, ShutdownError, StartError, Status, StoppedProjection, UnknownProjection,
    WaitError, WaitFor, WorkerOptions, Workers,
};
pub use stream_id::{InvalidStreamId, StreamId};
pub use timestamp::{InvalidTimestamp, Timestamp};
