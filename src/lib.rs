#![doc = include_str!("../docs/crate.md")]

pub mod guide;
#[cfg(feature = "testing")]
pub mod testing;

mod awake;
mod commands;
mod event_source;
mod history;
mod projections;
mod retry;

/// For `impl Projection`, `impl EventHandler` and stores: the attribute of the crate `async-trait`.
pub use async_trait::async_trait;
pub use commands::{
    AggregateCache, AsOf, Atomically, Execute, ExecuteError, Loaded, RejectedCommand, ReusedKey,
};
pub use event_source::{EventSource, EventSourceBuilder};
pub use eventsource_core::*;
pub use eventsource_derive::{Aggregate, Command, Event, EventSet, ReadModel, Schema};
pub use eventsource_memory::{MemoryStore, MemoryTransaction};
pub use history::{
    CheckSchemas, Copied, CopyError, CopyProgress, CopySide, CopyStep, Copying, EventStream,
    HistoryDifference, Import, ImportItem, ReadError, RenamedCategory, SchemaCheck, SchemaReport,
    SchemaVerdict, UnequalStream, copy,
};
pub use projections::{
    OperateError, Owner, Parked, ParkedError, ParkedPage, ParkedRetries, ParkedRetry, Project,
    ProjectionState, ProjectionStatus, Rebuild, RebuildError, RebuildProgress, Rebuilt, RowsError,
    ShutdownError, StartError, Status, StoppedProjection, UnknownProjection, WaitError, WaitFor,
    WorkerOptions, Workers,
};
pub use retry::Retry;

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
