//! What is stored can be read. Callers of the functions are checked by the server, since not each of them is this crate:
//! texts and times that no reader takes, counts of events that are not there, and versions that leave a gap.

use std::{error::Error, iter::successors};

use eventsource_core::{
    Position, Version,
    store::{Direction, EventStore, LogFilter, StoreError},
};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::{append_to, append_with_sql, connect, database, open, run, stored, stream};

const CHECK_VIOLATION: &str = "23514";
const INVALID_PARAMETER: &str = "22023";

/// The SQLSTATE of a statement, or none if it succeeds.
async fn code_of(connection: &mut PgConnection, sql: &str) -> Option<String> {
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    outcome.err().map(|error| {
        let error = error.as_database_error().unwrap_or_else(|| panic!("{sql}: {error:?}"));
        error.code().expect("a code").into_owned()
    })
}

/// One event, with SQL expressions for each of its columns.
#[derive(Clone, Copy)]
struct Columns {
    category: &'static str,
    stream: &'static str,
    event_type: &'static str,
    schema_version: &'static str,
    payload: &'static str,
    metadata: &'static str,
    time: &'static str,
}

const VALID: Columns = Columns {
    category: "'account'",
    stream: "'a'",
    event_type: "'account.noted'",
    schema_version: "1",
    payload: "'{}'",
    metadata: "'{}'",
    time: "null",
};

impl Columns {
    fn append(&self) -> String {
        let Self { category, stream, event_type, schema_version, payload, metadata, .. } = self;
        format!(
            "select eventsource.append(
                array[1], array[{category}], array[{stream}], array[-1]::bigint[], array[1], array[null]::text[],
                array[gen_random_uuid()], array[{event_type}], array[{schema_version}], array[{payload}],
                array[{metadata}], array[null]::uuid[], array[null]::uuid[])"
        )
    }

    fn import(&self) -> String {
        let Self { category, stream, event_type, schema_version, payload, metadata, time } = self;
        format!(
            "select eventsource.import(
                array[{category}], array[{stream}], array[0]::bigint[], array[gen_random_uuid()], array[{event_type}],
                array[{schema_version}], array[{payload}]::json[], array[{metadata}]::json[], array[null]::uuid[],
                array[null]::uuid[], array[{time}]::timestamptz[], false)"
        )
    }
}

fn refused() -> Vec<Columns> {
    let metadata = |metadata| Columns { metadata, ..VALID };
    let time = |time| Columns { time, ..VALID };
    vec![
        metadata("'[]'"),
        metadata("'{\"a\": 5}'"),
        metadata("'{\"a\": null}'"),
        metadata("'{\"a\": true}'"),
        metadata("'{\"a\": \"b\", \"c\": {}}'"),
        metadata("'{\"a\": [\"b\"]}'"),
        metadata("'\"a\"'"),
        metadata("'null'"),
        metadata(r#"'{"a": "\ud800"}'"#),
        metadata(r#"'{"a": "\udc00"}'"#),
        metadata(r#"'{"\uD83e": "b"}'"#),
        metadata(r#"'{"a": "\ud83e\u0041"}'"#),
        metadata(r#"'{"a": "\\\ud800"}'"#),
        metadata("null"),
        Columns { category: "''", ..VALID },
        Columns { category: "repeat('é', 65)", ..VALID },
        Columns { stream: "''", ..VALID },
        Columns { stream: "repeat('x', 100000)", ..VALID },
        Columns { stream: "repeat('é', 513)", ..VALID },
        Columns { event_type: "''", ..VALID },
        Columns { event_type: "repeat('x', 257)", ..VALID },
        Columns { schema_version: "0", ..VALID },
        Columns { payload: "'\"' || repeat('x', 67108864) || '\"'", ..VALID },
        time("'infinity'"),
        time("'-infinity'"),
        time("'10000-01-01 00:00:00+00'"),
        time("'0001-01-01 00:00:00+00 BC'"),
    ]
}

/// Events at the edges of what is refused.
fn accepted() -> Vec<Columns> {
    let metadata = |metadata| Columns { metadata, ..VALID };
    vec![
        VALID,
        metadata(r#"' { "a" :"b" , "c": "" } '"#),
        metadata(r#"'{"a": "\ud83e\udd80 \u0000 \\ud800 \"\n", "\"\\": "{\"x\": 5}", "ü🦀": "🦀"}'"#),
        metadata(r#"'{"a": "\\\\ud800", "": ":"}'"#),
        Columns { category: "repeat('é', 64)", stream: "repeat('é', 512)", ..VALID },
        Columns { event_type: "repeat('x', 256)", ..VALID },
        Columns { time: "'9999-12-31 23:59:59.999999+00'", ..VALID },
        Columns { time: "'0001-01-01 00:00:00+00'", ..VALID },
    ]
}

#[tokio::test]
async fn an_event_that_no_reader_takes_is_not_stored() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut connection = connect(database.url()).await;
    // As an application is configured that is elsewhere, in a zone whose offset in the year 1 was not whole.
    run(&mut connection, "set timezone = 'Europe/Amsterdam'; set datestyle = 'German'").await;
    for columns in refused() {
        let (append, import) = (columns.append(), columns.import());
        let codes = [CHECK_VIOLATION, "23502"];
        let code = code_of(&mut connection, &import).await;
        assert!(code.as_deref().is_some_and(|code| codes.contains(&code)), "{code:?} for {import}");
        if columns.time == VALID.time {
            let code = code_of(&mut connection, &append).await;
            assert!(code.as_deref().is_some_and(|code| codes.contains(&code)), "{code:?} for {append}");
        }
    }
    for columns in accepted() {
        run(&mut connection, columns.append()).await;
        run(&mut connection, columns.import()).await;
    }
    let page =
        store.read_log(Position::START, &LogFilter::all(), 100).await.expect("every event can be read");
    assert_eq!(page.events.len(), 2 * accepted().len());
    assert!(page.at_head);
}

#[tokio::test]
async fn the_check_does_not_depend_on_how_the_session_writes_backslashes() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    run(&mut connection, "set standard_conforming_strings = off; set escape_string_warning = off").await;
    run(&mut connection, Columns { metadata: "'{ \"a\": \"b\" }'", ..VALID }.append()).await;
    let append = Columns { metadata: "'{\"a\": 5}'", ..VALID }.append();
    assert_eq!(code_of(&mut connection, &append).await.as_deref(), Some(CHECK_VIOLATION));
}

/// As a newer version of the program may store, or an owner who has dropped a check.
#[tokio::test]
async fn an_event_that_cannot_be_read_is_named_wherever_it_is_met() {
    let database = database().await;
    let store = open(database.url()).await;
    for id in ["a", "b", "c"] {
        store.append(append_to(id)).await.expect("appended");
    }
    run(
        &mut connect(database.url()).await,
        "alter table eventsource.events drop constraint events_readable_check;
         begin; set local eventsource.change_events = 'on';
         update eventsource.events set metadata = '{\"a\": 5}' where stream_id = 'b'; commit",
    )
    .await;
    let forward = Direction::Forward { after: Version::EMPTY };
    let errors = [
        store.read_log(Position::START, &LogFilter::all(), 9).await.expect_err("the second event"),
        store.read_stream(&stream("b"), forward, 9).await.expect_err("its stream"),
        store.stored_types(9).await.expect_err("a sample"),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        let chain = successors(Some(&error as &(dyn Error + 'static)), |&error| error.source())
            .map(ToString::to_string);
        let chain = chain.collect::<Vec<_>>().join(": ");
        for part in ["position 2", "version 1 of account/b", "account.noted"] {
            assert!(chain.contains(part), "{part} in {chain}");
        }
    }
    assert_eq!(store.read_stream(&stream("c"), forward, 9).await.expect("others can be read").len(), 1);
}

#[tokio::test]
async fn counts_are_compared_with_the_events_before_positions_are_drawn() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    let one = "array[gen_random_uuid()], array['t'], array[1], array['{}'], array['{}'], array[null]::uuid[], array[null]::uuid[]";
    let none = "'{}', '{}', '{}', '{}', '{}', '{}', '{}'";
    let append = |count: &str, expected: &str, events: &str| {
        format!(
            "select eventsource.append(array[1], array['account'], array['a'], array[{expected}]::bigint[],
                                       array[{count}]::integer[], array[null]::text[], {events})"
        )
    };
    let two = |counts: &str, events: &str| {
        format!(
            "select eventsource.append(array[1, 2], array['account', 'account'], array['a', 'b'],
                                       array[0, -1]::bigint[], array[{counts}], array[null, null]::text[], {events})"
        )
    };
    for sql in [
        append("5000000", "0", none),
        append("5000000", "-1", none),
        append("2", "0", one),
        append("0", "0", one),
        append("-1", "-1", none),
        append("null", "0", one),
        append("1", "-3", one),
        append("1, 1", "-1", one),
        two("5000000, 1", one),
        two("5000000, -4999999", one),
        two("2, 0", one),
        two("0, 0", one),
        append("1", "-1", &one.replace("array['t']", "array['t', 't']")),
        append("1", "-1", &one.replace("array[1]", "'{}'")),
        append("1", "-1", &one.replace("array[null]::uuid[]", "null")),
        VALID.import().replace("array[0]::bigint[]", "array[0, 0]::bigint[]"),
        VALID.import().replace("array['a']", "'{}'"),
        VALID.import().replace("array['{}']::json[]", "null"),
    ] {
        assert_eq!(code_of(&mut connection, &sql).await.as_deref(), Some(INVALID_PARAMETER), "{sql}");
    }
    assert_eq!(append_with_sql(&mut connection, "a").await.expect("appended"), 1, "no position was drawn");
}

/// A caller says which versions it expects, and cannot say which ones it gets.
#[tokio::test]
async fn an_import_leaves_no_gap_whatever_its_caller_says() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    let import = |versions: &str, streams: &str, search: bool| {
        let count = versions.split(',').count();
        let of = |text: &str| format!("array[{}]", vec![text; count].join(", "));
        format!(
            "select outcome || ' ' || coalesce(stored, number) from eventsource.import(
                {}, array[{streams}], array[{versions}]::bigint[], {}, {}, {}, {}::json[], {}::json[], {}::uuid[],
                {}::uuid[], {}::timestamptz[], {search})",
            of("'account'"),
            of("gen_random_uuid()"),
            of("'account.noted'"),
            of("1"),
            of("'{}'"),
            of("'{}'"),
            of("null"),
            of("null"),
            of("null"),
        )
    };
    let mut outcome = async |sql: String| -> Option<String> {
        let outcome = sqlx::query_scalar(AssertSqlSafe(sql.clone())).fetch_one(&mut connection).await;
        outcome.unwrap_or_else(|error| panic!("{sql}: {error}"))
    };
    let max = "9223372036854775807";
    assert_eq!(outcome(import(max, "'a'", false)).await, None, "it asks for a search");
    assert_eq!(outcome(import(max, "'a'", true)).await.as_deref(), Some("gap 1"));
    assert_eq!(outcome(import("1, 3", "'a', 'a'", true)).await.as_deref(), Some("gap 2"));
    assert_eq!(outcome(import("1, 1", "'a', 'a'", true)).await.as_deref(), Some("conflict 2"));
    assert_eq!(outcome(import("-7", "'a'", true)).await.as_deref(), Some("conflict 1"));
    for search in [false, true] {
        let mixed = import("0, 0, 0, 0, 0", "'a', 'b', 'a', 'c', 'a'", search);
        assert_eq!(outcome(mixed).await.as_deref(), Some("imported 5"));
    }
    let mut versions = std::collections::HashMap::<_, Vec<_>>::new();
    for event in stored(database.url()).await {
        versions.entry(event.stream.id().to_owned()).or_default().push(event.version);
    }
    assert_eq!(versions["a"], [1, 2, 3, 4, 5, 6]);
    assert_eq!((&versions["b"], &versions["c"]), (&vec![1, 2], &vec![1, 2]));
}
