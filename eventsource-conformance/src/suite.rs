//! A test of the suite, the table of all tests, and the macro that turns them into `#[test]` functions.

use std::{fmt, future::Future, pin::Pin};

use eventsource::store::Capability;

use crate::{
    Fresh,
    needs::{are_declared, needed_by},
    support::Store,
    waiting,
};

/// One promise of the contract, as a test.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Test {
    /// The theme of the test, such as `expected_versions`.
    pub theme: &'static str,
    /// The promise, as a sentence. No two tests share one.
    pub name: &'static str,
    pub(crate) run: fn(Store) -> Running,
}

pub(crate) type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Ends a test that hangs in a call that a broken store never answers. A test that waits for a condition itself
/// names the condition and gives up much earlier.
pub(crate) async fn run_to_its_end(name: &str, test: Running) {
    let patience = 5 * waiting::limit();
    let ended = tokio::time::timeout(patience, test).await;
    assert!(ended.is_ok(), "`{name}` has not ended within {patience:?}: a call hangs");
}

impl Test {
    /// The capabilities that the test is about.
    #[must_use]
    pub fn needs(&self) -> Vec<Capability> {
        needed_by(self.theme, self.name)
    }

    /// Runs the test on an empty store, in a Tokio runtime with timers and several threads. A test that needs a
    /// capability that the store does not declare is not run: the theme `capabilities` tests that the store refuses it.
    ///
    /// # Panics
    ///
    /// If the store does not keep the promise; the message says what was found instead.
    pub async fn run(&self, store: impl Into<Fresh>) {
        let Fresh { store, opening, kept } = store.into();
        if are_declared(self.needs(), &*store) {
            run_to_its_end(self.name, (self.run)(Store::of(store, opening))).await;
        }
        drop(kept);
    }
}

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.theme, self.name)
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __table {
    (() $($theme:ident { $($name:ident,)* })*) => {
        &[$($(Test {
            theme: stringify!($theme),
            name: stringify!($name),
            run: |store| Box::pin($crate::themes::$theme::$name(store)),
        },)*)*]
    };
}

/// All tests, theme by theme.
#[must_use]
pub fn tests() -> &'static [Test] {
    crate::__every_test!(__table())
}

/// Makes a `#[test]` of every test of the suite, in a module per theme. See the [crate](crate) for examples.
///
/// The argument is an expression that returns an empty store or a [`Fresh`]; it may `.await`.
#[macro_export]
macro_rules! suite {
    ($store:expr $(,)?) => {
        async fn __fresh_store() -> $crate::Fresh {
            ::core::convert::Into::into($store)
        }

        $crate::__every_test!(__suite());

        // `projection_suite!` in the same module replaces it.
        #[allow(unused_imports)]
        use $crate::__without_projection_suite::*;

        #[test]
        fn the_suite_of_projections_runs_if_they_are_declared() {
            $crate::assert_projections_are_tested(__fresh_store(), __RUNS_PROJECTION_SUITE);
        }
    };
}

/// What [`suite!`] finds without [`projection_suite!`](crate::projection_suite).
#[doc(hidden)]
pub mod without_projection_suite {
    pub const __RUNS_PROJECTION_SUITE: bool = false;
}

/// The body of the `#[test]` of [`suite!`] that projections are declared if, and only if, their suite runs.
#[doc(hidden)]
pub fn assert_projections_are_tested(store: impl Future<Output = Fresh>, runs: bool) {
    block_on(async {
        let Fresh { store, kept, .. } = store.await;
        let is_declared = store.capabilities().contains(Capability::Projections);
        assert!(
            !is_declared || runs,
            "the store declares projections; add `projection_suite!` to this module"
        );
        assert!(is_declared || !runs, "the store keeps projections; declare `Capability::Projections`");
        drop((store, kept));
    });
}

#[doc(hidden)]
#[macro_export]
macro_rules! __suite {
    (() $($theme:ident { $($name:ident,)* })*) => {$(
        mod $theme {$(
            #[test]
            fn $name() {
                $crate::block_on_test(::core::stringify!($name), super::__fresh_store());
            }
        )*}
    )*};
}

/// The body of a `#[test]` of [`suite!`].
#[doc(hidden)]
pub fn block_on_test(name: &str, store: impl Future<Output = Fresh>) {
    let test = tests()
        .iter()
        .find(|test| test.name == name)
        .expect("the test function is generated from the same list");
    block_on(async { test.run(store.await).await });
}

pub(crate) fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    runtime.expect("a runtime can be started").block_on(test);
}
