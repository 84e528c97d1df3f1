//! Reading one stream, forwards and backwards, from any version, with any limit.

use crate::support::{Store, events, exactly, ids, race, stream, versions};

pub(crate) async fn a_stream_without_events_reads_as_empty(store: Store) {
    store.fill(&stream("other"), 2).await;
    let account = stream("account");
    assert_eq!(store.forward(&account, 0, 10).await, []);
    assert_eq!(store.backward(&account, u64::MAX, 10).await, []);
}

pub(crate) async fn reading_forwards_begins_after_the_version_given(store: Store) {
    let account = stream("account");
    store.fill(&account, 12).await;
    assert_eq!(versions(&store.forward(&account, 0, 3).await), [1, 2, 3]);
    assert_eq!(versions(&store.forward(&account, 1, 3).await), [2, 3, 4]);
    assert_eq!(versions(&store.forward(&account, 9, 100).await), [10, 11, 12]);
    assert_eq!(versions(&store.forward(&account, 11, 100).await), [12]);
    assert_eq!(store.forward(&account, 12, 100).await, []);
    assert_eq!(store.forward(&account, 13, 100).await, []);
}

pub(crate) async fn reading_backwards_begins_before_the_version_given(store: Store) {
    let account = stream("account");
    store.fill(&account, 12).await;
    assert_eq!(versions(&store.backward(&account, u64::MAX, 3).await), [12, 11, 10]);
    assert_eq!(versions(&store.backward(&account, 13, 3).await), [12, 11, 10]);
    assert_eq!(versions(&store.backward(&account, 12, 3).await), [11, 10, 9]);
    assert_eq!(versions(&store.backward(&account, 4, 100).await), [3, 2, 1]);
    assert_eq!(versions(&store.backward(&account, 2, 100).await), [1]);
    assert_eq!(store.backward(&account, 1, 100).await, []);
    assert_eq!(store.backward(&account, 0, 100).await, []);
}

pub(crate) async fn versions_beyond_every_stream_read_like_its_end(store: Store) {
    let account = stream("account");
    store.fill(&account, 3).await;
    let signed = i64::MAX.cast_unsigned();
    for beyond in [u64::from(u32::MAX), signed - 1, signed, signed + 1, u64::MAX] {
        assert_eq!(store.forward(&account, beyond, 10).await, [], "after {beyond}");
        assert_eq!(versions(&store.backward(&account, beyond, 10).await), [3, 2, 1], "before {beyond}");
    }
}

pub(crate) async fn a_read_of_a_stream_gives_as_many_events_as_the_limit_allows(store: Store) {
    let account = stream("account");
    store.fill(&account, 5).await;
    for limit in [0, 1, 2, 4, 5, 6, 1_000, usize::MAX] {
        let expected = limit.min(5);
        assert_eq!(store.forward(&account, 0, limit).await.len(), expected, "limit {limit}");
        assert_eq!(store.backward(&account, u64::MAX, limit).await.len(), expected, "limit {limit}");
    }
}

pub(crate) async fn pages_forwards_and_backwards_get_every_event_once(store: Store) {
    let account = stream("account");
    let given = events(25);
    let expected: Vec<_> = given.iter().map(|event| event.id).collect();
    store.write(&account, exactly(0), given).await;
    for limit in [1, 2, 7, 25] {
        let (mut forward, mut after) = (Vec::new(), 0);
        while let page @ [_, ..] = &store.forward(&account, after, limit).await[..] {
            assert!(
                page[0].context.version.get() > after,
                "version {} after {after}",
                page[0].context.version
            );
            forward.extend_from_slice(page);
            after = page[page.len() - 1].context.version.get();
            assert!(forward.len() <= expected.len(), "more events than the stream has");
        }
        assert_eq!(ids(&forward), expected, "in pages of {limit}");
        let (mut backward, mut before) = (Vec::new(), u64::MAX);
        while let page @ [_, ..] = &store.backward(&account, before, limit).await[..] {
            assert!(
                page[0].context.version.get() < before,
                "version {} before {before}",
                page[0].context.version
            );
            backward.extend_from_slice(page);
            before = page[page.len() - 1].context.version.get();
            assert!(backward.len() <= expected.len(), "more events than the stream has");
        }
        backward.reverse();
        assert_eq!(backward, forward, "in pages of {limit}");
    }
}

pub(crate) async fn a_stream_reads_without_the_events_of_others(store: Store) {
    let streams: Vec<_> = (0..5).map(|n| stream(&format!("account-{n}"))).collect();
    for round in 0..20 {
        store.fill(&streams[round % 5], round % 3 + 1).await;
    }
    for stream in &streams {
        let read = store.events_of(stream).await;
        assert!(read.iter().all(|event| event.context.stream == *stream));
        assert!(versions(&read).into_iter().eq(1..=read.len() as u64));
    }
}

pub(crate) async fn acknowledged_events_are_visible_to_the_next_reader(store: Store) {
    // On several tasks, so that reads use other connections than the appends.
    let rounds = race(16, |n| {
        let store = store.clone();
        async move {
            let account = stream(&format!("account-{n}"));
            for version in 1..=20 {
                let receipt = store.fill(&account, 1).await;
                let reader = store.clone();
                let of = account.clone();
                let read = tokio::spawn(async move { reader.backward(&of, u64::MAX, 1).await });
                let read = read.await.expect("the reader does not panic");
                assert_eq!(versions(&read), [version]);
                assert_eq!(read[0].context.position, receipt.position);
            }
        }
    });
    rounds.await;
}

pub(crate) async fn every_way_of_reading_gives_the_same_event(store: Store) {
    let account = stream("account");
    store.fill(&stream("other"), 2).await;
    store.fill(&account, 3).await;
    let forward = store.events_of(&account).await;
    let mut backward = store.backward(&account, u64::MAX, 10).await;
    backward.reverse();
    let log: Vec<_> = store.log().await.into_iter().filter(|event| event.context.stream == account).collect();
    assert_eq!(forward, backward);
    assert_eq!(forward, log);
    let samples = store.stored_types(10).await.expect("the types can be counted").remove(0).samples;
    for sample in samples.into_iter().filter(|event| event.context.stream == account) {
        assert!(forward.contains(&sample), "{sample:?}");
    }
}
