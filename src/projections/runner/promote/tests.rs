use super::*;
use crate::{
    MemoryStore, OnFailure,
    projections::{
        runner::tests::{append, runner},
        sample::Pages,
    },
};

/// Applies what is left, as in a promotion, and returns the position that it would be promoted at.
async fn applied(runner: &mut Runner<MemoryStore>) -> Option<u64> {
    let store = std::sync::Arc::clone(&runner.context.engine.store);
    let begun = store.begin(&runner.lease).await.expect("the store is up");
    let (mut transaction, _) = begun.expect("the lease is held");
    let Ok(head) = runner.apply_rest(&mut transaction).await else { panic!("the store is up") };
    transaction.roll_back().await.expect("the store is up");
    head.map(Position::get)
}

#[tokio::test]
async fn it_is_promoted_only_if_few_events_are_left() {
    let mut runner = runner(&Pages::new(OnFailure::Stop), 10).await;
    append(&runner, "word", LAST_EVENTS).await;
    assert_eq!(applied(&mut runner).await, Some(LAST_EVENTS as u64));
    append(&runner, "word", 1).await;
    assert_eq!(applied(&mut runner).await, None, "an event would be missed");
    assert!(runner.catch_up().await.is_ok());
    assert_eq!(applied(&mut runner).await, Some(LAST_EVENTS as u64 + 1));
}

#[tokio::test]
async fn it_is_not_promoted_if_one_of_the_last_events_fails() {
    let mut runner = runner(&Pages::new(OnFailure::Stop), 10).await;
    append(&runner, "bad", 1).await;
    assert_eq!(applied(&mut runner).await, None);
}
