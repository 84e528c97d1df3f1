//! A call that is dropped at any moment leaves nothing half done and does not block other calls.

use std::{future::Future, ops::ControlFlow};

use eventsource::{
    EventId, Position, StreamId, Version,
    snapshot::Snapshot,
    store::{Append, Direction, ExpectedVersion, LogFilter, SnapshotForm},
};
use serde_json::value::RawValue;

use crate::support::{Store, events, ids, part, polled, race, several, stream, versions};

/// Far more polls than any call needs.
const MOST_POLLS: usize = 1_000;

/// Drops the call after 0 polls, after 1, and so on until it completes, and checks the store after each.
async fn drop_after_each_poll<T, C, L>(call: impl Fn(usize) -> C, look: impl Fn(usize) -> L)
where
    C: Future<Output = T>,
    L: Future<Output = ()>,
{
    for polls in 0..MOST_POLLS {
        let ended = polled(polls, call(polls)).await.is_some();
        look(polls).await;
        if ended {
            return;
        }
    }
    panic!("the call has not ended within {MOST_POLLS} polls");
}

/// Asserts that the store still works, for other callers too.
async fn assert_usable(store: &Store, round: usize) {
    let account = stream(&format!("usable-{round}"));
    store.write(&account, ExpectedVersion::NoStream, events(1)).await;
    assert_eq!(versions(&store.events_of(&account).await), [1]);
    assert!(!store.page(Position::START, &LogFilter::all(), 1).await.events.is_empty());
}

pub(crate) async fn a_dropped_append_is_stored_whole_or_not_at_all_and_can_be_repeated(store: Store) {
    let streams = |polls| [stream(&format!("a-{polls}")), stream(&format!("b-{polls}"))];
    let appends: Vec<_> = (0..MOST_POLLS)
        .map(|polls| {
            several(streams(polls).map(|stream| part(&stream, ExpectedVersion::NoStream, events(3))).into())
        })
        .collect();
    let call = |polls: usize| store.append(appends[polls].clone());
    let look = async |polls: usize| {
        // Whether the append is still running or not, a reader never sees a part of it.
        for stream in streams(polls) {
            let count = store.events_of(&stream).await.len();
            assert!([0, 3].contains(&count), "{count} of 3 events after {polls} polls");
        }
        assert_usable(&store, polls).await;
        let receipts = store.write_all(appends[polls].clone()).await;
        assert!(receipts.iter().all(|receipt| receipt.version == Version::new(3)));
        for (stream, part) in streams(polls).iter().zip(&appends[polls].streams) {
            let expected: Vec<_> = part.events.iter().map(|event| event.id).collect();
            assert_eq!(ids(&store.events_of(stream).await), expected, "after {polls} polls");
        }
    };
    drop_after_each_poll(call, look).await;
    let log = store.log().await;
    let mut once = ids(&log);
    once.sort();
    once.dedup();
    assert_eq!(once.len(), log.len(), "no event is stored twice");
}

pub(crate) async fn a_dropped_append_that_was_never_polled_stores_nothing(store: Store) {
    drop(store.append(Append::to(stream("account"), ExpectedVersion::Any, events(1))));
    assert_usable(&store, 0).await;
    assert_eq!(store.events_of(&stream("account")).await, []);
}

pub(crate) async fn a_dropped_read_leaves_the_store_usable(store: Store) {
    let account = stream("account");
    let append = Append::to(account.clone(), ExpectedVersion::Any, events(100)).with_idempotency_key("key");
    store.write_all(append).await;
    let forward = Direction::Forward { after: Version::EMPTY };
    drop_after_each_poll(|_| store.read_stream(&account, forward, 50), |n| assert_usable(&store, n)).await;
    let all = LogFilter::all();
    drop_after_each_poll(|_| store.read_log(Position::START, &all, 50), |n| assert_usable(&store, n + 1_000))
        .await;
    drop_after_each_poll(|_| store.find_receipt(&account, "key"), |n| assert_usable(&store, n + 2_000)).await;
    drop_after_each_poll(|_| store.load_snapshot(&account), |n| assert_usable(&store, n + 3_000)).await;
    drop_after_each_poll(|_| store.stored_types(5), |n| assert_usable(&store, n + 4_000)).await;
    let history = |_| async {
        store.read_history(&account, Version::EMPTY, &mut |_, _| ControlFlow::Continue(())).await
    };
    drop_after_each_poll(history, |n| assert_usable(&store, n + 5_000)).await;
    assert_eq!(store.events_of(&account).await.len(), 100);
}

pub(crate) async fn a_dropped_snapshot_is_kept_whole_or_not_at_all(store: Store) {
    let account = stream("account");
    let snapshot = |polls: usize| Snapshot {
        stream: account.clone(),
        version: Version::new(polls as u64 + 1),
        event_id: EventId::new(),
        form: SnapshotForm { version: 1, fingerprint: "f".into() },
        state: RawValue::from_string(format!("[{}]", polls + 1)).expect("JSON"),
    };
    let look = async |polls: usize| {
        if let Some(kept) = store.load_snapshot(&account).await.expect("the snapshot can be loaded") {
            assert_eq!(kept.snapshot.state.get(), format!("[{}]", kept.snapshot.version));
        }
        assert_usable(&store, polls).await;
    };
    drop_after_each_poll(|polls| store.save_snapshot(snapshot(polls)), look).await;
    let kept = store.load_snapshot(&account).await.expect("the snapshot can be loaded");
    assert!(kept.is_some(), "the last one was polled to its end");
}

pub(crate) async fn nothing_acknowledged_is_lost_among_calls_that_are_dropped(store: Store) {
    let acknowledged = race(16, |n| {
        let store = store.clone();
        async move {
            let (mine, dropped) = (stream(&format!("mine-{n}")), stream("dropped"));
            let mut receipts = Vec::new();
            for round in 0..20 {
                let append = Append::to(dropped.clone(), ExpectedVersion::Any, events(2));
                polled(1 + (n + round) % 4, store.append(append)).await;
                polled(1 + (n + round) % 3, store.events_of(&dropped)).await;
                polled(1 + (n + round) % 5, store.log()).await;
                receipts.push(store.fill(&mine, 1).await);
            }
            (mine, receipts)
        }
    });
    for (mine, receipts) in acknowledged.await {
        let kept: Vec<_> = store
            .events_of(&mine)
            .await
            .iter()
            .map(|event| (event.context.version, event.context.position))
            .collect();
        assert_eq!(kept, receipts.iter().map(|r| (r.version, r.position)).collect::<Vec<_>>());
    }
    // Dropped appends are stored in pairs or not at all.
    let pairs = store.events_of(&stream("dropped")).await;
    let stored_pairs: Vec<StreamId> = pairs.iter().map(|event| event.context.stream.clone()).collect();
    assert_eq!(stored_pairs.len() % 2, 0);
    assert!(versions(&pairs).into_iter().eq(1..=pairs.len() as u64));
}
