//! Events, aggregates, commands, projections, and the contract that every store fulfils: what a domain crate and a store
//! need. No database, no runtime, no macros.
//!
//! Applications depend on `eventsource-cqrs`, which re-exports all of this as `eventsource` beside the engine that
//! executes commands and runs projections; the examples here are written for them. Store authors depend on this crate,
//! read [`store`], and run the suite `eventsource-conformance`.
//!
//! The features `jiff`, `chrono`, `time` and `rust_decimal` add [`Schema`] for their types.

pub mod event;
pub mod projection;
pub mod schema;
pub mod snapshot;
pub mod store;

mod aggregate;
mod command;
mod json;
mod metadata;
mod numbers;
mod recorded;
mod shown;
mod stream_id;
mod timestamp;

#[doc(hidden)]
pub mod __private;
#[doc(hidden)]
pub mod engine;

pub use aggregate::{Aggregate, Apply};
pub use command::{Command, Handle};
pub use event::{Event, EventSet};
pub use metadata::Metadata;
pub use numbers::{EventId, Position, Version};
pub use projection::{
    Again, Change, Delivery, EventHandler, FailurePolicy, Fold, FoldMany, OnFailure, Projection,
    ProjectionError, ReadModel,
};
pub use recorded::{EventContext, Recorded, RecordedEvent};
pub use schema::Schema;
pub use shown::show_values_in_errors;
pub use stream_id::StreamId;
pub use timestamp::Timestamp;

pub(crate) use event::{
    DecodeError, Decoded, EncodeError, EventType, InvalidStreamId, StoredEvent, Undecodable,
};
pub(crate) use snapshot::{Snapshot, SnapshotCodec};
