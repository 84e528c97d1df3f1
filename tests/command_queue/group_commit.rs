//! Commands that are handled while an append is running.

use std::sync::Arc;

use eventsource::{Retry, prelude::*, store::ExpectedVersion};
use futures_util::future::join_all;

use crate::{
    page::{Full, fingerprint, note},
    watched::{Executing, Fate, Watched, begun},
};

/// Holds one command in the store, with this many commands handled after it.
async fn held_with<'a>(
    source: &'a EventSource<Arc<Watched>>,
    gate: &mut crate::watched::Gate,
    count: u64,
) -> (Executing<'a>, crate::watched::Arrival, Vec<Executing<'a>>) {
    let first = begun(source.execute(note("a", 0)));
    let held = gate.arrival().await;
    let others = (1..=count).map(|number| begun(source.execute(note("a", number)))).collect();
    (first, held, others)
}

fn never(store: &Arc<Watched>) -> EventSource<Arc<Watched>> {
    EventSource::builder(Arc::clone(store)).retry(Retry::NEVER).build()
}

#[tokio::test]
async fn commands_handled_while_an_append_is_held_arrive_together_in_order() {
    let store = Watched::new();
    let source = never(&store);
    let mut gate = store.hold();
    let (first, held, others) = held_with(&source, &mut gate, 50).await;
    assert!(gate.is_empty(), "only one list is appended at a time");
    held.pass();
    let arrival = gate.arrival().await;
    assert_eq!(arrival.numbers(), (1..=50).collect::<Vec<_>>());
    let expected: Vec<_> = arrival.appends.iter().map(|append| append.streams[0].expected).collect();
    let due: Vec<_> = (1..=50).map(|version| ExpectedVersion::Exact(Version::new(version))).collect();
    assert_eq!(expected, due);
    arrival.pass();
    assert_eq!(first.await.unwrap().version, Version::new(1));
    let receipts = join_all(others).await.into_iter().map(Result::unwrap);
    assert!(receipts.map(|receipt| receipt.version.get()).eq(2..=51), "in order of arrival");
    assert_eq!(store.numbers("a").await, (0..=50).collect::<Vec<_>>());
    assert_eq!(store.lists(), 2);
    assert_eq!(store.reads(), [0], "the state after a command is known without a read");
}

#[tokio::test]
async fn at_most_as_many_as_the_store_takes_arrive_together() {
    let store = Watched::new();
    let source = never(&store);
    let mut gate = store.hold();
    let (first, held, others) = held_with(&source, &mut gate, 300).await;
    held.pass();
    let arrival = gate.arrival().await;
    assert_eq!(arrival.appends.len(), 256);
    arrival.pass();
    let rest = gate.arrival().await;
    assert_eq!(rest.numbers(), (257..=300).collect::<Vec<_>>());
    rest.pass();
    first.await.unwrap();
    join_all(others).await.into_iter().for_each(|receipt| drop(receipt.unwrap()));
    assert_eq!(store.numbers("a").await, (0..=300).collect::<Vec<_>>());
}

#[tokio::test]
async fn when_a_held_append_fails_all_commands_based_on_it_are_decided_again() {
    for (fate, error) in [
        (Fate::Refused, "Invalid"),
        (Fate::Outage, "Store"),
        (Fate::CallLost, "OutcomeUnknown"),
        (Fate::Panic, "OutcomeUnknown"),
    ] {
        let store = Watched::new();
        let source = never(&store);
        let mut gate = store.hold();
        let (first, held, others) = held_with(&source, &mut gate, 50).await;
        held.meet([fate]);
        let failed = format!("{:?}", first.await.unwrap_err());
        assert!(failed.starts_with(error), "{failed}");
        let let_pass = async {
            let mut numbers = Vec::new();
            while numbers.len() < 50 {
                let arrival = gate.arrival().await;
                numbers.extend(arrival.numbers());
                arrival.pass();
            }
            numbers
        };
        let (receipts, numbers) = tokio::join!(join_all(others), let_pass);
        assert_eq!(numbers, (1..=50).collect::<Vec<_>>(), "{error}: each arrives once more, in order");
        let versions = receipts.into_iter().map(|receipt| receipt.unwrap().version.get());
        assert!(versions.eq(1..=50), "{error}");
        assert_eq!(store.numbers("a").await, numbers);
    }
}

#[tokio::test]
async fn when_a_held_append_is_overtaken_commands_based_on_it_are_decided_on_the_other() {
    let store = Watched::new();
    let source = never(&store);
    let mut gate = store.hold();
    let (first, held, others) = held_with(&source, &mut gate, 50).await;
    // The stream then has the version at which the commands were decided.
    held.meet([Fate::Overtaken(store.by_another("a", 1_000).await)]);
    assert!(matches!(first.await, Err(ExecuteError::Conflict { attempts: 1, .. })));
    let let_pass = async { gate.arrival().await.pass() };
    let (receipts, ()) = tokio::join!(join_all(others), let_pass);
    let versions = receipts.into_iter().map(|receipt| receipt.unwrap().version.get());
    assert!(versions.eq(2..=51));
    assert_eq!(store.numbers("a").await[..3], [1_000, 1, 2]);
}

#[tokio::test]
async fn a_list_that_is_overtaken_is_a_conflict_of_each_of_its_commands() {
    let store = Watched::new();
    let source = never(&store);
    let mut gate = store.hold();
    let (first, held, others) = held_with(&source, &mut gate, 3).await;
    held.pass();
    first.await.unwrap();
    let arrival = gate.arrival().await;
    store.intrude("a", 1_000).await;
    arrival.pass();
    store.let_go();
    for outcome in join_all(others).await {
        assert!(matches!(outcome, Err(ExecuteError::Conflict { attempts: 1, .. })), "{outcome:?}");
    }
    assert_eq!(store.numbers("a").await, [0, 1_000]);
}

#[tokio::test]
async fn commands_after_a_failed_one_of_a_list_are_decided_again() {
    for fate in [Fate::Refused, Fate::Outage, Fate::CallLost] {
        let store = Watched::new();
        let source = never(&store);
        let mut gate = store.hold();
        let (first, held, others) = held_with(&source, &mut gate, 5).await;
        held.pass();
        gate.arrival().await.meet([Fate::Stored, Fate::Stored, fate]);
        let let_pass = async {
            let arrival = gate.arrival().await;
            let numbers = arrival.numbers();
            arrival.pass();
            numbers
        };
        let (receipts, numbers) = tokio::join!(join_all(others), let_pass);
        assert_eq!(numbers, [4, 5]);
        let are_stored: Vec<_> = receipts.iter().map(Result::is_ok).collect();
        assert_eq!(are_stored, [true, true, false, true, true], "{receipts:?}");
        first.await.unwrap();
        assert_eq!(store.numbers("a").await, [0, 1, 2, 4, 5]);
    }
}

#[tokio::test]
async fn a_rejection_based_on_events_that_were_not_stored_is_not_returned() {
    for is_stored in [true, false] {
        let store = Watched::new();
        let source = never(&store);
        let mut gate = store.hold();
        let first = begun(source.execute(note("a", 0)));
        let held = gate.arrival().await;
        let second = begun(source.execute(note("a", 1).below(1)));
        held.meet([if is_stored { Fate::Stored } else { Fate::Refused }]);
        assert_eq!(first.await.is_ok(), is_stored);
        let let_pass = async { gate.arrival().await.pass() };
        let (second, ()) = tokio::join!(second, let_pass);
        if is_stored {
            assert_eq!(second.unwrap_err().rejection(), Some(Full { count: 1, on: fingerprint(&[0]) }));
        } else {
            assert_eq!(second.unwrap().version, Version::new(1));
        }
    }
}

#[tokio::test]
async fn a_rejection_based_on_the_cache_is_returned_when_the_store_has_nothing_newer() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    source.execute(note("a", 0)).await.unwrap();
    let rejected = source.execute(note("a", 1).below(1)).await.unwrap_err();
    assert_eq!(rejected.rejection(), Some(Full { count: 1, on: fingerprint(&[0]) }));
    assert_eq!(store.reads(), [0]);
    store.intrude("a", 1).await;
    let rejected = source.execute(note("a", 2).below(1)).await.unwrap_err();
    assert_eq!(rejected.rejection(), Some(Full { count: 2, on: fingerprint(&[0, 1]) }));
    assert_eq!(store.reads(), [1], "only newer events are read");
}

#[tokio::test]
async fn a_command_without_events_is_not_answered_before_the_events_it_is_based_on_are_stored() {
    let store = Watched::new();
    let source = never(&store);
    let mut gate = store.hold();
    let first = begun(source.execute(note("a", 0)));
    let held = gate.arrival().await;
    let nothing = begun(source.execute(note("a", 1).times(0)));
    let several = begun(source.execute(note("a", 2).times(3)));
    held.pass();
    let arrival = gate.arrival().await;
    assert_eq!(arrival.numbers(), [2, 2, 2]);
    arrival.pass();
    let versions = join_all([first, nothing, several]).await.into_iter();
    assert_eq!(versions.map(|it| it.unwrap().version.get()).collect::<Vec<_>>(), [1, 1, 4]);
    assert_eq!(store.numbers("a").await, [0, 2, 2, 2]);
}

#[tokio::test]
async fn a_command_may_borrow_its_data() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    let receipt = {
        let name = ["a", "-", "page"].concat();
        source.execute(note(&name, 7)).await.unwrap()
    };
    assert_eq!(receipt.version, Version::new(1));
    assert_eq!(store.numbers("a-page").await, [7]);
}
