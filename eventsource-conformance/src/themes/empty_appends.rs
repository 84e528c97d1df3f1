//! Appends without events: the expected version is checked nevertheless.

use eventsource::{
    Position, Version,
    store::{Append, ExpectedVersion, Receipt},
};

use crate::support::{Store, events, exactly, part, several, stream};

pub(crate) async fn an_empty_append_checks_the_expected_version(store: Store) {
    let account = stream("account");
    let conflict =
        store.conflict(Append::to(account.clone(), ExpectedVersion::StreamExists, Vec::new())).await;
    assert_eq!(conflict.actual, Version::EMPTY);
    store.fill(&account, 3).await;
    for expected in [ExpectedVersion::NoStream, exactly(2), exactly(4)] {
        let conflict = store.conflict(Append::to(account.clone(), expected, Vec::new())).await;
        assert_eq!(conflict.actual, Version::new(3), "having expected {expected}");
    }
}

pub(crate) async fn an_empty_append_gets_the_current_version_and_position(store: Store) {
    let account = stream("account");
    let last = store.fill(&account, 3).await;
    store.fill(&stream("other"), 2).await;
    for expected in [ExpectedVersion::Any, ExpectedVersion::StreamExists, exactly(3)] {
        assert_eq!(store.write(&account, expected, Vec::new()).await, last);
    }
}

pub(crate) async fn an_empty_append_to_an_empty_stream_gets_version_zero_at_the_start(store: Store) {
    let account = stream("account");
    store.fill(&stream("other"), 2).await;
    for expected in [ExpectedVersion::Any, ExpectedVersion::NoStream, exactly(0)] {
        let receipt = store.write(&account, expected, Vec::new()).await;
        let due = Receipt {
            stream: account.clone(),
            version: Version::EMPTY,
            position: Position::START,
            repeated: false,
            request: None,
        };
        assert_eq!(receipt, due);
    }
}

pub(crate) async fn an_empty_append_stores_nothing(store: Store) {
    let (account, other) = (stream("account"), stream("other"));
    store.write(&account, ExpectedVersion::Any, Vec::new()).await;
    let both = vec![
        part(&account, ExpectedVersion::Any, Vec::new()),
        part(&other, ExpectedVersion::Any, Vec::new()),
    ];
    store.write_all(several(both)).await;
    assert_eq!(store.log().await, []);
    // It does not create the stream either.
    let conflict = store.conflict(Append::to(account, ExpectedVersion::StreamExists, events(1))).await;
    assert_eq!(conflict.actual, Version::EMPTY);
}

pub(crate) async fn the_key_of_an_empty_append_is_stored(store: Store) {
    let (account, new) = (stream("account"), stream("new"));
    store.fill(&account, 2).await;
    for (stream, expected, version) in [(account, exactly(2), 2), (new, exactly(0), 0)] {
        let append = Append::to(stream.clone(), expected, Vec::new()).with_idempotency_key("nothing to do");
        let [first] = store.write_all(append.clone()).await.try_into().expect("one receipt");
        assert_eq!((first.version, first.repeated), (Version::new(version), false));
        store.fill(&stream, 1).await;
        let again = store.write_all(append).await;
        assert_eq!(again, [Receipt { repeated: true, ..first }]);
    }
}
