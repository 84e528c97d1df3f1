//! The conditions of an append, and what a conflict reports.

use eventsource::{
    StreamId, Version,
    store::{Append, ExpectedVersion},
};

use crate::support::{Conflict, Store, event, events, exactly, stream, versions};

pub(crate) async fn append_expecting_no_stream_is_accepted_on_an_empty_one(store: Store) {
    let account = stream("account");
    let receipt = store.write(&account, ExpectedVersion::NoStream, events(1)).await;
    assert_eq!(receipt.version, Version::new(1));
    assert_eq!(versions(&store.events_of(&account).await), [1]);
}

pub(crate) async fn append_expecting_no_stream_conflicts_on_an_existing_one(store: Store) {
    let account = stream("account");
    store.fill(&account, 3).await;
    let conflict = store.conflict(Append::to(account.clone(), ExpectedVersion::NoStream, events(1))).await;
    assert_eq!(conflict.actual, Version::new(3));
}

pub(crate) async fn append_expecting_a_stream_is_accepted_on_an_existing_one(store: Store) {
    let account = stream("account");
    store.fill(&account, 3).await;
    let receipt = store.write(&account, ExpectedVersion::StreamExists, events(1)).await;
    assert_eq!(receipt.version, Version::new(4));
}

pub(crate) async fn append_expecting_a_stream_conflicts_on_an_empty_one(store: Store) {
    // Other streams exist, but this one does not.
    store.fill(&stream("other"), 1).await;
    let account = stream("account");
    let conflict = store.conflict(Append::to(account, ExpectedVersion::StreamExists, events(1))).await;
    assert_eq!(conflict.actual, Version::EMPTY);
}

pub(crate) async fn append_with_the_current_version_is_accepted(store: Store) {
    let account = stream("account");
    store.fill(&account, 3).await;
    let receipt = store.write(&account, exactly(3), events(2)).await;
    assert_eq!(receipt.version, Version::new(5));
    assert_eq!(versions(&store.events_of(&account).await), [1, 2, 3, 4, 5]);
}

pub(crate) async fn append_with_a_stale_version_conflicts(store: Store) {
    let account = stream("account");
    store.fill(&account, 12).await;
    for stale in [1, 2, 9, 10, 11] {
        let conflict = store.conflict(Append::to(account.clone(), exactly(stale), events(1))).await;
        assert_eq!(conflict.actual, Version::new(12), "having expected {stale}");
    }
}

pub(crate) async fn append_with_a_version_not_reached_yet_conflicts(store: Store) {
    let account = stream("account");
    let conflict = store.conflict(Append::to(account.clone(), exactly(1), events(1))).await;
    assert_eq!(conflict.actual, Version::EMPTY);
    store.fill(&account, 3).await;
    let conflict = store.conflict(Append::to(account, exactly(4), events(1))).await;
    assert_eq!(conflict.actual, Version::new(3));
}

pub(crate) async fn expecting_version_zero_is_expecting_no_stream(store: Store) {
    let account = stream("account");
    store.write(&account, exactly(0), events(2)).await;
    let conflict = store.conflict(Append::to(account.clone(), exactly(0), events(1))).await;
    assert_eq!(conflict, Conflict { stream: account, expected: exactly(0), actual: Version::new(2) });
}

pub(crate) async fn append_expecting_any_version_is_accepted_on_every_stream(store: Store) {
    let account = stream("account");
    assert_eq!(store.write(&account, ExpectedVersion::Any, events(1)).await.version, Version::new(1));
    assert_eq!(store.write(&account, ExpectedVersion::Any, events(1)).await.version, Version::new(2));
}

pub(crate) async fn versions_beyond_every_stream_conflict_and_are_named(store: Store) {
    let account = stream("account");
    store.fill(&account, 1).await;
    let signed = i64::MAX.cast_unsigned();
    for beyond in [u64::from(u32::MAX) + 1, signed - 1, signed, signed + 1, u64::MAX - 1, u64::MAX] {
        let conflict = store.conflict(Append::to(account.clone(), exactly(beyond), events(1))).await;
        let due = Conflict { stream: account.clone(), expected: exactly(beyond), actual: Version::new(1) };
        assert_eq!(conflict, due);
    }
}

pub(crate) async fn a_conflict_names_the_stream_the_expectation_and_the_version(store: Store) {
    let account = StreamId::new("account", "o'brien@x/%_\"").expect("valid");
    store.fill(&account, 2).await;
    for expected in [ExpectedVersion::NoStream, exactly(0), exactly(1), exactly(3)] {
        let conflict = store.conflict(Append::to(account.clone(), expected, events(1))).await;
        assert_eq!(conflict, Conflict { stream: account.clone(), expected, actual: Version::new(2) });
    }
}

pub(crate) async fn a_conflict_stores_nothing(store: Store) {
    let account = stream("account");
    store.fill(&account, 2).await;
    let append = Append::to(account.clone(), exactly(1), events(3)).with_idempotency_key("once");
    store.conflict(append).await;
    assert_eq!(versions(&store.events_of(&account).await), [1, 2]);
    assert_eq!(store.log().await.len(), 2);
    assert_eq!(store.find_receipt(&account, "once").await.expect("the key can be looked up"), None);
}

pub(crate) async fn a_conflicting_append_can_be_repeated_later_under_the_same_event_ids(store: Store) {
    let account = stream("account");
    store.fill(&account, 1).await;
    let decided = vec![event("{}"), event("{}")];
    store.conflict(Append::to(account.clone(), exactly(0), decided.clone())).await;
    let receipt = store.write(&account, exactly(1), decided).await;
    assert!(!receipt.repeated, "it had not happened before");
    assert_eq!(versions(&store.events_of(&account).await), [1, 2, 3]);
}

pub(crate) async fn streams_have_versions_of_their_own(store: Store) {
    let (account, other) = (stream("account"), stream("other"));
    let namesake = StreamId::new("elsewhere", "account").expect("valid");
    store.fill(&account, 5).await;
    store.fill(&other, 2).await;
    assert_eq!(store.write(&namesake, ExpectedVersion::NoStream, events(1)).await.version, Version::new(1));
    assert_eq!(store.write(&other, exactly(2), events(1)).await.version, Version::new(3));
    assert_eq!(store.write(&account, exactly(5), events(1)).await.version, Version::new(6));
}
