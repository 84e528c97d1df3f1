//! The horizon: events at or below it are final, tested with one open transaction at a time. `stress.rs` tests many
//! transactions concurrently.

mod stress;

use eventsource_core::{
    Position,
    store::{EventStore, LogFilter, LogPage},
};
use eventsource_postgres::PostgresStore;
use sqlx::PgConnection;

use crate::support::{append_to, append_with_sql, connect, database, open, run, wait_until_blocked};

async fn read(store: &PostgresStore, after: u64) -> LogPage {
    store.read_log(Position::new(after), &LogFilter::all(), 1000).await.expect("the log can be read")
}

fn positions(page: &LogPage) -> Vec<u64> {
    page.events.iter().map(|event| event.context.position.get()).collect()
}

async fn append(store: &PostgresStore, id: &str) -> u64 {
    store.append(append_to(id)).await.expect("an append to another stream succeeds").remove(0).position.get()
}

/// The tag of the locks that hold the horizon back.
const MARK: i64 = 0x4556 << 48;

/// Locks of the application do not count, unless they are shared ones with the tag.
#[tokio::test]
async fn a_lock_of_the_application_does_not_hold_the_horizon_back() {
    let database = database().await;
    let store = open(database.url()).await;
    append(&store, "a").await;
    let mut application = connect(database.url()).await;
    run(
        &mut application,
        format!(
            "select pg_advisory_lock({MARK}), pg_advisory_lock_shared({}), pg_advisory_lock_shared({}, 0),
                    pg_advisory_lock_shared(0)",
            MARK + (1 << 48),
            MARK >> 32
        ),
    )
    .await;
    let appended = append(&store, "a").await;
    assert_eq!(read(&store, 0).await.horizon.get(), appended);
}

async fn horizon(connection: &mut PgConnection) -> i64 {
    let horizon = sqlx::query_scalar("select eventsource.horizon()");
    horizon.fetch_one(connection).await.expect("the horizon can be read")
}

#[derive(Debug, Clone, Copy)]
enum End {
    Commit,
    Rollback,
    Prepared { commit: bool },
    Killed,
}

/// A transaction with an append holds back the events that other transactions commit in the meantime. When it ends, all
/// events are readable in order, including its own if it committed.
async fn assert_an_open_append_holds_the_horizon_until(end: End) {
    let database = database().await;
    let store = open(database.url()).await;
    let before = append(&store, "before").await;
    let mut open = connect(database.url()).await;
    run(&mut open, "begin").await;
    let held = append_with_sql(&mut open, "held").await.expect("the append succeeds");
    let mut after = Vec::new();
    for n in 0..3 {
        after.push(append(&store, &format!("after-{n}")).await);
    }
    assert!(before < held && after.iter().all(|position| held < *position), "{before} {held} {after:?}");

    let name = format!("held in {}", database.name());
    if let End::Prepared { .. } = end {
        run(&mut open, format!("prepare transaction '{name}'")).await;
    }
    let page = read(&store, 0).await;
    assert_eq!(positions(&page), [before]);
    assert!(page.horizon.get() < held, "{} while {held} is open", page.horizon);
    assert!(page.at_head, "there are no more events to read now");
    // Reads from above the open append, like a reader that got a later position from a receipt.
    let above = read(&store, after[0]).await;
    assert_eq!((above.horizon.get(), above.events.len()), (after[0], 0), "the horizon never goes back");

    match end {
        End::Commit => run(&mut open, "commit").await,
        End::Rollback => run(&mut open, "rollback").await,
        End::Prepared { commit: true } => run(&mut open, format!("commit prepared '{name}'")).await,
        End::Prepared { commit: false } => run(&mut open, format!("rollback prepared '{name}'")).await,
        End::Killed => {
            let pid: i32 =
                sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut open).await.expect("a pid");
            let mut killer = connect(database.url()).await;
            // Waits until the backend has ended.
            run(&mut killer, format!("select pg_terminate_backend({pid}, 60000)")).await;
        }
    }
    let committed = matches!(end, End::Commit | End::Prepared { commit: true });
    let rest = read(&store, page.horizon.get()).await;
    let expected: Vec<u64> = committed.then_some(held).into_iter().chain(after.iter().copied()).collect();
    assert_eq!(positions(&rest), expected);
    assert_eq!(rest.horizon.get(), *expected.last().expect("three other appends are stored"));
}

#[tokio::test]
async fn an_open_append_holds_the_horizon_until_it_commits() {
    assert_an_open_append_holds_the_horizon_until(End::Commit).await;
}

#[tokio::test]
async fn an_open_append_holds_the_horizon_until_it_is_rolled_back() {
    assert_an_open_append_holds_the_horizon_until(End::Rollback).await;
}

#[tokio::test]
async fn a_prepared_append_holds_the_horizon_until_it_commits() {
    assert_an_open_append_holds_the_horizon_until(End::Prepared { commit: true }).await;
}

#[tokio::test]
async fn a_prepared_append_holds_the_horizon_until_it_is_rolled_back() {
    assert_an_open_append_holds_the_horizon_until(End::Prepared { commit: false }).await;
}

#[tokio::test]
async fn an_open_append_holds_the_horizon_until_its_backend_is_killed() {
    assert_an_open_append_holds_the_horizon_until(End::Killed).await;
}

#[tokio::test]
async fn a_long_transaction_without_appends_does_not_hold_the_horizon_back() {
    let (database, other_database) = (database().await, database().await);
    let store = open(database.url()).await;
    let mut long = connect(database.url()).await;
    run(&mut long, "create table public.other (n int); begin; insert into public.other values (1)").await;
    // A writer with the same lock in another database of the server.
    let mut other_writer = connect(other_database.url()).await;
    run(&mut other_writer, "begin").await;
    append_with_sql(&mut other_writer, "other").await.expect("the append succeeds");
    let appended = [append(&store, "a").await, append(&store, "b").await];
    let page = read(&store, 0).await;
    assert_eq!(positions(&page), appended);
    assert_eq!(page.horizon.get(), appended[1]);
}

#[tokio::test]
async fn conflicts_and_repetitions_leave_no_gap_in_positions() {
    let database = database().await;
    let store = open(database.url()).await;
    let first = append_to("a");
    let position = store.append(first.clone()).await.expect("appended")[0].position;
    let mut late = append_to("a");
    late.streams[0].expected = eventsource_core::store::ExpectedVersion::NoStream;
    store.append(late).await.expect_err("the stream exists");
    assert!(store.append(first).await.expect("repeated")[0].repeated);
    assert_eq!(append(&store, "b").await, position.get() + 1);
}

/// Positions beyond the last event were drawn by transactions that were rolled back. After a crash of the server, the next
/// events may get those positions.
#[tokio::test]
async fn the_horizon_does_not_exceed_the_last_event() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    assert_eq!(horizon(&mut connection).await, 0, "the log is empty");
    append_at(&mut connection, 7).await;
    run(&mut connection, "begin").await;
    append_with_sql(&mut connection, "a").await.expect("the append succeeds");
    run(&mut connection, "rollback").await;
    assert_eq!(horizon(&mut connection).await, 7);
    assert_eq!(append_with_sql(&mut connection, "a").await.expect("the append succeeds"), 9);
    assert_eq!(horizon(&mut connection).await, 9);
}

/// Empties the log and appends one event at this position.
async fn append_at(connection: &mut PgConnection, position: i64) {
    let before = position - 1;
    let empty = "begin; set local eventsource.change_events = 'on'; truncate eventsource.events; commit";
    run(connection, empty).await;
    run(connection, format!("select setval('eventsource.event_position', {before})")).await;
    append_with_sql(connection, "there").await.expect("the append succeeds");
}

/// The lock carries the low 48 bits of a position, in halves of 16 and 32 bits.
#[tokio::test]
async fn the_horizon_is_correct_where_31_32_and_48_bits_wrap_around() {
    let database = database().await;
    let mut admin = connect(database.url()).await;
    let mut writer = connect(database.url()).await;
    let mut open = connect(database.url()).await;
    for start in [30, 31, 32, 33, 40, 47, 48, 49, 62].into_iter().flat_map(|bits| {
        let wrap = 1_i64 << bits;
        [wrap - 3, wrap - 2, wrap - 1, wrap, wrap + 1]
    }) {
        append_at(&mut admin, start).await;
        assert_eq!(horizon(&mut admin).await, start);
        run(&mut open, "begin").await;
        append_with_sql(&mut open, "open").await.expect("the append succeeds");
        assert_eq!(horizon(&mut admin).await, start, "before other appends");
        for n in 0..4 {
            append_with_sql(&mut writer, "others").await.expect("the append succeeds");
            assert_eq!(horizon(&mut admin).await, start, "after {n} other appends");
        }
        run(&mut open, "rollback").await;
        assert_eq!(horizon(&mut admin).await, start + 5);
    }
}

/// Positions may be drawn by transactions that are rolled back.
#[tokio::test]
async fn an_open_append_holds_the_horizon_however_many_positions_are_drawn_meanwhile() {
    let database = database().await;
    let mut admin = connect(database.url()).await;
    let mut writer = connect(database.url()).await;
    let mut open = connect(database.url()).await;
    for (start, bits) in [7, 1 << 40, (1 << 48) - 7]
        .into_iter()
        .flat_map(|start: i64| [29, 30, 31, 32, 46].map(|bits| (start, bits)).into_iter())
    {
        append_at(&mut admin, start).await;
        run(&mut open, "begin").await;
        append_with_sql(&mut open, "open").await.expect("the append succeeds");
        for drawn in [-2, -1, 0, 1, 2].map(|more| start + (1 << bits) + more) {
            run(&mut admin, format!("select setval('eventsource.event_position', {drawn})")).await;
            append_with_sql(&mut writer, "others").await.expect("the append succeeds");
            assert_eq!(horizon(&mut admin).await, start, "after position {drawn} was drawn");
        }
        run(&mut open, "rollback").await;
        assert_eq!(horizon(&mut admin).await, start + (1 << bits) + 3);
    }
}

/// A writer can read the sequence after a reader has, and take its lock before that reader reads the locks.
#[tokio::test]
async fn a_writer_that_is_ahead_of_the_reader_does_not_hold_the_horizon_back() {
    let database = database().await;
    let mut reader = connect(database.url()).await;
    let mut writer = connect(database.url()).await;
    for (high, ahead) in [
        (100_i64, 1_i64),
        ((1 << 31) - 2, 5),
        ((1 << 32) - 1, 1 << 31),
        ((1 << 48) - 2, 1),
        ((1 << 48) - 2, 5),
        ((1 << 49) - 1, 1 << 46),
        (1 << 49, 7),
    ] {
        append_at(&mut reader, high).await;
        let key = MARK | (high + ahead) & ((1 << 48) - 1);
        run(&mut writer, format!("begin; select pg_advisory_xact_lock_shared({key})")).await;
        assert_eq!(horizon(&mut reader).await, high, "a writer at {high} + {ahead}");
        run(&mut writer, "rollback").await;
    }
}

/// If the reader read the locks first, a writer could run between the two statements: its lock would be missed, and its
/// position considered final.
#[tokio::test]
async fn a_reader_reads_the_sequence_before_the_locks() {
    let database = database().await;
    let mut reader = connect(database.url()).await;
    let mut writer = connect(database.url()).await;
    // No other session can read the sequence now.
    let keep_out = "begin; alter sequence eventsource.event_position rename to other;
                    alter sequence eventsource.other rename to event_position";
    run(&mut writer, keep_out).await;
    let reading = tokio::spawn(async move { horizon(&mut reader).await });
    wait_until_blocked(database.url(), 1).await;
    // The writer draws a position between the two statements of the reader. The session-level lock outlives the commit, as
    // if the transaction were still open.
    run(&mut writer, format!("select pg_advisory_lock_shared({MARK})")).await;
    run(&mut writer, "select nextval('eventsource.event_position'); commit").await;
    assert_eq!(reading.await.expect("the horizon"), 0, "position 1 is not final");
}

/// If the writer drew first, a reader could run in between: it would consider the position final, and see no lock.
#[tokio::test]
async fn a_writer_takes_its_lock_before_it_draws_positions() {
    let database = database().await;
    let mut writer = connect(database.url()).await;
    append_with_sql(&mut writer, "a").await.expect("the append succeeds");
    let mut keeper = connect(database.url()).await;
    // The sequence can be read now, but not drawn from.
    run(&mut keeper, "begin; alter sequence eventsource.event_position no cycle").await;
    let writing = tokio::spawn(async move { append_with_sql(&mut writer, "a").await });
    wait_until_blocked(database.url(), 1).await;
    let held = sqlx::query_scalar(
        "select objid::bigint from pg_locks where classid = 17750::bigint << 16 and objsubid = 1 and granted
          and database = (select oid from pg_database where datname = current_database())",
    );
    let held: Vec<i64> = held.fetch_all(&mut keeper).await.expect("the locks");
    assert_eq!(held, [1], "while the writer waits to draw position 2");
    run(&mut keeper, "rollback").await;
    assert_eq!(writing.await.expect("an end").expect("the append succeeds"), 2);
}
