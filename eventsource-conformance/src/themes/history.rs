//! Aggregates in their present and past states, and their recorded events, on top of the store.

use eventsource::{
    AsOf, EventId, Metadata, Position, ReadError, Recorded, Timestamp, Version,
    store::{ExpectedVersion, ImportEvent, NewEvent},
};
use futures_util::{StreamExt, TryStreamExt};

use crate::support::{Store, Tally, TallyEvent, add, close, event, stream, tally};

fn stored_as(name: &'static str, version: u32, payload: &str) -> NewEvent {
    let mut event = event(payload);
    event.event_type = name.into();
    event.schema_version = version;
    event
}

async fn load_as_of(store: &Store, as_of: impl Into<AsOf>) -> (u64, Tally) {
    let loaded = store.source().load_as_of::<Tally>(&"t".to_owned(), as_of).await;
    let loaded = loaded.expect("the tally can be loaded");
    (loaded.version.get(), loaded.state)
}

fn open(total: u64, count: u64) -> Tally {
    Tally { total, count, closed: false }
}

pub(crate) async fn an_aggregate_without_events_is_its_default_at_version_zero(store: Store) {
    let es = store.source();
    es.execute(add("other", 5)).await.expect("it is accepted");
    let loaded = es.load::<Tally>(&"t".to_owned()).await.expect("it can be loaded");
    assert_eq!((loaded.state, loaded.version, loaded.stream), (Tally::default(), Version::EMPTY, tally("t")));
}

pub(crate) async fn an_aggregate_is_loaded_as_of_a_version(store: Store) {
    let es = store.source();
    for amount in 1..=25 {
        es.execute(add("t", amount)).await.expect("it is accepted");
    }
    es.flush().await;
    for version in [0, 1, 2, 9, 10, 11, 24, 25] {
        let expected = (version, open(version * (version + 1) / 2, version));
        assert_eq!(load_as_of(&store, Version::new(version)).await, expected);
    }
    assert_eq!(load_as_of(&store, Version::MAX).await, (25, open(325, 25)));
}

pub(crate) async fn an_aggregate_is_loaded_as_of_a_position(store: Store) {
    let es = store.source();
    let mut positions = Vec::new();
    for amount in 1..=5 {
        positions.push(es.execute(add("t", amount)).await.expect("it is accepted").position);
        es.execute(add("other", 100)).await.expect("it is accepted");
    }
    assert_eq!(load_as_of(&store, Position::START).await, (0, Tally::default()));
    for (position, count) in positions.into_iter().zip(1..) {
        let expected = (count, open(count * (count + 1) / 2, count));
        assert_eq!(load_as_of(&store, position).await, expected);
        // The event of the other stream is between this event and the next.
        assert_eq!(load_as_of(&store, Position::new(position.get() + 1)).await, expected);
    }
    assert_eq!(load_as_of(&store, Position::MAX).await, (5, open(15, 5)));
}

pub(crate) async fn an_aggregate_is_loaded_as_of_a_time(store: Store) {
    let es = store.source();
    for amount in 1..=5 {
        es.execute(add("t", amount)).await.expect("it is accepted");
    }
    let kept = store.events_of(&tally("t")).await;
    // Two events may have the same time: then the later one counts as well.
    for event in &kept {
        let last =
            kept.iter().take_while(|other| other.context.recorded_at <= event.context.recorded_at).count()
                as u64;
        assert_eq!(load_as_of(&store, event.context.recorded_at).await.0, last);
    }
    let before = kept[0].context.recorded_at.as_microsecond() - 1;
    let before = Timestamp::from_microsecond(before).expect("a time");
    assert_eq!(load_as_of(&store, before).await, (0, Tally::default()));
    let far: Timestamp = "2999-01-01T00:00:00Z".parse().expect("a time");
    assert_eq!(load_as_of(&store, far).await, (5, open(15, 5)));
}

pub(crate) async fn as_of_a_time_is_what_was_recorded_by_then_in_whatever_order(store: Store) {
    // Imported stream by stream. Within a stream the clock was set back, and a whole page lies in between.
    let late = |version: u64| version.is_multiple_of(3) || (995..=2_005).contains(&version);
    let day = |day: i64| Timestamp::from_microsecond(day * 86_400_000_000).expect("a time");
    let past = |id: &str, version: u64| {
        let event = TallyEvent::Added { amount: version };
        let event = ImportEvent::new(tally(id), &event).expect("it encodes").id(EventId::new());
        event.recorded_at(day(if late(version) { 20 } else { 10 }))
    };
    let versions = 1..=2_500;
    for id in ["t", "other"] {
        let given: Vec<_> = versions.clone().map(|version| past(id, version)).collect();
        store.import(&given).await.expect("the import is accepted");
    }
    let early = || versions.clone().filter(|version| !late(*version));
    let last = early().next_back().expect("there are some");
    let count = u64::try_from(early().count()).expect("few");
    assert_eq!(load_as_of(&store, day(9)).await, (0, Tally::default()));
    for time in [day(10), day(19)] {
        assert_eq!(load_as_of(&store, time).await, (last, open(early().sum(), count)));
    }
    assert_eq!(load_as_of(&store, day(20)).await, (2_500, open(versions.sum(), 2_500)));
}

pub(crate) async fn old_names_and_versions_are_upcast_on_every_path(store: Store) {
    let old = vec![
        stored_as("tally.increased", 1, r#"{"n":1}"#),
        stored_as("tally.added", 1, r#"{"n":2}"#),
        stored_as("tally.increased", 2, r#"{"amount":3}"#),
        stored_as("tally.added", 2, r#"{"amount":4}"#),
    ];
    store.write(&tally("t"), ExpectedVersion::NoStream, old).await;
    let es = store.source();
    let expected: Vec<_> = (1..=4).map(|amount| TallyEvent::Added { amount }).collect();
    let event_of = |recorded: Recorded<TallyEvent>| recorded.event;
    let history = es.history::<Tally>(&"t".to_owned()).map_ok(event_of).try_collect::<Vec<_>>().await;
    assert_eq!(history.expect("it can be read"), expected);
    let replay = es.replay::<TallyEvent>(Position::START).map_ok(event_of).try_collect::<Vec<_>>().await;
    assert_eq!(replay.expect("it can be read"), expected);
    assert_eq!(es.load::<Tally>(&"t".to_owned()).await.expect("it can be loaded").state, open(10, 4));
    assert_eq!(load_as_of(&store, Version::new(2)).await, (2, open(3, 2)));
}

pub(crate) async fn a_history_has_the_events_with_their_context(store: Store) {
    let es = store.source();
    es.execute(add("t", 1)).await.expect("it is accepted");
    es.execute(add("other", 1)).await.expect("it is accepted");
    es.execute(close("t")).await.expect("it is accepted");
    let history = es.history::<Tally>(&"t".to_owned()).try_collect::<Vec<_>>().await.expect("it can be read");
    let kept = store.events_of(&tally("t")).await;
    assert!(history.iter().map(|recorded| &recorded.context).eq(kept.iter().map(|event| &event.context)));
    let events: Vec<_> = history.into_iter().map(|recorded| recorded.event).collect();
    assert_eq!(events, [TallyEvent::Added { amount: 1 }, TallyEvent::Closed]);
    assert_eq!(es.history::<Tally>(&"nothing".to_owned()).count().await, 0);
}

pub(crate) async fn a_replay_has_the_events_of_a_set_in_the_order_of_the_log(store: Store) {
    let es = store.source();
    let mut positions = Vec::new();
    for amount in 1..=6 {
        let id = ["a", "b"][usize::from(amount % 2 == 0)];
        positions.push(es.execute(add(id, amount)).await.expect("it is accepted").position);
        store.fill(&stream("of another set"), 1).await;
    }
    for (index, after) in [Position::START].iter().chain(&positions).enumerate() {
        let replay = es.replay::<TallyEvent>(*after).try_collect::<Vec<_>>().await.expect("it can be read");
        let found: Vec<_> = replay.iter().map(|recorded| recorded.context.position).collect();
        assert_eq!(found, positions[index..]);
    }
}

pub(crate) async fn an_undecodable_event_ends_a_history_with_an_error(store: Store) {
    let good = || stored_as("tally.added", 2, r#"{"amount":1}"#);
    for (id, broken) in [
        ("type", stored_as("tally.unknown", 1, "{}")),
        ("version", stored_as("tally.added", 3, r#"{"amount":1}"#)),
        ("payload", stored_as("tally.added", 2, r#"{"amount":"much"}"#)),
    ] {
        store.write(&tally(id), ExpectedVersion::NoStream, vec![good(), broken, good()]).await;
        let es = store.source();
        let history: Vec<_> = es.history::<Tally>(&id.to_owned()).collect().await;
        assert_eq!(history.len(), 2, "it ends with the error");
        let failed = |error: &ReadError| match error {
            ReadError::Decode(error) => error.context().version == Version::new(2),
            _ => false,
        };
        assert!(history[0].is_ok(), "earlier events can be read");
        assert!(history[1].as_ref().is_err_and(failed), "{history:?}");
        let error = es.load::<Tally>(&id.to_owned()).await.expect_err("it cannot be decoded");
        assert!(failed(&error), "{error:?}");
    }
}

pub(crate) async fn ten_thousand_events_are_loaded_and_replayed_to_the_last(store: Store) {
    // More than one page of each kind of read, with a full last page.
    let added = |amount| NewEvent::encode(&TallyEvent::Added { amount }, Metadata::new()).expect("encodes");
    for id in ["a", "b"] {
        store.write(&tally(id), ExpectedVersion::NoStream, (1..=4_000).map(added).collect()).await;
    }
    store.write(&tally("c"), ExpectedVersion::NoStream, (1..=2_000).map(added).collect()).await;
    let es = store.source();
    for (id, count) in [("a", 4_000), ("b", 4_000), ("c", 2_000)] {
        let loaded = es.load::<Tally>(&id.to_owned()).await.expect("it can be loaded");
        assert_eq!(loaded.state, open(count * (count + 1) / 2, count));
        let history = es.history::<Tally>(&id.to_owned()).try_collect::<Vec<_>>().await.expect("can be read");
        assert!(history.iter().map(|recorded| recorded.context.version.get()).eq(1..=count));
    }
    let replay = es.replay::<TallyEvent>(Position::START).try_collect::<Vec<_>>().await.expect("can be read");
    let amounts = replay.into_iter().map(|recorded| match recorded.event {
        TallyEvent::Added { amount } => amount,
        TallyEvent::Closed => 0,
    });
    assert!(amounts.eq((1..=4_000).chain(1..=4_000).chain(1..=2_000)));
}
