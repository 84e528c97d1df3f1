//! Swaps of generations while readers query their tables.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use eventsource_core::{
    Position,
    store::{
        Claim, GenerationRequest, GenerationState, ProjectionStore, StoreError, StoreTransaction, SwapAttempt,
    },
};
use eventsource_postgres::{PostgresStore, ProjectionFault};
use sqlx::Row;

use super::{
    TABLE, claim_partition, create_generation, execute, full_text, generation, process_batch, rebuild,
    swap_generation,
};
use crate::support::{connect, database, in_time, open, run};

const ROWS: i64 = 300;

/// A table whose rows all have this amount, a different one per generation.
fn fill(amount: i64) -> String {
    format!("{TABLE}; insert into balances select n::text, {amount} from generate_series(1, {ROWS}) n")
}

async fn amounts(url: &str) -> Vec<(i64, i64)> {
    let query = sqlx::query_as("select amount, count(*) from balances group by amount");
    query.fetch_all(&mut connect(url).await).await.expect("the table")
}

/// Queries the table until `stop` is set, as an application does, and counts the queries.
async fn read(url: String, stop: Arc<AtomicBool>, queries: Arc<AtomicUsize>) {
    let mut connection = connect(&url).await;
    let mut last = 0;
    while !stop.load(SeqCst) {
        let query = sqlx::query_as("select amount, count(*) from balances group by amount");
        let found: Vec<(i64, i64)> = query.fetch_all(&mut connection).await.expect("the table can be read");
        let [(amount, ROWS)] = found[..] else { panic!("part of a read model: {found:?}") };
        assert!(amount >= last, "{amount} after {last}");
        last = amount;
        let row = sqlx::query_as("select account, amount from balances where account = $1").bind("7");
        let (account, _): (String, i64) = row.fetch_one(&mut connection).await.expect("the row is there");
        assert_eq!(account, "7");
        queries.fetch_add(1, SeqCst);
    }
}

/// Processes the live generation in batches that change every row.
async fn write(store: PostgresStore, stop: Arc<AtomicBool>) {
    while !stop.load(SeqCst) {
        let all = store.generations().await.expect("the generations");
        let live = all.iter().find(|one| one.state == GenerationState::Live).expect("one is live").id;
        let worker = super::register_worker(&store).await;
        let Some(lease) = store.claim(&Claim::of(live, 0, worker)).await.expect("an answer") else {
            continue;
        };
        for _ in 0..5 {
            let Some((mut transaction, position)) = store.begin(&lease).await.expect("begun") else { break };
            execute(&mut transaction, "update balances set amount = amount").await;
            transaction.advance(&lease, position, 0).await.expect("advanced");
            transaction.commit().await.expect("committed");
        }
        store.leave(worker).await.expect("the worker is deleted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_one_generation_or_the_other_and_never_an_error() {
    let database = database().await;
    let store = open(database.url()).await;
    create_generation(&store, "balances", GenerationRequest::Start, &fill(0)).await;
    let (stop, queries) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let readers: Vec<_> = (0..6)
        .map(|_| tokio::spawn(read(database.url().to_owned(), Arc::clone(&stop), Arc::clone(&queries))))
        .collect();
    let writer = tokio::spawn(write(store.clone(), Arc::clone(&stop)));
    for amount in 1..=8 {
        let new = create_generation(&store, "balances", rebuild(amount % 2 == 0), &fill(amount)).await;
        let seen = queries.load(SeqCst);
        swap_generation(&store, new, amount % 2 == 0).await;
        assert_eq!(amounts(database.url()).await, [(amount, ROWS)]);
        in_time("further queries of the readers", async {
            while queries.load(SeqCst) < seen + 20 && !readers.iter().any(|reader| reader.is_finished()) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    stop.store(true, SeqCst);
    for reader in readers {
        reader.await.expect("no reader failed");
    }
    writer.await.expect("the writer did not fail");
}

#[tokio::test]
async fn the_old_generation_is_dropped_unless_it_is_kept() {
    let database = database().await;
    let store = open(database.url()).await;
    let first = create_generation(&store, "balances", GenerationRequest::Start, &fill(1)).await;
    let second = create_generation(&store, "balances", rebuild(false), &fill(2)).await;
    swap_generation(&store, second, false).await;
    assert_eq!(generation(&store, first).await, None);
    let schemas = "select nspname::text from pg_namespace where nspname like 'eventsource\\_%'";
    let schemas: Vec<String> =
        sqlx::query_scalar(schemas).fetch_all(&mut connect(database.url()).await).await.expect("a list");
    assert_eq!(schemas, [""; 0]);
    let live = generation(&store, second).await.expect("it exists");
    assert_eq!(live.state, GenerationState::Live);
}

#[tokio::test]
async fn a_kept_generation_can_be_revived_and_swapped_back() {
    let database = database().await;
    let store = open(database.url()).await;
    let first = create_generation(&store, "balances", GenerationRequest::Start, &fill(1)).await;
    process_batch(&store, &claim_partition(&store, first).await, 5, "").await;
    let second = create_generation(&store, "balances", rebuild(true), &fill(2)).await;
    let lease = claim_partition(&store, second).await;
    process_batch(&store, &lease, 9, "").await;
    swap_generation(&store, second, true).await;
    assert_eq!(amounts(database.url()).await, [(2, ROWS)]);
    assert_eq!(generation(&store, first).await.map(|one| one.state), Some(GenerationState::Retired));

    assert!(store.revive(first).await.expect("an answer"));
    assert!(!store.revive(first).await.expect("an answer"), "it is building already");
    let behind = store.begin_swap(first).await.expect("an answer");
    assert!(matches!(behind, SwapAttempt::Behind), "{behind:?}");
    // It resumes at its checkpoint, in its own tables.
    let lease = claim_partition(&store, first).await;
    let (mut transaction, position) = store.begin(&lease).await.expect("begun").expect("held");
    assert_eq!(position, Position::new(5));
    execute(&mut transaction, "update balances set amount = 3").await;
    transaction.advance(&lease, Position::new(9), 4).await.expect("advanced");
    transaction.commit().await.expect("committed");
    assert_eq!(amounts(database.url()).await, [(2, ROWS)]);
    swap_generation(&store, first, true).await;
    assert_eq!(amounts(database.url()).await, [(3, ROWS)]);
    assert_eq!(generation(&store, second).await.map(|one| one.state), Some(GenerationState::Retired));
    store.abandon(second).await.expect("abandoned");
    assert_eq!(generation(&store, second).await, None);
}

#[tokio::test]
async fn neither_generation_advances_during_a_swap_and_an_open_batch_blocks_it() {
    let database = database().await;
    let store = open(database.url()).await;
    let first = create_generation(&store, "balances", GenerationRequest::Start, &fill(1)).await;
    let lease = claim_partition(&store, first).await;
    let second = create_generation(&store, "balances", rebuild(true), &fill(2)).await;

    let (batch, _) = store.begin(&lease).await.expect("begun").expect("held");
    let busy = store.begin_swap(second).await.expect("an answer");
    assert!(matches!(busy, SwapAttempt::Busy), "{busy:?}");
    batch.roll_back().await.expect("rolled back");

    let SwapAttempt::Ready(mut transaction) = store.begin_swap(second).await.expect("an answer") else {
        panic!("no transaction blocks the swap")
    };
    let again = store.begin_swap(second).await.expect("an answer");
    assert!(matches!(again, SwapAttempt::Busy), "{again:?}");
    let waiting = tokio::spawn({
        let (store, lease) = (store.clone(), lease.clone());
        async move { store.begin(&lease).await.expect("an answer").is_none() }
    });
    crate::support::wait_until_blocked(database.url(), 1).await;
    transaction.swap(second, true).await.expect("swapped");
    transaction.commit().await.expect("committed");
    assert!(waiting.await.expect("an end"), "the old generation is retired, and its lease is lost");
    let gone = store.begin_swap(second).await.expect("an answer");
    assert!(matches!(gone, SwapAttempt::Gone), "{gone:?}");
}

#[tokio::test]
async fn objects_that_depend_on_the_live_tables_are_named_and_left_alone() {
    let database = database().await;
    let store = open(database.url()).await;
    create_generation(&store, "balances", GenerationRequest::Start, &fill(1)).await;
    let second = create_generation(&store, "balances", rebuild(false), &fill(2)).await;
    let mut own = connect(database.url()).await;
    for (make, name) in [
        ("create view report as select amount from balances", ": view public.report;"),
        ("create materialized view report as select amount from balances", "materialized view public.report"),
        (
            "create table notes (account text constraint of_account references balances)",
            "constraint of_account on table public.notes",
        ),
        ("create function report(balances) returns int language sql as 'select 1'", "function public.report"),
    ] {
        run(&mut own, make).await;
        let SwapAttempt::Ready(mut transaction) = store.begin_swap(second).await.expect("an answer") else {
            panic!("no transaction blocks the swap")
        };
        let refused = transaction.swap(second, false).await.expect_err("refused");
        let text = full_text(&refused);
        let StoreError::Backend { source, .. } = refused else { panic!("{text}") };
        assert!(matches!(source.downcast_ref(), Some(ProjectionFault::Dependents { .. })), "{text}");
        assert!(text.contains(name) && text.contains("drop these first"), "{text}");
        transaction.roll_back().await.expect("rolled back");
        assert_eq!(amounts(database.url()).await, [(1, ROWS)]);
        let drop = make.split(['(', ' ']).take(if make.contains("materialized") { 4 } else { 3 });
        let drop = drop.collect::<Vec<_>>().join(" ").replacen("create", "drop", 1);
        run(&mut own, drop).await;
    }
    swap_generation(&store, second, false).await;
    assert_eq!(amounts(database.url()).await, [(2, ROWS)]);
}

/// Views, indexes, identities and sequences of a generation are swapped too, and are not dependents.
#[tokio::test]
async fn everything_that_setup_created_is_swapped() {
    let database = database().await;
    let store = open(database.url()).await;
    let setup = |amount: i64| {
        format!(
            "{}; create index by_amount on balances (amount); create view poor as select * from balances;
             create table notes (id bigint generated always as identity, n serial, account text references balances);
             create sequence numbers; create materialized view rich as select * from balances;
             create table parts (n int) partition by list (n); create table part_1 partition of parts for values in (1)",
            fill(amount)
        )
    };
    create_generation(&store, "balances", GenerationRequest::Start, &setup(1)).await;
    for (amount, keep) in [(2, true), (3, false)] {
        let new = create_generation(&store, "balances", rebuild(keep), &setup(amount)).await;
        swap_generation(&store, new, keep).await;
        let mut own = connect(database.url()).await;
        for table in ["balances", "poor", "rich"] {
            let sql = format!("select distinct amount from {table}");
            let found: i64 =
                sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&mut own).await.expect("a row").get(0);
            assert_eq!(found, amount, "{table}");
        }
        run(&mut own, "insert into notes (account) values ('7'); select nextval('numbers'); insert into parts values (1)")
            .await;
    }
}

#[tokio::test]
async fn the_privileges_and_the_owner_of_a_table_are_preserved() {
    let database = database().await;
    let store = open(database.url()).await;
    let mut own = connect(database.url()).await;
    let digits = database.name().rsplit('_').next().expect("a name").to_owned();
    let (reader, owner) = (format!("reader {digits}"), format!("owner {digits}"));
    run(&mut own, format!("create role \"{reader}\"; create role \"{owner}\"")).await;
    create_generation(&store, "balances", GenerationRequest::Start, &fill(1)).await;
    run(
        &mut own,
        format!(
            "grant select on balances to public; grant select, delete on balances to \"{reader}\" with grant option;
             grant update (amount) on balances to \"{reader}\"; grant create, usage on schema public to \"{owner}\";
             alter table balances owner to \"{owner}\""
        ),
    )
    .await;
    let rights = "select relowner::regrole::text || ' ' ||
                         (select string_agg(a::text, ' ' order by a::text) from aclexplode(relacl) a) || ' ' ||
                         (select string_agg(a.attname || t::text, ' ') from pg_attribute a, aclexplode(a.attacl) t
                           where a.attrelid = c.oid)
                    from pg_class c where oid = 'balances'::regclass";
    let mut rights =
        async || -> String { sqlx::query_scalar(rights).fetch_one(&mut own).await.expect("rights") };
    let before = rights().await;
    // As default privileges would grant it.
    let setup = format!("{}; grant insert on balances to public", fill(2));
    let second = create_generation(&store, "balances", rebuild(false), &setup).await;
    swap_generation(&store, second, false).await;
    assert_eq!(rights().await, before);
    assert!(before.contains(&owner) && before.contains("UPDATE") && before.contains("DELETE"), "{before}");
    assert_eq!(amounts(database.url()).await, [(2, ROWS)]);
    store.close().await;
    let server = database.server_url().to_owned();
    drop((own, database));
    run(&mut connect(&server).await, format!("drop role \"{reader}\"; drop role \"{owner}\"")).await;
}

#[tokio::test]
async fn a_swap_waits_only_briefly_for_a_slow_reader() {
    let database = database().await;
    let store = open(database.url()).await;
    create_generation(&store, "balances", GenerationRequest::Start, &fill(1)).await;
    let second = create_generation(&store, "balances", rebuild(false), &fill(2)).await;
    let mut reader = connect(database.url()).await;
    run(&mut reader, "begin; select count(*) from balances").await;
    let SwapAttempt::Ready(mut transaction) = store.begin_swap(second).await.expect("an answer") else {
        panic!("no worker is active")
    };
    let refused = transaction.swap(second, false).await.expect_err("refused");
    assert!(matches!(refused, StoreError::Cancelled { .. }), "{refused:?}");
    transaction.roll_back().await.expect("rolled back");
    run(&mut reader, "commit").await;
    swap_generation(&store, second, false).await;
}
