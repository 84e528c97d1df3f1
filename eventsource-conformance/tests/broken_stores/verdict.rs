//! Running the suite on a store that it must reject.

use std::{collections::BTreeSet, future::Future, sync::Once, thread, time::Duration};

use eventsource_conformance::{Test, tests, waiting};
use futures_util::{StreamExt, stream};

use crate::broken::{Broken, Defect};

/// The name of the threads on which tests are expected to panic.
const THREAD: &str = "a store to be rejected";

/// How long a test that is expected to fail waits for a condition that is never met.
pub(crate) const BRIEFLY: Duration = Duration::from_secs(10);

/// How many tests run at a time: some hold a hundred megabytes.
const AT_A_TIME: usize = 16;

/// A `#[test]` for each defect, with tests of the suite that must fail on it. Others may fail as well.
macro_rules! rejected {
    ($($(#[$doc:meta])* $name:ident: $defect:expr => [$($caught:ident),+ $(,)?],)*) => {
        /// The tests that fail on a store of this list.
        pub(crate) const CAUGHT_BY: &[&str] = &[$($(stringify!($caught),)+)*];
        $(
            $(#[$doc])*
            #[test]
            fn $name() {
                crate::verdict::assert_rejected(|| $defect, &[$(stringify!($caught)),+]);
            }
        )*
    };
}
pub(crate) use rejected;

/// Asserts that each of these tests fails.
#[track_caller]
pub(crate) fn assert_rejected<D: Defect>(defect: impl Fn() -> D, caught_by: &[&'static str]) {
    let failed = failed_tests(BRIEFLY, defect, |test| caught_by.contains(&test.name));
    let accepted: Vec<_> = caught_by.iter().filter(|name| !failed.contains(*name)).collect();
    assert!(accepted.is_empty(), "these tests accept the broken store: {accepted:#?}");
}

/// The tests among the chosen ones that fail on stores with this defect.
pub(crate) fn failed_tests<D: Defect>(
    patience: Duration,
    defect: impl Fn() -> D,
    chosen: impl Fn(&Test) -> bool,
) -> BTreeSet<&'static str> {
    let runs = tests().iter().filter(|test| chosen(test)).map(|test| {
        let store = Broken::new(defect());
        (test.name, async move { test.run(store).await })
    });
    failed_runs(patience, runs)
}

/// The names of the tests that panic.
pub(crate) fn failed_runs<F>(
    patience: Duration,
    runs: impl Iterator<Item = (&'static str, F)>,
) -> BTreeSet<&'static str>
where
    F: Future<Output = ()> + Send + 'static,
{
    keep_quiet();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(THREAD)
        .enable_all()
        .build()
        .expect("a runtime can be started");
    let runs = runs.map(|(name, run)| async move {
        (name, tokio::spawn(waiting::with_limit(patience, run)).await.is_err())
    });
    let outcomes = runtime.block_on(stream::iter(runs).buffer_unordered(AT_A_TIME).collect::<Vec<_>>());
    outcomes.into_iter().filter(|(_, failed)| *failed).map(|(name, _)| name).collect()
}

/// Tests that fail on no broken store, and listed names without a test.
pub(crate) fn missing(caught: &[&[&'static str]], all: &[&'static str]) -> Vec<String> {
    let caught: BTreeSet<_> = caught.concat().into_iter().collect();
    let all: BTreeSet<_> = all.iter().copied().collect();
    let never_failed = all.difference(&caught).map(|name| format!("`{name}` fails on no broken store"));
    never_failed.chain(caught.difference(&all).map(|name| format!("there is no test `{name}`"))).collect()
}

/// Hundreds of tests fail here as expected; only other panics are printed.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(THREAD) {
                usual(panic);
            }
        }));
    });
}
