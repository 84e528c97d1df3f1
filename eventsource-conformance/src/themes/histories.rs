//! Reading the events of one stream with a visitor.

use std::{ops::ControlFlow, panic::panic_any};

use eventsource::{RecordedEvent, StreamId, Version, event::StoredEvent};

use crate::support::{Store, race, stream};

/// A likely page size of a store.
const MANY: usize = 1_000;

/// What a visitor receives of an event.
type Handed = (u64, String, u32, String);

fn handed(event: &RecordedEvent) -> Handed {
    (
        event.context.version.get(),
        event.context.event_type.to_string(),
        event.context.schema_version,
        event.payload().to_owned(),
    )
}

/// All events that a visitor receives if it stops at this version.
async fn history_up_to(store: &Store, stream: &StreamId, after: u64, last: u64) -> Vec<Handed> {
    let mut all = Vec::new();
    let mut each = |version: Version, stored: StoredEvent<'_>| {
        let StoredEvent { event_type, schema_version, payload, .. } = stored;
        all.push((version.get(), event_type.to_owned(), schema_version, payload.to_owned()));
        if version.get() < last { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    store.read_history(stream, Version::new(after), &mut each).await.expect("the history can be read");
    all
}

async fn history(store: &Store, stream: &StreamId, after: u64) -> Vec<Handed> {
    history_up_to(store, stream, after, u64::MAX).await
}

pub(crate) async fn a_stream_without_events_has_an_empty_history(store: Store) {
    store.fill(&stream("other"), 2).await;
    assert_eq!(history(&store, &stream("account"), 0).await, []);
}

pub(crate) async fn a_history_equals_the_stream_read_after_a_version(store: Store) {
    let (account, other) = (stream("account"), stream("other"));
    for _ in 0..4 {
        store.fill(&account, 3).await;
        store.fill(&other, 2).await;
    }
    for after in [0, 1, 9, 11, 12, 13, i64::MAX.cast_unsigned(), u64::MAX] {
        let read: Vec<_> = store.forward(&account, after, MANY).await.iter().map(handed).collect();
        assert_eq!(history(&store, &account, after).await, read, "after {after}");
    }
}

pub(crate) async fn a_history_of_any_length_is_read_to_its_end(store: Store) {
    let account = stream("account");
    let mut length = 0;
    for more in [MANY - 1, 1, 1, MANY - 1, 1, MANY / 2] {
        store.fill(&account, more).await;
        length += more as u64;
        let versions = history(&store, &account, 0).await.into_iter().map(|(version, ..)| version);
        assert!(versions.eq(1..=length), "not the {length} events, each once and in order");
    }
}

pub(crate) async fn a_history_ends_where_the_visitor_stops(store: Store) {
    let account = stream("account");
    store.fill(&account, 3 * MANY).await;
    for last in [1, 2, 128, 129, 1_000, 1_001, 2_500, 3_000] {
        // More often than the store has connections.
        for _ in 0..25 {
            let versions = history_up_to(&store, &account, 0, last).await.into_iter();
            assert!(versions.map(|(version, ..)| version).eq(1..=last), "stopped at {last}");
        }
    }
    assert_eq!(history(&store, &account, 0).await.len(), 3 * MANY);
}

pub(crate) async fn a_history_has_all_events_acknowledged_before_the_read(store: Store) {
    // On several tasks, so that reads use other connections than the appends.
    let rounds = race(16, |n| {
        let store = store.clone();
        async move {
            let account = stream(&format!("account-{n}"));
            for version in 1..=20 {
                store.fill(&account, 1).await;
                let (reader, of) = (store.clone(), account.clone());
                let read = tokio::spawn(async move { history(&reader, &of, version - 1).await });
                let read = read.await.expect("the reader does not panic");
                assert_eq!(read.len(), 1, "version {version} is missing");
                assert_eq!(read[0].0, version);
            }
        }
    });
    rounds.await;
}

pub(crate) async fn concurrent_histories_do_not_affect_each_other(store: Store) {
    let account = |n: usize| stream(&format!("account-{n}"));
    let length = |n: usize| [0, 1, 7, 127, 128, 129, 300, MANY + 1][n % 8];
    for n in 0..16 {
        store.fill(&account(n), length(n)).await;
    }
    let histories = race(64, |n| {
        let store = store.clone();
        async move { (n % 16, n as u64 / 16, history(&store, &account(n % 16), n as u64 / 16).await) }
    });
    for (n, after, together) in histories.await {
        assert_eq!(
            together,
            history(&store, &account(n), after).await,
            "of {} events after {after}",
            length(n)
        );
    }
}

pub(crate) async fn a_panic_of_the_visitor_leaves_the_store_usable(store: Store) {
    let account = stream("account");
    store.fill(&account, 300).await;
    for at in [1, 2, 150, 300] {
        // More often than the store has connections, and several concurrently.
        for _ in 0..5 {
            let panics = race(5, |_| {
                let (store, account) = (store.clone(), account.clone());
                async move {
                    let read = tokio::spawn(async move {
                        let mut each = |version: Version, _: StoredEvent<'_>| {
                            if version.get() == at {
                                panic_any("an event that cannot be applied");
                            }
                            ControlFlow::Continue(())
                        };
                        store.read_history(&account, Version::EMPTY, &mut each).await
                    });
                    let panic = read.await.expect_err("it panics").into_panic();
                    assert_eq!(panic.downcast_ref(), Some(&"an event that cannot be applied"));
                }
            });
            panics.await;
        }
        assert_eq!(history(&store, &account, 0).await.len(), 300);
    }
    assert_eq!(store.fill(&account, 1).await.version, Version::new(301));
}
