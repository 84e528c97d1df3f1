//! Errors, and the callers that receive them.

use std::sync::Arc;

use eventsource::{Retry, prelude::*, store::NewEvent};
use futures_util::future::join_all;

use crate::{
    page::{Trick, note},
    watched::{Fate, Watched, begun},
};

fn never(store: &Arc<Watched>) -> EventSource<Arc<Watched>> {
    EventSource::builder(Arc::clone(store)).retry(Retry::NEVER).build()
}

#[tokio::test]
async fn an_event_that_cannot_be_stored_does_not_disturb_the_commands_around_it() {
    for (trick, error) in [(Trick::Unwritable, "Encode"), (Trick::Unreadable, "Unreadable")] {
        let store = Watched::new();
        let source = never(&store);
        let mut gate = store.hold();
        let first = begun(source.execute(note("a", 0)));
        let held = gate.arrival().await;
        let broken = begun(source.execute(note("a", 1).with(trick)));
        let third = begun(source.execute(note("a", 2)));
        held.pass();
        let arrival = gate.arrival().await;
        assert_eq!(arrival.numbers(), [2]);
        arrival.pass();
        let mut outcomes = join_all([first, broken, third]).await;
        assert_eq!(outcomes.pop().unwrap().unwrap().version, Version::new(2));
        let failed = format!("{:?}", outcomes.pop().unwrap().unwrap_err());
        assert!(failed.starts_with(error), "{failed}");
        assert_eq!(store.numbers("a").await, [0, 2]);
        assert_eq!(store.reads(), [0], "the cached state is not evicted for it");
    }
}

#[tokio::test]
async fn an_error_based_on_events_that_were_not_stored_is_not_returned() {
    for trick in [Trick::Unwritable, Trick::Unreadable] {
        let store = Watched::new();
        let source = never(&store);
        let mut gate = store.hold();
        let first = begun(source.execute(note("a", 0)));
        let held = gate.arrival().await;
        // On the page without the number it would produce an event that can be stored.
        let broken = begun(source.execute(note("a", 1).with(trick).harmless_on_an_empty_page()));
        held.meet([Fate::Refused]);
        first.await.unwrap_err();
        let let_pass = async { gate.arrival().await.pass() };
        assert_eq!(tokio::join!(broken, let_pass).0.unwrap().version, Version::new(1));
    }
}

#[tokio::test]
async fn a_refusal_based_on_events_that_were_not_stored_is_not_returned() {
    let store = Watched::new();
    let source = never(&store);
    let mut gate = store.hold();
    let first = begun(source.execute(note("a", 0)));
    let held = gate.arrival().await;
    let others: Vec<_> = (1..=3).map(|number| begun(source.execute(note("a", number)))).collect();
    held.pass();
    gate.arrival().await.meet([Fate::Refused, Fate::Refused, Fate::Stored]);
    let let_pass = async { gate.arrival().await.pass() };
    let (outcomes, ()) = tokio::join!(join_all(others), let_pass);
    let are_stored: Vec<_> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(are_stored, [false, true, true], "{outcomes:?}");
    first.await.unwrap();
    assert_eq!(store.numbers("a").await, [0, 2, 3]);
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_is_looked_up_before_later_ones_are_made() {
    for fate in [Fate::AnswerLost, Fate::CallLost] {
        let store = Watched::new();
        let source = EventSource::new(Arc::clone(&store));
        let mut gate = store.hold();
        let first = begun(source.execute(note("a", 0)));
        let held = gate.arrival().await;
        let others: Vec<_> = (1..=3).map(|number| begun(source.execute(note("a", number)))).collect();
        held.pass();
        gate.arrival().await.meet([Fate::Stored, fate, Fate::Stored]);
        let let_pass = async {
            let asked = gate.arrival().await;
            assert_eq!(asked.numbers(), [2], "the unknown append is repeated alone");
            asked.pass();
            gate.arrival().await.pass();
        };
        let (outcomes, ()) = tokio::join!(join_all(others), let_pass);
        let versions: Vec<_> = outcomes.into_iter().map(|it| it.unwrap().version.get()).collect();
        assert_eq!(versions, [2, 3, 4]);
        first.await.unwrap();
        assert_eq!(store.numbers("a").await, [0, 1, 2, 3]);
    }
}

#[tokio::test]
async fn an_append_of_unknown_outcome_is_not_repeated_as_if_failed_earlier_ones_were_stored() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    let mut gate = store.hold();
    let first = begun(source.execute(note("a", 0)));
    let held = gate.arrival().await;
    let others: Vec<_> = (1..=2).map(|number| begun(source.execute(note("a", number)))).collect();
    held.pass();
    let arrival = gate.arrival().await;
    // It brings the stream to the version that the first of these appends would have produced.
    let faster = store.by_another("a", 1_000).await;
    arrival.meet([Fate::Overtaken(faster), Fate::CallLost]);
    let let_pass = async {
        let asked = gate.arrival().await;
        assert_eq!(asked.numbers(), [2]);
        asked.pass();
        drop(gate);
    };
    let (outcomes, ()) = tokio::join!(join_all(others), let_pass);
    outcomes.into_iter().for_each(|outcome| drop(outcome.unwrap()));
    first.await.unwrap();
    let mut numbers = store.numbers("a").await;
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 1_000]);
}

#[tokio::test]
async fn an_append_that_may_still_be_running_is_not_decided_again() {
    for fate in [Fate::Stored, Fate::AnswerFound] {
        let store = Watched::new();
        let source = EventSource::new(Arc::clone(&store));
        let mut gate = store.hold();
        let first = begun(source.execute(note("a", 0)));
        let held = gate.arrival().await;
        let others: Vec<_> = (1..=2).map(|number| begun(source.execute(note("a", number)))).collect();
        held.pass();
        gate.arrival().await.meet([fate, Fate::CallLate]);
        gate.arrival().await.pass();
        drop(gate);
        join_all(others).await.into_iter().for_each(|outcome| drop(outcome.unwrap()));
        first.await.unwrap();
        assert_eq!(store.numbers("a").await, [0, 1, 2]);
    }
}

#[tokio::test]
async fn during_an_outage_no_command_waits_for_others_to_detect_it() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    store.slow_down(5);
    store.make_unreadable(true);
    let singles = join_all((0..8).map(|number| source.execute(note("a", number)).into_future()));
    let several = join_all((0..8).map(|number| source.atomically().execute(note("b", number)).into_future()));
    let (singles, several) = tokio::join!(singles, several);
    let are_told = |error: &str| error.starts_with("Load(Store(Unavailable");
    assert!(singles.into_iter().all(|outcome| are_told(&format!("{:?}", outcome.unwrap_err()))));
    assert!(several.into_iter().all(|outcome| are_told(&format!("{:?}", outcome.unwrap_err()))));
    // For each page, one read for the first command and one for all commands that came meanwhile.
    assert_eq!(store.reads(), [0; 4], "detecting an outage takes long");
    store.make_unreadable(false);
    source.execute(note("a", 8)).await.unwrap();
    source.atomically().execute(note("b", 8)).await.unwrap();
    assert_eq!((store.numbers("a").await, store.numbers("b").await), (vec![8], vec![8]));
}

#[tokio::test]
async fn a_stream_that_shrank_is_loaded_again() {
    let (store, backup) = (Watched::new(), Watched::new());
    let source = EventSource::new(Arc::clone(&store));
    for number in 0..5 {
        source.execute(note("a", number)).await.unwrap();
    }
    backup.intrude("a", 0).await;
    backup.intrude("a", 1).await;
    store.restore(&backup);
    assert_eq!(source.execute(note("a", 10)).await.unwrap().version, Version::new(3));
    assert_eq!(store.numbers("a").await, [0, 1, 10]);
}

#[tokio::test]
async fn an_event_that_decodes_to_none_does_not_hide_that_a_state_is_not_stored_yet() {
    let store = Watched::new();
    let source = never(&store);
    let mut gate = store.hold();
    let first = begun(source.execute(note("a", 0).with(Trick::ReadAsNone)));
    let held = gate.arrival().await;
    let second = begun(source.execute(note("a", 1)));
    // More events than the limit of speculation: the rest would be read as new events.
    let mut faster = store.by_another("a", 1_000).await;
    let again = faster.streams[0].events[0].clone();
    faster.streams[0].events.push(NewEvent { id: eventsource::EventId::new(), ..again });
    held.meet([Fate::Overtaken(faster)]);
    first.await.unwrap_err();
    let let_pass = async { gate.arrival().await.pass() };
    tokio::join!(second, let_pass).0.unwrap();
    assert_eq!(store.numbers("a").await, [1_000, 1_000, 1]);
}
