//! Histories copied between memory, SQLite and Postgres are the same in every store, even if a copy is interrupted
//! or the source is in use.

#![expect(clippy::unwrap_used, reason = "a test may panic, and the panic shows the error")]

#[path = "copy/killed.rs"]
mod killed;
#[path = "copy/stores.rs"]
mod stores;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use eventsource::{
    EventId, MemoryStore, Metadata, StreamId, Version,
    history::{Copied, CopyError, CopyStep, copy},
    store::{Append, AppendError, EventStore, ExpectedVersion, ImportEvent, NewEvent},
};
use serde_json::value::RawValue;
use stores::{Kind, Place, history, strange, texts};
use tokio::sync::Notify;

/// Every pair of kinds of stores, including two stores of the same kind.
const WAYS: [(Kind, Kind); 6] = [
    (Kind::Memory, Kind::Postgres),
    (Kind::Postgres, Kind::Sqlite),
    (Kind::Sqlite, Kind::Memory),
    (Kind::Sqlite, Kind::Postgres),
    (Kind::Postgres, Kind::Postgres),
    (Kind::Sqlite, Kind::Sqlite),
];

async fn assert_copied(from: &dyn EventStore, to: &dyn EventStore) -> Copied {
    let copied = copy(from, to).chunk(100).await.unwrap();
    let (ours, theirs) = (texts(from).await, texts(to).await);
    assert_eq!(copied.events, ours.len() as u64);
    assert!(ours == theirs, "they differ");
    copied
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_the_same_in_every_store() {
    for (from, to) in WAYS {
        let (from, to) = (Place::of(from).await, Place::of(to).await);
        from.store.import(&history(1_000)).await.unwrap();
        let copied = assert_copied(&*from.store, &*to.store).await;
        assert_eq!((copied.stored, copied.streams), (1_000, 7));
        from.store.import(&strange()).await.unwrap();
        let again = assert_copied(&*from.store, &*to.store).await;
        assert_eq!(again.stored, strange().len() as u64);
        assert_eq!(assert_copied(&*from.store, &*to.store).await.stored, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_history_is_copied_into_an_empty_store() {
    for (from, to) in WAYS {
        let (from, to) = (Place::of(from).await, Place::of(to).await);
        assert_eq!(assert_copied(&*from.store, &*to.store).await.events, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_dropped_at_any_chunk_resumes_while_the_chunk_may_still_be_stored() {
    for (from, to) in [(Kind::Memory, Kind::Postgres), (Kind::Postgres, Kind::Sqlite)] {
        let from = Place::of(from).await;
        from.store.import(&history(100)).await.unwrap();
        for dropped_at in 1..=5 {
            let to = Place::of(to).await;
            let enough = Notify::new();
            let chunks = AtomicUsize::new(0);
            let copying = copy(&*from.store, &*to.store).chunk(20).with_progress(|so_far| {
                let storing = so_far.step == CopyStep::Storing;
                if storing && chunks.fetch_add(1, Ordering::SeqCst) + 1 == dropped_at {
                    enough.notify_one();
                }
            });
            // When the progress of a chunk is reported, the next one may be running already.
            tokio::select! {
                biased;
                () = enough.notified() => {}
                copied = copying.into_future() => panic!("the copy must be dropped before it completes: {copied:?}"),
            }
            let copied = assert_copied(&*from.store, &*to.store).await;
            assert!(copied.stored <= 100 - 20 * dropped_at as u64, "stored events are not stored again");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_copies_store_each_event_once() {
    for kind in [Kind::Postgres, Kind::Sqlite] {
        let (from, to) = (MemoryStore::new(), Place::of(kind).await);
        from.import(&history(200)).await.unwrap();
        let copies = (1..=4).map(|n| copy(&from, &*to.store).chunk(10 * n).into_future());
        for copied in futures_util::future::join_all(copies).await {
            assert_eq!(copied.unwrap().events, 200);
        }
        assert!(texts(&from).await == texts(&*to.store).await, "they differ");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_of_ten_megabytes_are_copied() {
    let large = |mut event: ImportEvent| {
        event.event.payload = RawValue::from_string(format!("\"{}\"", "x".repeat(10 << 20))).unwrap();
        event
    };
    let (first, then) = (Place::of(Kind::Postgres).await, Place::of(Kind::Sqlite).await);
    for event in history(3) {
        first.store.import(&[large(event)]).await.unwrap();
    }
    assert_copied(&*first.store, &*then.store).await;
    let last = Place::of(Kind::Postgres).await;
    assert_copied(&*then.store, &*last.store).await;
}

/// One more event of a stream.
async fn append(store: &dyn EventStore, writer: usize, number: u64) -> Result<(), AppendError> {
    let event = NewEvent {
        id: EventId::new(),
        event_type: "account.counted".into(),
        schema_version: 1,
        payload: RawValue::from_string(number.to_string()).unwrap(),
        metadata: Metadata::new(),
    };
    let stream = StreamId::new("account", format!("of writer {writer}")).unwrap();
    let expected = ExpectedVersion::Exact(Version::new(number));
    store.append(Append::to(stream, expected, vec![event])).await.map(drop)
}

/// The number of events that each writer appends.
const EACH: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
async fn a_source_in_use_is_copied_and_the_next_copy_adds_its_later_events() {
    for (from, to) in [(Kind::Postgres, Kind::Sqlite), (Kind::Sqlite, Kind::Postgres)] {
        let (from, to) = (Place::of(from).await, Place::of(to).await);
        let writers = (0..4).map(|writer| {
            let store = Arc::clone(&from.store);
            tokio::spawn(async move {
                for number in 0..EACH {
                    append(&*store, writer, number).await.unwrap();
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        let mut events = 0;
        while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
            let copied = copy(&*from.store, &*to.store).chunk(50).await.unwrap();
            assert_eq!(copied.events, events + copied.stored);
            events = copied.events;
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let copied = assert_copied(&*from.store, &*to.store).await;
        assert_eq!((copied.events, copied.streams), (4 * EACH, 4));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_other_events_is_refused_and_left_unchanged() {
    for kind in [Kind::Postgres, Kind::Sqlite] {
        let (from, to) = (MemoryStore::new(), Place::of(kind).await);
        from.import(&history(10)).await.unwrap();
        copy(&from, &*to.store).await.unwrap();
        append(&*to.store, 1, 0).await.unwrap();
        let before = texts(&*to.store).await;
        let error = copy(&from, &*to.store).await.unwrap_err();
        assert!(matches!(error, CopyError::Ahead { .. }), "{error}");
        from.import(&history(11)).await.unwrap();
        let error = copy(&from, &*to.store).await.unwrap_err();
        assert!(matches!(error, CopyError::OtherHistory { .. }), "{error}");
        assert_eq!(texts(&*to.store).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_is_repeated_after_the_move_is_recognised() {
    for (from, to) in WAYS {
        let (from, to) = (Place::of(from).await, Place::of(to).await);
        let event = NewEvent {
            id: EventId::new(),
            event_type: "account.counted".into(),
            schema_version: 1,
            payload: RawValue::NULL.to_owned(),
            metadata: Metadata::new(),
        };
        let stream = StreamId::new("account", "acc-1").unwrap();
        let append = || Append::to(stream.clone(), ExpectedVersion::NoStream, vec![event.clone()]);
        from.store.append(append()).await.unwrap();
        copy(&*from.store, &*to.store).await.unwrap();
        assert!(to.store.append(append()).await.unwrap()[0].repeated);
        assert_eq!(texts(&*to.store).await.len(), 1);
    }
}
