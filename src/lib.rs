#![doc = include_str!("../docs/crate.md")]

pub mod any;
pub mod commands;
pub mod guide;
pub mod history;
pub mod projections;
pub mod reacting;
#[cfg(feature = "testing")]
pub mod testing;
pub mod why;

mod awake;
mod clock;
mod event_source;
mod retry;

pub use any::{AnyStore, migrate, open};
/// For `impl Projection`, `impl EventHandler` and stores: the attribute of the crate `async-trait`.
pub use async_trait::async_trait;
pub use commands::{AggregateCache, AsOf, ExecuteError, Loaded};
pub use event_source::{EventSource, EventSourceBuilder};
pub use eventsource_core::{
    Again, Aggregate, Apply, Change, Command, Delivery, Event, EventContext, EventHandler, EventId, EventSet,
    FailurePolicy, Fold, FoldMany, Handle, Metadata, OnFailure, Position, Projection, ProjectionError,
    ReadModel, Recorded, RecordedEvent, Schema, StreamId, Timestamp, Version, event, schema,
    show_values_in_errors, snapshot, store,
};
pub use eventsource_derive::{Aggregate, Command, Event, EventSet, ReadModel, Schema};
pub use eventsource_memory::MemoryStore;
pub use history::ReadError;
pub use projections::{StartError, WorkerOptions, Workers};
pub use retry::Retry;

#[doc(hidden)]
pub use eventsource_core::__private;

// The engine names them like the domain does.
pub(crate) use eventsource_core::{
    event::{
        DecodeError, Decoded, EncodeError, EventType, InvalidStreamId, StoredEvent, Traceparent, Undecodable,
    },
    projection::{FoldError, RowKeyError, Rows},
    snapshot::{Snapshot, SnapshotError},
};
pub(crate) use {
    commands::{Atomically, Execute},
    history::{CheckSchemas, EventStream, Import},
    projections::*,
};

/// The store in memory.
pub mod memory {
    pub use eventsource_memory::*;
}

/// The Postgres store.
#[cfg(feature = "postgres")]
pub mod postgres {
    pub use eventsource_postgres::*;
}

/// The SQLite store.
#[cfg(feature = "sqlite")]
pub mod sqlite {
    pub use eventsource_sqlite::*;
}

/// Everything a domain model needs: `use eventsource::prelude::*;`.
pub mod prelude {
    pub use serde::{Deserialize, Serialize};

    #[cfg(feature = "postgres")]
    pub use crate::postgres::PostgresStore;
    #[cfg(feature = "sqlite")]
    pub use crate::sqlite::SqliteStore;
    pub use crate::{
        Aggregate, Apply, AsOf, Change, Command, Event, EventContext, EventHandler, EventSet, EventSource,
        ExecuteError, Fold, Handle, MemoryStore, Position, Projection, ProjectionError, ReadModel, Recorded,
        Schema, StreamId, Timestamp, Version,
    };
}

/// The README is not the documentation of this crate, because its links are those of a repository; but its examples
/// are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
