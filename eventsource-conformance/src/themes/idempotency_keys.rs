//! An append under a key happens once per stream, however often it is repeated.

use std::collections::BTreeSet;

use eventsource::{
    Version,
    store::{Append, ExpectedVersion, InvalidAppend, Receipt, Request},
};

use crate::support::{Store, events, exactly, part, race, several, stream, versions};

pub(crate) async fn a_repeated_key_gets_the_first_receipt_and_stores_nothing(store: Store) {
    let account = stream("account");
    // Handled again, and so with new event ids.
    let append = || Append::to(account.clone(), ExpectedVersion::Any, events(2)).with_idempotency_key("4711");
    let [first] = store.write_all(append()).await.try_into().expect("one receipt");
    assert!(!first.repeated, "it had not happened before");
    store.fill(&account, 3).await;
    for _ in 0..3 {
        assert_eq!(store.write_all(append()).await, [Receipt { repeated: true, ..first.clone() }]);
    }
    assert_eq!(versions(&store.events_of(&account).await), [1, 2, 3, 4, 5]);
}

pub(crate) async fn a_used_key_takes_precedence_over_the_version(store: Store) {
    let account = stream("account");
    let append = |expected| Append::to(account.clone(), expected, events(2)).with_idempotency_key("4711");
    let [first] = store.write_all(append(ExpectedVersion::NoStream)).await.try_into().expect("one receipt");
    for expected in [ExpectedVersion::NoStream, exactly(0), exactly(1), exactly(2), exactly(7)] {
        let again = store.write_all(append(expected)).await;
        assert_eq!(again, [Receipt { repeated: true, ..first.clone() }], "expecting {expected}");
    }
    assert_eq!(versions(&store.events_of(&account).await), [1, 2]);
}

pub(crate) async fn a_key_is_free_on_other_streams(store: Store) {
    for id in ["a", "b", "c"] {
        let append =
            Append::to(stream(id), ExpectedVersion::NoStream, events(1)).with_idempotency_key("4711");
        assert!(!store.write_all(append).await[0].repeated, "the key must be free on {id}");
    }
    assert_eq!(store.log().await.len(), 3);
}

pub(crate) async fn other_keys_append_again(store: Store) {
    let account = stream("account");
    let keys =
        ["k", "K", "k ", " k", "'", "\"", "%", "_", "\\", "é", "e\u{301}", "🦀", "\n", "null", "1", "01"];
    for key in keys {
        let append = Append::to(account.clone(), ExpectedVersion::Any, events(1)).with_idempotency_key(key);
        assert!(!store.write_all(append).await[0].repeated, "the key {key:?} must be free");
    }
    for (key, version) in keys.iter().zip(1..) {
        let found = store.find_receipt(&account, key).await.expect("the key can be looked up");
        assert_eq!(found.map(|receipt| receipt.version), Some(Version::new(version)), "the key {key:?}");
    }
}

pub(crate) async fn the_receipt_of_a_key_can_be_found(store: Store) {
    let (account, other) = (stream("account"), stream("other"));
    let find = async |stream, key| store.find_receipt(stream, key).await.expect("the key can be looked up");
    assert_eq!(find(&account, "4711").await, None);
    let append = Append::to(account.clone(), ExpectedVersion::Any, events(2)).with_idempotency_key("4711");
    let [first] = store.write_all(append).await.try_into().expect("one receipt");
    store.fill(&account, 2).await;
    assert_eq!(find(&account, "4711").await, Some(Receipt { repeated: true, ..first }));
    assert_eq!(find(&account, "4712").await, None);
    assert_eq!(find(&other, "4711").await, None);
}

pub(crate) async fn the_request_of_a_key_is_kept_with_its_receipts(store: Store) {
    let (account, other) = (stream("account"), stream("other"));
    let requests = [
        Some(Request::new("Deposit")),
        Some(Request::new("Déposer 🦀 'a' on \"b\", …").with_content(b"\0{}")),
        Some(Request::new("x".repeat(Request::MAX_COMMAND_BYTES))),
        None,
    ];
    let append = |key: &str, request| {
        let parts = vec![
            part(&account, ExpectedVersion::Any, events(1)),
            part(&other, ExpectedVersion::Any, events(0)),
        ];
        Append { request, ..several(parts).with_idempotency_key(key) }
    };
    for (n, request) in requests.iter().enumerate() {
        let key = format!("key-{n}");
        let receipts = store.write_all(append(&key, request.clone())).await;
        assert!(receipts.iter().all(|it| it.request == *request && !it.repeated), "{receipts:?}");
        let due: Vec<_> = receipts.into_iter().map(|it| Receipt { repeated: true, ..it }).collect();
        for again in &requests {
            // The store does not compare requests: it returns the first one.
            assert_eq!(store.write_all(append(&key, again.clone())).await, due);
            let listed = store.append_each(vec![append(&key, again.clone())]).await.remove(0);
            assert_eq!(listed.expect("its first receipts"), due);
        }
        for receipt in due {
            let found = store.find_receipt(&receipt.stream, &key).await.expect("the key can be looked up");
            assert_eq!(found, Some(receipt));
        }
    }
    let without_a_key = Append::to(account.clone(), ExpectedVersion::Any, events(1));
    let [receipt] = &store.write_all(without_a_key.with_request(Request::new("Deposit"))).await[..] else {
        panic!("expected one receipt")
    };
    assert_eq!(receipt.request, None, "a request is kept with a key");
}

pub(crate) async fn a_key_that_cannot_be_stored_is_not_found(store: Store) {
    let account = stream("account");
    store.fill(&account, 1).await;
    for key in ["", "a\0b", "\0", &"x".repeat(Append::MAX_KEY_BYTES + 1)] {
        let found = store.find_receipt(&account, key).await.expect("the key can be looked up");
        assert_eq!(found, None, "the key {key:?}");
    }
}

pub(crate) async fn a_conflict_does_not_use_up_the_key(store: Store) {
    let account = stream("account");
    let append =
        |version| Append::to(account.clone(), exactly(version), events(1)).with_idempotency_key("4711");
    store.conflict(append(1)).await;
    assert_eq!(store.find_receipt(&account, "4711").await.expect("the key can be looked up"), None);
    assert!(!store.write_all(append(0)).await[0].repeated, "the key must be free");
    assert_eq!(versions(&store.events_of(&account).await), [1]);
}

pub(crate) async fn a_key_holds_for_all_streams_of_its_append(store: Store) {
    let (a, b) = (stream("a"), stream("b"));
    store.fill(&b, 2).await;
    let append = || {
        let parts = vec![part(&b, exactly(2), events(1)), part(&a, ExpectedVersion::NoStream, events(2))];
        several(parts).with_idempotency_key("transfer")
    };
    let first = store.write_all(append()).await;
    let due: Vec<_> = first.into_iter().map(|receipt| Receipt { repeated: true, ..receipt }).collect();
    assert_eq!(store.write_all(append()).await, due);
    for receipt in &due {
        let found = store.find_receipt(&receipt.stream, "transfer").await.expect("the key can be looked up");
        assert_eq!(found.as_ref(), Some(receipt));
    }
    assert_eq!(store.log().await.len(), 5);

    // If the streams are given in another order, the receipts have that order.
    let mut turned = append();
    turned.streams.reverse();
    assert_eq!(store.write_all(turned).await, due.into_iter().rev().collect::<Vec<_>>());
}

pub(crate) async fn a_key_used_on_some_of_the_streams_only_is_refused(store: Store) {
    let (used, free) = (stream("used"), stream("free"));
    let first = Append::to(used.clone(), ExpectedVersion::Any, events(1)).with_idempotency_key("4711");
    store.write_all(first).await;
    let due = InvalidAppend::UsedKey { stream: used.clone(), key: "4711".to_owned() };
    let mut parts =
        vec![part(&used, ExpectedVersion::Any, events(1)), part(&free, ExpectedVersion::Any, events(1))];
    assert_eq!(store.refused(several(parts.clone()).with_idempotency_key("4711")).await, due);
    parts.reverse();
    assert_eq!(store.refused(several(parts).with_idempotency_key("4711")).await, due);
    assert_eq!(store.events_of(&free).await, []);
    assert_eq!(store.log().await.len(), 1);
}

pub(crate) async fn one_of_the_appends_racing_under_one_key_happens(store: Store) {
    for (id, expected) in [("a", ExpectedVersion::Any), ("b", ExpectedVersion::NoStream), ("c", exactly(0))] {
        let receipts = race(24, |_| {
            let store = store.clone();
            // Each append is made independently, and so has its own event ids.
            let append = Append::to(stream(id), expected, events(2)).with_idempotency_key("4711");
            async move { store.write_all(append).await }
        });
        let receipts: Vec<_> = receipts.await.into_iter().flatten().collect();
        assert_eq!(receipts.iter().filter(|receipt| !receipt.repeated).count(), 1, "expecting {expected}");
        assert_eq!(receipts.iter().map(|receipt| receipt.position).collect::<BTreeSet<_>>().len(), 1);
        assert!(receipts.iter().all(|receipt| receipt.version == Version::new(2)));
        assert_eq!(versions(&store.events_of(&stream(id)).await), [1, 2], "expecting {expected}");
    }
}

pub(crate) async fn one_of_the_appends_racing_under_one_key_on_several_streams_happens(store: Store) {
    let receipts = race(24, |n| {
        let store = store.clone();
        // Half of the appends name the streams in reverse order.
        let mut parts: Vec<_> =
            ["a", "b", "c"].map(|id| part(&stream(id), ExpectedVersion::Any, events(2))).into();
        if n % 2 == 1 {
            parts.reverse();
        }
        let append = several(parts).with_idempotency_key("4711");
        async move { store.write_all(append).await }
    });
    let receipts = receipts.await;
    let happened = receipts.iter().filter(|receipts| receipts.iter().any(|receipt| !receipt.repeated));
    assert_eq!(happened.count(), 1);
    for id in ["a", "b", "c"] {
        let of_stream = receipts.iter().flatten().filter(|receipt| receipt.stream == stream(id));
        let positions: BTreeSet<_> = of_stream.map(|receipt| receipt.position).collect();
        assert_eq!(positions.len(), 1, "all must get the same receipt for {id}");
        assert_eq!(versions(&store.events_of(&stream(id)).await), [1, 2]);
    }
}
