//! A real PostgreSQL for tests.
//!
//! [`TestDatabase::create`] is what most tests need: a database of their own on a server that all test
//! processes of a run share. Tests about crashes start a [`Cluster`] of their own and kill it; tests about the
//! network put a [`Proxy`] in front of it, tests about connection poolers a [`PgBouncer`].
//!
//! Everything is blocking, so that it can be used from any test: the calls return within a second, and what
//! was started is ended when the value is dropped, or by a small guard process if the test was killed.

mod account;
mod binaries;
mod bouncer;
mod cluster;
#[cfg(feature = "databases")]
mod database;
mod error;
mod guard;
mod ports;
mod processes;
mod proxy;
#[cfg(feature = "databases")]
mod reuse;
mod settings;
#[cfg(feature = "databases")]
mod shared;

pub use account::Account;
pub use binaries::Binaries;
pub use bouncer::PgBouncer;
pub use cluster::Cluster;
#[cfg(feature = "databases")]
pub use database::TestDatabase;
pub use error::HarnessError;
pub use proxy::{Direction, Proxy};
pub use settings::Settings;
