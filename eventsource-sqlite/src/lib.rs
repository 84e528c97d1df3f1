//! The SQLite store: the whole framework in one file, durable, without a server.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use eventsource_sqlite::SqliteStore;
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("bank.db");
//! let store = SqliteStore::open(&path).await?;
//! # store.close().await;
//! # Ok(())
//! # }
//! ```
#![doc = include_str!("../docs/file.md")]
//!
#![doc = include_str!("../docs/differences.md")]
//!
//! An append in `append.rs`, an import in `import.rs`, the log in `log.rs`, streams in `stream.rs`,
//! snapshots in `snapshots.rs`, who reads and who writes in `connections.rs`, the schema and its migrations in
//! `schema.rs`, errors by result code in `error.rs`, and every statement as a file in `sql/`. What projections need is in
//! `projections.rs`, a file for each part: generations, leases, the transaction, parked events, the swap of
//! generations, what commits with the events; the rows of read models are in `read_models.rs`.

mod append;
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
mod store;
mod stream;

pub use error::OpenError;
pub use options::{SqliteOptions, Synchronous};
pub use projections::{ProjectionFault, SqliteTransaction};
pub use read_models::ReadModelError;
pub use schema::SchemaError;
pub use store::SqliteStore;

/// The `sqlx` whose types appear in this crate's API.
pub use sqlx;
