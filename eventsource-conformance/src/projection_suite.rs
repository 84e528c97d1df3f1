//! The tests of stores that keep read models, and the macro that turns them into `#[test]` functions.

use std::{any::Any, fmt, future::Future};

use eventsource::store::{Capability, ReadModelStore};

use crate::{
    needs::{are_declared, needed_by},
    suite::{Running, block_on, run_to_its_end},
    support::ReadModels,
};

/// One promise of [`ProjectionStore`](eventsource::store::ProjectionStore) or [`ReadModelStore`], as a
/// test.
#[non_exhaustive]
pub struct ProjectionTest<S> {
    /// The theme of the test, such as `leases`.
    pub theme: &'static str,
    /// The promise, as a sentence. No two tests share one.
    pub name: &'static str,
    run: fn(ReadModels<S>) -> Running,
}

impl<S: ReadModelStore> ProjectionTest<S> {
    /// Runs the test on an empty store, in a Tokio runtime with timers and several threads. A test that needs a
    /// capability that the store does not declare is not run.
    ///
    /// # Panics
    ///
    /// If the store does not keep the promise; the message says what was found instead.
    pub async fn run(&self, store: S) {
        if are_declared(self.needs(), &store) {
            run_to_its_end(self.name, (self.run)(ReadModels::new(store))).await;
        }
    }

    /// The capabilities that the test is about.
    #[must_use]
    pub fn needs(&self) -> Vec<Capability> {
        needed_by(self.theme, self.name)
    }
}

impl<S> fmt::Debug for ProjectionTest<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.theme, self.name)
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __projection_table {
    ((at_work) $($theme:ident { $($name:ident,)* })*) => {
        vec![$($(ProjectionTest {
            theme: stringify!($theme),
            name: stringify!($name),
            run: |store| Box::pin($crate::support::among_neighbours(store, $crate::at_work::$theme::$name)),
        },)*)*]
    };
    (($themes:ident) $($theme:ident { $($name:ident,)* })*) => {
        vec![$($(ProjectionTest {
            theme: stringify!($theme),
            name: stringify!($name),
            run: |store| Box::pin($crate::$themes::$theme::$name(store)),
        },)*)*]
    };
}

/// All tests of stores that keep read models, theme by theme.
#[must_use]
pub fn projection_tests<S: ReadModelStore>() -> Vec<ProjectionTest<S>> {
    crate::__every_projection_test!(__projection_table(projection_themes))
}

/// All tests of running projections on a store that keeps read models, theme by theme: what an `EventSource` does
/// with it.
#[must_use]
pub fn tests_at_work<S: ReadModelStore>() -> Vec<ProjectionTest<S>> {
    crate::__every_test_at_work!(__projection_table(at_work))
}

/// An empty store that keeps read models and that only one test uses, with a value that must stay alive until the
/// test has ended. Like [`Fresh`](crate::Fresh), for a store whose type is known.
pub struct FreshReadModels<S> {
    store: S,
    kept: Box<dyn Any + Send>,
}

impl<S: ReadModelStore> FreshReadModels<S> {
    /// Wraps this store, which must be empty, and a value that is dropped after it, such as its database. Pass a
    /// tuple for several values.
    pub fn keeping(store: S, kept: impl Any + Send) -> Self {
        Self { store, kept: Box::new(kept) }
    }
}

impl<S> fmt::Debug for FreshReadModels<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshReadModels").finish_non_exhaustive()
    }
}

/// The argument of [`projection_suite!`](crate::projection_suite): an empty store alone, or a [`FreshReadModels`].
pub trait IntoFreshReadModels {
    /// The store.
    type Store: ReadModelStore;

    /// The store, and the value that must stay alive with it.
    fn into_fresh(self) -> FreshReadModels<Self::Store>;
}

impl<S: ReadModelStore> IntoFreshReadModels for S {
    type Store = S;

    fn into_fresh(self) -> FreshReadModels<S> {
        FreshReadModels::keeping(self, ())
    }
}

impl<S: ReadModelStore> IntoFreshReadModels for FreshReadModels<S> {
    type Store = S;

    fn into_fresh(self) -> Self {
        self
    }
}

/// Makes a `#[test]` of every test of stores that keep read models, in a module per theme. Such a store must pass
/// [`suite!`](crate::suite) as well.
///
/// The argument is an expression that returns an empty store or a [`FreshReadModels`]; it may `.await`.
///
/// ```
/// use eventsource::MemoryStore;
///
/// eventsource_conformance::suite!(MemoryStore::new());
/// eventsource_conformance::projection_suite!(MemoryStore::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! projection_suite {
    ($store:expr $(,)?) => {
        async fn __fresh_read_models() -> impl $crate::IntoFreshReadModels {
            $store
        }

        const __RUNS_PROJECTION_SUITE: bool = true;
        $crate::__every_projection_test!(__projection_suite());
        $crate::__every_test_at_work!(__projection_suite());
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __projection_suite {
    (() $($theme:ident { $($name:ident,)* })*) => {$(
        mod $theme {$(
            #[test]
            fn $name() {
                $crate::block_on_projection_test(::core::stringify!($name), super::__fresh_read_models());
            }
        )*}
    )*};
}

/// The body of a `#[test]` of [`projection_suite!`](crate::projection_suite).
#[doc(hidden)]
pub fn block_on_projection_test<F: IntoFreshReadModels>(name: &str, fresh: impl Future<Output = F>) {
    let mut tests = projection_tests::<F::Store>().into_iter().chain(tests_at_work());
    let test =
        tests.find(|test| test.name == name).expect("the test function is generated from the same list");
    block_on(async {
        let FreshReadModels { store, kept } = fresh.await.into_fresh();
        test.run(store).await;
        drop(kept);
    });
}
