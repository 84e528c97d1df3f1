use super::*;
use crate::{
    OnFailure, Position,
    projections::{
        runner::tests::{append, runner},
        sample::Pages,
    },
    store::TimerChange,
};

#[tokio::test]
async fn what_is_due_waits_for_the_events_before_it() {
    let mut runner = runner(&Pages::new(OnFailure::Stop), 1).await;
    runner.timers = Some(Timers::default());
    let store = std::sync::Arc::clone(&runner.context.engine.store);
    let (key, name, data) = ("a".to_owned(), "reminder".to_owned(), "{}".to_owned());
    let timer = TimerChange::Set(Timer { key, name, due_at: Timestamp::MIN, data });
    let begun = store.begin(&runner.lease).await.expect("the store is up");
    let (mut transaction, _) = begun.expect("the lease is held");
    transaction.change_timers(&runner.lease, &[timer]).await.expect("it is set");
    transaction.commit().await.expect("the store is up");
    append(&runner, "word", 1).await;

    let waits = |runner: &Runner<_>| runner.timers.as_ref().is_some_and(|timers| timers.moment.is_some());
    assert!(runner.fire_timers().await.is_ok());
    assert!(waits(&runner), "the event was appended before the timer was found to be due");
    assert!(runner.catch_up().await.is_ok());
    assert_eq!(runner.position, Position::new(1));
    assert!(runner.fire_timers().await.is_ok());
    assert!(!waits(&runner));
}
