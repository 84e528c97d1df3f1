//! Reading correlations: the index can be dropped and created again while the store is in use, and events above the horizon
//! are found.

use eventsource::{EventSource, why::Subject};
use eventsource_core::{
    Metadata, Position,
    store::{Append, EventStore, ExpectedVersion, NewEvent, StoreError},
};
use uuid::Uuid;

use crate::support::{append_to, append_with_sql, connect, database, event, open, run, stream};

#[tokio::test]
async fn without_its_index_a_correlation_is_not_read_and_the_error_says_what_to_do() {
    let database = database().await;
    let mut operator = connect(database.url()).await;
    run(&mut operator, "drop index concurrently eventsource.events_correlation_key").await;
    // The store opens, and appends.
    let store = open(database.url()).await;
    let id = Uuid::now_v7();
    let metadata = Metadata { correlation_id: Some(id), ..Metadata::new() };
    let append = Append::to(stream(1), ExpectedVersion::NoStream, vec![NewEvent { metadata, ..event() }]);
    store.append(append).await.expect("the append is accepted");
    let read = || store.read_correlated(id, Position::START, 10);
    let error = read().await.expect_err("the index is missing");
    let StoreError::MissingIndex { create, .. } = error else { panic!("{error:?}") };
    assert!(create.starts_with("create index concurrently events_correlation_key"), "{create}");

    // One that is invalid, because its creation was interrupted, is not used.
    run(&mut operator, create).await;
    let valid = |is_valid: bool| {
        format!(
            "update pg_index set indisvalid = {is_valid} where indexrelid = 'eventsource.events_correlation_key'::regclass"
        )
    };
    run(&mut operator, valid(false)).await;
    assert!(matches!(read().await, Err(StoreError::MissingIndex { .. })));
    run(&mut operator, valid(true)).await;
    assert_eq!(read().await.expect("the correlation can be read").len(), 1);

    // It is the one of the migration.
    let definition = "select pg_get_indexdef('eventsource.events_correlation_key'::regclass)";
    let other = crate::support::database().await;
    let mut migrated = connect(other.url()).await;
    let mut definitions = Vec::new();
    for connection in [&mut operator, &mut migrated] {
        definitions
            .push(sqlx::query_scalar::<_, String>(definition).fetch_one(connection).await.expect("an index"));
    }
    assert_eq!(definitions[0], definitions[1]);
}

#[tokio::test]
async fn an_event_above_the_horizon_is_shown_with_what_holds_the_horizon_back() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut open_append = connect(database.url()).await;
    run(&mut open_append, "set application_name = 'forgotten'; begin").await;
    append_with_sql(&mut open_append, "held").await.expect("the append is accepted");
    let position = store.append(append_to("a")).await.expect("the append is accepted")[0].position;
    let es = EventSource::new(store);
    let why = es.why(Subject::stream("account", "a")).await.expect("the store can be read");
    assert_eq!(why.events.iter().map(|event| event.position).collect::<Vec<_>>(), [position]);
    assert!(why.horizon < position);
    let [holder] = &why.held_back_by[..] else { panic!("{why:?}") };
    assert_eq!(holder.application, "forgotten");
    let text = why.to_string();
    assert!(text.contains("no consumer has read the events after the horizon @0 yet"), "{text}");
    assert!(text.contains("the horizon is held back by process ") && text.contains("`forgotten`"), "{text}");
    run(&mut open_append, "rollback").await;
    let why = es.why(position).await.expect("the store can be read");
    assert_eq!((why.events.len(), why.held_back_by.len()), (1, 0));
}
