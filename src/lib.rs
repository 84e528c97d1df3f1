#![doc = include_str!("../README.md")]

pub use eventsource_core::*;
pub use eventsource_derive::{Aggregate, Command, Event, EventSet, ReadModel, Schema};

/// The Postgres store.
#[cfg(feature = "postgres")]
pub mod postgres {
    pub use eventsource_postgres::*;
}

/// Everything a domain model needs: `use eventsource::prelude::*;`.
pub mod prelude {
    pub use serde::{Deserialize, Serialize};

    #[cfg(feature = "postgres")]
    pub use crate::postgres::PostgresStore;
    pub use crate::{
        Aggregate, Apply, AsOf, Change, Command, Event, EventContext, EventSet, EventSource, ExecuteError,
        Fold, Handle, Handler, MemoryStore, Position, Projection, ProjectionError, ReadModel, Recorded,
        Schema, StreamId, Timestamp, Version,
    };
}
