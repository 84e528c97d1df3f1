//! Event sourcing and CQRS.

pub use eventsource_core::*;
pub use eventsource_derive::{Aggregate, Command, Event, EventSet, Schema};

/// Everything a domain model needs: `use eventsource::prelude::*;`.
pub mod prelude {
    pub use serde::{Deserialize, Serialize};

    pub use crate::{
        Aggregate, Apply, Command, Event, EventSet, Handle, MemoryStore, Position, Recorded, Schema,
        StreamId, Timestamp, Version,
    };
}
