//! Events, aggregates, commands, projections, and the contract that every store fulfils: what a domain crate and a store
//! need. No database, no runtime, no macros.
//!
//! Applications depend on `eventsource-cqrs`, which re-exports all of this as `eventsource` beside the engine that
//! executes commands and runs projections; the examples here are written for them. Store authors depend on this crate,
//! read [`store`], and run the suite `eventsource-conformance`.
//!
//! The features `jiff`, `chrono`, `time` and `rust_decimal` add [`Schema`] for their types.

pub mod store;

mod aggregate;
mod command;
mod event;
mod json;
mod metadata;
mod numbers;
mod projection;
mod recorded;
pub mod schema;
mod shown;
mod snapshot;
mod stream_id;
mod timestamp;

#[doc(hidden)]
pub mod __private;
#[doc(hidden)]
pub mod engine;

pub use aggregate::{Aggregate, Apply};
pub use command::{Command, Handle};
pub use event::{
    DecodeError, Decoded, EncodeError, Event, EventSet, EventType, StoredEvent, Undecodable, UpcastFrom,
};
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
pub use stream_id::{InvalidStreamId, StreamId};
pub use timestamp::{InvalidTimestamp, Timestamp};
