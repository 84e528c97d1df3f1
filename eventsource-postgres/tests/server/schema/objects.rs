//! What the schema consists of is compared with a list: a change after the migration is refused.

use std::{collections::BTreeSet, fs, path::Path};

use eventsource_core::store::EventStore;
use eventsource_postgres::SchemaError;
use eventsource_sql::statement;

use super::schema_errors_after;
use crate::support::{append_to, connect, database, open, run};

/// What the migrations create, as the store lists it when it is opened.
async fn listed_objects(url: &str) -> String {
    let objects = sqlx::query_scalar(statement!("../../../src/sql/schema.sql", "schema_objects"));
    let lines: Vec<String> =
        objects.fetch_all(&mut connect(url).await).await.expect("the objects are listed");
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// On every version of the server. `cargo xtask bless` writes the list after a change of the migrations.
#[tokio::test]
async fn the_list_of_objects_is_what_the_migrations_create() {
    let listed = listed_objects(database().await.url()).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/objects.txt");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, &listed).expect("the list can be written");
    }
    let known = fs::read_to_string(path).expect("the list");
    let differing: Vec<_> = lines_of_one(&known, &listed);
    assert!(differing.is_empty(), "run `cargo xtask bless`: {differing:#?}");
}

/// The lines of one text that the other lacks.
fn lines_of_one<'a>(one: &'a str, other: &'a str) -> Vec<&'a str> {
    let lines = |text: &'a str| text.lines().collect::<BTreeSet<_>>();
    lines(one).symmetric_difference(&lines(other)).copied().collect()
}

#[tokio::test]
async fn a_schema_that_was_changed_after_its_migration_is_refused() {
    for (change, named) in [
        ("alter table eventsource.events drop constraint events_event_id_key", "missing: constraint events.events_event_id_key"),
        ("alter table eventsource.events drop constraint events_readable_check", "missing: constraint events.events_readable_check"),
        ("drop index eventsource.generations_live_key", "missing: index eventsource.generations_live_key"),
        ("create unique index mine on eventsource.events (recorded_at)", "unexpected: index eventsource.mine"),
        (
            "create function public.rewrite() returns trigger language plpgsql
                 as 'begin new.payload = ''{}''; return new; end';
             create trigger rewriting before insert on eventsource.events for each row execute function public.rewrite()",
            "unexpected: trigger events.rewriting",
        ),
        ("alter table eventsource.events disable trigger events_are_kept", "trigger events.events_are_kept"),
        ("create rule r as on insert to eventsource.snapshots do instead nothing", "unexpected: rule snapshots.r"),
        ("drop table eventsource.snapshots", "missing: relation snapshots"),
        ("create table public.more () inherits (eventsource.events)", "unexpected: inheritance: public.more"),
        ("alter table eventsource.events enable row level security", "relation events"),
        ("alter table eventsource.snapshots alter column state type jsonb", "column snapshots.state"),
        ("alter table eventsource.events alter column metadata drop not null", "column events.metadata"),
        ("alter table eventsource.snapshots set unlogged", "relation snapshots"),
        ("alter sequence eventsource.event_position cache 10", "sequence event_position"),
        ("alter function eventsource.horizon() security invoker", "function horizon()"),
        (
            "create or replace function eventsource.horizon() returns bigint language sql as 'select 7::bigint'",
            "function horizon()",
        ),
        ("create function eventsource.append(text) returns text language sql as 'select $1'", "unexpected: function append(text)"),
        ("grant execute on function eventsource.horizon() to public", "unexpected: right: EXECUTE on horizon() of everybody"),
        (
            // As a restore leaves it that does not restore rights.
            "do $$ declare definition text := pg_get_functiondef('eventsource.grant_to(text)'::regprocedure); begin
                 drop function eventsource.grant_to(text); execute definition; end $$",
            "unexpected: right: EXECUTE on grant_to(p_role text) of everybody",
        ),
        ("grant update on eventsource.events to pg_monitor", "unexpected: right: UPDATE on events of pg_monitor"),
        (
            "grant update (payload) on eventsource.events to pg_monitor",
            "unexpected: right: UPDATE on events.payload of pg_monitor",
        ),
        (
            "grant insert (key) on eventsource.idempotency_keys to pg_monitor",
            "unexpected: right: INSERT on idempotency_keys.key of pg_monitor",
        ),
        ("grant usage on sequence eventsource.event_position to pg_monitor", "unexpected: right: USAGE on event_position"),
        ("grant create on schema eventsource to pg_monitor", "unexpected: right: CREATE on the schema"),
        ("alter table eventsource.events owner to pg_monitor", "unexpected: owner of events"),
    ] {
        let (opened, migrated) = schema_errors_after(change).await;
        let SchemaError::Changed { changes } = &opened else { panic!("{opened:?} after {change}") };
        assert!(changes.iter().any(|line| line.contains(named)), "{changes:#?} after {change}");
        assert!(opened.to_string().contains("undo this: "), "{opened}");
        assert_eq!(migrated, None, "a migration changes nothing, since none is missing");
    }
}

/// Statistics, storage, more indexes that are not unique, and rights to read are for the owner to choose.
#[tokio::test]
async fn what_an_operator_may_change_is_not_refused() {
    let database = database().await;
    run(
        &mut connect(database.url()).await,
        "create index mine on eventsource.events (recorded_at);
         alter table eventsource.events set (autovacuum_vacuum_scale_factor = 0.01);
         alter table eventsource.events alter column category set statistics 1000;
         create statistics public.of_streams on category, stream_id from eventsource.events;
         comment on table eventsource.events is 'the log';
         grant select on all tables in schema eventsource to pg_monitor;
         create publication out for table eventsource.events",
    )
    .await;
    open(database.url()).await.append(append_to("a")).await.expect("appended");
}
