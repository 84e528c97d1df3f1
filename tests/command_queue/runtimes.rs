//! Runtimes that end, and several runtimes.

use std::{panic::AssertUnwindSafe, sync::Arc};

use eventsource::{Retry, prelude::*};
use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};

use crate::{
    page::{Noted, note},
    watched::{Watched, begun},
};

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// Checks the command queue after a command that could not be appended: another process brings the stream to the
/// version that the command would have produced.
fn goes_on(store: &Arc<Watched>, source: &EventSource<Arc<Watched>>) {
    runtime().block_on(async {
        store.intrude("a", 1_000).await;
        source.execute(note("a", 2)).await.unwrap();
        assert_eq!(store.numbers("a").await, [1_000, 2]);
    });
}

#[test]
fn a_command_outside_of_a_runtime_leaves_nothing_behind() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    let executing = source.execute(note("a", 0)).into_future();
    AssertUnwindSafe(executing).catch_unwind().now_or_never().expect("an end").unwrap_err();
    goes_on(&store, &source);
}

#[test]
fn a_command_on_a_runtime_that_has_ended_reports_that_nothing_was_appended() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    let ended = runtime();
    let handle = ended.handle().clone();
    drop(ended);
    let failed = {
        let _there = handle.enter();
        source.execute(note("a", 0)).into_future().now_or_never().expect("an answer").unwrap_err()
    };
    assert!(matches!(failed, ExecuteError::Store(_)), "{failed:?}");
    assert!(failed.is_retryable());
    goes_on(&store, &source);
}

#[test]
fn commands_waiting_for_an_append_of_a_runtime_that_ends_are_appended_by_another() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    let mut gate = store.hold();
    let (ends, stays) = (runtime(), runtime());
    let there = source.clone();
    let first = ends.spawn(async move { there.execute(note("a", 0)).await });
    stays.block_on(async {
        let held = gate.arrival().await;
        let second = begun(source.execute(note("a", 1)));
        ends.shutdown_background();
        first.await.unwrap_err();
        let let_pass = async { gate.arrival().await.pass() };
        let (second, ()) = tokio::join!(second, let_pass);
        assert_eq!(second.unwrap().version, Version::new(1));
        assert_eq!(store.numbers("a").await, [1]);
        drop(held);
    });
}

#[test]
fn an_append_of_another_runtime_that_ended_has_an_unknown_outcome() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    let mut gate = store.hold();
    let (ends, stays) = (runtime(), runtime());
    let there = source.clone();
    drop(ends.spawn(async move { there.execute(note("a", 0)).await }));
    stays.block_on(async {
        let held = gate.arrival().await;
        let second = begun(source.execute(note("a", 1)));
        held.pass();
        let held = gate.arrival().await;
        assert_eq!(held.numbers(), [1]);
        ends.shutdown_background();
        let lost = second.await.unwrap_err();
        let ExecuteError::OutcomeUnknown { append, .. } = lost else { panic!("{lost:?}") };
        drop((held, gate));
        // To be repeated unchanged.
        assert_eq!(
            eventsource::store::EventStore::append(&store, *append).await.unwrap()[0].version.get(),
            2
        );
        source.execute(note("a", 2)).await.unwrap();
        assert_eq!(store.numbers("a").await, [0, 1, 2]);
    });
}

#[test]
fn commands_from_two_runtimes_are_queued() {
    let store = Watched::new();
    let source = EventSource::builder(Arc::clone(&store)).retry(Retry::NEVER).build();
    let runtimes = [runtime(), runtime()];
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let source = source.clone();
            runtimes[number % 2].spawn(async move { source.execute(note("a", number as u64)).await })
        })
        .collect();
    runtime().block_on(async {
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(store.numbers("a").await.len(), 200);
    });
}

/// An inline projection, if it were promoted.
struct Inline;

#[async_trait::async_trait]
impl Projection<MemoryStore> for Inline {
    type Event = Noted;
    const NAME: &'static str = "inline";

    async fn apply(
        &self,
        _: &[Recorded<Noted>],
        _: &mut eventsource::memory::MemoryTransaction,
    ) -> Result<(), ProjectionError> {
        Ok(())
    }
}

#[test]
fn an_append_that_ends_with_its_runtime_is_not_reported_as_not_stored() {
    let source = EventSource::builder(MemoryStore::new()).retry(Retry::NEVER).inline(Inline).build();
    let ended = runtime();
    let handle = ended.handle().clone();
    drop(ended);
    let _there = handle.enter();
    let executing = source.atomically().execute(note("a", 0)).into_future();
    let failed = executing.now_or_never().expect("an answer").unwrap_err();
    assert!(matches!(failed, ExecuteError::OutcomeUnknown { .. }), "{failed:?}");
}
