//! A program that knows version 2 of the events and still writes version 1: `write` and `downcast` of the derive.

use std::error::Error;

use eventsource::{
    Aggregate, EventSource, ExecuteError, Version,
    commands::RejectedCommand,
    event::EncodeError,
    store::{Capability, EventStore, ExpectedVersion, ImportEvent},
};

use crate::support::{Contracted, Expanded, Locker, Record, Show, Shown, Store, locker};

/// The schema versions and payloads of the events of a locker.
async fn stored(store: &Store, id: &str) -> Vec<(u32, String)> {
    let events = store.events_of(&locker(id)).await;
    events.into_iter().map(|event| (event.context.schema_version, event.payload().to_owned())).collect()
}

/// The state on which the next command is handled.
async fn shown<S: EventStore>(es: &EventSource<S>, id: &'static str) -> Locker {
    let rejected = es.execute(Show(id)).await.expect_err("it is always rejected");
    let Some(Shown(state)) = rejected.rejection() else { panic!("the state is not shown") };
    state
}

async fn loaded(store: &Store, id: &str) -> Locker {
    store.source().load::<Locker>(id).await.expect("it can be loaded").state
}

fn state(notes: &[&str], paid: u64) -> Locker {
    Locker { notes: notes.iter().map(|&note| note.to_owned()).collect(), paid }
}

pub(crate) async fn an_event_is_stored_in_the_older_version_that_the_program_writes(store: Store) {
    let es = store.source();
    let (opened, paid) = (Expanded::opened("lost"), Expanded::paid("EUR"));
    es.execute(Record("a", vec![opened.clone(), paid.clone()])).await.expect("it is accepted");
    let older = [(1, r#"{"by":"ann"}"#.to_owned()), (1, r#"{"cents":5}"#.to_owned())];
    assert_eq!(stored(&store, "a").await, older);
    es.atomically()
        .execute(Record("b", vec![opened.clone()]))
        .execute(Record("c", vec![paid]))
        .await
        .expect("accepted");
    assert_eq!([stored(&store, "b").await, stored(&store, "c").await].concat(), older);
    if store.declares(Capability::Import) {
        let event = ImportEvent::new(locker("d"), &opened).expect("it can be encoded");
        es.import().from("old lockers").events([event]).await.expect("it is imported");
        assert_eq!(stored(&store, "d").await, older[..1]);
    }
}

pub(crate) async fn the_state_in_the_cache_is_that_of_the_events_as_they_are_read_back(store: Store) {
    let es = store.source();
    let events = vec![Expanded::opened("lost"), Expanded::paid("EUR"), Expanded::opened("lost")];
    for (count, event) in (1..).zip(events) {
        es.execute(Record("a", vec![event])).await.expect("it is accepted");
        es.flush().await;
        let in_cache = shown(&es, "a").await;
        assert_eq!(in_cache, loaded(&store, "a").await, "after {count} events");
    }
    assert_eq!(shown(&es, "a").await, state(&["none", "none"], 5));
    let snapshot = store
        .load_snapshot(&locker("a"))
        .await
        .expect("it can be loaded")
        .expect("after two events")
        .snapshot;
    assert_eq!(snapshot.version, Version::new(2));
    let decoded = Locker::snapshots().expect("lockers have snapshots").decode(&snapshot);
    assert_eq!(decoded, Some(state(&["none"], 5)));
}

pub(crate) async fn a_command_is_handled_on_the_events_of_the_commands_before_it_as_they_are_read_back(
    store: Store,
) {
    let es = store.source();
    let commands = es.atomically().execute(Record("a", vec![Expanded::opened("lost")])).execute(Show("a"));
    match commands.await {
        Err(ExecuteError::Rejected(rejected @ RejectedCommand { index: 1, .. })) => {
            assert_eq!(rejected.downcast_ref::<Shown>(), Some(&Shown(state(&["none"], 0))));
        }
        other => panic!("expected a rejection with the state, not {other:?}"),
    }
}

pub(crate) async fn the_newest_version_is_read_by_a_program_that_writes_an_older_one(store: Store) {
    let es = store.source();
    es.execute(Record("a", vec![Expanded::opened("lost")])).await.expect("it is accepted");
    store.write(&locker("a"), ExpectedVersion::Any, vec![Contracted::opened("kept")]).await;
    es.execute(Record("a", vec![Expanded::paid("EUR")])).await.expect("it is accepted");
    let versions: Vec<_> = stored(&store, "a").await.into_iter().map(|(version, _)| version).collect();
    assert_eq!(versions, [1, 2, 1]);
    assert_eq!(shown(&es, "a").await, state(&["none", "kept"], 5));
    assert_eq!(loaded(&store, "a").await, state(&["none", "kept"], 5));
}

fn assert_refused(error: &(dyn Error + 'static)) {
    let Some(refused @ EncodeError::Downcast { event_type, writes, version, source }) = error.downcast_ref()
    else {
        panic!("expected an error of the way to the older version, not {error:?}")
    };
    assert_eq!((*event_type, *writes, *version), ("locker.paid", 1, 2));
    assert_eq!(source.to_string(), "another currency than EUR");
    assert!(refused.to_string().contains("deploy a release without `write = 1`"), "{refused}");
}

pub(crate) async fn a_command_whose_events_the_older_version_cannot_express_appends_nothing(store: Store) {
    let es = store.source();
    let events = || vec![Expanded::opened("lost"), Expanded::paid("SEK")];
    match es.execute(Record("a", events())).idempotency_key("4711").await {
        Err(ExecuteError::Encode(error)) => assert_refused(&error),
        other => panic!("expected the command to fail, not {other:?}"),
    }
    let commands =
        es.atomically().execute(Record("b", vec![Expanded::paid("EUR")])).execute(Record("a", events()));
    match commands.await {
        Err(ExecuteError::Encode(error)) => assert_refused(&error),
        other => panic!("expected the commands to fail, not {other:?}"),
    }
    assert!(store.log().await.is_empty());
    // Neither the key nor the state is affected.
    es.execute(Record("a", vec![Expanded::paid("EUR")]))
        .idempotency_key("4711")
        .await
        .expect("it is accepted");
    assert_eq!(shown(&es, "a").await, state(&[], 5));
    assert_eq!(loaded(&store, "a").await, state(&[], 5));
}
