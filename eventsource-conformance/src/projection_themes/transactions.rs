//! The rows of a projection and its checkpoint are committed together.

use eventsource::{
    Position,
    store::{Definition, ReadModelStore, StoreTransaction},
};

use crate::support::{ReadModels, accounts, balances, eventually, every_parked, parked, row};

pub(crate) async fn rows_and_checkpoint_commit_together<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let mut transaction = store.begun(&lease).await;
    store.put(&mut transaction, &[row("a", 10)]).await;
    store.advanced(&mut transaction, &lease, 42, 3).await;
    assert_eq!(store.balance("a").await, None, "not before it is committed");
    assert_eq!(store.rows(&accounts()).await.len(), 0, "not before it is committed");
    let checkpoint = store.checkpoint(generation).await;
    assert_eq!((checkpoint.position, checkpoint.events), (Position::START, 0), "not before");
    store.committed(transaction).await;
    assert_eq!(store.balance("a").await, Some(10));
    let checkpoint = store.checkpoint(generation).await;
    assert_eq!((checkpoint.position, checkpoint.events), (Position::new(42), 3));
}

/// Asserts that a transaction that was not committed leaves nothing, and that the next one begins at the position
/// before it.
async fn assert_nothing_left<S: ReadModelStore>(store: &ReadModels<S>, dropped: bool) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let events = store.record(1).await;
    store.apply(&lease, 1, &[row("kept", 1), row("changed", 1)]).await;
    let mut transaction = store.begun(&lease).await;
    store.put(&mut transaction, &[row("changed", 2), row("new", 2)]).await;
    transaction.park(&lease, &[parked("new", &events[0], Some("no"))]).await.expect("written");
    store.advanced(&mut transaction, &lease, 2, 1).await;
    if dropped {
        drop(transaction);
    } else {
        transaction.roll_back().await.expect("the connection works");
    }
    let (_, position) =
        eventually("a transaction after one that was not committed", || store.try_begin(&lease)).await;
    assert_eq!(position, Position::new(1));
    assert_eq!(store.balance("kept").await, Some(1));
    assert_eq!(store.balance("changed").await, Some(1));
    assert_eq!(store.balance("new").await, None);
    assert_eq!(store.parked(generation, &every_parked()).await.expect("the store can be read"), []);
    let checkpoint = store.checkpoint(generation).await;
    assert_eq!((checkpoint.position, checkpoint.events), (Position::new(1), 2));
}

pub(crate) async fn a_transaction_that_is_dropped_leaves_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    assert_nothing_left(&store, true).await;
}

pub(crate) async fn a_transaction_that_is_rolled_back_leaves_nothing<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    assert_nothing_left(&store, false).await;
}

pub(crate) async fn a_transaction_begins_where_the_last_one_ended<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let mut lease = store.lease(generation).await;
    let mut expected = Position::START;
    for position in [3, 4, 1 << 40] {
        let (mut transaction, begun) = store.try_begin(&lease).await.expect("the lease is not lost");
        assert_eq!(begun, expected);
        store.advanced(&mut transaction, &lease, position, 1).await;
        store.committed(transaction).await;
        expected = Position::new(position);
        // The next worker continues from there.
        store.release(&lease).await.expect("the store can be written");
        lease = store.lease(generation).await;
    }
    let (_, begun) = store.try_begin(&lease).await.expect("the lease is not lost");
    assert_eq!(begun, expected);
}

pub(crate) async fn applied_events_are_counted<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let mut transaction = store.begun(&lease).await;
    store.advanced(&mut transaction, &lease, 5, 4).await;
    store.advanced(&mut transaction, &lease, 9, 2).await;
    store.committed(transaction).await;
    let mut transaction = store.begun(&lease).await;
    store.advanced(&mut transaction, &lease, 10, 0).await;
    store.committed(transaction).await;
    let checkpoint = store.checkpoint(generation).await;
    assert_eq!((checkpoint.position, checkpoint.events), (Position::new(10), 6));
}

pub(crate) async fn the_position_of_a_generation_is_that_of_its_slowest_partition<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = store.make(&Definition { partitions: 2, ..balances() }).await;
    let worker = store.worker().await;
    for (partition, position) in [(0, 9), (1, 4)] {
        let lease = store.claimed(generation, partition, worker).await.expect("the partition is unclaimed");
        store.apply(&lease, position, &[]).await;
        let expected = if partition == 0 { 0 } else { 4 };
        assert_eq!(store.generation(generation).await.position(), Position::new(expected));
    }
}

pub(crate) async fn an_error_is_noted_until_something_is_applied<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    for error in ["it's \"odd\" \u{1f980}\nand long", "another"] {
        store.note_error(&lease, Some(error)).await.expect("the store can be written");
        assert_eq!(store.checkpoint(generation).await.last_error.as_deref(), Some(error));
    }
    store.apply(&lease, 1, &[row("a", 1)]).await;
    assert_eq!(store.checkpoint(generation).await.last_error, None);
}

pub(crate) async fn a_noted_error_can_be_cleared<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    store.note_error(&lease, Some("no")).await.expect("the store can be written");
    store.note_error(&lease, None).await.expect("the store can be written");
    assert_eq!(store.checkpoint(generation).await.last_error, None);
}
