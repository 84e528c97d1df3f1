//! Functions and operators that somebody else has created in a schema of the search path are not called, although they fit
//! better than those of PostgreSQL. Everybody may create them in the schema `public` of a database of PostgreSQL 14.

use std::{collections::BTreeSet, fs, path::Path};

use eventsource_core::{
    EventId, Position,
    store::{
        EventStore, GenerationRequest, ImportEvent, LogFilter, ProjectionStore, ReadModelStore,
        ReadModelTransaction, StoreTransaction,
    },
};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    TABLE, claim_partition, create_generation, process_batch, rebuild,
    rows::{all_kinds, batch, raws, row, set_up, values},
    swap_generation,
};
use crate::{
    statements::statements,
    support::{append_to, connect, database, open, run, stream},
};

/// The types of the operands and arguments.
const TYPES: [&str; 18] = [
    "text",
    "varchar",
    "bigint",
    "integer",
    "smallint",
    "numeric",
    "boolean",
    "uuid",
    "json",
    "jsonb",
    "timestamp with time zone",
    "name",
    "oid",
    "regclass",
    "interval",
    "text[]",
    "bigint[]",
    "uuid[]",
];

/// With what the name of a source begins that is a statement.
const STATEMENT: &str = "statement ";

/// All texts that the crate sends to the server, or that are made of texts of these files, with their names.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("migrations")];
    let statements = statements().into_iter();
    let mut texts: Vec<_> =
        statements.map(|(name, text)| (format!("{STATEMENT}{name}"), uncommented(&text))).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.display().to_string();
            match path.extension().and_then(|extension| extension.to_str()) {
                None if path.ends_with("src/sql") => {}
                None => folders.push(path),
                Some("sql" | "rs") => {
                    texts.push((name, uncommented(&fs::read_to_string(path).expect("a text"))))
                }
                Some(_) => {}
            }
        }
    }
    texts
}

/// A text without the lines that are comments.
fn uncommented(text: &str) -> String {
    let is_comment = |line: &&str| ["--", "//"].iter().any(|mark| line.trim_start().starts_with(mark));
    text.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n")
}

/// The parts of the texts that consist of these characters.
fn parts(of: impl Fn(char) -> bool) -> Vec<String> {
    let parts: BTreeSet<String> = sources()
        .iter()
        .flat_map(|(_, text)| text.split(|c| !of(c)).map(str::to_owned).collect::<Vec<_>>())
        .filter(|part| !part.is_empty())
        .collect();
    parts.into_iter().collect()
}

/// Creates, in the schema `public`, a function and an operator of each name that occurs in the texts and that PostgreSQL
/// has, for each of these types and pairs of types. Each raises an error.
async fn plant(connection: &mut PgConnection, types: &[&str]) {
    let words = parts(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let symbols = parts(|c| "+-*/<>=~!@#%^&|`?".contains(c));
    let names = "select array_agg(distinct proname::text) from pg_proc
                  where pronamespace = 'pg_catalog'::regnamespace and proname = any ($1)";
    let names: Vec<String> =
        sqlx::query_scalar(names).bind(words).fetch_one(&mut *connection).await.expect("names");
    assert!(
        ["json_populate_recordset", "row_to_json", "hashtext", "concat_ws"]
            .iter()
            .all(|name| names.contains(&(*name).to_owned())),
        "{names:?}"
    );
    let operators = "select array_agg(distinct oprname::text) from pg_operator where oprname = any ($1)";
    let operators: Vec<String> =
        sqlx::query_scalar(operators).bind(symbols).fetch_one(&mut *connection).await.expect("operators");
    assert!(
        ["=", "||", "<>", "/"].iter().all(|name| operators.contains(&(*name).to_owned())),
        "{operators:?}"
    );
    let list = |texts: &[String]| texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", ");
    let types: Vec<String> = types.iter().map(|text| (*text).to_owned()).collect();
    run(
        connection,
        format!(
            "create function public.raised() returns text language plpgsql
                 as $f$ begin raise exception 'a function of somebody else was called'; end $f$;
             create function public.refused() returns boolean language sql as $f$ select public.raised() is null $f$;
             do $do$
             declare l text; r text; n text; v_raised text := 'returns text language sql as $f$ select public.raised() $f$';
             begin
                 foreach l in array array[{types}] loop
                     foreach n in array array[{names}] loop
                         execute format('create function public.%I(%s) %s', n, l, v_raised);
                     end loop;
                     foreach r in array array[{types}] loop
                         foreach n in array array[{names}] loop
                             execute format('create function public.%I(%s, %s) %s', n, l, r, v_raised);
                         end loop;
                         execute format('create function public.compared(%s, %s) returns boolean language sql
                                             as $f$ select public.refused() $f$', l, r);
                         foreach n in array array[{operators}] loop
                             execute format('create operator public.%s (function = public.compared, leftarg = %s, rightarg = %s)',
                                            n, l, r);
                         end loop;
                     end loop;
                 end loop;
             end $do$",
            types = list(&types),
            names = list(&names),
            operators = list(&operators),
        ),
    )
    .await;
}

/// The types of the parameters of a statement, which casts each of them.
fn parameters(text: &str) -> Vec<&'static str> {
    const KNOWN: [&str; 18] = [
        "timestamp with time zone[]",
        "timestamp with time zone",
        "bigint[]",
        "bigint",
        "integer[]",
        "integer",
        "text[]",
        "text",
        "uuid[]",
        "uuid",
        "json[]",
        "json",
        "boolean[]",
        "boolean",
        "smallint[]",
        "smallint",
        "numeric[]",
        "numeric",
    ];
    (1..)
        .map_while(|number| {
            let (_, after) = text.split_once(&format!("${number}::"))?;
            let known = KNOWN.into_iter().find(|known| after.starts_with(known));
            Some(known.unwrap_or_else(|| panic!("an unknown type: {after}")))
        })
        .collect()
}

#[tokio::test]
async fn no_statement_uses_what_others_have_created() {
    let database = database().await;
    let mut connection = connect(database.url()).await;
    plant(&mut connection, &TYPES).await;
    let used = "select pg_describe_object(d.refclassid, d.refobjid, 0) from pg_depend d
                 where d.classid = 'pg_proc'::regclass and d.objid = 'public.probe'::regproc
                   and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
                   and pg_describe_object(d.refclassid, d.refobjid, 0) not like 'function eventsource.%'";
    let mut probed = 0;
    let mut found = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with(STATEMENT)) {
        let words = ["select", "with", "insert", "update", "delete"];
        if !words.iter().any(|word| text.trim_start().starts_with(word)) {
            continue;
        }
        // The body of a function is resolved when it is created.
        let probe = format!(
            "create function public.probe({}) returns void language sql begin atomic {text}; end",
            parameters(&text).join(", ")
        );
        run(&mut connection, "reset search_path").await;
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(probe)).execute(&mut connection).await {
            found.push(format!("{name}: {error}"));
            continue;
        }
        run(&mut connection, "set search_path = pg_catalog").await;
        let used: Vec<String> =
            sqlx::query_scalar(used).fetch_all(&mut connection).await.expect("the catalog");
        run(&mut connection, "drop function public.probe").await;
        found.extend(used.into_iter().map(|used| format!("{name}: {used}")));
        probed += 1;
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(probed > 60, "{probed}");
}

/// Whatever the number of their arguments is.
#[tokio::test]
async fn every_call_names_the_schema_of_its_function() {
    let database = database().await;
    let names = "select distinct proname::text from pg_proc where pronamespace = 'pg_catalog'::regnamespace";
    let names: Vec<String> =
        sqlx::query_scalar(names).fetch_all(&mut connect(database.url()).await).await.expect("names");
    let names: BTreeSet<_> = names.into_iter().collect();
    let statement = |name: &str| {
        name.starts_with(STATEMENT)
            || name.ends_with("read_models/statements.rs")
            || name.ends_with("compare.rs")
    };
    let mut found = Vec::new();
    for (file, text) in sources().into_iter().filter(|(name, _)| statement(name)) {
        for (at, _) in text.match_indices('(') {
            let before = &text[..at];
            let name =
                before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
            let is_qualified = before.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
            // Several arrays in one `unnest` are a form of the grammar, which names no schema.
            let is_grammar = name == "unnest"
                && text[at..].split(')').next().is_some_and(|list| list.contains("::") && list.contains(','));
            let is_rust = file.ends_with(".rs")
                && ["format", "concat", "map", "any", "collect", "join", "replace"].contains(&name);
            if names.contains(name) && !is_qualified && !is_grammar && !is_rust {
                found.push(format!("{file}: {name}{}", text[at..].chars().take(40).collect::<String>()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn rows_are_written_and_read_without_what_others_have_created() {
    let database = database().await;
    let store = open(database.url()).await;
    let table = all_kinds();
    let lease = set_up(&store, &table).await;
    // They fit the row type of the table, which those of PostgreSQL do not.
    let types: Vec<_> = TYPES.into_iter().chain([r#"public."all ""kinds""""#]).collect();
    plant(&mut connect(database.url()).await, &types).await;

    let rows: Vec<_> = (1..4).map(|n| row(n, "text")).collect();
    let keys: Vec<_> = rows
        .iter()
        .map(|row| json!({ "tenant": row["tenant"], "Account \"No\"": row["Account \"No\""] }))
        .collect();
    let mut transaction = batch(&store, &lease).await;
    transaction.lock_keys(&table, &raws(&keys)).await.expect("locked");
    transaction.write_rows(&table, &raws(&rows), &[]).await.expect("written");
    let loaded = transaction.load_rows(&table, &raws(&keys)).await.expect("loaded");
    assert_eq!(loaded.len(), 3);
    transaction.write_rows(&table, &[], &raws(&keys[1..])).await.expect("deleted");
    transaction.advance(&lease, Position::new(1), 1).await.expect("advanced");
    transaction.commit().await.expect("committed");
    assert_eq!(values(store.all_rows(&table).await.expect("rows")), rows[..1]);
    assert!(store.find_row(&table, &raws(&keys)[0]).await.expect("an answer").is_some());
    // Another program that starts.
    let other = open(database.url()).await;
    other.check_table(lease.generation, &table).await.expect("the table fits");
}

#[tokio::test]
async fn projections_are_run_and_swapped_without_what_others_have_created() {
    let database = database().await;
    plant(&mut connect(database.url()).await, &TYPES).await;
    let store = open(database.url()).await;
    store.append(append_to("a")).await.expect("appended");
    let event = ImportEvent::raw(stream("b"), "account.noted", 1, "{}").expect("JSON").id(EventId::new());
    store.import(&[event]).await.expect("imported");
    store.read_log(Position::START, &LogFilter::all(), 9).await.expect("the log");
    store.stored_types(9).await.expect("the types");

    let first = create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let lease = claim_partition(&store, first).await;
    process_batch(&store, &lease, 1, "insert into balances values ('a', 1::bigint)").await;
    let second = create_generation(&store, "balances", rebuild(true), TABLE).await;
    let lease = claim_partition(&store, second).await;
    process_batch(&store, &lease, 2, "insert into balances values ('a', 2::bigint)").await;
    let compared = store.compare(second).await.expect("compared").tables.remove(0);
    assert_eq!((compared.live_rows, compared.building_rows, compared.differing), (1, 1, 1));
    swap_generation(&store, second, false).await;
    let (mut transaction, _) =
        store.begin_promotion(&lease).await.expect("begun").expect("no append is running");
    transaction.promote(&lease).await.expect("promoted");
    transaction.commit().await.expect("committed");
    let (transaction, ..) = store.begin_append(append_to("a"), &[second]).await.expect("begun");
    transaction.commit().await.expect("committed");
    store.demote(second).await.expect("demoted");
    store.generations().await.expect("the status");
    store.horizon_holders().await.expect("listed");
    let mut connection = connect(database.url()).await;
    run(&mut connection, "set search_path = pg_catalog").await;
    let amount: i64 = sqlx::query_scalar("select amount from public.balances")
        .fetch_one(&mut connection)
        .await
        .expect("a row");
    assert_eq!(amount, 2);
}
