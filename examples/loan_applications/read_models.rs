//! Read models: answers to the bank's questions, kept up to date in tables.
//!
//! | question | answered by |
//! |---|---|
//! | how many applications are in which state | [`ApplicationRow`], one row per application |
//! | how much was requested and approved each month | the same |
//! | how long a decision takes | the same |
//! | what each clerk does | [`ClerkWorkload`], one row per clerk |
//! | which work is open | [`OpenWorkItem`], one row per item, deleted when the item is put away |
//!
//! A row is folded from the events of its own key, so questions about many rows are queries on the table: see
//! `sql/` for Postgres, and `summary.rs` for any store.

mod application;
mod clerk;
mod open_work;
mod summary;
mod tables;
mod upkeep;

use eventsource::{EventSourceBuilder, prelude::*, projections::RowsError, store::ReadModelStore};

pub use application::{ApplicationRow, State};
pub use clerk::ClerkWorkload;
pub use open_work::{OpenWorkItem, WorkState};
pub use summary::{Amounts, Summary, TimeToDecision};
pub use tables::Tables;
pub use upkeep::{Rebuild, Upkeep, check};

use super::domain::{ApplicationEvent, ApplicationId};

/// The names of the projections, which are also the names of the tables.
pub const NAMES: [&str; 3] = [ApplicationRow::TABLE, ClerkWorkload::TABLE, OpenWorkItem::TABLE];

/// All rows of the read models.
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

/// An event source that maintains the read models once its workers are started.
pub fn registered<S: ReadModelStore>(builder: EventSourceBuilder<S>) -> EventSource<S> {
    builder
        .projection(ApplicationRow::projection())
        .projection(ClerkWorkload::projection())
        .projection(OpenWorkItem::projection())
        .build()
}

/// The application of an event. It is not in the event itself, but in its stream id.
fn application_of(event: &Recorded<ApplicationEvent>) -> Option<ApplicationId> {
    event.aggregate_id().parse().ok()
}

#[cfg(test)]
mod tests;
