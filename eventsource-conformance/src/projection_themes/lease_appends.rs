//! Appends in the transaction of a lease, with the checkpoint.

use eventsource::{
    Position,
    store::{
        Append, AppendError, Definition, EventStore, ExpectedVersion, Lease, LogFilter, ProjectionKind,
        ReadModelStore, StoreTransaction,
    },
};

use crate::support::{ReadModels, definition, events, eventually, exactly, part, race, row, several, stream};

/// The policy whose lease appends.
async fn policy<S: ReadModelStore>(store: &ReadModels<S>) -> Lease {
    let id = store.make(&Definition { kind: ProjectionKind::Policy, ..definition("reactions", 1) }).await;
    store.lease(id).await
}

fn to_account(expected: ExpectedVersion, count: usize) -> Append {
    Append::to(stream("account"), expected, events(count))
}

pub(crate) async fn events_and_checkpoint_commit_together<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = policy(&store).await;
    let mut transaction = store.begun(&lease).await;
    let append = several(vec![
        part(&stream("one"), exactly(0), events(2)),
        part(&stream("other"), ExpectedVersion::Any, events(1)),
    ]);
    let (receipts, recorded) = transaction.append(&append, &[]).await.expect("accepted");
    store.advanced(&mut transaction, &lease, 7, 1).await;
    assert_eq!(
        store.checkpoint(lease.generation).await.position,
        Position::START,
        "not before it is committed"
    );
    store.committed(transaction).await;
    let log = store.events().log().await;
    assert_eq!(recorded, log, "the events as they were recorded, in the order of their positions");
    assert_eq!(log.len(), 3);
    for receipt in receipts {
        let last =
            log.iter().rev().find(|event| event.context.stream == receipt.stream).expect("it has events");
        assert_eq!((last.context.version, last.context.position), (receipt.version, receipt.position));
        assert!(!receipt.repeated);
    }
    assert_eq!(store.checkpoint(lease.generation).await.position, Position::new(7));
}

pub(crate) async fn an_append_of_a_lease_that_is_rolled_back_leaves_nothing<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let lease = policy(&store).await;
    let due = to_account(exactly(0), 2);
    for dropped in [true, false] {
        let mut transaction = store.begun(&lease).await;
        transaction.append(&due, &[]).await.expect("accepted");
        store.advanced(&mut transaction, &lease, 7, 1).await;
        if dropped {
            drop(transaction);
        } else {
            transaction.roll_back().await.expect("the connection works");
        }
        assert!(store.events().log().await.is_empty());
        assert_eq!(store.checkpoint(lease.generation).await.position, Position::START);
    }
    // The same events at the same version are accepted, so nothing was stored.
    let receipts = store.append(due).await.expect("accepted");
    assert!(!receipts[0].repeated);
}

pub(crate) async fn an_append_of_a_lease_that_conflicts_leaves_nothing<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let lease = policy(&store).await;
    store.append(to_account(exactly(0), 1)).await.expect("accepted");
    let mut transaction = store.begun(&lease).await;
    let with_another = several(vec![
        part(&stream("account"), exactly(0), events(1)),
        part(&stream("other"), exactly(0), events(1)),
    ]);
    match transaction.append(&with_another, &[]).await {
        Err(AppendError::Conflict { stream: of, actual, .. }) => {
            assert_eq!((of, actual.get()), (stream("account"), 1));
        }
        other => panic!("expected a conflict, not {other:?}"),
    }
    transaction.roll_back().await.expect("the connection works");
    let mut transaction = store.begun(&lease).await;
    match transaction.append(&several(Vec::new()), &[]).await {
        Err(AppendError::Invalid(_)) => {}
        other => panic!("expected a refusal, not {other:?}"),
    }
    transaction.roll_back().await.expect("the connection works");
    assert_eq!(store.events().log().await.len(), 1);
    assert_eq!(store.checkpoint(lease.generation).await.position, Position::START);
    // The version that the conflict has named is accepted.
    let mut transaction = store.begun(&lease).await;
    transaction.append(&to_account(exactly(1), 1), &[]).await.expect("accepted");
    store.advanced(&mut transaction, &lease, 7, 1).await;
    store.committed(transaction).await;
    assert_eq!(store.events().events_of(&stream("account")).await.len(), 2);
}

pub(crate) async fn a_repeated_append_of_a_lease_appends_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = policy(&store).await;
    let due = to_account(exactly(0), 2);
    let first = store.append(due.clone()).await.expect("accepted");
    let mut transaction = store.begun(&lease).await;
    let (receipts, recorded) = transaction.append(&due, &[]).await.expect("accepted");
    assert_eq!(recorded, []);
    assert!(receipts[0].repeated);
    assert_eq!((receipts[0].version, receipts[0].position), (first[0].version, first[0].position));
    store.advanced(&mut transaction, &lease, 7, 1).await;
    store.committed(transaction).await;
    assert_eq!(store.events().log().await.len(), 2);
}

pub(crate) async fn a_lost_lease_appends_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = policy(&store).await;
    let earlier = Lease { epoch: lease.epoch - 1, ..lease.clone() };
    let mut transaction = store.begun(&lease).await;
    transaction.append(&to_account(exactly(0), 1), &[]).await.expect("accepted");
    let refused = transaction.advance(&earlier, Position::new(7), 1).await;
    refused.expect_err("a checkpoint of an earlier epoch does not move");
    transaction.roll_back().await.expect("the connection works");
    store.release(&lease).await.expect("the store can be written");
    let found = store.begin(&lease).await.expect("the store can be reached");
    assert!(found.is_none(), "a released lease cannot begin");
    assert!(store.events().log().await.is_empty());
}

pub(crate) async fn an_append_of_a_lease_updates_exactly_the_inline_projections<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let lease = policy(&store).await;
    let accounts = store.inline("accounts").await;
    let due = to_account(exactly(0), 3);
    for inline in [&[][..], &[accounts, lease.generation]] {
        let mut transaction = store.begun(&lease).await;
        match transaction.append(&due, inline).await {
            Err(AppendError::Inline { projections }) => assert_eq!(projections, ["accounts"]),
            other => panic!("expected a refusal, not {other:?}"),
        }
        transaction.roll_back().await.expect("the connection works");
    }
    assert!(store.events().log().await.is_empty());
    let mut transaction = store.begun(&lease).await;
    transaction.append(&due, &[accounts]).await.expect("accepted");
    transaction.enter(accounts).await.expect("the generation is inline");
    store.put(&mut transaction, &[row("account", 3)]).await;
    store.advanced(&mut transaction, &lease, 7, 1).await;
    assert_eq!(store.balance("account").await, None, "not before it is committed");
    store.committed(transaction).await;
    assert_eq!(store.events().log().await.len(), 3);
    assert_eq!(store.balance("account").await, Some(3));
    assert_eq!(store.checkpoint(lease.generation).await.position, Position::new(7));
}

/// While the transaction is open, others append and read: its events have lower positions than theirs, or higher ones,
/// but no reader passes them.
pub(crate) async fn readers_skip_no_append_of_a_lease<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = policy(&store).await;
    for round in 0..10_u64 {
        let mut transaction = store.begun(&lease).await;
        transaction.append(&to_account(exactly(round), 1), &[]).await.expect("accepted");
        let beside = store.clone();
        let append = tokio::spawn(async move {
            let append = Append::to(stream("beside"), ExpectedVersion::Any, events(1));
            beside.append(append).await.expect("accepted");
        });
        let before =
            store.read_log(Position::START, &LogFilter::all(), 100).await.expect("the log can be read");
        store.advanced(&mut transaction, &lease, round + 1, 1).await;
        store.committed(transaction).await;
        append.await.expect("no panic");
        let rest = eventually("both events", || async {
            let page = store.read_log(before.horizon, &LogFilter::all(), 100).await;
            let events = page.expect("the log can be read").events;
            let is_whole =
                before.events.len() + events.len() == 2 * (usize::try_from(round).expect("small") + 1);
            is_whole.then_some(events)
        })
        .await;
        assert!(
            rest.iter().any(|event| event.context.stream == stream("account")),
            "read in the page after the horizon"
        );
    }
}

pub(crate) async fn one_of_the_appends_of_leases_racing_for_a_version_wins<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let id = store
        .make(&Definition { kind: ProjectionKind::Policy, partitions: 4, ..definition("reactions", 1) })
        .await;
    let worker = store.worker().await;
    let won = race(4, |partition| {
        let store = store.clone();
        async move {
            let partition = u32::try_from(partition).expect("small");
            let lease = store.claimed(id, partition, worker).await.expect("the partition is unclaimed");
            let mut transaction = store.begun(&lease).await;
            let appended = transaction.append(&to_account(exactly(0), 1), &[]).await;
            if appended.is_err() {
                transaction.roll_back().await.expect("the connection works");
                return false;
            }
            store.advanced(&mut transaction, &lease, 7, 1).await;
            transaction.commit().await.is_ok()
        }
    })
    .await;
    assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
    assert_eq!(store.events().log().await.len(), 1);
}
