//! Readers among writers: positions are assigned in one order and become visible in another, and still no reader
//! misses an event or gets one twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use eventsource::{
    EventId, Position, StreamId, Version,
    store::{Append, AppendError, ExpectedVersion, InvalidAppend, LogFilter, NewEvent},
};

use crate::support::{Chance, Reader, Store, all, event, exactly, part, polled, race, several, stream};

const WRITERS: usize = 16;
const ROUNDS: usize = 25;

/// An event of one of two types.
fn either(chance: &mut Chance) -> NewEvent {
    let mut event = event("{}");
    event.event_type = ["rare", "frequent", "frequent"][chance.below(3)].into();
    event
}

fn few(chance: &mut Chance) -> Vec<NewEvent> {
    (0..chance.below(3) + 1).map(|_| either(chance)).collect()
}

fn ids_of(append: &Append) -> Vec<EventId> {
    append.streams.iter().flat_map(|part| &part.events).map(|event| event.id).collect()
}

/// A writer that appends to one or two streams, conflicts with others, cancels appends, and is refused after
/// positions may have been assigned. Returns the ids of the acknowledged events.
async fn write(store: Store, n: usize, used: EventId) -> Vec<EventId> {
    let mut chance = Chance::new(n);
    let mut acknowledged = Vec::new();
    for _ in 0..ROUNDS {
        let (one, other) = (chance.below(8), chance.below(8));
        let (one, other) = (stream(&format!("account-{one}")), stream(&format!("account-{other}")));
        let to_one = Append::to(one.clone(), ExpectedVersion::Any, few(&mut chance));
        let ids = ids_of(&to_one);
        match chance.below(10) {
            0 => {
                let mut refused = to_one;
                refused.streams[0].events.push(NewEvent { id: used, ..event("{}") });
                let refusal = store.refused(refused).await;
                assert_eq!(refusal, InvalidAppend::UsedEventId { stream: one, id: used });
            }
            1 => {
                store.conflict(Append::to(one, ExpectedVersion::Exact(Version::MAX), few(&mut chance))).await;
            }
            2 => {
                // Cancelled after a while, and then repeated: it happens once.
                polled(chance.below(3), store.append(to_one.clone())).await;
                store.write_all(to_one).await;
                acknowledged.extend(ids);
            }
            3 if one != other => {
                let mut both = to_one;
                both.streams.push(part(&other, ExpectedVersion::Any, few(&mut chance)));
                let ids = ids_of(&both);
                store.write_all(both).await;
                acknowledged.extend(ids);
            }
            4 => {
                let version =
                    store.backward(&one, u64::MAX, 1).await.first().map_or(0, |e| e.context.version.get());
                let mut exact = to_one;
                exact.streams[0].expected = exactly(version);
                match store.append(exact).await {
                    Ok(_) => acknowledged.extend(ids),
                    Err(AppendError::Conflict { .. }) => {}
                    Err(error) => panic!("expected a receipt or a conflict, not {error:?}"),
                }
            }
            _ => {
                store.write_all(to_one).await;
                acknowledged.extend(ids);
            }
        }
    }
    acknowledged
}

/// Runs the writers and this reader concurrently, until the writers have ended and the reader is at the head.
/// Returns the ids of the acknowledged events.
async fn write_beside(store: &Store, reader: &mut Reader) -> BTreeSet<EventId> {
    let first = event("{}");
    let used = first.id;
    store.write(&stream("first"), ExpectedVersion::NoStream, vec![first]).await;
    let ended = Arc::new(AtomicBool::new(false));
    let writers = (0..WRITERS).map(|n| tokio::spawn(write(store.clone(), n, used))).collect();
    let writing = {
        let ended = Arc::clone(&ended);
        tokio::spawn(async move {
            let acknowledged: Vec<_> = all(writers).await.into_iter().flatten().collect();
            ended.store(true, Ordering::SeqCst);
            acknowledged
        })
    };
    loop {
        // Checked before the page is read, so that the last page begins after the last append.
        let last = ended.load(Ordering::SeqCst) || writing.is_finished();
        if last {
            reader.read_to_head().await;
            break;
        }
        reader.read_page().await;
        tokio::task::yield_now().await;
    }
    let acknowledged = all(vec![writing]).await.into_iter().flatten();
    acknowledged.chain([used]).collect()
}

pub(crate) async fn a_reader_among_writers_gets_every_event_once(store: Store) {
    let mut reader = Reader::new(&store, LogFilter::all(), 10);
    let acknowledged = write_beside(&store, &mut reader).await;
    let seen: BTreeSet<_> = reader.seen.iter().map(|event| event.context.id).collect();
    assert_eq!(seen.len(), reader.seen.len(), "an event was read twice");
    let missed: Vec<_> = acknowledged.difference(&seen).collect();
    assert!(missed.is_empty(), "{} of {} events were missed", missed.len(), acknowledged.len());
    assert_eq!(seen, acknowledged, "an event was read that was not acknowledged");
}

pub(crate) async fn a_reader_among_writers_gets_each_stream_in_order(store: Store) {
    let mut reader = Reader::new(&store, LogFilter::all(), 10);
    write_beside(&store, &mut reader).await;
    let mut met: BTreeMap<StreamId, u64> = BTreeMap::new();
    for event in &reader.seen {
        let last = met.entry(event.context.stream.clone()).or_default();
        assert_eq!(event.context.version.get(), *last + 1, "on {}", event.context.stream);
        *last += 1;
    }
}

pub(crate) async fn nothing_appears_later_at_or_below_a_horizon(store: Store) {
    let mut reader = Reader::new(&store, LogFilter::all(), 5);
    write_beside(&store, &mut reader).await;
    let log = store.log().await;
    for (horizon, seen) in reader.horizons {
        let final_now = log.partition_point(|event| event.context.position <= horizon);
        assert_eq!(final_now, seen, "events at or below {horizon} then and now");
    }
}

pub(crate) async fn a_filtering_reader_among_writers_gets_every_admitted_event_once(store: Store) {
    let filter = LogFilter::of_types(["rare".to_owned()]);
    let mut reader = Reader::new(&store, filter.clone(), 3);
    write_beside(&store, &mut reader).await;
    let due: Vec<_> = store.log().await.into_iter().filter(|event| filter.admits(&event.context)).collect();
    assert!(!due.is_empty(), "some events pass the filter");
    assert_eq!(reader.seen, due);
}

pub(crate) async fn readers_at_different_speeds_get_the_same_events(store: Store) {
    let ended = Arc::new(AtomicBool::new(false));
    let readers = [1, 7, 1_000].map(|limit| {
        let (store, ended) = (store.clone(), Arc::clone(&ended));
        tokio::spawn(async move {
            let mut reader = Reader::new(&store, LogFilter::all(), limit);
            loop {
                if ended.load(Ordering::SeqCst) {
                    reader.read_to_head().await;
                    return reader.seen;
                }
                reader.read_page().await;
                tokio::task::yield_now().await;
            }
        })
    });
    race(8, |n| {
        let store = store.clone();
        async move {
            for round in 0..10 {
                store.fill(&stream(&format!("account-{}", (n + round) % 4)), round % 3 + 1).await;
            }
        }
    })
    .await;
    ended.store(true, Ordering::SeqCst);
    let log = store.log().await;
    for seen in all(readers.into()).await {
        assert_eq!(seen, log);
    }
}

pub(crate) async fn a_failed_append_does_not_hold_the_horizon_back(store: Store) {
    let account = stream("account");
    let used = event("{}");
    store.write(&account, ExpectedVersion::NoStream, vec![used.clone()]).await;
    for _ in 0..5 {
        store.conflict(Append::to(account.clone(), exactly(0), vec![event("{}")])).await;
        store
            .refused(Append::to(account.clone(), ExpectedVersion::Any, vec![event("{}"), used.clone()]))
            .await;
        store.refused(several(Vec::new())).await;
    }
    let receipt = store.write(&account, exactly(1), vec![event("{}")]).await;
    let page = store.page(Position::START, &LogFilter::all(), 100).await;
    assert_eq!(page.events.len(), 2);
    assert_eq!((page.horizon, page.at_head), (receipt.position, true));
}
