//! Values that are too long, too large or contain NUL are refused by name; values at the limit are stored.

use eventsource::{
    Metadata, StreamId, Version,
    store::{Append, ExpectedVersion, InvalidAppend, NewEvent, Request},
};
use serde_json::value::RawValue;

use crate::support::{Store, assert_kept, event, events, exactly, stream};

/// Appends an event that cannot be stored, and returns the reason of the refusal.
async fn fault_of(store: &Store, spoil: impl FnOnce(&mut NewEvent)) -> String {
    let account = stream("account");
    let mut spoilt = event("{}");
    spoil(&mut spoilt);
    let append = Append::to(account.clone(), ExpectedVersion::Any, vec![event("{}"), spoilt, event("{}")]);
    fault_in(store, append, &account).await
}

async fn fault_in(store: &Store, append: Append, expected: &StreamId) -> String {
    match store.refused(append).await {
        InvalidAppend::Text { stream, what, fault } if stream == *expected => format!("{what} {fault}"),
        other => panic!("expected a refusal, not: {other}"),
    }
}

/// A text of this many bytes that cannot be compressed into a smaller index entry.
fn long(bytes: usize, seed: u64) -> String {
    let mut state = seed | 1;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + u8::try_from((state >> 33) % 90).expect("below 90"))
    });
    letters.take(bytes).collect()
}

pub(crate) async fn an_event_type_that_cannot_be_stored_is_refused(store: Store) {
    assert_eq!(fault_of(&store, |event| event.event_type = "".into()).await, "the event type is empty");
    let nul = fault_of(&store, |event| event.event_type = "a\0b".into()).await;
    assert!(nul.starts_with("the event type holds a NUL"), "{nul}");
    let long = "x".repeat(Append::MAX_TYPE_BYTES + 1);
    let fault = fault_of(&store, |event| event.event_type = long.into()).await;
    assert_eq!(fault, "the event type has 257 bytes, 256 are allowed");
    assert_eq!(store.log().await, []);
}

pub(crate) async fn a_schema_version_that_cannot_be_stored_is_refused(store: Store) {
    for version in [0, i32::MAX.cast_unsigned() + 1, u32::MAX] {
        let fault = fault_of(&store, |event| event.schema_version = version).await;
        assert!(fault.starts_with(&format!("the schema version is {version}, not between 1")), "{fault}");
    }
    assert_eq!(store.log().await, []);
}

pub(crate) async fn an_idempotency_key_that_cannot_be_stored_is_refused(store: Store) {
    let account = stream("account");
    for (key, expected) in [
        (String::new(), "the idempotency key is empty"),
        ("a\0b".to_owned(), "the idempotency key holds a NUL character, which no store can keep"),
        ("x".repeat(Append::MAX_KEY_BYTES + 1), "the idempotency key has 257 bytes, 256 are allowed"),
    ] {
        let append = Append::to(account.clone(), ExpectedVersion::Any, events(1)).with_idempotency_key(key);
        assert_eq!(fault_in(&store, append, &account).await, expected);
    }
    assert_eq!(store.log().await, []);
}

pub(crate) async fn a_command_name_that_cannot_be_stored_is_refused(store: Store) {
    let account = stream("account");
    for (command, expected) in [
        (String::new(), "the name of the command is empty"),
        ("a\0b".to_owned(), "the name of the command holds a NUL character, which no store can keep"),
        ("x".repeat(1025), "the name of the command has 1025 bytes, 1024 are allowed"),
    ] {
        let append =
            Append::to(account.clone(), ExpectedVersion::Any, events(1)).with_idempotency_key("4711");
        let append = append.with_request(Request::new(command));
        assert_eq!(fault_in(&store, append, &account).await, expected);
    }
    assert_eq!(store.log().await, []);
}

pub(crate) async fn a_payload_above_the_limit_is_refused(store: Store) {
    let text = format!("\"{}\"", "x".repeat(Append::MAX_JSON_BYTES));
    let payload = RawValue::from_string(text).expect("JSON");
    let fault = fault_of(&store, |event| event.payload = payload).await;
    assert_eq!(fault, "the payload has 67108866 bytes, 67108864 are allowed");
    assert_eq!(store.log().await, []);
}

pub(crate) async fn a_payload_nested_too_deep_is_refused(store: Store) {
    let depth = Append::MAX_JSON_DEPTH + 1;
    let arrays = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = format!("{}1{}", r#"{"a": "#.repeat(20_000), "}".repeat(20_000));
    for text in [arrays, objects] {
        let payload = RawValue::from_string(text).expect("JSON");
        let fault = fault_of(&store, |event| event.payload = payload).await;
        assert_eq!(fault, "the payload is nested deeper than 127 levels");
    }
    assert_eq!(store.log().await, []);
}

pub(crate) async fn metadata_that_cannot_be_stored_is_refused(store: Store) {
    let named_like_the_trace = Metadata::new().with(Metadata::TRACEPARENT, "anything");
    let fault = fault_of(&store, |event| event.metadata = named_like_the_trace).await;
    assert!(fault.starts_with("the metadata contains an entry `traceparent`"), "{fault}");
    let large = Metadata::new().with("note", "x".repeat(Append::MAX_JSON_BYTES));
    let fault = fault_of(&store, |event| event.metadata = large).await;
    assert_eq!(fault, "the metadata has 67108868 bytes, 67108864 are allowed");
    assert_eq!(store.log().await, []);
}

pub(crate) async fn an_invalid_append_is_refused_before_anything_else_is_checked(store: Store) {
    let account = stream("account");
    let append =
        Append::to(account.clone(), ExpectedVersion::NoStream, events(1)).with_idempotency_key("key");
    store.write_all(append.clone()).await;
    // This append has already happened by its key, and conflicts by its version.
    let mut invalid = append;
    invalid.streams[0].events[0].schema_version = 0;
    let fault = fault_in(&store, invalid, &account).await;
    assert!(fault.starts_with("the schema version is 0"), "{fault}");
}

pub(crate) async fn the_longest_stream_ids_are_stored_and_distinguished(store: Store) {
    let category = long(StreamId::MAX_CATEGORY_BYTES, 1);
    let mut id = long(StreamId::MAX_ID_BYTES, 2);
    let first = StreamId::new(&category, &id).expect("as long as allowed");
    id.replace_range(StreamId::MAX_ID_BYTES - 1.., "\u{7f}");
    let second = StreamId::new(&category, &id).expect("as long as allowed");
    assert_eq!(store.fill(&first, 2).await.version, Version::new(2));
    assert_eq!(store.write(&second, ExpectedVersion::NoStream, events(1)).await.version, Version::new(1));
    assert_eq!(store.events_of(&first).await.len(), 2);
    assert_eq!(store.events_of(&second).await[0].context.stream, second);
}

pub(crate) async fn the_longest_event_types_and_keys_are_stored(store: Store) {
    let account = StreamId::new(long(StreamId::MAX_CATEGORY_BYTES, 3), long(StreamId::MAX_ID_BYTES, 4));
    let account = account.expect("as long as allowed");
    let key = long(Append::MAX_KEY_BYTES, 5);
    let mut given = event("{}");
    given.event_type = long(Append::MAX_TYPE_BYTES, 6).into();
    given.schema_version = i32::MAX.cast_unsigned();
    let append = Append::to(account.clone(), exactly(0), vec![given.clone()]).with_idempotency_key(&*key);
    store.write_all(append).await;
    assert_kept(&store.events_of(&account).await[0], &given);
    let receipt = store.find_receipt(&account, &key).await.expect("the key can be looked up");
    assert_eq!(receipt.map(|receipt| receipt.version), Some(Version::new(1)));
}

pub(crate) async fn a_nul_character_names_no_stream(store: Store) {
    for (category, id) in [("account", "a\0"), ("account", "\0"), ("a\0b", "1")] {
        let refused = StreamId::new(category, id).expect_err("refused").to_string();
        assert!(refused.contains("NUL"), "{refused}");
    }
    // Text that looks like an escaped NUL consists of ordinary characters, and differs.
    let (escaped, picture) = (stream("a\\0"), stream("a\u{2400}"));
    store.fill(&escaped, 1).await;
    assert_eq!(store.events_of(&picture).await, []);
    assert_eq!(store.events_of(&escaped).await.len(), 1);
}
