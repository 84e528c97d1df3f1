//! The store contract of `eventsource` as tests. A store runs them in a dozen lines.
//!
//! The contract is [`EventStore`](eventsource::store::EventStore), in words and in types. Each of its promises
//! is a named test here, and a store that passes all of them can be used by an `EventSource`. In a file under
//! `tests/` of the store's crate:
//!
//! ```
//! use eventsource::MemoryStore;
//!
//! eventsource_conformance::suite!(MemoryStore::new());
//! # fn main() {}
//! ```
//!
//! The argument is evaluated once per test, within a Tokio runtime, and may `.await`. It must return an empty store
//! that no other test uses, or a [`Fresh`] that also keeps a value alive until the test has ended. A sketch for a
//! store on a server:
//!
//! ```
//! use eventsource_conformance::Fresh;
//! # use eventsource::MemoryStore as PostgresStore;
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
//! A store that can be opened again by a name says how, with [`Fresh::opened_again_by`]: that is how the suite tests what
//! a store [declares](eventsource::store::Capability) about processes and crashes. Tests about a capability that the
//! store does not declare are not run; instead, others test that the store refuses it.
//!
//! A store that also keeps read models, a [`ReadModelStore`](eventsource::store::ReadModelStore), also runs
//! [`projection_suite!`]: the contract of such a store, and running projections on it.
//!
//! Each behaviour becomes a separate `#[test]`, in a module per theme, such as
//! `expected_versions::append_with_a_stale_version_conflicts`. To run the tests in another way, take them from
//! [`tests`]:
//!
//! ```
//! use eventsource::MemoryStore;
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
//! No test depends on the speed of the machine. Tests that repeat themselves to provoke rare failures run a tenth
//! of their repetitions; with `EVENTSOURCE_TORTURE=1` in the environment they run all.

mod at_work;
mod at_work_list;
mod fresh;
mod list;
mod needs;
mod projection_list;
mod projection_suite;
mod projection_themes;
mod suite;
mod support;
mod themes;
// Not part of the public interface: shared by the suite and the tests of this project's own stores.
#[doc(hidden)]
pub mod torture;
#[doc(hidden)]
pub mod waiting;

pub use fresh::Fresh;
#[doc(hidden)]
pub use needs::needing_a_capability;
pub use projection_suite::{
    FreshReadModels, IntoFreshReadModels, ProjectionTest, projection_tests, tests_at_work,
};
pub use suite::{Test, tests};

#[doc(hidden)]
pub use projection_suite::block_on_projection_test;
#[doc(hidden)]
pub use suite::{
    assert_projections_are_tested, block_on_test, without_projection_suite as __without_projection_suite,
};
