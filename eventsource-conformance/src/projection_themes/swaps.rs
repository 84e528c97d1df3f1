//! Swapping the live generation of a read model for a rebuilt one.

use std::{sync::Arc, time::Duration};

use eventsource::{
    Position,
    store::{
        GenerationId, GenerationRequest, GenerationState, Lease, ReadModelStore, StoreTransaction,
        SwapAttempt,
    },
};
use serde_json::json;

use crate::support::{REBUILD, ReadModels, accounts, balances, definition, eventually, row, row_key};

/// The leases of a live generation and of a building one at the same position with other rows.
async fn pair<S: ReadModelStore>(store: &ReadModels<S>) -> (Lease, Lease) {
    let live = store.make(&balances()).await;
    let live = store.lease(live).await;
    store.apply(&live, 5, &[row("a", 1), row("only live", 1)]).await;
    let building = store.rebuild().await;
    let building = store.lease(building).await;
    store.apply(&building, 5, &[row("a", 2), row("only built", 2)]).await;
    (live, building)
}

async fn assert_live<S: ReadModelStore>(store: &ReadModels<S>) {
    assert_eq!(store.balance("a").await, Some(1));
    assert_eq!(store.balance("only built").await, None);
    assert_eq!(
        store.rows(&accounts()).await,
        [json!({ "id": "a", "balance": 1 }), json!({ "id": "only live", "balance": 1 })]
    );
}

async fn assert_built<S: ReadModelStore>(store: &ReadModels<S>) {
    assert_eq!(store.balance("a").await, Some(2));
    assert_eq!(store.balance("only live").await, None);
    assert_eq!(
        store.rows(&accounts()).await,
        [json!({ "id": "a", "balance": 2 }), json!({ "id": "only built", "balance": 2 })]
    );
}

async fn state<S: ReadModelStore>(store: &ReadModels<S>, id: GenerationId) -> Option<GenerationState> {
    store.find(id).await.map(|generation| generation.state)
}

pub(crate) async fn a_building_generation_is_not_read<S: ReadModelStore>(store: ReadModels<S>) {
    pair(&store).await;
    assert_live(&store).await;
}

pub(crate) async fn generations_have_separate_rows<S: ReadModelStore>(store: ReadModels<S>) {
    let (live, building) = pair(&store).await;
    let keys = ["a", "only live", "only built"].map(row_key);
    for (lease, balance, own) in [(&live, 1, "only live"), (&building, 2, "only built")] {
        let mut transaction = store.begun(lease).await;
        let mut rows = store.load(&mut transaction, &accounts(), &keys).await;
        rows.sort_by_key(|row| row["id"].to_string());
        let expected = [json!({ "id": "a", "balance": balance }), json!({ "id": own, "balance": balance })];
        assert_eq!(rows, expected);
        transaction.roll_back().await.expect("the connection works");
    }
}

pub(crate) async fn a_swap_becomes_visible_to_all_readers_when_it_commits<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (live, building) = pair(&store).await;
    let mut transaction = store.begin_ready_swap(building.generation).await;
    transaction.swap(building.generation, false).await.expect("the swap is not blocked");
    assert_eq!(state(&store, live.generation).await, Some(GenerationState::Live), "not yet");
    assert_eq!(state(&store, building.generation).await, Some(GenerationState::Building), "not yet");
    store.committed(transaction).await;
    assert_built(&store).await;
    assert_eq!(state(&store, building.generation).await, Some(GenerationState::Live));
    assert_eq!(state(&store, live.generation).await, None, "the old generation was not to be kept");
}

pub(crate) async fn no_reader_sees_half_a_swap<S: ReadModelStore>(store: ReadModels<S>) {
    let (_, building) = pair(&store).await;
    let done = Arc::new(tokio::sync::Notify::new());
    let reader = {
        let (store, done) = (store.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let mut last = false;
            loop {
                match store.rows(&accounts()).await[..] {
                    [ref a, ref only] if *a == json!({ "id": "a", "balance": 1 }) => {
                        assert_eq!(*only, json!({ "id": "only live", "balance": 1 }));
                    }
                    [ref a, ref only] => {
                        assert_eq!(*a, json!({ "id": "a", "balance": 2 }));
                        assert_eq!(*only, json!({ "id": "only built", "balance": 2 }));
                    }
                    ref rows => panic!("rows of neither generation: {rows:?}"),
                }
                if last {
                    return;
                }
                tokio::select! {
                    biased;
                    () = done.notified() => last = true,
                    () = tokio::task::yield_now() => {}
                }
            }
        })
    };
    store.swapped(building.generation, false).await;
    done.notify_one();
    crate::support::all(vec![reader]).await;
    assert_built(&store).await;
}

pub(crate) async fn a_generation_that_is_behind_is_not_swapped<S: ReadModelStore>(store: ReadModels<S>) {
    let (live, building) = pair(&store).await;
    store.apply(&live, 6, &[]).await;
    let begun = store.try_swap(building.generation).await;
    assert!(matches!(begun, SwapAttempt::Behind), "{}", name_of(&begun));
    drop(begun);
    store.apply(&building, 6, &[]).await;
    store.swapped(building.generation, false).await;
    assert_built(&store).await;
}

pub(crate) async fn a_generation_that_is_ahead_of_the_live_one_is_swapped<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (_, building) = pair(&store).await;
    store.apply(&building, 9, &[]).await;
    store.swapped(building.generation, false).await;
    assert_built(&store).await;
    assert_eq!(store.checkpoint(building.generation).await.position, Position::new(9));
}

pub(crate) async fn a_swap_does_not_wait_for_a_transaction_on_either_generation<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (live, building) = pair(&store).await;
    for lease in [&live, &building] {
        let transaction = store.begun(lease).await;
        let asked = store.begin_swap(building.generation);
        let begun = crate::support::at_once("beginning a swap", asked).await;
        let begun = begun.expect("the store can be written");
        assert!(matches!(begun, SwapAttempt::Busy), "{}", name_of(&begun));
        drop(begun);
        transaction.roll_back().await.expect("the connection works");
    }
    store.swapped(building.generation, false).await;
}

pub(crate) async fn neither_generation_advances_during_a_swap<S: ReadModelStore>(store: ReadModels<S>) {
    let (live, building) = pair(&store).await;
    let mut transaction = store.begin_ready_swap(building.generation).await;
    let mut movers = Vec::new();
    for lease in [live.clone(), building.clone()] {
        let store = store.clone();
        movers.push(tokio::spawn(async move {
            let (mut transaction, position) = store.try_begin(&lease).await?;
            store.put(&mut transaction, &[row("moved", 3)]).await;
            store.advanced(&mut transaction, &lease, 7, 1).await;
            store.committed(transaction).await;
            Some(position)
        }));
    }
    // Gives a faulty store time to begin a transaction. A correct store does not need it.
    let moved = futures_util::future::select_all(&mut movers);
    let moved = tokio::time::timeout(Duration::from_millis(100), moved).await;
    if let Ok((position, _, _)) = moved {
        assert_eq!(position.expect("it does not panic"), None, "a transaction began during a swap");
    }
    for id in [live.generation, building.generation] {
        assert_eq!(store.checkpoint(id).await.position, Position::new(5));
    }
    transaction.swap(building.generation, false).await.expect("the swap is not blocked");
    store.committed(transaction).await;
    assert_eq!(store.find(live.generation).await, None);
    let followed = eventually("continuing after a swap", || store.try_begin(&building)).await;
    drop(followed);
}

pub(crate) async fn a_swap_that_is_rolled_back_changes_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let (live, building) = pair(&store).await;
    for dropped in [true, false] {
        let mut transaction = store.begin_ready_swap(building.generation).await;
        transaction.swap(building.generation, true).await.expect("the swap is not blocked");
        if dropped {
            drop(transaction);
        } else {
            transaction.roll_back().await.expect("the connection works");
        }
    }
    let mut transaction = eventually("beginning again", || store.try_begin(&live)).await.0;
    store.put(&mut transaction, &[row("a", 1)]).await;
    store.committed(transaction).await;
    assert_live(&store).await;
    assert_eq!(state(&store, live.generation).await, Some(GenerationState::Live));
    assert_eq!(state(&store, building.generation).await, Some(GenerationState::Building));
}

pub(crate) async fn the_lease_of_the_new_generation_stays_valid_after_the_swap<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (live, building) = pair(&store).await;
    store.swapped(building.generation, false).await;
    let (mut transaction, position) = store.try_begin(&building).await.expect("the lease is not lost");
    assert_eq!(position, Position::new(5));
    store.put(&mut transaction, &[row("after", 3)]).await;
    store.advanced(&mut transaction, &building, 6, 1).await;
    store.committed(transaction).await;
    assert_eq!(store.balance("after").await, Some(3));
    assert!(store.try_begin(&live).await.is_none(), "its generation no longer exists");
}

pub(crate) async fn a_retired_generation_is_kept_and_not_processed<S: ReadModelStore>(store: ReadModels<S>) {
    let (live, building) = pair(&store).await;
    store.swapped(building.generation, true).await;
    assert_built(&store).await;
    assert_eq!(state(&store, live.generation).await, Some(GenerationState::Retired));
    assert!(store.try_begin(&live).await.is_none(), "it is retired");
    store.release(&live).await.expect("the store can be written");
    let worker = store.worker().await;
    assert_eq!(store.claimed(live.generation, 0, worker).await, None, "it is retired");
    assert_eq!(store.checkpoint(live.generation).await.position, Position::new(5));
}

pub(crate) async fn a_kept_generation_can_be_revived_and_swapped_back<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (live, building) = pair(&store).await;
    store.swapped(building.generation, true).await;
    store.apply(&building, 6, &[]).await;
    assert!(store.revive(live.generation).await.expect("the store can be written"));
    assert_eq!(state(&store, live.generation).await, Some(GenerationState::Building));
    assert_built(&store).await;
    let begun = store.try_swap(live.generation).await;
    assert!(matches!(begun, SwapAttempt::Behind), "{}", name_of(&begun));
    drop(begun);
    store.release(&live).await.expect("the store can be written");
    let lease = store.lease(live.generation).await;
    let (mut transaction, position) = store.try_begin(&lease).await.expect("the lease is not lost");
    assert_eq!(position, Position::new(5), "it resumes at its checkpoint");
    store.advanced(&mut transaction, &lease, 6, 1).await;
    store.committed(transaction).await;
    store.swapped(live.generation, true).await;
    assert_live(&store).await;
    assert_eq!(state(&store, building.generation).await, Some(GenerationState::Retired));
}

pub(crate) async fn only_a_retired_generation_is_revived_if_none_is_building<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (live, building) = pair(&store).await;
    for id in [live.generation, building.generation] {
        assert!(!store.revive(id).await.expect("the store can be written"), "it is not retired");
    }
    store.swapped(building.generation, true).await;
    let another = store.rebuild().await;
    assert!(!store.revive(live.generation).await.expect("the store can be written"), "one is building");
    assert_eq!(state(&store, live.generation).await, Some(GenerationState::Retired));
    store.abandon(another).await.expect("the store can be written");
    assert!(store.revive(live.generation).await.expect("the store can be written"));
}

pub(crate) async fn an_abandoned_generation_is_deleted_with_its_rows<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (_, building) = pair(&store).await;
    store.abandon(building.generation).await.expect("the store can be written");
    assert_eq!(state(&store, building.generation).await, None);
    assert!(store.try_begin(&building).await.is_none(), "its generation no longer exists");
    assert_live(&store).await;
    let again = store.made(&balances(), REBUILD).await.expect("none is building");
    assert!(again > building.generation, "a number is given once");
    let lease = store.lease(again).await;
    let (mut transaction, position) = store.try_begin(&lease).await.expect("the lease is not lost");
    assert_eq!(position, Position::START);
    let rows = store.load(&mut transaction, &accounts(), &["a", "only built"].map(row_key)).await;
    assert_eq!(rows, Vec::<serde_json::Value>::new());
}

pub(crate) async fn a_retired_generation_can_be_abandoned<S: ReadModelStore>(store: ReadModels<S>) {
    let (live, building) = pair(&store).await;
    store.swapped(building.generation, true).await;
    store.abandon(building.generation).await.expect_err("it is live");
    store.abandon(live.generation).await.expect("the store can be written");
    assert_eq!(state(&store, live.generation).await, None);
    assert!(!store.revive(live.generation).await.expect("the store can be written"));
    assert_built(&store).await;
}

pub(crate) async fn only_a_building_generation_is_swapped<S: ReadModelStore>(store: ReadModels<S>) {
    let (live, building) = pair(&store).await;
    store.abandon(building.generation).await.expect("the store can be written");
    let none = GenerationId::new(building.generation.get() + 1_000);
    for id in [live.generation, building.generation, none] {
        let begun = store.try_swap(id).await;
        assert!(matches!(begun, SwapAttempt::Gone), "{}", name_of(&begun));
    }
    assert_live(&store).await;
}

pub(crate) async fn projections_are_swapped_separately<S: ReadModelStore>(store: ReadModels<S>) {
    let (_, building) = pair(&store).await;
    let other = store.make(&definition("orders", 1)).await;
    let other = store.lease(other).await;
    store.apply_to(&other, "orders", 9, &[row("order", 1)]).await;
    let request = GenerationRequest::Rebuild { swap_when_ready: false, keep_old: true };
    store.made(&definition("orders", 1), request).await.expect("none is building");
    store.swapped(building.generation, false).await;
    let orders = eventsource::store::ReadModelTable { name: "orders".into(), ..accounts() };
    assert_eq!(store.rows(&orders).await, [json!({ "id": "order", "balance": 1 })]);
    assert_eq!(state(&store, other.generation).await, Some(GenerationState::Live));
}

fn name_of<T>(attempt: &SwapAttempt<T>) -> &'static str {
    match attempt {
        SwapAttempt::Ready(_) => "ready",
        SwapAttempt::Behind => "behind",
        SwapAttempt::Busy => "busy",
        SwapAttempt::Gone => "gone",
        _ => "something else",
    }
}
