//! Tests of every statement: it can be prepared, its header is complete, and it uses the index that it names.

use std::{collections::HashMap, fs, path::Path};

use eventsource_harness::TestDatabase;
use eventsource_sql::statement;
use sqlx::{AssertSqlSafe, Executor, PgConnection, SqlSafeStr};

use crate::support::{
    append_first_with_sql, append_with_sql, append_with_sql_and_key, connect, database, run,
};

/// The name and text of each statement.
pub(crate) fn statements() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sql");
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of statements") {
        let file = fs::read_to_string(entry.expect("a file").path()).expect("a text");
        all.extend(file.split("\n-- name: ").skip(1).map(|statement| {
            let (name, text) = statement.split_once('\n').expect("a text below the name");
            (name.to_owned(), text.to_owned())
        }));
    }
    all.sort();
    all
}

fn header(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("--"));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The index that a header names, if it names one.
fn index(text: &str) -> Option<String> {
    let header = header(text);
    let (_, after) = header.split_once("Index: ")?;
    let name: String = after.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
    (name.ends_with("_pkey") || name.ends_with("_key")).then_some(name)
}

/// Twenty thousand events in streams of a hundred, ten thousand snapshots and idempotency keys, and far more read models
/// than usual.
const FILL: &str = "
    insert into eventsource.events
    select n, 'account', 'stream-' || n % 200, 1 + n / 200, gen_random_uuid(),
           case when n % 1000 = 0 then 'account.rare' else 'account.noted' end, 1, '{}', '{}', null, null, now()
      from generate_series(1, 20000) n;
    select setval('eventsource.event_position', 20000);
    insert into eventsource.snapshots
    select 'account', 'stream-' || n, 1, gen_random_uuid(), 1, 'form', '{}', now() from generate_series(0, 9999) n;
    insert into eventsource.idempotency_keys
    select 'account', 'stream-' || n % 200, 'key-' || n, 1, 1, null, null, now() from generate_series(0, 9999) n;
    insert into eventsource.generations (name, version, kind, state, home, inline, swap_when_ready, keep_old, created_at,
                                         event_types)
    select 'balances-' || n, 1, 'following', 'live', 'public', false, false, false, now(), '{}' from generate_series(1, 5000) n;
    insert into eventsource.checkpoints (generation, partition, position, epoch, events, updated_at)
    select n / 8, n % 8, 0, 0, 0, now() from generate_series(8, 9999) n;
    insert into eventsource.workers
    select gen_random_uuid(), 'app', '[]', 1, 1, now(), now() from generate_series(1, 5000);
    insert into eventsource.timers
    select n % 10, n % 8, 'key-' || n / 10, 'name-' || n % 10, now() + n * interval '1 minute', '{}'
      from generate_series(1, 20000) n;
    insert into eventsource.instances
    select n % 10, 'key-' || n, n % 8, case when n % 1000 < 10 then 'suspended' else 'running' end, now(), now(), 0, null
      from generate_series(1, 20000) n;
    insert into eventsource.outcomes
    select 'consumer-' || n % 10, case when n % 5000 = 0 then 'log/' else 'id-' end || n, '{}', now()
      from generate_series(1, 20000) n;
    insert into eventsource.parked_events (generation, partition, key, position, category, stream_id, version, event_id,
                                           event_type, attempts, parked_at)
    select n % 10, 0, 'key-' || n, n, 'account', 'a', 1, gen_random_uuid(), 'account.noted', 1, now()
      from generate_series(1, 9999) n;";

async fn filled() -> TestDatabase {
    let database = database().await;
    run(&mut connect(database.url()).await, format!("{FILL} analyze")).await;
    database
}

/// The plan of a statement with these arguments.
async fn plan(connection: &mut PgConnection, name: &str, text: &str, arguments: &str) -> String {
    run(connection, format!("prepare {name} as {text}")).await;
    let arguments = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
    let explain = format!("explain (costs off) execute {name} {arguments}");
    let lines =
        sqlx::query_scalar::<_, String>(AssertSqlSafe(explain)).persistent(false).fetch_all(connection);
    lines.await.unwrap_or_else(|error| panic!("{name}: {error}")).join("\n")
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    let statements = statements();
    assert!(!statements.is_empty());
    for (name, text) in statements {
        let prepared = connection.prepare(AssertSqlSafe(text).into_sql_str()).await;
        prepared.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_statement_says_what_it_binds_and_which_index_and_isolation_it_relies_on() {
    for (name, text) in statements() {
        let header = header(&text);
        for part in ["Binds: ", "Index: ", "Isolation: "] {
            assert!(header.contains(part), "{name} lacks {part}");
        }
        let (purpose, _) = header.split_once("Binds:").unwrap_or_default();
        assert!(purpose.trim().ends_with('.'), "{name} does not say what it is for: {purpose:?}");
        // One `$n` in the header for each in the statement, or a range.
        let body: String = text.lines().filter(|line| !line.starts_with("--")).collect();
        let binds = (1..20).filter(|n| body.contains(&format!("${n}::"))).count();
        let named = (1..20).any(|n| header.contains(&format!("${n}")));
        assert_eq!(binds > 0, named, "{name}");
        assert!(!body.trim_end().ends_with(';') && body.matches(';').count() == 0, "{name} is one statement");
    }
}

#[tokio::test]
async fn every_statement_uses_the_index_that_it_names() {
    let arguments = HashMap::from([
        ("advance", "7, 0, 1, 9, 9"),
        ("cancel_timers", "7, '{key-7}', '{name-7}'"),
        ("advance_building", "7, 0, 1, 9, 9"),
        ("change_instances", "7, 0, '{key-7}', '{f}', '{1}', '{f}'"),
        ("claim", "7, 0, gen_random_uuid(), '{}', '{}'"),
        ("claim_stopped", "7, 0, 1, gen_random_uuid()"),
        ("clear_timers", "7, '{key-7,key-8}'"),
        ("delete_checkpoints", "7"),
        ("events_at", "'{7, 5000, 19999}'"),
        ("events_by_id", "array[gen_random_uuid(), gen_random_uuid()]"),
        ("find_receipt", "'account', 'stream-7', 'key-7'"),
        ("fire_timers", "7, '{key-7}', '{name-7}', array[now()], '{\"{}\"}'"),
        ("generation", "7"),
        ("suspended_instances", "7, 0"),
        ("instance", "7, 'key-7'"),
        ("instance_state", "7, 'key-7'"),
        ("instances", "7, now(), 'key-7', 100, '{running}'"),
        ("least_position", "7"),
        ("load_snapshot", "'account', 'stream-7'"),
        ("lock_generation", "7"),
        ("lock_instance", "7, 'key-7'"),
        ("lock_live", "'balances'"),
        ("move_parked", "7, '{key}', '{0}'"),
        ("note_error", "7, 0, 1, 'error'"),
        ("outcome", "'consumer-7', 'id-7'"),
        ("owner", "7, 0"),
        ("replace_timer", "7, 'key-7', 'name-7', now(), '{}', now(), '{}'"),
        ("park", "7, 0, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'"),
        ("parked", "7, 9, 'key', 100"),
        ("parked_of_key", "7, 9, 'key', 100"),
        ("parked_requested", "7, 9, 'key', 100, 0"),
        ("purge_outcomes", "'consumer-7', 0, 100"),
        ("read_correlated", "gen_random_uuid(), 0, 100"),
        ("read_histories", "'{account, account}', '{stream-7, stream-8}', '{0, 50}', 100"),
        ("read_history", "'account', 'stream-7', 0"),
        ("read_log", "15000, 19000, '{opened}', 100, '{account}'"),
        ("read_stream_backward", "'account', 'stream-7', 9223372036854775807, 10"),
        ("read_stream_forward", "'account', 'stream-7', 0, 100"),
        ("release", "7, 0, 1"),
        ("rename_generation", "7, 'mails'"),
        ("request_parked", "7, 'key', 'retry', null, null"),
        ("resume", "7"),
        ("save_snapshot", "'account', 'stream-7', 2, 1, 'form', '{}', gen_random_uuid()"),
        ("set_instance_state", "7, 'key-7', 'running', null"),
        ("stop", "7, 0, 1, '{}'"),
        ("timers", "7, now(), now(), 'key-7', 'name-7', 100"),
        ("timers_of_key", "7, now(), now(), 'key-7', 'name-7', 100, null, 'key-7'"),
        ("timers_of_partition", "7, now(), now(), 'key-7', 'name-7', 100, 0"),
        ("unpark_failed", "7, 9, 'key', 'error'"),
        ("widen", "7, '{}', true"),
        ("used_event_id", "array[gen_random_uuid(), gen_random_uuid()]"),
    ]);
    // A plan that was made while the tables were empty is kept while they grow, until they are analyzed.
    let (empty, known_to_be_empty, filled) = (database().await, database().await, filled().await);
    run(&mut connect(known_to_be_empty.url()).await, "vacuum analyze").await;
    for (database, mode) in [
        (&empty, "force_generic_plan"),
        (&known_to_be_empty, "force_generic_plan"),
        (&filled, "force_generic_plan"),
        (&filled, "force_custom_plan"),
    ] {
        let mut connection = connect(database.url()).await;
        run(&mut connection, format!("set plan_cache_mode = {mode}")).await;
        if database.name() == known_to_be_empty.name() {
            // Like the connections of the store.
            run(&mut connection, statement!("../../src/sql/session.sql", "avoid_scans")).await;
        }
        let mut explained = 0;
        for (name, text) in statements() {
            // Plans within functions are not shown; their scans are counted below and in `import.rs`.
            let function = name.starts_with("append") || name == "import";
            let Some(index) = index(&text).filter(|_| !function) else { continue };
            // Runs after a rare error only, so its plan does not become outdated.
            if database.name() != filled.name() && name == "used_event_id" {
                continue;
            }
            let arguments =
                arguments.get(name.as_str()).unwrap_or_else(|| panic!("{name} needs arguments here"));
            let plan = plan(&mut connection, &name, &text, arguments).await;
            assert!(plan.contains(&index), "{name} with {mode} and not {index}:\n{plan}");
            assert!(!plan.contains("Seq Scan"), "{name} with {mode}:\n{plan}");
            explained += 1;
        }
        assert!(explained >= arguments.len() - 1, "{explained} statements were explained");
    }
    // A filter by a rare type does not scan the log from the start.
    let mut connection = connect(filled.url()).await;
    let read_log =
        statements().into_iter().find(|(name, _)| name == "read_log").expect("the statement exists").1;
    let plan =
        plan(&mut connection, "rare", &read_log, "15000, 19000, '{account.rare}', 100, '{rarity}'").await;
    assert!(plan.contains("events_pkey") && !plan.contains("Seq Scan"), "{plan}");
}

#[tokio::test]
async fn the_status_of_projections_does_not_read_discarded_events() {
    let database = filled().await;
    let mut connection = connect(database.url()).await;
    let discard = "update eventsource.parked_events set discarded = 'reason', discarded_at = now()
                    where position % 1000 <> 0;
                   vacuum analyze eventsource.parked_events";
    for statement in discard.split(';') {
        run(&mut connection, statement).await;
    }
    // Like the connections of the store.
    run(&mut connection, statement!("../../src/sql/session.sql", "avoid_scans")).await;
    let generations = statements().into_iter().find(|(name, _)| name == "generations");
    let generations = generations.expect("the statement exists").1;
    let plan = plan(&mut connection, "generations", &generations, "").await;
    for index in ["parked_events_waiting_key", "parked_events_request_key"] {
        assert!(plan.contains(index), "{index} is not used:\n{plan}");
    }
    assert!(!plan.contains("Seq Scan on parked_events"), "{plan}");
}

/// The number of sequential scans of a table by this transaction.
async fn scans(connection: &mut PgConnection, relation: &str) -> i64 {
    let scans = format!("select pg_stat_get_xact_numscans('eventsource.{relation}'::regclass)");
    sqlx::query_scalar(AssertSqlSafe(scans)).fetch_one(connection).await.expect("a count")
}

/// Appends an event, one under a key, and one to a new stream; returns how many sequential scans that causes.
async fn scans_of_appends(connection: &mut PgConnection) -> [i64; 2] {
    const TABLES: [&str; 2] = ["events", "idempotency_keys"];
    run(connection, "begin").await;
    let before = [scans(connection, TABLES[0]).await, scans(connection, TABLES[1]).await];
    append_with_sql(connection, "stream-7").await.expect("the append succeeds");
    append_with_sql_and_key(connection, "stream-7", Some("key")).await.expect("the append succeeds");
    append_first_with_sql(connection, "stream-new").await.expect("the append succeeds");
    let after = [scans(connection, TABLES[0]).await, scans(connection, TABLES[1]).await];
    run(connection, "rollback").await;
    [after[0] - before[0], after[1] - before[1]]
}

#[tokio::test]
async fn an_append_never_scans_a_table() {
    let database = database().await;
    // Its plans are made while the table is empty, and the table is not analyzed after it has grown.
    let mut old = connect(database.url()).await;
    run(&mut old, "vacuum analyze eventsource.events, eventsource.idempotency_keys").await;
    scans_of_appends(&mut old).await;
    run(&mut old, FILL).await;
    let mut new = connect(database.url()).await;
    for (which, connection) in [("old", &mut old), ("new", &mut new)] {
        assert_eq!(scans_of_appends(connection).await, [0, 0], "on the {which} connection");
    }
    run(&mut connect(database.url()).await, "analyze").await;
    for (which, connection) in [("old", &mut old), ("new", &mut new)] {
        assert_eq!(scans_of_appends(connection).await, [0, 0], "on the {which} connection, analysed");
    }
}

#[tokio::test]
async fn purging_keys_never_scans_a_table() {
    let database = database().await;
    let purge = "select eventsource.purge_keys(0, 10)";
    // Its plan is made while the table is empty.
    let mut old = connect(database.url()).await;
    run(&mut old, "vacuum analyze eventsource.idempotency_keys").await;
    run(&mut old, purge).await;
    run(&mut old, FILL).await;
    let mut new = connect(database.url()).await;
    for (which, connection) in [("old", &mut old), ("new", &mut new)] {
        run(connection, "begin").await;
        let before = scans(connection, "idempotency_keys").await;
        run(connection, purge).await;
        assert_eq!(scans(connection, "idempotency_keys").await, before, "on the {which} connection");
        run(connection, "rollback").await;
    }
}
