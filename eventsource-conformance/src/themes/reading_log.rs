//! Reading the log of all streams: pages, filters, and the horizon of a page.

use eventsource::{
    Position, RecordedEvent, StreamId,
    store::{ExpectedVersion, LogFilter, LogPage, NewEvent},
};

use crate::support::{Reader, Store, event, exactly, ids, stream};

/// A filter for these types.
fn only(types: &[&str]) -> LogFilter {
    LogFilter::of_types(types.iter().map(|&name| name.to_owned()))
}

/// Thirty events: `a` on every second, `b` on every third that is not `a`, else `c`. Over four streams.
async fn thirty(store: &Store) -> Vec<RecordedEvent> {
    for n in 0..30 {
        let mut event = event(&n.to_string());
        event.event_type = match n {
            n if n % 2 == 0 => "a",
            n if n % 3 == 0 => "b",
            _ => "c",
        }
        .into();
        store.write(&stream(&format!("account-{}", n % 4)), ExpectedVersion::Any, vec![event]).await;
    }
    store.log().await
}

pub(crate) async fn an_empty_log_ends_at_its_start(store: Store) {
    for filter in [LogFilter::all(), only(&["a"])] {
        let page = store.page(Position::START, &filter, 10).await;
        assert_eq!(page.events, []);
        assert_eq!(page.horizon, Position::START);
        assert!(page.at_head);
    }
}

pub(crate) async fn the_log_has_the_events_of_all_streams_in_order_of_position(store: Store) {
    let log = thirty(&store).await;
    assert_eq!(log.iter().map(RecordedEvent::payload).collect::<Vec<_>>(), numbers(0..30));
    assert!(log.is_sorted_by(|earlier, later| earlier.context.position < later.context.position));
    for n in 0..4 {
        let stream = stream(&format!("account-{n}"));
        let of_stream: Vec<_> = log.iter().filter(|event| event.context.stream == stream).cloned().collect();
        assert_eq!(of_stream, store.events_of(&stream).await);
    }
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

pub(crate) async fn the_log_is_read_after_the_position_given(store: Store) {
    let log = thirty(&store).await;
    for (index, event) in log.iter().enumerate() {
        let page = store.page(event.context.position, &LogFilter::all(), 1_000).await;
        assert_eq!(page.events, log[index + 1..]);
        assert_eq!(page.horizon, log[29].context.position);
        assert!(page.at_head);
    }
}

pub(crate) async fn a_page_of_the_log_has_as_many_events_as_the_limit_allows(store: Store) {
    let log = thirty(&store).await;
    for limit in [0, 1, 2, 29, 30, 31, 1_000, usize::MAX] {
        let page = store.page(Position::START, &LogFilter::all(), limit).await;
        assert_eq!(page.events, log[..limit.min(30)], "limit {limit}");
    }
}

pub(crate) async fn a_page_that_leaves_events_out_ends_at_its_last_event(store: Store) {
    let log = thirty(&store).await;
    for limit in [1, 2, 29] {
        let page = store.page(Position::START, &LogFilter::all(), limit).await;
        assert_eq!(page.horizon, log[limit - 1].context.position, "limit {limit}");
        assert!(!page.at_head, "limit {limit}");
    }
    // No event was returned, so no event may be skipped.
    let page = store.page(log[4].context.position, &LogFilter::all(), 0).await;
    assert_eq!((page.horizon, page.at_head), (log[4].context.position, false));
}

pub(crate) async fn a_page_with_room_left_is_at_the_head(store: Store) {
    let log = thirty(&store).await;
    for limit in [31, 1_000, usize::MAX] {
        let page = store.page(Position::START, &LogFilter::all(), limit).await;
        assert!(page.at_head, "limit {limit}");
        assert_eq!(page.horizon, log[29].context.position);
    }
}

pub(crate) async fn a_page_ends_with_the_event_that_reaches_the_size_limit(store: Store) {
    let small = || event("\"small\"");
    let sized = |bytes: usize| event(&format!("\"{}\"", "x".repeat(bytes - 2)));
    let third = LogPage::BYTES / 3 + 1;
    let given = [
        vec![small(), sized(third), sized(third), sized(third)],
        vec![small(), sized(LogPage::BYTES)],
        vec![sized(LogPage::BYTES + 1)],
        vec![small(), small()],
    ];
    for events in given.clone() {
        store.write(&stream("account"), ExpectedVersion::Any, events).await;
    }
    let mut after = Position::START;
    for (index, expected) in given.iter().enumerate() {
        let page = store.page(after, &LogFilter::all(), usize::MAX).await;
        let sizes: Vec<_> = page.events.iter().map(|event| event.payload().len()).collect();
        let expected: Vec<_> = expected.iter().map(|event| event.payload.get().len()).collect();
        assert_eq!(sizes, expected, "page {index}");
        assert_eq!(page.at_head, index + 1 == given.len(), "page {index}");
        after = page.events.last().expect("no page is empty").context.position;
        assert_eq!(page.horizon, after, "page {index}");
    }
}

pub(crate) async fn reading_page_by_page_gets_every_event_once(store: Store) {
    let log = thirty(&store).await;
    for limit in [1, 2, 7, 10, 30, 31] {
        let mut reader = Reader::new(&store, LogFilter::all(), limit);
        reader.read_to_head().await;
        assert_eq!(reader.seen, log, "in pages of {limit}");
    }
}

pub(crate) async fn a_filter_admits_the_types_it_names_and_no_others(store: Store) {
    let log = thirty(&store).await;
    let cases: [&[&str]; 7] =
        [&["a"], &["b"], &["c", "a"], &["a", "b", "c"], &["A", "aa", ""], &["%"], &["b", "b"]];
    for types in cases {
        let page = store.page(Position::START, &only(types), 1_000).await;
        let expected = log.iter().filter(|event| types.contains(&&*event.context.event_type)).cloned();
        assert_eq!(page.events, expected.collect::<Vec<_>>(), "{types:?}");
    }
}

/// A filter for these types and these categories.
fn any_of(types: &[&str], categories: &[&str]) -> LogFilter {
    LogFilter { categories: categories.iter().map(|&name| name.to_owned()).collect(), ..only(types) }
}

/// Ten events of each of these categories, of the types `a` and `b`.
async fn of_categories(store: &Store, categories: &[&str]) -> Vec<RecordedEvent> {
    for n in 0..10 {
        for category in categories {
            let stream = StreamId::new(*category, format!("s-{}", n % 3)).expect("a valid id");
            let event_type = if n % 2 == 0 { "a" } else { "b" }.into();
            let event = NewEvent { event_type, ..event(&n.to_string()) };
            store.write(&stream, ExpectedVersion::Any, vec![event]).await;
        }
    }
    store.log().await
}

pub(crate) async fn a_filter_admits_the_events_of_its_categories_whatever_their_type(store: Store) {
    let log = of_categories(&store, &["order", "ORDER", "refund", "o'rder", "a", "order,refund"]).await;
    let cases: [(&[&str], &[&str]); 8] = [
        (&[], &["order"]),
        (&["a"], &["order"]),
        (&["b"], &["order", "refund"]),
        (&["a", "b"], &["refund"]),
        (&[], &["never stored", "o'rder", "", "refund\0"]),
        (&["order"], &["b"]),
        (&["never stored"], &["a"]),
        (&[], &[]),
    ];
    for (types, categories) in cases {
        let filter = any_of(types, categories);
        let admitted = |event: &&RecordedEvent| {
            types.contains(&&*event.context.event_type)
                || categories.contains(&event.context.stream.category())
        };
        let expected: Vec<_> = log.iter().filter(admitted).cloned().collect();
        let page = store.page(Position::START, &filter, 1_000).await;
        assert_eq!(page.events, expected, "{types:?} or {categories:?}");
        assert_eq!((page.horizon, page.at_head), (log[log.len() - 1].context.position, true));
        let mut reader = Reader::new(&store, filter, 4);
        reader.read_to_head().await;
        assert_eq!(reader.seen, expected, "{types:?} or {categories:?} in pages");
    }
    // Without types, every event is admitted already.
    let all = LogFilter { categories: vec!["order".to_owned()], ..LogFilter::all() };
    assert_eq!(store.page(Position::START, &all, 1_000).await.events, log);
}

pub(crate) async fn a_filter_that_names_no_type_admits_no_event(store: Store) {
    let log = thirty(&store).await;
    let page = store.page(Position::START, &only(&[]), 1_000).await;
    assert_eq!(page.events, []);
    assert_eq!((page.horizon, page.at_head), (log[29].context.position, true));
}

pub(crate) async fn excluded_events_advance_the_horizon(store: Store) {
    let log = thirty(&store).await;
    for types in [&["a"][..], &["b"], &["never stored"]] {
        let page = store.page(Position::START, &only(types), 1_000).await;
        assert_eq!((page.horizon, page.at_head), (log[29].context.position, true), "{types:?}");
    }
}

pub(crate) async fn reading_page_by_page_with_a_filter_gets_every_admitted_event_once(store: Store) {
    let log = thirty(&store).await;
    for types in [&["a"][..], &["b", "c"], &["never stored"]] {
        for limit in [1, 2, 5, 14, 15, 16] {
            let mut reader = Reader::new(&store, only(types), limit);
            reader.read_to_head().await;
            let expected = log.iter().filter(|event| types.contains(&&*event.context.event_type)).cloned();
            assert_eq!(reader.seen, expected.collect::<Vec<_>>(), "{types:?} in pages of {limit}");
            assert_eq!(reader.horizon, log[29].context.position, "{types:?} in pages of {limit}");
        }
    }
}

pub(crate) async fn unusual_type_names_can_be_filtered_for(store: Store) {
    let account = stream("account");
    let names = ["o'brien", "a,b", "{a}", "\"", "\\", "%", "NULL", "é", "e\u{301}", "🦀", " "];
    for (name, version) in names.iter().zip(0..) {
        let mut event = event("{}");
        event.event_type = (*name).into();
        store.write(&account, exactly(version), vec![event]).await;
    }
    for name in names {
        let page = store.page(Position::START, &only(&[name]), 10).await;
        assert_eq!(page.events.iter().map(|event| &*event.context.event_type).collect::<Vec<_>>(), [name]);
    }
    assert_eq!(store.page(Position::START, &only(&names), 100).await.events.len(), names.len());
}

pub(crate) async fn a_type_name_that_cannot_be_stored_matches_no_event(store: Store) {
    let log = thirty(&store).await;
    let long = "x".repeat(100_000);
    let page = store.page(Position::START, &only(&["", "b\0", "\0", &long]), 1_000).await;
    assert_eq!(page.events, []);
    assert_eq!((page.horizon, page.at_head), (log[29].context.position, true));
    let page = store.page(Position::START, &only(&["b\0", "b"]), 1_000).await;
    assert!(!page.events.is_empty(), "events of other types are found nevertheless");
    assert!(page.events.iter().all(|event| &*event.context.event_type == "b"));
}

pub(crate) async fn reading_after_the_horizon_gets_the_new_events(store: Store) {
    thirty(&store).await;
    let mut reader = Reader::new(&store, only(&["a"]), 7);
    reader.read_to_head().await;
    for round in 0..5 {
        let mut given = vec![event("1"), event("2"), event("3")];
        given[1].event_type = "a".into();
        let expected = given[1].id;
        store.write(&stream("account"), exactly(3 * round), given).await;
        let before = reader.seen.len();
        reader.read_to_head().await;
        assert_eq!(ids(&reader.seen[before..]), [expected]);
    }
}

pub(crate) async fn acknowledged_events_are_in_the_log_once_no_append_is_running(store: Store) {
    for version in 0..20 {
        let receipt = store.write(&stream("account"), exactly(version), vec![event("{}")]).await;
        let page = store.page(Position::START, &LogFilter::all(), 1_000).await;
        assert_eq!(page.events.last().map(|event| event.context.position), Some(receipt.position));
        assert_eq!((page.horizon, page.at_head), (receipt.position, true));
    }
}

pub(crate) async fn the_horizon_is_never_below_the_requested_position(store: Store) {
    let log = thirty(&store).await;
    let end = log[29].context.position.get();
    let signed = i64::MAX.cast_unsigned();
    for after in [end, end + 1, end + 1_000, signed - 1, signed, signed + 1, u64::MAX - 1, u64::MAX] {
        for (filter, limit) in [(LogFilter::all(), 10), (only(&["a"]), 10), (LogFilter::all(), 0)] {
            let page = store.page(Position::new(after), &filter, limit).await;
            assert_eq!(page.events, [], "after {after}");
            assert_eq!(page.horizon, Position::new(after));
        }
    }
}
