//! Read models that commit with the events: nothing is missed and nothing counted twice, whenever that begins
//! and ends.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use eventsource_core::{
    Position,
    store::{
        Append, AppendError, EventStore, ExpectedVersion, GenerationId, GenerationRequest, LogFilter,
        ProjectionStore, StoreError,
    },
};
use eventsource_postgres::{PgTransaction, PostgresStore};
use sqlx::{Row, types::Uuid};
use tokio::task::JoinSet;

use super::{execute, held, made, rebuild, swapped, worker};
use crate::{
    cancel::{assert_at_rest, poll_times},
    support::{
        append_by_hand, append_to, connect, database, event, in_time, open, run, stored, stream,
        wait_until_blocked,
    },
};

/// A row for each time an event is applied.
const APPLIED: &str = "create table applied (event_id uuid not null)";

async fn apply(transaction: &mut PgTransaction, events: &[eventsource_core::RecordedEvent]) {
    let ids: Vec<Uuid> = events.iter().map(|event| event.id.as_uuid()).collect();
    let query = sqlx::query("insert into applied select unnest($1::uuid[])").bind(ids);
    query.execute(&mut **transaction).await.expect("applied");
}

/// What the worker does that puts a projection to the appends: it applies what is left of the log while nobody
/// appends.
async fn promoted(store: &PostgresStore, generation: GenerationId) -> bool {
    let lease = held_soon(store, generation).await;
    let begun = store.begin_promotion(&lease).await.expect("begun");
    let Some((mut transaction, position)) = begun else { return false };
    let page = store.read_log(position, &LogFilter::all(), 100_000).await.expect("the log");
    assert!(page.at_head);
    apply(&mut transaction, &page.events).await;
    let events = u64::try_from(page.events.len()).expect("few");
    store.advance(&mut transaction, &lease, page.horizon, events).await.expect("advanced");
    store.promote(&mut transaction, &lease).await.expect("promoted");
    store.commit(transaction).await.expect("committed");
    store.leave(lease.worker).await.expect("gone");
    true
}

async fn held_soon(store: &PostgresStore, generation: GenerationId) -> eventsource_core::store::Lease {
    let worker = worker(store).await;
    store.claim(generation, 0, worker).await.expect("an answer").expect("nobody else holds it")
}

/// Appends as a program does: with what it was told last, and again if that has changed. Answers whether it kept
/// the projection.
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
                    store.commit(transaction).await.expect("committed");
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
async fn there_is_no_gap_where_a_projection_becomes_inline_or_ceases_to_be() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = made(&store, "applied", GenerationRequest::Start, APPLIED).await;
    let (stop, kept, followed) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut appending = JoinSet::new();
    for task in 0..6 {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        let (kept, followed) = (Arc::clone(&kept), Arc::clone(&followed));
        appending.spawn(async move {
            let mut inline = Vec::new();
            let mut n = 0;
            while !stop.load(SeqCst) {
                n += 1;
                let which = if append(&store, append_to(format!("{task}-{}", n % 3)), &mut inline).await {
                    &kept
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
        in_time("appends that follow", more(&followed)).await;
        while !promoted(&store, generation).await {}
        in_time("appends that keep it", more(&kept)).await;
        while let Err(error) = store.demote(generation).await {
            assert!(matches!(error, StoreError::Cancelled { .. }), "{error:?}");
        }
    }
    stop.store(true, SeqCst);
    while let Some(ended) = appending.join_next().await {
        ended.expect("no append failed");
    }
    assert!(promoted(&store, generation).await);
    assert_applied_once(database.url()).await;
}

#[tokio::test]
async fn an_append_that_does_not_keep_them_is_refused_and_names_them() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = made(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promoted(&store, generation).await);
    let none = store.append(append_to("a")).await.expect_err("refused");
    let other = store.begin_append(append_to("a"), &[GenerationId::new(99)]).await.expect_err("refused");
    for refused in [none, other] {
        let text = refused.to_string();
        assert!(!refused.is_retryable());
        let AppendError::Inline { projections } = refused else { panic!("{refused:?}") };
        assert_eq!(projections, ["applied"]);
        assert!(text.contains("`applied` is inline"), "{text}");
    }
    // Neither can one by hand, nor by an older program.
    let by_hand = append_by_hand(&mut connect(database.url()).await, "a").await.expect_err("refused");
    assert_eq!(by_hand.as_database_error().and_then(|error| error.code()).as_deref(), Some("ES001"));
    assert_eq!(stored(database.url()).await, []);
    store.demote(generation).await.expect("demoted");
    store.append(append_to("a")).await.expect("appended");
    let unknown = store.begin_append(append_to("a"), &[generation]).await.expect_err("refused");
    let AppendError::Inline { projections } = unknown else { panic!("{unknown:?}") };
    assert_eq!(projections, [""; 0]);
}

#[tokio::test]
async fn an_append_that_is_rolled_back_leaves_nothing_and_one_that_is_repeated_applies_nothing() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = made(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promoted(&store, generation).await);
    let append = Append::to(stream("a"), ExpectedVersion::NoStream, vec![event(), event()]);
    let (transaction, ..) = store.begin_append(append.clone(), &[generation]).await.expect("begun");
    store.roll_back(transaction).await.expect("ended");
    assert_eq!(stored(database.url()).await, []);

    let begun = store.begin_append(append.clone(), &[generation]).await.expect("begun");
    let (mut transaction, receipts, events) = begun;
    assert_eq!(events.iter().map(|event| event.version.get()).collect::<Vec<_>>(), [1, 2]);
    assert!(events.iter().map(|event| event.id).eq(append.streams[0].events.iter().map(|event| event.id)));
    apply(&mut transaction, &events).await;
    store.commit(transaction).await.expect("committed");
    let begun = store.begin_append(append.clone(), &[generation]).await.expect("begun");
    let (transaction, again, events) = begun;
    assert!(again[0].repeated && events.is_empty());
    assert_eq!(again[0].position, receipts[0].position);
    store.commit(transaction).await.expect("committed");

    let stale = Append::to(stream("a"), ExpectedVersion::NoStream, vec![event()]);
    let conflict = store.begin_append(stale, &[generation]).await.expect_err("refused");
    assert!(matches!(conflict, AppendError::Conflict { .. }), "{conflict:?}");
    assert_applied_once(database.url()).await;
    assert_at_rest(database.url()).await;
}

/// The caller of an append may hide that a statement of a projection has failed; the server rolls back then.
#[tokio::test]
async fn an_append_with_a_failed_statement_is_not_acknowledged() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = made(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promoted(&store, generation).await);
    let (mut transaction, ..) = store.begin_append(append_to("a"), &[generation]).await.expect("begun");
    let failed = sqlx::query("insert into applied values (null)").execute(&mut *transaction).await;
    failed.expect_err("null is no id");
    store.commit(transaction).await.expect_err("nothing was committed");
    assert_eq!(stored(database.url()).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_that_race_for_a_stream_are_settled() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = made(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promoted(&store, generation).await);
    let mut racing = JoinSet::new();
    for _ in 0..6 {
        let store = store.clone();
        racing.spawn(async move {
            let append = Append::to(stream("a"), ExpectedVersion::NoStream, vec![event()]);
            match store.begin_append(append, &[generation]).await {
                Ok((mut transaction, _, events)) => {
                    apply(&mut transaction, &events).await;
                    store.commit(transaction).await.expect("committed");
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
async fn a_promotion_gives_up_where_an_append_does_not_end() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = made(&store, "applied", GenerationRequest::Start, APPLIED).await;
    let lease = held(&store, generation).await;
    let mut own = connect(database.url()).await;
    run(&mut own, "begin").await;
    append_by_hand(&mut own, "a").await.expect("appended");
    assert!(store.begin_promotion(&lease).await.expect("an answer").is_none());
    run(&mut own, "commit").await;
    let (transaction, _) = store.begin_promotion(&lease).await.expect("begun").expect("nobody appends");
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.append(append_to("b")).await }
    });
    wait_until_blocked(database.url(), 1).await;
    store.roll_back(transaction).await.expect("ended");
    waiting.await.expect("an end").expect("appended");
}

/// A new version of a projection takes over from one that commits with the events, in one transaction.
#[tokio::test]
async fn an_inline_projection_is_rebuilt_without_a_gap() {
    let database = database().await;
    let store = open(database.url()).await;
    let first = made(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promoted(&store, first).await);
    let mut inline = vec![first];
    assert!(append(&store, append_to("a"), &mut inline).await);
    let second = made(&store, "applied", rebuild(true), APPLIED).await;
    let lease = held(&store, second).await;
    let (mut transaction, position) = store.begin_promotion(&lease).await.expect("begun").expect("nobody");
    let page = store.read_log(position, &LogFilter::all(), 99).await.expect("the log");
    apply(&mut transaction, &page.events).await;
    store.advance(&mut transaction, &lease, page.horizon, 1).await.expect("advanced");
    store.swap(&mut transaction, second, true).await.expect("swapped");
    store.promote(&mut transaction, &lease).await.expect("promoted");
    store.commit(transaction).await.expect("committed");
    assert!(append(&store, append_to("a"), &mut inline).await);
    assert_eq!(inline, [second]);
    assert_applied_once(database.url()).await;
    // The former one has seen all up to then, and goes on from there.
    let former = super::generation(&store, first).await.expect("it is kept");
    assert_eq!((former.inline, former.position()), (false, Position::new(1)));
    assert!(store.revive(first).await.expect("an answer"));
    let lease = held(&store, first).await;
    let (mut transaction, position) = store.begin(&lease).await.expect("begun").expect("held");
    let page = store.read_log(position, &LogFilter::all(), 99).await.expect("the log");
    apply(&mut transaction, &page.events).await;
    store.advance(&mut transaction, &lease, page.horizon, 1).await.expect("advanced");
    store.commit(transaction).await.expect("committed");
    swapped(&store, first, false).await;
    assert_applied_once(database.url()).await;
    store.append(append_to("a")).await.expect("nothing commits with the events any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_dropped_at_any_point_are_whole_or_not_there() {
    let database = database().await;
    let store = open(database.url()).await;
    let generation = made(&store, "applied", GenerationRequest::Start, APPLIED).await;
    assert!(promoted(&store, generation).await);
    let mut inline = vec![generation];
    let mut finished = 0;
    for polls in 0..60 {
        let done = poll_times(polls % 20, append(&store, append_to("a"), &mut inline)).await;
        finished += usize::from(done.is_some());
    }
    assert_at_rest(database.url()).await;
    assert_applied_once(database.url()).await;
    let log = stored(database.url()).await;
    assert!(log.len() >= finished && finished > 0, "{finished} were acknowledged");
    let (mut transaction, ..) = store.begin_append(append_to("b"), &inline).await.expect("begun");
    execute(&mut transaction, "select 1").await;
}
