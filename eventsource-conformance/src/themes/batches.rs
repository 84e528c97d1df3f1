//! Appends of several events, and their receipts.

use eventsource::{Position, Version, store::ExpectedVersion};

use crate::support::{Store, assert_kept, event, events, exactly, ids, stream, versions};

pub(crate) async fn a_batch_is_numbered_from_the_version_of_the_stream_without_gaps(store: Store) {
    let account = stream("account");
    store.fill(&account, 2).await;
    store.write(&account, exactly(2), events(5)).await;
    store.write(&account, exactly(7), events(1)).await;
    assert_eq!(versions(&store.events_of(&account).await), [1, 2, 3, 4, 5, 6, 7, 8]);
}

pub(crate) async fn a_batch_is_read_back_in_the_order_it_was_given(store: Store) {
    let account = stream("account");
    // The ids were generated in another order: only the order of the append counts.
    let mut given = events(20);
    given.reverse();
    given.swap(3, 11);
    store.write(&account, ExpectedVersion::NoStream, given.clone()).await;
    let kept = store.events_of(&account).await;
    assert_eq!(kept.len(), given.len());
    for (kept, given) in kept.iter().zip(&given) {
        assert_kept(kept, given);
    }
}

pub(crate) async fn a_receipt_names_the_last_event_of_the_append(store: Store) {
    let account = stream("account");
    store.fill(&stream("other"), 3).await;
    for count in [1, 4, 1] {
        let receipt = store.fill(&account, count).await;
        let kept = store.events_of(&account).await;
        let last = kept.last().expect("just appended");
        assert_eq!(receipt.stream, account);
        assert_eq!((receipt.version, receipt.position), (last.context.version, last.context.position));
        assert!(!receipt.repeated, "it had not happened before");
    }
}

pub(crate) async fn positions_begin_above_the_start_and_increase_within_a_batch(store: Store) {
    let account = stream("account");
    store.fill(&account, 50).await;
    let kept = store.events_of(&account).await;
    assert!(kept[0].context.position > Position::START);
    assert!(kept.is_sorted_by(|earlier, later| earlier.context.position < later.context.position));
}

pub(crate) async fn positions_increase_from_one_append_to_the_next(store: Store) {
    let mut last = Position::START;
    for round in 0..10 {
        let receipt = store.fill(&stream(&format!("account-{}", round % 3)), 1 + round % 2).await;
        assert!(receipt.position > last, "{} after {last}", receipt.position);
        last = receipt.position;
    }
}

pub(crate) async fn a_batch_of_ten_thousand_events_is_stored_whole(store: Store) {
    // More than 65,535 values, if each column of each event were bound separately.
    let account = stream("account");
    let given = events(10_000);
    let receipt = store.write(&account, ExpectedVersion::NoStream, given.clone()).await;
    assert_eq!(receipt.version, Version::new(10_000));
    let kept = store.events_of(&account).await;
    assert_eq!(ids(&kept), given.iter().map(|event| event.id).collect::<Vec<_>>());
}

pub(crate) async fn events_of_different_types_and_versions_share_an_append(store: Store) {
    let account = stream("account");
    let mut given = events(6);
    for (event, (name, version)) in given.iter_mut().zip([
        ("account.opened", 3),
        ("account.opened", 1),
        ("Account Öffnung '\"%", 2),
        ("x", i32::MAX.cast_unsigned()),
        ("account.opened", 3),
        ("🦀", 1),
    ]) {
        event.event_type = name.into();
        event.schema_version = version;
    }
    store.write(&account, ExpectedVersion::NoStream, given.clone()).await;
    for (kept, given) in store.events_of(&account).await.iter().zip(&given) {
        assert_kept(kept, given);
    }
}

pub(crate) async fn an_event_is_stamped_with_the_time_once(store: Store) {
    let account = stream("account");
    store.write(&account, ExpectedVersion::NoStream, vec![event("{}")]).await;
    let first = store.events_of(&account).await;
    store.fill(&account, 1).await;
    let again = store.events_of(&account).await;
    assert_eq!(first[0].context.recorded_at, again[0].context.recorded_at);
    // The store may use the clock of another machine, but the clock must not be stuck at zero.
    assert!(first[0].context.recorded_at > "2020-01-01T00:00:00Z".parse().expect("a time"));
}
