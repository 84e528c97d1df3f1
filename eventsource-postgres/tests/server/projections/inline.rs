//! Inline read models: no event is missed or applied twice, whenever a projection is promoted or demoted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use eventsource_core::{
    Position,
    store::{
        Append, AppendError, Claim, EventStore, ExpectedVersion, GenerationId, GenerationRequest, LogFilter,
        ProjectionStore, StoreError, StoreTransaction,
    },
};
use eventsource_postgres::{PgTransaction, PostgresStore};
use sqlx::{Row, types::Uuid};
use tokio::task::JoinSet;

use super::{claim_partition, create_generation, execute, rebuild, register_worker, swap_generation};
use crate::{
    cancel::{assert_idle, poll_times},
    support::{
        append_to, append_with_sql, connect, database, event, in_time, open, run, stored, stream,
        wait_until_blocked,
    },
};

/// One row each time an event is applied.
const APPLIED: &str = "create table applied (event_id uuid not null)";

async fn apply(transaction: &mut PgTransaction, events: &[eventsource_core::RecordedEvent]) {
    let ids: Vec<Uuid> = events.iter().map(|event| event.context.id.as_uuid()).collect();
    let query = sqlx::query("insert into applied select unnest($1::uuid[])").bind(ids);
    query.execute(&mut **transaction).await.expect("applied");
}

/// Promotes a projection as a worker does: it applies the rest of the log while appends are blocked. Returns whether the
/// promotion succeeded.
async fn promote(store: &PostgresStore, generation: GenerationId) -> bool {
    let lease = claim_with_new_worker(store, generation).await;
    let begun = store.begin_promotion(&lease).await.expect("begun");
    let Some((mut transaction, position)) = begun else { return false };
    let page = store.read_log(position, &LogFilter::all(), 100_000).await.expect("the log");
    assert!(page.at_head);
    apply(&mut transaction, &page.events).await;
    let events = u64::try_from(page.events.len()).expect("few");
    transaction.advance(&lease, page.horizon, events).await.expect("advanced");
    transaction.promote(&lease).await.expect("promoted");
    transaction.commit().await.expect("committed");
    store.leave(lease.worker).await.expect("the worker is deleted");
    true
}

async fn claim_with_new_worker(
    store: &PostgresStore,
    generation: GenerationId,
) -> eventsource_core::store::Lease {
    let worker = register_worker(store).await;
    store.claim(&Claim::of(generation, 0, worker)).await.expect("an answer").expect("the partition is free")
}

/// Appends as a program does: with the inline projections that it knows, and again if these have changed. Returns whether
/// it updated the projection.
async fn append(store: &PostgresStore, append: Append, inline: &mut Vec<GenerationId>) -> bool {
    loop {
        let refused = if inline.is_empty() {
            match store.append(append.clone()).await {
                Ok(_) => return false,
                Err(error) => error,
            }
        } else {
            match store.begin_append(append.clone(), inline).await {
                Ok((mut transaction, receipts, events)) => {
                    assert_eq!((receipts.len(), events.len()), (append.streams.len(), 1));
                    apply(&mut transaction, &events).await;
                    transaction.commit().await.expect("committed");
                    return true;
                }
                Err(error) => error,
            }
        };
        let AppendError::Inline { projections } = refused else { panic!("{refused:?}") };
        let all = store.generations().await.expect("the generations");
        *inline = all.iter().filter(|one| one.inline).map(|one| one.id).collect();
        assert!(projections.iter().all(|name| name == "applied"), "{projections:?}");
    }
}

async fn assert_applied_once(url: &str) {
    let count = "select (select count(*) from eventsource.events), count(*), count(distinct a.event_id)
                   from applied a join eventsource.events using (event_id)";
    let row = sqlx::query(count).fetch_one(&mut connect(url).await).await.expect("the counts");
    let (events, applied, distinct) = (row.get::<i64, _>(0), row.get::<i64, _>(1), row.get::<i64, _>(2));
    assert_eq!((applied, distinct), (events, events), "each event is applied once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promotion_and_demotion_neither_miss_an_event_nor_apply_one_twice() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "applied", GenerationRequest::Start, APPLIED).await;
    let (stop, updated, followed) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut appending = JoinSet::new();
    for task in 0..6 {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        let (updated, followed) = (Arc::clone(&updated), Arc::clone(&followed));
        appending.spawn(async move {
            let mut inline = Vec::new();
            let mut n = 0;
            while !stop.load(SeqCst) {
                n += 1;
                let which = if append(&store, append_to(format!("{task}-{}", n % 3)), &mut inline).await {
                    &updated
                } else {
                    &followed
                };
                which.fetch_add(1, SeqCst);
            }
        });
    }
    let more = async |which: &AtomicUsize| {
        let seen = which.load(SeqCst);
        while which.load(SeqCst) < seen + 15 {
            tokio::task::yield_now().await;
        }
    };
    for _ in 0..8 {
        in_time("appends without an inline projection", more(&followed)).await;
        while !promote(&store, generation).await {}
        in_time("appends that update it", more(&updated)).await;
        while let Err(error) = store.demote(generation).await {
            assert!(matches!(error, StoreError::Cancelled { .. }), "{error:?}");
        }
    }
    stop.store(true, SeqCst);
    while let Some(ended) = appending.join_next().await {
        ended.expect("no append failed");
    }
    assert!(promote(&store, generation).await);
    assert_applied_once(database.url()).await;
}

#[tokio::test]
async fn an_append_that_does_not_update_the_inline_projections_is_refused_and_the_error_names_them() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promote(&store, generation).await);
    let none = store.append(append_to("a")).await.expect_err("refused");
    let other = store.begin_append(append_to("a"), &[GenerationId::new(99)]).await.expect_err("refused");
    for refused in [none, other] {
        let text = refused.to_string();
        assert!(!refused.is_retryable());
        let AppendError::Inline { projections } = refused else { panic!("{refused:?}") };
        assert_eq!(projections, ["applied"]);
        assert!(text.contains("`applied` is inline"), "{text}");
    }
    // The same for a plain SQL statement, and so for an older program.
    let refused = append_with_sql(&mut connect(database.url()).await, "a").await.expect_err("refused");
    assert_eq!(refused.as_database_error().and_then(|error| error.code()).as_deref(), Some("ES001"));
    assert_eq!(stored(database.url()).await, []);
    store.demote(generation).await.expect("demoted");
    store.append(append_to("a")).await.expect("appended");
    let unknown = store.begin_append(append_to("a"), &[generation]).await.expect_err("refused");
    let AppendError::Inline { projections } = unknown else { panic!("{unknown:?}") };
    assert_eq!(projections, [""; 0]);
}

#[tokio::test]
async fn an_append_that_is_rolled_back_stores_nothing_and_a_repeated_one_applies_nothing() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promote(&store, generation).await);
    let append = Append::to(stream("a"), ExpectedVersion::NoStream, vec![event(), event()]);
    let (transaction, ..) = store.begin_append(append.clone(), &[generation]).await.expect("begun");
    transaction.roll_back().await.expect("rolled back");
    assert_eq!(stored(database.url()).await, []);

    let begun = store.begin_append(append.clone(), &[generation]).await.expect("begun");
    let (mut transaction, receipts, events) = begun;
    assert_eq!(events.iter().map(|event| event.context.version.get()).collect::<Vec<_>>(), [1, 2]);
    assert!(
        events.iter().map(|event| event.context.id).eq(append.streams[0].events.iter().map(|event| event.id))
    );
    apply(&mut transaction, &events).await;
    transaction.commit().await.expect("committed");
    let begun = store.begin_append(append.clone(), &[generation]).await.expect("begun");
    let (transaction, again, events) = begun;
    assert!(again[0].repeated && events.is_empty());
    assert_eq!(again[0].position, receipts[0].position);
    transaction.commit().await.expect("committed");

    let stale = Append::to(stream("a"), ExpectedVersion::NoStream, vec![event()]);
    let conflict = store.begin_append(stale, &[generation]).await.expect_err("refused");
    assert!(matches!(conflict, AppendError::Conflict { .. }), "{conflict:?}");
    assert_applied_once(database.url()).await;
    assert_idle(database.url()).await;
}

/// A projection may hide that one of its statements has failed; the server then rolls back.
#[tokio::test]
async fn an_append_with_a_failed_statement_is_not_acknowledged() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promote(&store, generation).await);
    let (mut transaction, ..) = store.begin_append(append_to("a"), &[generation]).await.expect("begun");
    let failed = sqlx::query("insert into applied values (null)").execute(&mut *transaction).await;
    failed.expect_err("null is no id");
    transaction.commit().await.expect_err("nothing was committed");
    assert_eq!(stored(database.url()).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_several_racing_appends_to_a_stream_succeeds() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promote(&store, generation).await);
    let mut racing = JoinSet::new();
    for _ in 0..6 {
        let store = store.clone();
        racing.spawn(async move {
            let append = Append::to(stream("a"), ExpectedVersion::NoStream, vec![event()]);
            match store.begin_append(append, &[generation]).await {
                Ok((mut transaction, _, events)) => {
                    apply(&mut transaction, &events).await;
                    transaction.commit().await.expect("committed");
                    1
                }
                Err(AppendError::Conflict { .. }) => 0,
                Err(error) => panic!("{error:?}"),
            }
        });
    }
    assert_eq!(racing.join_all().await.iter().sum::<i32>(), 1);
    assert_applied_once(database.url()).await;
}

#[tokio::test]
async fn a_promotion_gives_up_if_a_running_append_does_not_end() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "applied", GenerationRequest::Start, APPLIED).await;
    let lease = claim_partition(&store, generation).await;
    let mut own = connect(database.url()).await;
    run(&mut own, "begin").await;
    append_with_sql(&mut own, "a").await.expect("appended");
    assert!(store.begin_promotion(&lease).await.expect("an answer").is_none());
    run(&mut own, "commit").await;
    let (transaction, _) = store.begin_promotion(&lease).await.expect("begun").expect("no append is running");
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.append(append_to("b")).await }
    });
    wait_until_blocked(database.url(), 1).await;
    transaction.roll_back().await.expect("rolled back");
    waiting.await.expect("an end").expect("appended");
}

/// A new generation of an inline projection replaces the live one in one transaction.
#[tokio::test]
async fn a_rebuild_of_an_inline_projection_misses_no_event() {
    let database = database().await;
    let store = open(database.url()).await;
    let first = create_generation(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promote(&store, first).await);
    let mut inline = vec![first];
    assert!(append(&store, append_to("a"), &mut inline).await);
    let second = create_generation(&store, "applied", rebuild(true), APPLIED).await;
    let lease = claim_partition(&store, second).await;
    let (mut transaction, position) =
        store.begin_promotion(&lease).await.expect("begun").expect("no append is running");
    let page = store.read_log(position, &LogFilter::all(), 99).await.expect("the log");
    apply(&mut transaction, &page.events).await;
    transaction.advance(&lease, page.horizon, 1).await.expect("advanced");
    transaction.swap(second, true).await.expect("swapped");
    transaction.promote(&lease).await.expect("promoted");
    transaction.commit().await.expect("committed");
    assert!(append(&store, append_to("a"), &mut inline).await);
    assert_eq!(inline, [second]);
    assert_applied_once(database.url()).await;
    // The old generation has applied all events up to the swap, and continues from there.
    let old = super::generation(&store, first).await.expect("it still exists");
    assert_eq!((old.inline, old.position()), (false, Position::new(1)));
    assert!(store.revive(first).await.expect("an answer"));
    let lease = claim_partition(&store, first).await;
    let (mut transaction, position) = store.begin(&lease).await.expect("begun").expect("held");
    let page = store.read_log(position, &LogFilter::all(), 99).await.expect("the log");
    apply(&mut transaction, &page.events).await;
    transaction.advance(&lease, page.horizon, 1).await.expect("advanced");
    transaction.commit().await.expect("committed");
    swap_generation(&store, first, false).await;
    assert_applied_once(database.url()).await;
    store.append(append_to("a")).await.expect("no projection is inline any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_dropped_at_any_point_are_committed_whole_or_not_at_all() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = create_generation(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promote(&store, generation).await);
    let mut inline = vec![generation];
    let mut finished = 0;
    for polls in 0..60 {
        let done = poll_times(polls % 20, append(&store, append_to("a"), &mut inline)).await;
        finished += usize::from(done.is_some());
    }
    assert_idle(database.url()).await;
    assert_applied_once(database.url()).await;
    let log = stored(database.url()).await;
    assert!(log.len() >= finished && finished > 0, "{finished} were acknowledged");
    let (mut transaction, ..) = store.begin_append(append_to("b"), &inline).await.expect("begun");
    execute(&mut transaction, "select 1").await;
}
