//! The SQLite store: events and read models in one file, durable, without a server.
//!
//! Applications use it as `eventsource::sqlite`.
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
