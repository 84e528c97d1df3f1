#![doc = include_str!("../docs/crate.md")]

pub mod guide;

/// For `impl Projection`, `impl EventHandler` and stores: the attribute of the crate `async-trait`.
pub use async_trait::async_trait;
pub use eventsource_core::*;
pub use eventsource_derive::{Aggregate, Command, Event, EventSet, ReadModel, Schema};

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
