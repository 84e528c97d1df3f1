//! The PostgreSQL store: one append-only log, optimistic concurrency, and readers that miss no event.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use eventsource_postgres::PostgresStore;
//!
//! let url = "postgres://bank@localhost/bank";
//! PostgresStore::migrate(url).await?;
//! let store = PostgresStore::connect(url).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Applications use it as `eventsource::postgres`. It needs PostgreSQL 14 or later, and keeps everything in a schema of
//! its own, `eventsource`: [`PostgresStore::migrate`] creates it, [`PostgresStore::grant_to`] lets the role of an
//! application use it. [`PostgresOptions`] has timeouts, the number of connections, and the option for a transaction
//! pooler such as pgbouncer.

mod append;
mod batcher;
mod connections;
mod encode;
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
mod tls;

pub use error::{MigrateError, OpenError};
pub use options::PostgresOptions;
pub use projections::{PgTransaction, ProjectionFault};
pub use read_models::ReadModelError;
pub use schema::SchemaError;
pub use store::PostgresStore;
pub use tls::UnverifiedServer;

/// The `sqlx` whose types appear in this crate's API.
pub use sqlx;
