//! Event sourcing and CQRS.
pub use eventsource_core::*;
