//! Inline read models: rows committed in the transaction of the append.

use std::{collections::BTreeSet, time::Duration};

use eventsource::{
    EventId, Position,
    store::{
        Append, AppendError, Definition, EventStore, ExpectedVersion, GenerationId, ImportError, ImportEvent,
        LogFilter, ProjectionKind, ReadModelStore, ReadModelTable, Receipt, StoreTransaction,
    },
};
use serde_json::{Value, json};

use crate::support::{
    ReadModels, Reader, accounts, all, balances, events, eventually, exactly, ids, part, race, row, several,
    stream,
};

fn to_account(expected: ExpectedVersion, count: usize) -> Append {
    Append::to(stream("account"), expected, events(count))
}

fn table(name: &str) -> ReadModelTable {
    ReadModelTable { name: name.into(), ..accounts() }
}

/// Appends, and writes the version of the stream into each of the tables.
async fn append<S: ReadModelStore>(
    store: &ReadModels<S>,
    append: Append,
    inline: &[(&str, GenerationId)],
) -> Result<Vec<Receipt>, AppendError> {
    let ids: Vec<_> = inline.iter().map(|(_, id)| *id).collect();
    let (mut transaction, receipts, _) = store.begin_append(append, &ids).await?;
    for (name, id) in inline {
        transaction.enter(*id).await.expect("the generation is inline");
        let rows: Vec<_> = receipts
            .iter()
            .map(|it| row(it.stream.id(), i64::try_from(it.version.get()).expect("small")))
            .collect();
        store.write(&mut transaction, &table(name), &rows, &[]).await;
    }
    store.committed(transaction).await;
    Ok(receipts)
}

#[track_caller]
fn assert_refused<T>(outcome: Result<T, AppendError>, due: &[&str]) {
    match outcome {
        Err(AppendError::Inline { mut projections }) => {
            projections.sort();
            assert_eq!(projections, due);
        }
        Err(error) => panic!("expected a refusal, not {error:?}"),
        Ok(_) => panic!("expected a refusal, but it was accepted"),
    }
}

pub(crate) async fn events_and_rows_commit_together<S: ReadModelStore>(store: ReadModels<S>) {
    let id = store.inline("accounts").await;
    let (mut transaction, receipts, recorded) =
        store.begin_append(to_account(exactly(0), 3), &[id]).await.expect("accepted");
    assert_eq!((receipts.len(), receipts[0].repeated, recorded.len()), (1, false, 3));
    transaction.enter(id).await.expect("the generation is inline");
    store.put(&mut transaction, &[row("account", 3)]).await;
    assert!(store.events().events_of(&stream("account")).await.is_empty(), "not before it is committed");
    assert_eq!(store.balance("account").await, None, "not before it is committed");
    store.committed(transaction).await;
    assert_eq!(store.events().events_of(&stream("account")).await.len(), 3);
    assert_eq!(store.balance("account").await, Some(3));
}

pub(crate) async fn an_inline_append_returns_the_recorded_events<S: ReadModelStore>(store: ReadModels<S>) {
    let id = store.inline("accounts").await;
    let parts = ["one", "other"].map(|name| part(&stream(name), ExpectedVersion::Any, events(2)));
    let (transaction, receipts, recorded) =
        store.begin_append(several(parts.into()), &[id]).await.expect("accepted");
    store.committed(transaction).await;
    let log = store.events().log().await;
    assert_eq!(recorded.len(), 4);
    let mut in_order = recorded.clone();
    in_order.sort_by_key(|event| event.context.position);
    assert_eq!(in_order, log);
    for receipt in receipts {
        let last = log.iter().rev().find(|event| event.context.stream == receipt.stream).expect("two of it");
        assert_eq!((last.context.version, last.context.position), (receipt.version, receipt.position));
    }
}

pub(crate) async fn an_inline_append_that_is_rolled_back_leaves_nothing<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let id = store.inline("accounts").await;
    let due = to_account(exactly(0), 2);
    for dropped in [true, false] {
        let (mut transaction, _, _) = store.begin_append(due.clone(), &[id]).await.expect("accepted");
        transaction.enter(id).await.expect("the generation is inline");
        store.put(&mut transaction, &[row("account", 2)]).await;
        if dropped {
            drop(transaction);
        } else {
            transaction.roll_back().await.expect("the connection works");
        }
        assert!(store.events().log().await.is_empty());
        assert_eq!(store.balance("account").await, None);
    }
    // The same events at the same version are accepted, so nothing was stored.
    let receipts = append(&store, due, &[("accounts", id)]).await.expect("accepted");
    assert!(!receipts[0].repeated);
    assert_eq!(store.balance("account").await, Some(2));
}

pub(crate) async fn a_repeated_inline_append_returns_no_events<S: ReadModelStore>(store: ReadModels<S>) {
    let id = store.inline("accounts").await;
    let first = to_account(exactly(0), 2).with_idempotency_key("key");
    let receipts = append(&store, first.clone(), &[("accounts", id)]).await.expect("accepted");
    let under_its_key = to_account(exactly(0), 1).with_idempotency_key("key");
    let by_its_ids = Append { idempotency_key: None, ..first };
    for again in [under_its_key, by_its_ids] {
        let (transaction, repeated, recorded) = store.begin_append(again, &[id]).await.expect("accepted");
        assert_eq!(recorded, []);
        let due: Vec<_> = receipts.iter().map(|it| Receipt { repeated: true, ..it.clone() }).collect();
        assert_eq!(repeated, due);
        store.committed(transaction).await;
    }
    assert_eq!(store.events().log().await.len(), 2);
}

pub(crate) async fn an_inline_append_that_conflicts_leaves_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let id = store.inline("accounts").await;
    append(&store, to_account(exactly(0), 1), &[("accounts", id)]).await.expect("accepted");
    match store.begin_append(to_account(exactly(0), 1), &[id]).await {
        Err(AppendError::Conflict { stream: of, actual, .. }) => {
            assert_eq!((of, actual.get()), (stream("account"), 1));
        }
        Err(error) => panic!("expected a conflict, not {error:?}"),
        Ok(_) => panic!("expected a conflict, but it was accepted"),
    }
    match store.begin_append(several(Vec::new()), &[id]).await {
        Err(AppendError::Invalid(_)) => {}
        Err(error) => panic!("expected a refusal, not {error:?}"),
        Ok(_) => panic!("expected a refusal, but it was accepted"),
    }
    assert_eq!(store.events().log().await.len(), 1);
    append(&store, to_account(exactly(1), 1), &[("accounts", id)]).await.expect("accepted");
    assert_eq!(store.balance("account").await, Some(2));
}

pub(crate) async fn an_append_without_an_inline_projection_is_refused<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let accounts = store.inline("accounts").await;
    let due = to_account(ExpectedVersion::Any, 1);
    assert_refused(store.append(due.clone()).await, &["accounts"]);
    let orders = store.inline("orders").await;
    for inline in [&[][..], &[accounts], &[orders]] {
        assert_refused(store.begin_append(due.clone(), inline).await, &["accounts", "orders"]);
    }
    assert_refused(store.append(due.clone()).await, &["accounts", "orders"]);
    assert!(store.events().log().await.is_empty(), "nothing was stored");
    append(&store, due, &[("accounts", accounts), ("orders", orders)]).await.expect("accepted");
}

pub(crate) async fn an_append_with_a_projection_that_is_not_inline_is_refused<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let following = store.make(&balances()).await;
    let due = to_account(ExpectedVersion::Any, 1);
    assert_refused(store.begin_append(due.clone(), &[following]).await, &[]);
    let inline = store.inline("orders").await;
    assert_refused(store.begin_append(due.clone(), &[inline, following]).await, &["orders"]);
    assert!(store.events().log().await.is_empty(), "nothing was stored");
}

pub(crate) async fn an_import_is_refused_while_a_projection_is_inline<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let event = ImportEvent::raw(stream("account"), "conformance.happened", 1, "{}").expect("JSON");
    let given = [event.id(EventId::new())];
    let accounts = store.inline("accounts").await;
    store.inline("orders").await;
    match store.import(&given).await {
        Err(ImportError::Inline { mut projections }) => {
            projections.sort();
            assert_eq!(projections, ["accounts", "orders"]);
        }
        outcome => panic!("expected a refusal, not {outcome:?}"),
    }
    assert!(store.events().log().await.is_empty(), "nothing was stored");
    store.demote(accounts).await.expect("demoted");
    assert!(
        matches!(store.import(&given).await, Err(ImportError::Inline { projections }) if projections == ["orders"])
    );
    for generation in store.generations().await.expect("the generations") {
        store.demote(generation.id).await.expect("demoted");
    }
    store.import(&given).await.expect("no projection is inline any more");
    assert_eq!(store.events().log().await.len(), 1);
}

pub(crate) async fn several_projections_commit_with_one_append<S: ReadModelStore>(store: ReadModels<S>) {
    let inline = [("accounts", store.inline("accounts").await), ("orders", store.inline("orders").await)];
    // The order of their names does not matter.
    for (inline, version) in [(inline, 1), ([inline[1], inline[0]], 2)] {
        append(&store, to_account(ExpectedVersion::Any, 1), &inline).await.expect("accepted");
        for (name, _) in inline {
            let due: [Value; 1] = [json!({ "id": "account", "balance": version })];
            assert_eq!(store.rows(&table(name)).await, due);
        }
    }
}

pub(crate) async fn one_of_the_inline_appends_racing_for_a_version_wins<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let id = store.inline("accounts").await;
    for version in 0..3 {
        let outcomes = race(8, |_| {
            let store = store.clone();
            async move { append(&store, to_account(exactly(version), 1), &[("accounts", id)]).await }
        });
        let mut won = 0;
        for outcome in outcomes.await {
            match outcome {
                Ok(_) => won += 1,
                Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual.get(), version + 1),
                Err(error) => panic!("expected receipts or a conflict, not {error:?}"),
            }
        }
        assert_eq!(won, 1);
        assert_eq!(store.balance("account").await, i64::try_from(version + 1).ok());
    }
}

pub(crate) async fn appends_wait_during_a_promotion<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let begun = store.begin_promotion(&lease).await.expect("the store can be reached");
    let (transaction, position) = begun.expect("the lease is not lost");
    assert_eq!(position, Position::START);
    let appending = {
        let store = store.clone();
        tokio::spawn(async move { store.append(to_account(ExpectedVersion::Any, 1)).await })
    };
    // Gives a faulty store time to append. A correct store does not need it.
    let mut appending = vec![appending];
    let appended = tokio::time::timeout(Duration::from_millis(100), &mut appending[0]).await;
    assert!(appended.is_err(), "it was appended during a promotion");
    assert!(store.events().log().await.is_empty());
    transaction.roll_back().await.expect("the connection works");
    all(appending).await.remove(0).expect("nothing was promoted");
    assert_eq!(store.events().log().await.len(), 1);
}

pub(crate) async fn a_promotion_that_is_rolled_back_changes_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let (mut transaction, _) =
        store.begin_promotion(&lease).await.expect("the store can be reached").expect("not lost");
    transaction.promote(&lease).await.expect("the store can be written");
    store.advanced(&mut transaction, &lease, 9, 9).await;
    drop(transaction);
    assert!(!store.generation(generation).await.inline);
    let (_, position) = eventually("beginning again", || store.try_begin(&lease)).await;
    assert_eq!(position, Position::START);
    store.record(1).await;
}

pub(crate) async fn a_promotion_moves_rows_and_checkpoint_too<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let last = store.record(4).await[3].context.position;
    store.apply(&lease, 2, &[row("a", 1)]).await;
    let (mut transaction, position) =
        store.begin_promotion(&lease).await.expect("the store can be reached").expect("not lost");
    assert_eq!(position, Position::new(2));
    store.put(&mut transaction, &[row("a", 2)]).await;
    store.advanced(&mut transaction, &lease, last.get(), 2).await;
    transaction.promote(&lease).await.expect("the store can be written");
    assert!(!store.generation(generation).await.inline, "not before it is committed");
    store.committed(transaction).await;
    assert!(store.generation(generation).await.inline);
    assert_eq!(store.balance("a").await, Some(2));
}

pub(crate) async fn a_lost_lease_promotes_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lost = store.lease(generation).await;
    store.claimed(generation, 0, lost.worker).await.expect("the worker holds the partition itself");
    assert!(store.begin_promotion(&lost).await.expect("the store can be reached").is_none());
    store.record(1).await;
}

/// A worker that does not learn that its promotion was committed would apply later events a second time.
pub(crate) async fn an_inline_projection_is_not_processed_under_a_lease<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let id = store.make(&Definition { kind: ProjectionKind::Inline, ..balances() }).await;
    let lease = store.lease(id).await;
    store.promoted(&lease).await;
    assert!(store.begin(&lease).await.expect("the store can be reached").is_none());
    assert!(store.begin_promotion(&lease).await.expect("the store can be reached").is_none());
    store.demote(id).await.expect("the store can be written");
    let (transaction, _) = store.begin(&lease).await.expect("reached").expect("it follows again");
    transaction.roll_back().await.expect("the connection works");
}

pub(crate) async fn a_promotion_among_writers_misses_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let writers: Vec<_> = (0..8)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut acknowledged: Vec<EventId> = Vec::new();
                loop {
                    let due = Append::to(stream(&format!("account-{n}")), ExpectedVersion::Any, events(2));
                    let given: Vec<_> = due.streams[0].events.iter().map(|event| event.id).collect();
                    match store.append(due).await {
                        Ok(_) => acknowledged.extend(given),
                        Err(AppendError::Inline { .. }) => return acknowledged,
                        Err(error) => panic!("expected a receipt or a refusal, not {error:?}"),
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    eventually("the writers write", || async {
        let written = store.events().log().await.len();
        if written > 100 { Ok(()) } else { Err(written) }
    })
    .await;
    // A promotion gives up if a running append does not finish in time.
    let mut transaction = eventually("a promotion among writers", || async {
        store.begin_promotion(&lease).await.expect("the store can be reached")
    })
    .await
    .0;
    let mut reader = Reader::new(&store.events(), LogFilter::all(), 1_000);
    reader.read_to_head().await;
    let applied: BTreeSet<_> = ids(&reader.seen).into_iter().collect();
    let last = reader.seen.last().expect("the writers wrote").context.position.get();
    store.advanced(&mut transaction, &lease, last, applied.len() as u64).await;
    transaction.promote(&lease).await.expect("the store can be written");
    store.committed(transaction).await;
    let acknowledged: BTreeSet<_> = all(writers).await.into_iter().flatten().collect();
    let missed = acknowledged.difference(&applied).count();
    assert_eq!(missed, 0, "of {} events", acknowledged.len());
    assert_eq!(
        store.events().log().await.len(),
        applied.len(),
        "no event was appended after the last page was read"
    );
}

pub(crate) async fn a_demoted_projection_follows_from_the_end_of_the_log<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let id = store.inline("accounts").await;
    append(&store, to_account(exactly(0), 3), &[("accounts", id)]).await.expect("accepted");
    let last = store.events().log().await[2].context.position;
    store.demote(id).await.expect("the store can be written");
    let generation = store.generation(id).await;
    assert!(!generation.inline);
    assert_eq!(generation.position(), last);
    let next = store.record(1).await;
    let lease = match generation.checkpoints[0].owner {
        Some(owner) => store.claimed(id, 0, owner).await.expect("the worker holds the partition itself"),
        None => store.lease(id).await,
    };
    let (_, position) = store.try_begin(&lease).await.expect("the lease is not lost");
    assert_eq!(position, last);
    assert!(next[0].context.position > position, "later events are still to be applied");
}

pub(crate) async fn demoting_a_following_projection_moves_no_checkpoint<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = store.make(&balances()).await;
    store.record(3).await;
    store.demote(generation).await.expect("the store can be written");
    assert_eq!(store.checkpoint(generation).await.position, Position::START);
}
