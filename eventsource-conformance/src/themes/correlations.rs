//! The events of a correlation are found by its id, page by page.

use eventsource::{
    EventContext, EventId, Metadata, Position,
    store::{ExpectedVersion, NewEvent},
};
use uuid::Uuid;

use crate::support::{Store, event, stream};

fn correlated(correlation: Uuid) -> NewEvent {
    let metadata = Metadata { correlation_id: Some(correlation), ..Metadata::new().with("channel", "web") };
    NewEvent { metadata, ..event("{\"n\":1}") }
}

async fn write(store: &Store, id: &str, events: Vec<NewEvent>) {
    store.write(&stream(id), ExpectedVersion::Any, events).await;
}

async fn read(store: &Store, correlation: Uuid, after: Position, limit: usize) -> Vec<EventContext> {
    store.read_correlated(correlation, after, limit).await.expect("the correlation can be read")
}

async fn all(store: &Store, correlation: Uuid) -> Vec<EventContext> {
    read(store, correlation, Position::START, usize::MAX).await
}

/// What a read of the log finds.
async fn in_the_log(store: &Store, correlation: Uuid) -> Vec<EventContext> {
    let contexts = store.log().await.into_iter().map(|event| event.context);
    contexts
        .filter(|it| it.metadata.correlation_id == Some(correlation) || it.id.as_uuid() == correlation)
        .collect()
}

pub(crate) async fn a_correlation_without_events_reads_as_empty(store: Store) {
    write(&store, "a", vec![event("{}"), correlated(Uuid::now_v7())]).await;
    for unknown in [Uuid::now_v7(), Uuid::nil(), Uuid::max()] {
        assert_eq!(all(&store, unknown).await, []);
    }
}

pub(crate) async fn the_events_of_a_correlation_are_read_in_the_order_of_the_log(store: Store) {
    let ids = [Uuid::now_v7(), Uuid::now_v7(), Uuid::nil(), Uuid::max()];
    for round in 0..3 {
        for (n, id) in ids.into_iter().enumerate() {
            // Streams in another order than the log.
            let stream = format!("{}", (7 * n + round) % 5);
            write(&store, &stream, vec![correlated(id), event("{}"), correlated(id)]).await;
        }
    }
    for id in ids {
        let found = all(&store, id).await;
        assert_eq!(found.len(), 6);
        assert_eq!(
            found,
            in_the_log(&store, id).await,
            "stream, version, type, metadata and time are those of the log"
        );
    }
}

pub(crate) async fn a_causation_id_is_no_correlation_id(store: Store) {
    let id = Uuid::now_v7();
    let metadata = Metadata { causation_id: Some(id), ..Metadata::new() };
    write(&store, "a", vec![NewEvent { metadata, ..event("{}") }]).await;
    assert_eq!(all(&store, id).await, []);
}

pub(crate) async fn the_event_whose_id_is_the_correlation_belongs_to_it(store: Store) {
    let origins = [
        event("{}"),
        // It has another origin itself.
        correlated(Uuid::now_v7()),
        // Its own id is its correlation id: it is returned once.
        {
            let id = Uuid::now_v7();
            NewEvent { id: EventId::from(id), ..correlated(id) }
        },
    ];
    for (n, origin) in origins.into_iter().enumerate() {
        let id = origin.id.as_uuid();
        write(&store, &format!("a-{n}"), vec![event("{}"), origin]).await;
        write(&store, &format!("b-{n}"), vec![correlated(id), event("{}"), correlated(id)]).await;
        let found = all(&store, id).await;
        assert_eq!(found.len(), 3);
        assert_eq!(found, in_the_log(&store, id).await);
        let [first, second, third] = [&found[0], &found[1], &found[2]].map(|it| it.position);
        for (after, limit, expected) in [
            (Position::START, 1, vec![first]),
            (Position::START, 2, vec![first, second]),
            (first, 5, vec![second, third]),
            (second, 1, vec![third]),
            (third, 5, vec![]),
        ] {
            let page = read(&store, id, after, limit).await;
            assert_eq!(
                page.iter().map(|it| it.position).collect::<Vec<_>>(),
                expected,
                "{limit} after {after}"
            );
        }
    }
}

pub(crate) async fn an_origin_that_comes_after_its_events_is_in_the_order_of_the_log(store: Store) {
    let origin = event("{}");
    let id = origin.id.as_uuid();
    write(&store, "a", vec![correlated(id), correlated(id)]).await;
    write(&store, "b", vec![origin]).await;
    write(&store, "a", vec![correlated(id)]).await;
    assert_eq!(all(&store, id).await, in_the_log(&store, id).await);
    let page = read(&store, id, Position::START, 2).await;
    assert!(page.iter().all(|it| it.id.as_uuid() != id), "{page:?}");
}

pub(crate) async fn a_correlation_of_many_events_is_read_page_by_page(store: Store) {
    const EVENTS: usize = 2_500;
    let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
    let events = (0..2 * EVENTS).map(|n| correlated(if n % 2 == 0 { id } else { other }));
    write(&store, "a", events.collect()).await;
    let expected = in_the_log(&store, id).await;
    for limit in [1_000, 1_250, EVENTS, usize::MAX] {
        let (mut found, mut after) = (Vec::new(), Position::START);
        loop {
            let page = read(&store, id, after, limit).await;
            assert!(page.len() <= limit);
            let is_last = page.len() < limit;
            after = page.last().map_or(after, |it| it.position);
            found.extend(page);
            if is_last {
                break;
            }
        }
        assert_eq!(found.len(), EVENTS);
        assert!(found == expected, "each event once, in order, {limit} at a time");
    }
}

pub(crate) async fn limits_and_positions_of_a_correlation_may_be_any_number(store: Store) {
    let id = Uuid::now_v7();
    write(&store, "a", vec![correlated(id)]).await;
    assert_eq!(read(&store, id, Position::START, 0).await, []);
    assert_eq!(read(&store, id, Position::new(u64::MAX), 10).await, []);
    assert_eq!(all(&store, id).await.len(), 1);
}
