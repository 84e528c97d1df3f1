//! Imports on a real server: interrupted, concurrent with appends and other imports, and the locks that they hold.

mod interrupted;

use eventsource_core::{
    EventId, Position, StreamId, Version,
    store::{EventStore, ImportError, ImportEvent, LogFilter},
};
use eventsource_harness::Proxy;
use eventsource_postgres::{PostgresOptions, PostgresStore};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use uuid::Uuid;

use crate::support::{
    append_to, append_with_sql, assert_streams_are_whole, connect, database, open, port_of, run, stored,
    stream, wait_for_backends, wait_until,
};

/// The events of a history: forty streams alternate, and each event has its version and a deterministic id.
fn history(name: &str, count: u64) -> impl Iterator<Item = ImportEvent> + Send + use<> {
    let streams: Vec<StreamId> = (0..40).map(|n| stream(format!("{name}-{n}"))).collect();
    let name = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
    (0..count).map(move |n| {
        let index = usize::try_from(n % 40).expect("few streams");
        let event = ImportEvent::raw(streams[index].clone(), "account.noted", 1, n.to_string());
        let event = event.expect("a number is JSON").version(Version::new(n / 40 + 1));
        event.id(Uuid::new_v5(&name, &n.to_be_bytes()))
    })
}

fn ids(events: impl IntoIterator<Item = ImportEvent>) -> Vec<EventId> {
    events.into_iter().map(|event| event.event.id).collect()
}

/// The committed events of streams with this name, in order.
async fn imported_ids(url: &str, name: &str) -> Vec<EventId> {
    let log = stored(url).await;
    assert_streams_are_whole(&log);
    let of_it = log.iter().filter(|event| event.stream.id().starts_with(&format!("{name}-")));
    of_it.map(|event| event.id).collect()
}

async fn visible(store: &PostgresStore) -> usize {
    let page = store.read_log(Position::START, &LogFilter::all(), 100_000).await;
    page.expect("the log can be read").events.len()
}

/// Imports one event with the statement of the store, on a connection of the test.
async fn import_with_sql(connection: &mut PgConnection, id: &str) -> Result<String, sqlx::Error> {
    let query = sqlx::query_scalar(
        "select outcome from eventsource.import(
            array['account'], array[$1], array[0]::bigint[], array[$2]::uuid[], array['account.noted'], array[1],
            array['{}']::json[], array['{}']::json[], array[null]::uuid[], array[null]::uuid[],
            array[null]::timestamp with time zone[], false)",
    );
    query.bind(id).bind(Uuid::now_v7()).fetch_one(connection).await
}

#[tokio::test]
async fn an_open_import_holds_the_horizon_until_it_ends() {
    let database = database().await;
    let store = open(database.url()).await;
    for commit in [true, false] {
        let before = visible(&store).await;
        let mut open = connect(database.url()).await;
        run(&mut open, "begin").await;
        import_with_sql(&mut open, "held").await.expect("imported");
        store.append(append_to("other")).await.expect("appended");
        assert_eq!(
            visible(&store).await,
            before,
            "the import may still commit events below those of the append"
        );
        run(&mut open, if commit { "commit" } else { "rollback" }).await;
        assert_eq!(visible(&store).await, before + if commit { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_chunk_that_is_still_being_sent_does_not_delay_readers() {
    let database = database().await;
    let proxy = Proxy::start(port_of(database.url())).expect("a proxy");
    let far = PostgresOptions::new(&proxy.url(database.url())).expect("a URL");
    let far = far.max_connections(1).connect().await.expect("a store");
    // Once before, so that the statement is prepared and only the chunk is sent.
    far.import(&history("before", 40).collect::<Vec<_>>()).await.expect("imported");
    let store = open(database.url()).await;
    proxy.stall_after(200_000);
    let importing = tokio::spawn({
        let far = far.clone();
        async move { far.import(&history("slow", 4_000).collect::<Vec<_>>()).await }
    });
    wait_until("half of it to be on the server", || async { proxy.is_stalled() }).await;
    store.append(append_to("other")).await.expect("appended");
    assert_eq!(visible(&store).await, 41);
    proxy.heal();
    importing.await.expect("no panic").expect("imported");
    assert_eq!(visible(&store).await, 4_041);
}

#[tokio::test]
async fn an_import_waits_for_an_append_to_the_same_stream_and_continues_after_it() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut open = connect(database.url()).await;
    run(&mut open, "begin").await;
    append_with_sql(&mut open, "shared").await.expect("appended");
    let raw = ImportEvent::raw(stream("shared"), "account.noted", 1, "{}").expect("JSON");
    let chunk = [raw.id(EventId::new())];
    let importing = tokio::spawn({
        let store = store.clone();
        async move { store.import(&chunk).await }
    });
    wait_for_backends(database.url(), "wait_event_type = 'Lock'", 1).await;
    run(&mut open, "commit").await;
    let imported = importing.await.expect("no panic").expect("stored after the append");
    assert_eq!(imported.stored, 1);
    let log = stored(database.url()).await;
    assert_streams_are_whole(&log);
    assert_eq!(log.len(), 2);
}

#[tokio::test]
async fn the_version_of_a_stream_with_new_appends_is_read_again() {
    let database = database().await;
    let store = open(database.url()).await;
    let event = |n| {
        let raw = ImportEvent::raw(stream("shared"), "account.noted", 1, "{}").expect("JSON");
        [raw.id(Uuid::from_u128(n))]
    };
    for round in 1..=3 {
        assert_eq!(store.import(&event(round)).await.expect("imported").stored, 1);
        open(database.url()).await.append(append_to("shared")).await.expect("appended");
    }
    assert_eq!(store.import(&event(2)).await.expect("recognised").skipped, 1);
    let log = stored(database.url()).await;
    assert_streams_are_whole(&log);
    assert_eq!(log.len(), 6);
}

/// As after a failover to a standby that had not received everything.
#[tokio::test]
async fn after_a_server_has_lost_events_imported_streams_have_no_gap() {
    let database = database().await;
    let store = open(database.url()).await;
    let events = |id: &str, count| -> Vec<_> {
        let raw = || ImportEvent::raw(stream(id), "account.noted", 1, "{}").expect("an event");
        (0..count).map(|_| raw().id(Uuid::now_v7())).collect()
    };
    store.import(&events("a", 5)).await.expect("imported");
    store.import(&[events("a", 5), events("b", 5)].concat()).await.expect("imported");
    let lost = "begin; set local eventsource.change_events = 'on';
                delete from eventsource.events where position > 5; commit";
    run(&mut connect(database.url()).await, lost).await;
    for id in ["c", "a", "b"] {
        store.import(&events(id, 1)).await.expect("imported");
    }
    let log = stored(database.url()).await;
    assert_streams_are_whole(&log);
    assert_eq!(log.len(), 8);
}

#[tokio::test]
async fn an_import_that_waited_for_a_promotion_is_refused_at_every_default_isolation_level() {
    for isolation in ["read committed", "repeatable read", "serializable"] {
        let database = database().await;
        let mut promoting = connect(database.url()).await;
        let default =
            format!("alter database {} set default_transaction_isolation = '{isolation}'", database.name());
        run(&mut promoting, default).await;
        let live =
            "insert into eventsource.generations (name, version, kind, state, home, inline, swap_when_ready,
                        keep_old, created_at, event_types)
                    values ('balances', 1, 'inline', 'live', 'public', false, false, false, now(), '{}')";
        run(&mut promoting, live).await;
        // A pool of the application, which uses the default isolation level.
        let pool = PgPool::connect(database.url()).await.expect("a pool");
        let store = PostgresStore::from_pool(pool).await.expect("a store");
        run(&mut promoting, "begin isolation level read committed").await;
        run(&mut promoting, "select eventsource.hold_appends()").await;
        let importing =
            tokio::spawn(async move { store.import(&history("late", 1).collect::<Vec<_>>()).await });
        wait_for_backends(database.url(), "wait_event_type = 'Lock'", 1).await;
        run(&mut promoting, "update eventsource.generations set inline = true").await;
        run(&mut promoting, "commit").await;
        match importing.await.expect("no panic") {
            Err(ImportError::Inline { projections }) => assert_eq!(projections, ["balances"]),
            outcome => panic!("{outcome:?} with {isolation}"),
        }
        assert!(stored(database.url()).await.is_empty());
    }
}

/// The server reports that a statement has failed before it has rolled the transaction back, which until then holds the
/// horizon back.
#[tokio::test]
async fn imported_events_are_visible_even_if_the_first_attempt_failed() {
    let event = |name: &str, n: u128| {
        let raw = ImportEvent::raw(stream(name), "account.noted", 1, "{}").expect("JSON");
        raw.id(Uuid::from_u128(n))
    };
    let resuming = || async {
        let database = database().await;
        let store = open(database.url()).await;
        for round in 0..100 {
            let before = visible(&store).await;
            // From the second round on, the first event is stored already. The store does not expect that, since no event
            // of the import before was.
            let chunk = [3 * round, 3 * round + 3].map(|n| event("resumed", n));
            let imported = store.import(&chunk).await.expect("imported");
            assert_eq!(visible(&store).await, before + usize::try_from(imported.stored).expect("few"));
            store.import(&[event("other", 3 * round + 1)]).await.expect("imported");
        }
    };
    // Several tasks keep the server busy, so that rollbacks are slow.
    join_all((0..8).map(|_| resuming())).await;
}

/// The number of sequential scans of the log by this transaction.
async fn scans(connection: &mut PgConnection) -> i64 {
    let scans = "select pg_stat_get_xact_numscans('eventsource.events'::regclass)";
    sqlx::query_scalar(AssertSqlSafe(scans)).fetch_one(connection).await.expect("a count")
}

#[tokio::test]
async fn an_import_never_scans_the_log() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    // Its plans are made while the table is empty, and its statistics say so.
    run(&mut connection, "vacuum analyze eventsource.events").await;
    import_with_sql(&mut connection, "first").await.expect("imported");
    let store = open(database.url()).await;
    let chunks: Vec<_> = history("many", 20_000).collect();
    for chunk in chunks.chunks(5_000) {
        store.import(chunk).await.expect("imported");
    }
    run(&mut connection, "begin").await;
    let before = scans(&mut connection).await;
    import_with_sql(&mut connection, "many-7").await.expect("imported");
    assert_eq!(scans(&mut connection).await, before);
}
