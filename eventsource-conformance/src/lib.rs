//! What every store of `eventsource` must do, as tests that a store runs in a dozen lines.
//!
//! The contract is [`EventStore`](eventsource_core::store::EventStore), in words and in types. Each of its
//! promises is a named test here, and a store that passes them all may stand behind an `EventSource`. In a
//! file under `tests/` of the store's crate:
//!
//! ```
//! use eventsource_core::MemoryStore;
//!
//! eventsource_conformance::suite!(MemoryStore::new());
//! # fn main() {}
//! ```
//!
//! The argument is evaluated once per test, within a Tokio runtime, and may `.await`. It gives an empty store
//! that no other test uses, or a [`Fresh`] one that keeps something alive until its test has ended. In outline,
//! for a store on a server:
//!
//! ```
//! use eventsource_conformance::Fresh;
//! # use eventsource_core::MemoryStore as PostgresStore;
//! # struct TestDatabase;
//! # impl TestDatabase { fn create() -> Self { Self } }
//!
//! async fn empty_store() -> Fresh {
//!     let database = TestDatabase::create();
//!     let store = PostgresStore::new();
//!     Fresh::new(store).keeping(database)
//! }
//!
//! eventsource_conformance::suite!(empty_store().await);
//! # fn main() {}
//! ```
//!
//! A store that keeps read models too, a [`ReadModelStore`](eventsource_core::store::ReadModelStore), runs
//! [`projection_suite!`] beside it: what such a store must do, and projections at work on it.
//!
//! Each behaviour becomes a `#[test]` of its own, in a module per theme, such as
//! `expected_versions::append_with_a_stale_version_conflicts`. To run them otherwise, take them from [`tests`]:
//!
//! ```
//! use eventsource_core::MemoryStore;
//!
//! # #[tokio::main]
//! # async fn main() {
//! let test = eventsource_conformance::tests()
//!     .iter()
//!     .find(|test| test.name == "append_with_a_stale_version_conflicts")
//!     .expect("it is in the list");
//! test.run(MemoryStore::new()).await;
//! # }
//! ```
//!
//! No test depends on the speed of the machine. Those that repeat themselves to provoke what goes wrong rarely run a
//! tenth of their repetitions; with `EVENTSOURCE_TORTURE=1` in the environment they run all.

mod at_work;
mod at_work_list;
mod fresh;
mod list;
mod projection_list;
mod projection_suite;
mod projection_themes;
mod suite;
mod support;
mod themes;
// Not part of the interface: what the tests of this project's own stores share with the suite.
#[doc(hidden)]
pub mod torture;
#[doc(hidden)]
pub mod waiting;

pub use fresh::Fresh;
pub use projection_suite::{
    FreshReadModels, IntoFreshReadModels, ProjectionTest, projection_tests, tests_at_work,
};
pub use suite::{Test, tests};

#[doc(hidden)]
pub use projection_suite::block_on_projection_test;
#[doc(hidden)]
pub use suite::block_on_test;
