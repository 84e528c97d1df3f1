//! Notifications of a store to workers, the holders of the horizon, and outages.

use std::time::Duration;

use eventsource::{ProjectionError, store::ReadModelStore};

use crate::support::{ReadModels, eventually};

pub(crate) async fn an_append_wakes_the_listeners<S: ReadModelStore>(store: ReadModels<S>) {
    for _ in 0..3 {
        let listening = {
            let store = store.clone();
            tokio::spawn(async move { store.listen().await })
        };
        // A notification may be late, and a listener that has not started yet may miss it, so more of them follow.
        let wakes = || async {
            store.record(1).await;
            store.announce().await.expect("the store can be queried");
            let woken = async {
                while !listening.is_finished() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_millis(100), woken).await.ok()
        };
        eventually("an append wakes the listener", wakes).await;
    }
}

pub(crate) async fn no_transaction_holds_the_horizon_while_nothing_is_appended<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    store.record(3).await;
    assert_eq!(store.horizon_holders().await.expect("the store can be queried"), []);
}

pub(crate) async fn an_error_of_the_projection_itself_is_no_outage<S: ReadModelStore>(store: ReadModels<S>) {
    let own = "x".parse::<u32>().expect_err("no number");
    assert!(!store.is_outage(&ProjectionError::from(own)));
    assert!(!store.is_outage(&ProjectionError::new("the store is unavailable")));
}
