//! An append with an unknown outcome can be repeated unchanged: its event ids show whether it happened.

use eventsource::{
    EventId, StreamId, Version,
    store::{Append, AppendError, ExpectedVersion, InvalidAppend, Receipt},
};

use crate::support::{Store, event, events, exactly, ids, part, race, several, stream, versions};

/// The same receipts, as a repetition returns them.
fn repeated(receipts: Vec<Receipt>) -> Vec<Receipt> {
    receipts.into_iter().map(|receipt| Receipt { repeated: true, ..receipt }).collect()
}

pub(crate) async fn a_repeated_append_gets_the_first_receipt_and_stores_nothing(store: Store) {
    let account = stream("account");
    store.fill(&account, 2).await;
    for expected in [exactly(2), ExpectedVersion::Any, ExpectedVersion::StreamExists] {
        let append = Append::to(account.clone(), expected, events(1));
        let first = store.write_all(append.clone()).await;
        assert!(!first[0].repeated, "it had not happened before");
        assert_eq!(store.write_all(append.clone()).await, repeated(first.clone()), "expecting {expected}");
        assert_eq!(store.write_all(append).await, repeated(first), "expecting {expected}, again");
    }
    assert_eq!(versions(&store.events_of(&account).await), [1, 2, 3, 4, 5]);
}

pub(crate) async fn a_first_append_can_be_repeated(store: Store) {
    for (id, expected) in [("a", ExpectedVersion::NoStream), ("b", exactly(0)), ("c", ExpectedVersion::Any)] {
        let append = Append::to(stream(id), expected, events(3));
        let first = store.write_all(append.clone()).await;
        assert_eq!(store.write_all(append).await, repeated(first), "expecting {expected}");
    }
    assert_eq!(store.log().await.len(), 9);
}

pub(crate) async fn a_repeated_append_is_recognised_after_later_appends(store: Store) {
    let account = stream("account");
    let append = Append::to(account.clone(), ExpectedVersion::NoStream, events(2));
    let first = store.write_all(append.clone()).await;
    store.fill(&account, 3).await;
    store.fill(&stream("other"), 3).await;
    assert_eq!(store.write_all(append).await, repeated(first));
    assert_eq!(versions(&store.events_of(&account).await), [1, 2, 3, 4, 5]);
}

pub(crate) async fn stored_event_ids_are_recognised_under_another_expectation(store: Store) {
    // Ids that are derived from their cause are repeated with the version that the first append produced.
    let account = stream("account");
    let given = events(2);
    let first = store.write(&account, ExpectedVersion::NoStream, given.clone()).await;
    let due = Receipt { repeated: true, ..first };
    for expected in [exactly(2), ExpectedVersion::StreamExists, ExpectedVersion::Any, exactly(1), exactly(9)]
    {
        assert_eq!(store.write(&account, expected, given.clone()).await, due, "expecting {expected}");
    }
    assert_eq!(versions(&store.events_of(&account).await), [1, 2]);
}

pub(crate) async fn a_repeated_append_to_several_streams_gets_the_first_receipts(store: Store) {
    let (a, b, c) = (stream("a"), stream("b"), stream("c"));
    store.fill(&a, 2).await;
    let append = several(vec![
        part(&b, ExpectedVersion::NoStream, events(3)),
        part(&a, exactly(2), events(1)),
        part(&c, ExpectedVersion::Any, events(2)),
    ]);
    let first = store.write_all(append.clone()).await;
    store.fill(&a, 1).await;
    store.fill(&c, 1).await;
    assert_eq!(store.write_all(append).await, repeated(first));
    assert_eq!(store.log().await.len(), 10);
}

pub(crate) async fn a_repetition_is_recognised_even_with_a_stream_without_new_events(store: Store) {
    let (watched, written) = (stream("watched"), stream("written"));
    store.fill(&watched, 2).await;
    let append = several(vec![
        part(&watched, exactly(2), Vec::new()),
        part(&written, ExpectedVersion::NoStream, events(2)),
    ]);
    let first = store.write_all(append.clone()).await;
    let again = store.write_all(append.clone()).await;
    assert_eq!(again, repeated(first.clone()));
    // The stream without new events has a later version by now, but the append did happen.
    store.fill(&watched, 1).await;
    let again = store.write_all(append).await;
    assert_eq!(again[1], repeated(first)[1]);
    assert_eq!(versions(&store.events_of(&written).await), [1, 2]);
}

pub(crate) async fn an_append_that_is_repeated_concurrently_happens_once(store: Store) {
    for (id, expected) in [("a", ExpectedVersion::NoStream), ("b", exactly(0)), ("c", ExpectedVersion::Any)] {
        let append = Append::to(stream(id), expected, events(2));
        let receipts = race(24, |_| {
            let (store, append) = (store.clone(), append.clone());
            async move { store.write_all(append).await }
        });
        let receipts: Vec<_> = receipts.await.into_iter().flatten().collect();
        assert_eq!(receipts.iter().filter(|receipt| !receipt.repeated).count(), 1, "expecting {expected}");
        assert!(receipts.iter().all(|receipt| receipt.version == Version::new(2)));
        assert!(receipts.iter().all(|receipt| receipt.position == receipts[0].position));
        assert_eq!(versions(&store.events_of(&stream(id)).await), [1, 2], "expecting {expected}");
    }
}

/// Appends events of which some are stored already, and returns the id that is reported as used.
async fn used_id(store: &Store, append: Append, due: &StreamId) -> EventId {
    match store.refused(append).await {
        InvalidAppend::UsedEventId { stream, id } if stream == *due => id,
        other => panic!("expected a refusal of a used event id, not: {other}"),
    }
}

pub(crate) async fn an_event_id_of_another_stream_is_refused(store: Store) {
    let (account, other) = (stream("account"), stream("other"));
    let used = event("{}");
    store.write(&other, ExpectedVersion::Any, vec![used.clone()]).await;
    store.fill(&account, 1).await;
    for expected in [ExpectedVersion::Any, ExpectedVersion::StreamExists, exactly(1)] {
        for given in [vec![used.clone()], vec![event("{}"), used.clone()], vec![used.clone(), event("{}")]] {
            let append = Append::to(account.clone(), expected, given);
            assert_eq!(used_id(&store, append, &account).await, used.id, "expecting {expected}");
        }
    }
    assert_eq!(versions(&store.events_of(&account).await), [1]);
    assert_eq!(store.log().await.len(), 2);
}

pub(crate) async fn event_ids_that_are_stored_only_in_part_are_refused(store: Store) {
    let account = stream("account");
    let stored = vec![event("1"), event("2")];
    store.write(&account, ExpectedVersion::NoStream, stored.clone()).await;
    let (first, last, new) = (&stored[0], &stored[1], &event("3"));
    for given in [[first, new], [new, first], [last, new], [new, last]] {
        for expected in [ExpectedVersion::Any, exactly(2)] {
            let append = Append::to(account.clone(), expected, given.map(Clone::clone).into());
            let used = used_id(&store, append, &account).await;
            assert!(stored.iter().any(|event| event.id == used), "the reported id is one of the used ones");
        }
        // With a stale version, either error is correct.
        match store.append(Append::to(account.clone(), exactly(1), given.map(Clone::clone).into())).await {
            Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual, Version::new(2)),
            Err(AppendError::Invalid(InvalidAppend::UsedEventId { .. })) => {}
            other => panic!("expected a conflict or a refusal, not {other:?}"),
        }
    }
    assert_eq!(ids(&store.events_of(&account).await), [first.id, last.id]);
}

pub(crate) async fn a_repetition_of_half_an_append_to_several_streams_is_refused(store: Store) {
    let (a, b) = (stream("a"), stream("b"));
    let (stored, new) = (event("1"), event("2"));
    store.write(&a, ExpectedVersion::NoStream, vec![stored.clone()]).await;
    let append = several(vec![
        part(&a, ExpectedVersion::Any, vec![stored.clone()]),
        part(&b, ExpectedVersion::NoStream, vec![new]),
    ]);
    assert_eq!(used_id(&store, append.clone(), &a).await, stored.id);
    store.fill(&a, 2).await;
    assert_eq!(used_id(&store, append, &a).await, stored.id);
    assert_eq!(store.events_of(&b).await, []);
    assert_eq!(store.log().await.len(), 3);
}

pub(crate) async fn a_conflict_reports_the_actual_version_even_if_the_ids_are_stored(store: Store) {
    let (a, b) = (stream("a"), stream("b"));
    let stored = event("1");
    store.write(&a, ExpectedVersion::NoStream, vec![stored.clone()]).await;
    store.fill(&a, 2).await;
    let append = several(vec![
        part(&a, ExpectedVersion::NoStream, vec![stored]),
        part(&b, ExpectedVersion::NoStream, events(1)),
    ]);
    // The id is used, and the version is stale: either error is correct.
    match store.append(append).await {
        Err(AppendError::Conflict { stream, actual, .. }) => {
            assert_eq!((stream, actual), (a, Version::new(3)))
        }
        Err(AppendError::Invalid(InvalidAppend::UsedEventId { stream, .. })) => assert_eq!(stream, a),
        other => panic!("expected a conflict or a refusal, not {other:?}"),
    }
    assert_eq!(store.events_of(&b).await, []);
}

pub(crate) async fn event_ids_that_have_changed_streams_are_refused(store: Store) {
    let (a, b) = (stream("a"), stream("b"));
    let (one, two) = (event("1"), event("2"));
    let parts = |one, two| {
        several(vec![part(&a, ExpectedVersion::Any, vec![one]), part(&b, ExpectedVersion::Any, vec![two])])
    };
    store.write_all(parts(one.clone(), two.clone())).await;
    let refused = store.refused(parts(two, one)).await;
    assert!(matches!(refused, InvalidAppend::UsedEventId { .. }), "{refused}");
    assert_eq!(store.log().await.len(), 2);
}
