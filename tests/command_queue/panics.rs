//! Panics in the code of the domain and of the store.

use std::{panic::AssertUnwindSafe, sync::Arc};

use eventsource::{Retry, prelude::*};
use futures_util::FutureExt;

use crate::{
    page::{Note, Trick, note},
    watched::{Fate, Watched, begun},
};

async fn panics(source: &EventSource<Arc<Watched>>, note: Note<'_>) -> bool {
    AssertUnwindSafe(source.execute(note).into_future()).catch_unwind().await.is_err()
}

#[tokio::test]
async fn a_panic_while_a_command_is_handled_disturbs_no_other() {
    for trick in [Trick::HandlePanics, Trick::WritePanics, Trick::ReadPanics] {
        let store = Watched::new();
        let source = EventSource::builder(Arc::clone(&store)).retry(Retry::NEVER).build();
        let mut gate = store.hold();
        let first = begun(source.execute(note("a", 0)));
        let held = gate.arrival().await;
        let second = begun(source.execute(note("a", 1)));
        assert!(panics(&source, note("a", 2).with(trick)).await, "{trick:?}");
        // It does not know the pending appends, and learns about them by the version.
        let third = begun(source.execute(note("a", 3)));
        held.pass();
        gate.arrival().await.pass();
        let let_pass = async { gate.arrival().await.pass() };
        let (third, ()) = tokio::join!(third, let_pass);
        assert_eq!(third.unwrap().version, Version::new(3));
        first.await.unwrap();
        second.await.unwrap();
        assert_eq!(store.numbers("a").await, [0, 1, 3]);
    }
}

#[tokio::test]
async fn a_state_that_an_event_could_not_be_applied_to_is_not_cached() {
    for trick in [Trick::ApplyPanics, Trick::WeightPanics] {
        let store = Watched::new();
        let source = EventSource::new(Arc::clone(&store));
        source.execute(note("a", 0)).await.unwrap();
        source.execute(note("a", 1).with(trick)).await.unwrap();
        store.reads();
        for number in 2..4 {
            assert!(panics(&source, note("a", number)).await, "{trick:?}");
            assert_eq!(store.reads(), [0], "{trick:?}: it is loaded each time");
        }
        source.execute(note("b", 0)).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_that_could_not_be_applied_and_was_not_stored_is_discarded() {
    for trick in [Trick::ApplyPanics, Trick::WeightPanics] {
        let store = Watched::new();
        let source = EventSource::builder(Arc::clone(&store)).retry(Retry::NEVER).build();
        let mut gate = store.hold();
        let first = begun(source.execute(note("a", 0).with(trick)));
        let held = gate.arrival().await;
        assert!(panics(&source, note("a", 1)).await, "{trick:?}: it is based on an impossible state");
        held.meet([Fate::Refused]);
        first.await.unwrap_err();
        drop(gate);
        source.execute(note("a", 2)).await.unwrap();
        assert_eq!(store.numbers("a").await, [2]);
    }
}

#[tokio::test]
async fn a_store_that_panics_leaves_the_outcome_open_and_the_aggregate_usable() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    source.execute(note("a", 0)).await.unwrap();
    store.foretell([Fate::Panic]);
    let lost = source.execute(note("a", 1)).await.unwrap_err();
    assert!(matches!(lost, ExecuteError::OutcomeUnknown { .. }), "{lost:?}");
    store.intrude("a", 1_000).await;
    source.execute(note("a", 2)).await.unwrap();
    assert_eq!(store.numbers("a").await, [0, 1_000, 2]);
}
