//! Ids are stored and compared byte for byte, whatever characters they contain.

use std::collections::BTreeSet;

use eventsource::{
    StreamId, Version,
    store::{Append, ExpectedVersion},
};

use crate::support::{Store, events, exactly, stream, versions};

/// All of these ids are different, even if two of them look the same.
const STRANGE: &[&str] = &[
    "x",
    "X",
    " x",
    "x ",
    "x\n",
    "\tx",
    "xx",
    "0",
    "00",
    "-1",
    "null",
    "NULL",
    "true",
    // Characters that have a meaning in a statement, a pattern, a path or an array.
    "o'brien@x",
    "o''brien@x",
    "\"",
    "\\",
    "\\\\",
    "\\'",
    "'; drop table events; --",
    "%",
    "_",
    "%%",
    "$1",
    "{}",
    "{a,b}",
    "a,b",
    "a/b",
    "a//b",
    "/",
    "..",
    "a:b",
    "a|b",
    "*",
    "?",
    "(null)",
    "\\N",
    "\r\n",
    "\u{1}",
    "\u{7f}",
    "\u{1b}[31m",
    // Letters that look similar but are different.
    "é",
    "e\u{301}",
    "É",
    "ß",
    "ss",
    "ẞ",
    "ı",
    "i",
    "İ",
    "Ω",
    "\u{2126}",
    "ﬁ",
    "fi",
    "日本語",
    "日本",
    "עברית",
    "\u{202e}x",
    "\u{feff}x",
    "x\u{200b}",
    "x\u{ad}",
    "\u{a0}x",
    "\u{fffd}",
    "\u{ffff}",
    // Outside the Basic Multilingual Plane.
    "🦀",
    "👩‍👩‍👧",
    "👩👩👧",
    "🇩🇪",
    "\u{10ffff}",
    "𝒳",
];

pub(crate) async fn every_unusual_id_is_a_separate_stream(store: Store) {
    for (id, count) in STRANGE.iter().zip(1..) {
        let receipt = store.write(&stream(id), ExpectedVersion::NoStream, events(count % 3 + 1)).await;
        assert_eq!(receipt.stream.id(), *id);
    }
    for (id, count) in STRANGE.iter().zip(1..) {
        let kept = store.events_of(&stream(id)).await;
        assert_eq!(kept.len(), count % 3 + 1, "the stream {id:?}");
        assert!(kept.iter().all(|event| event.context.stream.id() == *id), "the stream {id:?}");
    }
    let log = store.log().await;
    let in_log: BTreeSet<_> = log.iter().map(|event| event.context.stream.id()).collect();
    assert_eq!(in_log, STRANGE.iter().copied().collect());
}

pub(crate) async fn every_unusual_category_is_separate(store: Store) {
    let of = |category| StreamId::new(category, "1").expect("valid");
    for category in STRANGE {
        store.write(&of(category), ExpectedVersion::NoStream, events(1)).await;
    }
    for category in STRANGE {
        let kept = store.events_of(&of(category)).await;
        assert_eq!(kept.iter().map(|event| event.context.stream.category()).collect::<Vec<_>>(), [*category]);
    }
}

pub(crate) async fn category_and_id_are_not_concatenated(store: Store) {
    let pairs =
        [("a", "b/c"), ("a/b", "c"), ("a-b", "c"), ("a", "b-c"), ("ab", "c"), ("a", "bc"), ("a,b", "c")];
    let streams = pairs.map(|(category, id)| StreamId::new(category, id).expect("valid"));
    for stream in &streams {
        store.write(stream, ExpectedVersion::NoStream, events(1)).await;
    }
    for stream in &streams {
        let kept = store.events_of(stream).await;
        assert_eq!(kept.iter().map(|event| &event.context.stream).collect::<Vec<_>>(), [stream]);
    }
}

pub(crate) async fn conflicts_and_receipts_return_an_unusual_id_unchanged(store: Store) {
    for id in STRANGE {
        let account = stream(id);
        let append = Append::to(account.clone(), exactly(0), events(2)).with_idempotency_key("key");
        let receipts = store.write_all(append).await;
        let conflict = store.conflict(Append::to(account.clone(), exactly(1), events(1))).await;
        assert_eq!((conflict.stream, conflict.actual), (account.clone(), Version::new(2)), "{id:?}");
        let found = store.find_receipt(&account, "key").await.expect("the key can be looked up");
        let found = found.expect("the key was used");
        assert_eq!((&found.stream, found.position), (&account, receipts[0].position), "{id:?}");
    }
}

pub(crate) async fn a_numeric_id_is_a_text(store: Store) {
    for id in ["1", "01", "1.0", "1e0", "+1", "9223372036854775808", "١"] {
        store.write(&stream(id), ExpectedVersion::NoStream, events(1)).await;
        assert_eq!(versions(&store.events_of(&stream(id)).await), [1], "{id:?}");
    }
}
