//! Correlation, causation, trace context and entries of an event are stored unchanged.

use eventsource::{EventId, Metadata, store::ExpectedVersion};
use uuid::Uuid;

use crate::support::{Store, assert_kept, event, ids, stream};

/// Appends an event with each metadata, and compares what is read back.
async fn assert_metadata_is_kept(store: &Store, metadata: Vec<Metadata>) {
    let account = stream("account");
    let given: Vec<_> = metadata
        .into_iter()
        .map(|metadata| {
            let mut event = event("{}");
            event.metadata = metadata;
            event
        })
        .collect();
    store.write(&account, ExpectedVersion::NoStream, given.clone()).await;
    for read in [store.events_of(&account).await, store.log().await] {
        assert_eq!(read.len(), given.len());
        for (kept, given) in read.iter().zip(&given) {
            assert_kept(kept, given);
        }
    }
}

pub(crate) async fn each_event_of_an_append_has_metadata_of_its_own(store: Store) {
    let correlated = |id| Metadata { correlation_id: Some(id), ..Metadata::new() };
    let caused = |id| Metadata { causation_id: Some(id), ..Metadata::new() };
    let both = Metadata { causation_id: Some(Uuid::now_v7()), ..correlated(Uuid::now_v7()) };
    let traced = Metadata {
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok(),
        ..Metadata::new().with("channel", "web")
    };
    assert!(traced.traceparent.is_some(), "a valid trace");
    let all = vec![
        Metadata::new(),
        correlated(Uuid::now_v7()),
        caused(Uuid::now_v7()),
        both.clone(),
        traced.clone(),
        Metadata { entries: traced.entries, traceparent: traced.traceparent, ..both },
        correlated(Uuid::nil()),
        caused(Uuid::max()),
        Metadata::new(),
    ];
    assert_metadata_is_kept(&store, all).await;
}

pub(crate) async fn metadata_entries_hold_any_text(store: Store) {
    let texts = [
        "",
        " ",
        "'",
        "\"",
        "\\",
        "\n",
        "\u{0}",
        "a\u{0}b",
        "\\u0000",
        "null",
        "{}",
        "{\"a\":1}",
        "é",
        "e\u{301}",
        "🦀",
        "\u{ffff}",
        "\u{202e}",
        "o'brien@x",
        "%",
        "\u{7f}",
    ];
    let mut all = Metadata::new();
    for (text, next) in texts.iter().zip(texts.iter().cycle().skip(1)) {
        all = all.with(*text, *next);
    }
    assert_eq!(all.entries.len(), texts.len(), "all keys differ");
    assert_metadata_is_kept(&store, vec![all]).await;
}

pub(crate) async fn a_thousand_metadata_entries_and_an_entry_of_a_megabyte_are_kept(store: Store) {
    let many = (0..1_000).fold(Metadata::new(), |all, n| all.with(format!("key {n}"), format!("value {n}")));
    let large = Metadata::new().with("note", "é".repeat(500_000));
    assert_metadata_is_kept(&store, vec![many, large]).await;
}

pub(crate) async fn an_event_id_may_be_any_uuid(store: Store) {
    let account = stream("account");
    let given =
        [Uuid::nil(), Uuid::max(), Uuid::new_v5(&Uuid::NAMESPACE_URL, b"made elsewhere"), Uuid::now_v7()];
    let given = given.map(EventId::from);
    let events = given.map(|id| {
        let mut event = event("{}");
        event.id = id;
        event
    });
    store.write(&account, ExpectedVersion::NoStream, events.into()).await;
    assert_eq!(ids(&store.events_of(&account).await), given);
}
