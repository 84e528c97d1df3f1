//! Creation of generations: one at a time, in a schema of their own.

use eventsource_core::{
    Position,
    store::{
        Definition, EventStore, GenerationFault, GenerationRequest, GenerationState, ProjectionKind,
        ProjectionStore, StartAt, StoreError, StoreTransaction, SwapAttempt,
    },
};
use eventsource_postgres::{PostgresOptions, ProjectionFault};
use sqlx::{Executor, postgres::PgConnectOptions};

use super::{
    TABLE, claim_partition, create_generation, definition, execute, full_text, generation, process_batch,
    rebuild, swap_generation,
};
use crate::support::{append_to, connect, database, open, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_starts_create_one_generation() {
    let database = database().await;
    let starting: Vec<_> = (0..8)
        .map(|_| {
            let url = database.url().to_owned();
            tokio::spawn(async move {
                let store = open(&url).await;
                let begun = store.begin_generation(&definition("balances"), GenerationRequest::Start).await;
                let Some((_, mut transaction)) = begun.expect("begun") else { return 0 };
                execute(&mut transaction, TABLE).await;
                transaction.commit().await.expect("committed");
                1
            })
        })
        .collect();
    let mut made = 0;
    for starting in starting {
        made += starting.await.expect("an end");
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn a_batch_of_a_rebuild_writes_to_its_own_tables() {
    let database = database().await;
    let store = open(database.url()).await;
    let live = create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let lives = claim_partition(&store, live).await;
    process_batch(&store, &lives, 1, "insert into balances values ('live', 1)").await;
    let building = create_generation(&store, "balances", rebuild(false), TABLE).await;
    let lease = claim_partition(&store, building).await;
    process_batch(&store, &lease, 1, "insert into balances values ('building', 1)").await;
    // On the same connection, with the same statement.
    process_batch(&store, &lives, 2, "insert into balances values ('both', 1)").await;
    process_batch(&store, &lease, 2, "insert into balances values ('both', 1)").await;
    let accounts = async |table: &str| -> Vec<String> {
        let sql = sqlx::AssertSqlSafe(format!("select account from {table} order by 1"));
        sqlx::query_scalar(sql).fetch_all(&mut connect(database.url()).await).await.expect("the rows")
    };
    assert_eq!(accounts("balances").await, ["both", "live"]);
    assert_eq!(accounts(&format!("eventsource_{building}.balances")).await, ["both", "building"]);
}

#[tokio::test]
async fn a_rebuild_that_writes_to_a_table_of_another_generation_is_refused() {
    let database = database().await;
    let store = open(database.url()).await;
    create_generation(
        &store,
        "balances",
        GenerationRequest::Start,
        &format!("{TABLE}; create table totals (amount bigint)"),
    )
    .await;
    // The `setup` of the next version omits one of its tables.
    let building = create_generation(&store, "balances", rebuild(false), TABLE).await;
    let lease = claim_partition(&store, building).await;
    for sql in [
        "insert into totals values (1)",
        "update public.totals set amount = 1",
        "delete from totals",
        "insert into public.balances values ('a', 1)",
    ] {
        let (mut transaction, _) = store.begin(&lease).await.expect("begun").expect("held");
        execute(&mut transaction, sql).await;
        let error = transaction.advance(&lease, Position::new(1), 1).await.expect_err(sql);
        let text = full_text(&error);
        assert!(text.contains("totals") || text.contains("public.balances"), "{text}");
        assert!(text.contains("which its `setup` did not create"), "{text}");
        transaction.roll_back().await.expect("ended");
    }
    // It may read other tables, and write to its own and to temporary ones.
    process_batch(
        &store,
        &lease,
        1,
        "create temp table t (n int); insert into t values (1); insert into balances select 'a', 1 from t;
         select count(*) from totals",
    )
    .await;
}

#[tokio::test]
async fn a_later_version_is_built_next_to_the_live_one_and_an_earlier_building_one_is_dropped() {
    let database = database().await;
    let store = open(database.url()).await;
    let first = create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let mut found = Vec::new();
    for version in [2, 3] {
        let definition = Definition { version, ..definition("balances") };
        let begun = store.begin_generation(&definition, GenerationRequest::Start).await.expect("begun");
        let (id, mut transaction) = begun.expect("a generation is created");
        execute(&mut transaction, TABLE).await;
        transaction.commit().await.expect("committed");
        assert!(
            store.begin_generation(&definition, GenerationRequest::Start).await.expect("an answer").is_none()
        );
        found.push(id);
    }
    assert_eq!(generation(&store, found[0]).await, None);
    let schema = format!("select 1 from eventsource_{}.balances", found[0]);
    let absent = connect(database.url()).await.execute(sqlx::AssertSqlSafe(schema)).await;
    absent.expect_err("dropped with its tables");
    let building = generation(&store, found[1]).await.expect("it exists");
    assert_eq!((building.state, building.swap_when_ready), (GenerationState::Building, true));
    let live = store.abandon(first).await.expect_err("it is live");
    let StoreError::Backend { source, .. } = live else { panic!("{live:?}") };
    assert!(
        matches!(source.downcast_ref(), Some(ProjectionFault::Generation(GenerationFault::Live { .. }))),
        "{source:?}"
    );
    store.abandon(found[1]).await.expect("abandoned");
    assert!(matches!(store.begin_swap(found[1]).await.expect("an answer"), SwapAttempt::Gone));
}

/// The rows that are recorded about generations, and the schemas that have their tables.
async fn rest(url: &str) -> Vec<i64> {
    let count = "select array[(select count(*) from eventsource.generations), (select count(*) from eventsource.checkpoints),
                              (select count(*) from eventsource.parked_events),
                              (select count(*) from pg_namespace where nspname like 'eventsource_%')]";
    sqlx::query_scalar(count).fetch_one(&mut connect(url).await).await.expect("counts")
}

#[tokio::test]
async fn nothing_remains_of_generations_that_were_replaced_or_abandoned() {
    let database = database().await;
    let store = open(database.url()).await;
    create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let before = rest(database.url()).await;
    for kept in [false, true] {
        for _ in 0..3 {
            let generation = create_generation(&store, "balances", rebuild(kept), TABLE).await;
            let lease = claim_partition(&store, generation).await;
            let park = "insert into eventsource.parked_events (generation, partition, key, position, category, stream_id,
                                                               version, event_id, event_type, attempts, parked_at)
                        values ($1, 0, 'key', 1, 'account', 'a', 1, gen_random_uuid(), 'account.noted', 1, now())";
            let number = i64::try_from(lease.generation.get()).expect("a small number");
            sqlx::query(park).bind(number).execute(&mut connect(database.url()).await).await.expect("parked");
            swap_generation(&store, generation, kept).await;
        }
    }
    for found in store.generations().await.expect("listed") {
        if found.state == GenerationState::Retired {
            store.abandon(found.id).await.expect("abandoned");
        }
    }
    let abandoned = create_generation(&store, "balances", rebuild(false), TABLE).await;
    store.abandon(abandoned).await.expect("abandoned");
    let mut expected = before.clone();
    expected[2] = 1;
    assert_eq!(rest(database.url()).await, expected, "only the live one, with its parked event");
}

#[tokio::test]
async fn a_handler_that_starts_now_starts_at_the_end_of_the_log() {
    let database = database().await;
    let store = open(database.url()).await;
    let last = store.append(append_to("a")).await.expect("appended")[0].position;
    let definition = Definition {
        kind: ProjectionKind::Handler,
        start: StartAt::Now,
        partitions: 4,
        ..definition("mails")
    };
    let begun = store
        .begin_generation(&definition, GenerationRequest::Start)
        .await
        .expect("begun")
        .expect("a generation is created");
    begun.1.commit().await.expect("committed");
    let made = generation(&store, begun.0).await.expect("it exists");
    assert!(made.checkpoints.iter().map(|one| one.position).eq([last; 4]), "{made:?}");
    // The effects of a handler cannot be repeated: its checkpoint has to survive a crash.
    let lease = claim_partition(&store, begun.0).await;
    let (mut transaction, _) = store.begin(&lease).await.expect("begun").expect("held");
    let commit: String =
        sqlx::query_scalar("show synchronous_commit").fetch_one(&mut *transaction).await.expect("a setting");
    assert_eq!(commit, "on");
}

#[tokio::test]
async fn a_search_path_without_an_existing_schema_is_refused() {
    let database = database().await;
    let server: PgConnectOptions = database.url().parse().expect("a URL");
    let server = server.options([("search_path", "nowhere")]);
    let store = PostgresOptions::with_server(server).connect().await.expect("a store");
    let error =
        store.begin_generation(&definition("balances"), GenerationRequest::Start).await.expect_err("refused");
    assert!(full_text(&error).contains("names no schema that exists"), "{}", full_text(&error));
}

#[tokio::test]
async fn tables_of_an_application_in_another_schema_are_swapped_there() {
    let database = database().await;
    run(&mut connect(database.url()).await, "create schema \"My App\"").await;
    let server: PgConnectOptions = database.url().parse().expect("a URL");
    let server = server.options([("search_path", "\"My App\"")]);
    let store = PostgresOptions::with_server(server).connect().await.expect("a store");
    create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let second = create_generation(&store, "balances", rebuild(true), TABLE).await;
    process_batch(&store, &claim_partition(&store, second).await, 1, "insert into balances values ('a', 1)")
        .await;
    swap_generation(&store, second, true).await;
    run(&mut connect(database.url()).await, "select 1 / count(*) from \"My App\".balances").await;
}
