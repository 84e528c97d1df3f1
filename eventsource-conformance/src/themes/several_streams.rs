//! One append to several streams: all of it or nothing.

use eventsource::{
    Position, StreamId, Version,
    store::{Append, ExpectedVersion, InvalidAppend},
};

use crate::support::{Conflict, Store, assert_kept, event, events, exactly, part, several, stream, versions};

pub(crate) async fn several_streams_are_appended_as_one(store: Store) {
    let (from, to, fees) = (stream("from"), stream("to"), stream("fees"));
    store.fill(&from, 2).await;
    let given = vec![
        part(&from, exactly(2), events(1)),
        part(&to, ExpectedVersion::NoStream, events(3)),
        part(&fees, ExpectedVersion::Any, events(2)),
    ];
    store.write_all(several(given.clone())).await;
    assert_eq!(versions(&store.events_of(&from).await), [1, 2, 3]);
    assert_eq!(versions(&store.events_of(&to).await), [1, 2, 3]);
    assert_eq!(versions(&store.events_of(&fees).await), [1, 2]);
    for part in &given {
        let kept = store.events_of(&part.stream).await;
        for (kept, given) in kept.iter().rev().zip(part.events.iter().rev()) {
            assert_kept(kept, given);
        }
    }
}

pub(crate) async fn receipts_come_in_the_order_of_the_streams_given(store: Store) {
    // Neither in alphabetical order nor in the order of creation.
    let streams: Vec<_> = ["m", "z", "a", "k", "b"].map(stream).into();
    let parts = |streams: &[StreamId]| {
        streams.iter().zip(1..).map(|(stream, n)| part(stream, ExpectedVersion::Any, events(n))).collect()
    };
    let receipts = store.write_all(several(parts(&streams))).await;
    for ((receipt, stream), count) in receipts.iter().zip(&streams).zip(1..) {
        assert_eq!((&receipt.stream, receipt.version), (stream, Version::new(count)));
        let kept = store.events_of(stream).await;
        assert_eq!(kept.last().map(|event| event.context.position), Some(receipt.position));
    }
    assert_eq!(receipts.len(), 5);
}

pub(crate) async fn one_conflict_among_several_streams_leaves_all_of_them_unchanged(store: Store) {
    let (first, stale, last) = (stream("first"), stream("stale"), stream("last"));
    store.fill(&stale, 2).await;
    let fits = |stream: &StreamId| part(stream, ExpectedVersion::NoStream, events(2));
    let misses = || part(&stale, exactly(1), events(2));
    let due = Conflict { stream: stale.clone(), expected: exactly(1), actual: Version::new(2) };
    for parts in [
        vec![misses(), fits(&first), fits(&last)],
        vec![fits(&first), misses(), fits(&last)],
        vec![fits(&first), fits(&last), misses()],
    ] {
        assert_eq!(store.conflict(several(parts)).await, due);
    }
    assert_eq!(store.events_of(&first).await, []);
    assert_eq!(store.events_of(&last).await, []);
    assert_eq!(store.log().await.len(), 2);
}

pub(crate) async fn the_first_of_several_conflicts_in_the_order_given_is_named(store: Store) {
    let (a, b, c) = (stream("a"), stream("b"), stream("c"));
    store.fill(&a, 1).await;
    store.fill(&c, 3).await;
    let parts = vec![
        part(&b, ExpectedVersion::NoStream, events(1)),
        part(&c, exactly(2), events(1)),
        part(&a, exactly(0), events(1)),
    ];
    let due = Conflict { stream: c, expected: exactly(2), actual: Version::new(3) };
    assert_eq!(store.conflict(several(parts)).await, due);
}

pub(crate) async fn a_stream_without_new_events_is_checked_among_several(store: Store) {
    let (watched, written) = (stream("watched"), stream("written"));
    store.fill(&watched, 2).await;
    let parts = |version| {
        vec![
            part(&watched, exactly(version), Vec::new()),
            part(&written, ExpectedVersion::NoStream, events(1)),
        ]
    };
    let conflict = store.conflict(several(parts(1))).await;
    assert_eq!((conflict.stream, conflict.actual), (watched.clone(), Version::new(2)));
    assert_eq!(store.events_of(&written).await, []);

    let receipts = store.write_all(several(parts(2))).await;
    assert_eq!(receipts.iter().map(|receipt| receipt.version.get()).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(versions(&store.events_of(&watched).await), [1, 2]);
}

pub(crate) async fn five_hundred_streams_fit_in_one_append(store: Store) {
    let streams: Vec<_> = (0..500).map(|n| stream(&format!("account-{n}"))).collect();
    let parts = streams.iter().map(|stream| part(stream, ExpectedVersion::NoStream, events(2))).collect();
    let receipts = store.write_all(several(parts)).await;
    assert!(receipts.iter().map(|receipt| &receipt.stream).eq(&streams));
    assert!(receipts.iter().all(|receipt| receipt.version == Version::new(2)));
    assert_eq!(store.log().await.len(), 1_000);
}

pub(crate) async fn the_log_has_the_streams_of_an_append_each_in_its_order(store: Store) {
    let (a, b) = (stream("a"), stream("b"));
    let parts =
        vec![part(&b, ExpectedVersion::NoStream, events(3)), part(&a, ExpectedVersion::NoStream, events(3))];
    store.write_all(several(parts)).await;
    let log = store.log().await;
    assert!(log.is_sorted_by(|earlier, later| earlier.context.position < later.context.position));
    for stream in [&a, &b] {
        let of_stream: Vec<_> = log.iter().filter(|event| event.context.stream == *stream).cloned().collect();
        assert_eq!(versions(&of_stream), [1, 2, 3]);
    }
    assert!(log[0].context.position > Position::START);
}

pub(crate) async fn an_append_that_names_no_stream_is_refused(store: Store) {
    assert_eq!(store.refused(several(Vec::new())).await, InvalidAppend::NoStreams);
}

pub(crate) async fn an_append_that_names_a_stream_twice_is_refused(store: Store) {
    let account = stream("account");
    let parts = vec![
        part(&account, ExpectedVersion::Any, events(1)),
        part(&stream("other"), ExpectedVersion::Any, events(1)),
        part(&account, ExpectedVersion::Any, events(1)),
    ];
    let due = InvalidAppend::RepeatedStream { stream: account.clone() };
    assert_eq!(store.refused(several(parts)).await, due);
    assert_eq!(store.log().await, []);
}

pub(crate) async fn an_append_with_one_event_id_twice_is_refused(store: Store) {
    let twice = event("{}");
    let due = InvalidAppend::RepeatedEventId { id: twice.id };
    let within = Append::to(stream("a"), ExpectedVersion::Any, vec![twice.clone(), twice.clone()]);
    assert_eq!(store.refused(within).await, due);
    let across = several(vec![
        part(&stream("a"), ExpectedVersion::Any, vec![twice.clone()]),
        part(&stream("b"), ExpectedVersion::Any, vec![twice]),
    ]);
    assert_eq!(store.refused(across).await, due);
    assert_eq!(store.log().await, []);
}
