//! Read models: what the bank wants to know, kept in tables while the events come in.
//!
//! | question | answered by |
//! |---|---|
//! | how many applications are in which state | [`ApplicationRow`], one row per application |
//! | how much was requested and approved each month | the same |
//! | how long a decision takes | the same |
//! | what each clerk does | [`ClerkWorkload`], one row per clerk |
//! | which work is open | [`OpenWorkItem`], one row per item, deleted when the item is put away |
//!
//! A row is folded from the events of its own key, so what is asked about many rows is asked of the table: as in
//! `sql/` where the store is Postgres, as in `summary.rs` on any store.

mod application;
mod clerk;
mod open_work;
mod summary;
mod tables;
mod upkeep;

use eventsource::{EventSourceBuilder, RowsError, prelude::*, store::ReadModelStore};

pub use application::{ApplicationRow, State};
pub use clerk::ClerkWorkload;
pub use open_work::{OpenWorkItem, WorkState};
pub use summary::{Amounts, Summary, TimeToDecision};
pub use tables::Tables;
pub use upkeep::{Rebuild, Upkeep, check};

use super::domain::{ApplicationEvent, ApplicationId};

/// The names of the projections, which are those of the tables.
pub const NAMES: [&str; 3] = [ApplicationRow::TABLE, ClerkWorkload::TABLE, OpenWorkItem::TABLE];

/// Everything the read models hold.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadModels {
    pub applications: Vec<ApplicationRow>,
    pub clerks: Vec<ClerkWorkload>,
    pub open_work: Vec<OpenWorkItem>,
}

impl ReadModels {
    /// Reads all tables.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn of<S: ReadModelStore>(es: &EventSource<S>) -> Result<Self, RowsError> {
        Ok(Self { applications: es.all().await?, clerks: es.all().await?, open_work: es.all().await? })
    }
}

/// An event source that keeps the read models once it is started.
pub fn registered<S: ReadModelStore>(builder: EventSourceBuilder<S>) -> EventSource<S> {
    builder
        .projection(ApplicationRow::projection())
        .projection(ClerkWorkload::projection())
        .projection(OpenWorkItem::projection())
        .build()
}

/// The application that an event is about. The event itself does not say: its stream does.
fn application_of(event: &Recorded<ApplicationEvent>) -> Option<ApplicationId> {
    event.aggregate_id().parse().ok()
}

#[cfg(test)]
mod tests;
