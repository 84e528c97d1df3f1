//! The event types that a generation is read with.

use eventsource::{
    Position,
    store::{
        Definition, EventTypes, Generation, GenerationId, GenerationRequest, LogFilter, ReadModelStore,
        StoreTransaction,
    },
};

use crate::support::{REBUILD, ReadModels, balances, definition, row};

/// These types of a category, which is read completely or not.
fn types<const N: usize>(names: [&str; N], category: &str, complete: bool) -> EventTypes {
    let named = |name: &str| (name.to_owned(), Some(category.to_owned()));
    EventTypes {
        types: names.into_iter().map(named).collect(),
        categories: complete.then(|| category.to_owned()).into_iter().collect(),
    }
}

fn reading(event_types: &EventTypes) -> Definition {
    Definition { event_types: event_types.clone(), partitions: 2, ..balances() }
}

async fn begun<S: ReadModelStore>(
    store: &ReadModels<S>,
    generation: GenerationId,
    types: &EventTypes,
) -> (S::Transaction, Generation) {
    let begun = store.begin_widening(generation, types).await.expect("the store can be written");
    begun.expect("the generation exists")
}

async fn widened<S: ReadModelStore>(store: &ReadModels<S>, generation: GenerationId, types: &EventTypes) {
    let (transaction, _) = begun(store, generation, types).await;
    store.committed(transaction).await;
}

pub(crate) async fn a_generation_keeps_the_event_types_it_was_defined_with<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let mut unusual = types(["o'rder.placed", "{a}", "\u{1f980}", "\""], "or\\der", true);
    unusual.types.insert("order.legacy".to_owned(), None);
    let first = store.make(&reading(&unusual)).await;
    assert_eq!(store.generation(first).await.event_types, unusual);
    let other = types(["order.placed"], "order", false);
    let building = store.made(&reading(&other), REBUILD).await.expect("none is building");
    assert_eq!(store.generation(building).await.event_types, other);
    assert_eq!(store.generation(first).await.event_types, unusual);
    let none = store.make(&definition("nothing", 1)).await;
    assert_eq!(store.generation(none).await.event_types, EventTypes::default());
}

pub(crate) async fn a_widened_generation_keeps_the_types_of_both_programs<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let old = types(["order.placed"], "order", true);
    let new = types(["order.placed", "order.lost"], "order", true);
    let generation = store.make(&reading(&old)).await;
    let beside = store.make(&Definition { name: "others".into(), ..reading(&old) }).await;
    let lease = store.lease(generation).await;
    store.apply(&lease, 5, &[row("a", 1)]).await;
    let (transaction, before) = begun(&store, generation, &new).await;
    assert_eq!((before.id, &before.event_types), (generation, &old), "as it was before");
    assert_eq!(before.checkpoints[0].position, Position::new(5));
    store.committed(transaction).await;
    let after = store.generation(generation).await;
    assert_eq!(after.event_types, old.widened_by(&new));
    assert_ne!(after.event_types, old);
    let owners = |it: &Generation| it.checkpoints.iter().map(|it| (it.owner, it.epoch)).collect::<Vec<_>>();
    assert_eq!(owners(&after), owners(&before), "every program stops before an event that it does not know");
    assert!(store.try_begin(&lease).await.is_some(), "the lease is not lost");
    assert_eq!(store.generation(beside).await.event_types, old, "another generation");
}

pub(crate) async fn widening_revokes_the_leases_under_which_events_may_be_skipped<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let old = types(["order.placed"], "order", false);
    let new = types(["order.placed", "order.lost"], "order", false);
    let generation = store.make(&reading(&old)).await;
    let beside = store.make(&Definition { name: "others".into(), ..reading(&old) }).await;
    let lease = store.lease(generation).await;
    let other = store.lease(beside).await;
    widened(&store, generation, &new).await;
    let after = store.generation(generation).await;
    assert_eq!(after.event_types, new);
    for (checkpoint, epoch) in after.checkpoints.iter().zip([lease.epoch, 0]) {
        assert_eq!((checkpoint.owner, checkpoint.owner_lives), (None, false));
        assert!(checkpoint.epoch > epoch, "{checkpoint:?}");
    }
    assert!(store.try_begin(&lease).await.is_none(), "the lease is lost");
    let claimed = store.claimed(generation, 0, lease.worker).await.expect("it has no owner");
    assert!(store.try_begin(&claimed).await.is_some());
    assert!(store.try_begin(&other).await.is_some(), "the lease on another generation is not lost");
    // Again, there is nothing to revoke.
    widened(&store, generation, &old).await;
    assert!(store.try_begin(&claimed).await.is_some());
    assert_eq!(store.generation(generation).await.event_types, new);
}

pub(crate) async fn a_widening_that_is_rolled_back_changes_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let old = types(["order.placed"], "order", false);
    let new = types(["order.lost"], "order", false);
    let generation = store.make(&reading(&old)).await;
    let lease = store.lease(generation).await;
    let before = store.generation(generation).await;
    let (transaction, _) = begun(&store, generation, &new).await;
    transaction.roll_back().await.expect("the store can be reached");
    assert_eq!(store.generation(generation).await, before);
    let (transaction, _) = begun(&store, generation, &new).await;
    drop(transaction);
    store.apply(&lease, 1, &[row("a", 1)]).await;
    let after = store.generation(generation).await;
    assert_eq!((after.event_types, after.checkpoints[0].epoch), (old, lease.epoch));
}

pub(crate) async fn no_partition_is_claimed_or_advances_during_a_widening<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let old = types(["order.placed"], "order", false);
    let new = types(["order.lost"], "order", false);
    let generation = store.make(&reading(&old)).await;
    let lease = store.lease(generation).await;
    let worker = store.worker().await;
    let (transaction, _) = begun(&store, generation, &new).await;
    assert_eq!(store.claimed(generation, 1, worker).await, None, "the transaction is open");
    let advancing = {
        let (store, lease) = (store.clone(), lease.clone());
        tokio::spawn(async move { store.try_begin(&lease).await.is_some() })
    };
    // It waits for the transaction, or fails, but it does not succeed before the commit. Meanwhile it reaches the store.
    for _ in 0..20 {
        store.list().await;
        tokio::task::yield_now().await;
    }
    store.committed(transaction).await;
    assert!(!advancing.await.expect("no panic"), "the lease is lost");
    assert!(store.claimed(generation, 1, worker).await.is_some());
}

pub(crate) async fn events_can_be_read_during_a_widening<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&reading(&types(["order.placed"], "order", false))).await;
    let log = store.record(5).await;
    let new = types(["order.lost"], "order", false);
    let (mut transaction, _) = begun(&store, generation, &new).await;
    let after = log[1].context.position;
    let page = transaction.read_rest(after, &LogFilter::all(), 2).await.expect("it can be read");
    assert_eq!(page.events, log[2..4]);
    store.committed(transaction).await;
}

pub(crate) async fn a_missing_generation_is_not_widened<S: ReadModelStore>(store: ReadModels<S>) {
    let types = types(["order.placed"], "order", true);
    store.make(&balances()).await;
    let building = store.made(&balances(), REBUILD).await.expect("none is building");
    store.abandon(building).await.expect("it is building");
    for missing in [building, GenerationId::new(9_999)] {
        assert!(store.begin_widening(missing, &types).await.expect("the store can be read").is_none());
    }
    let made = store.made(&balances(), GenerationRequest::Start).await;
    assert_eq!(made, None, "the live one is unchanged");
}
