//! The Postgres store: one append-only log, optimistic concurrency, and readers that miss nothing.
//!
//! Where to find what: an append in `append.rs`, an import in `import.rs`, what is done together for those who wait
//! in `batcher.rs`, the horizon and the log in `log.rs`, streams in `stream.rs`,
//! snapshots in `snapshots.rs`, the schema and its migrations in `schema.rs`, errors by SQLSTATE in `error.rs`, those of our own in `sqlstate.rs`,
//! and every statement as a file in `sql/`. What projections need is in `projections.rs`, a file for each part:
//! generations, leases, the transaction, parked events, the swap of generations, what commits with the
//! events; the rows of read models are in `read_models.rs`.
//!
//! PostgreSQL 14 and later. Everything lives in a schema of its own, `eventsource`.

mod append;
mod batcher;
mod connections;
mod error;
mod import;
mod log;
mod options;
mod projections;
mod read_models;
mod row;
mod schema;
mod snapshots;
mod sqlstate;
mod store;
mod stream;

pub use error::{MigrateError, OpenError};
pub use options::PostgresOptions;
pub use projections::{PgTransaction, ProjectionFault};
pub use read_models::ReadModelError;
pub use schema::SchemaError;
pub use store::PostgresStore;

/// The `sqlx` whose types appear in this crate's API.
pub use sqlx;
