//! A store of read models can do what it declares, and refuses what it does not declare.

use eventsource::{
    Position,
    store::{
        Append, AppendError, Capability, Definition, EventStore, InstanceQuery, InstanceRequest,
        ProjectionKind, ReadModelStore, StoreError, StoreTransaction, TimerChange, TimerQuery,
    },
};

use crate::support::{LONG, ReadModels, definition, events, message, set, step, stream, timer};

pub(crate) async fn a_projection_is_promoted_if_inline_ones_are_declared_and_refused_otherwise<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let inline = Definition { kind: ProjectionKind::Inline, ..definition("accounts", 1) };
    let generation = store.make(&inline).await;
    let lease = store.lease(generation).await;
    let promotion = store.begin_promotion(&lease).await;
    if store.capabilities().contains(Capability::InlineProjections) {
        let (mut transaction, _) = promotion.expect("inline projections are declared").expect("it is held");
        transaction.promote(&lease).await.expect("inline projections are declared");
        store.committed(transaction).await;
        assert!(store.generation(generation).await.inline);
        return;
    }
    let assert_unsupported = |error| assert_unsupported(error, Capability::InlineProjections);
    assert_unsupported(promotion.err());
    let mut transaction = store.begun(&lease).await;
    assert_unsupported(transaction.promote(&lease).await.err());
    transaction.roll_back().await.expect("the connection works");
    assert_unsupported(store.demote(generation).await.err());
    let append = Append::to(stream("a"), eventsource::store::ExpectedVersion::Any, events(1));
    match store.begin_append(append, &[generation]).await {
        Err(AppendError::Store(error)) => assert_unsupported(Some(error)),
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("inline projections are not declared"),
    }
    assert!(store.events().log().await.is_empty());
    assert!(!store.generation(generation).await.inline);
}

pub(crate) async fn timers_and_messages_are_kept_if_that_is_declared_and_refused_otherwise<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let lease = store.process(1).await;
    let generation = lease.generation;
    let due = timer("a", "x", 1);
    let (timers, instances) = (TimerQuery::first(1), InstanceQuery::first(1));
    let suspend = InstanceRequest::Suspend { reason: "why".to_owned() };
    let mut answers = vec![
        store.moment().await.err(),
        store.settled(Position::START).await.err(),
        store.timers(generation, &timers).await.err(),
        store.change_timer(generation, 0, &TimerChange::Set(due.clone())).await.err(),
        store.instances(generation, &instances).await.err(),
        store.request_instance(generation, "a", &suspend).await.err(),
        store.suspended_instances(generation, 0).await.err(),
        store.purge_outcomes("payments", LONG, 1).await.err(),
        store.purge_idempotency_keys(LONG, 1).await.err(),
    ];
    match store.begin_message(message("1")).await {
        Ok((transaction, _)) => store.committed(transaction).await,
        Err(error) => answers.push(Some(error)),
    }
    let mut transaction = store.begun(&lease).await;
    answers.push(transaction.change_timers(&lease, &set(&[due])).await.err());
    answers.push(transaction.change_instances(&lease, &[step("a")]).await.err());
    answers.push(transaction.keep_outcome(message("1"), "2").await.err());
    transaction.roll_back().await.expect("the connection works");
    let is_declared = store.capabilities().contains(Capability::Reactions);
    for answer in answers {
        match answer {
            None => assert!(is_declared, "it keeps what it does not declare"),
            answer if is_declared => panic!("it is declared, and the store answers {answer:?}"),
            answer => assert_unsupported(answer, Capability::Reactions),
        }
    }
}

#[track_caller]
fn assert_unsupported(error: Option<StoreError>, wanted: Capability) {
    let is_clear = matches!(error, Some(StoreError::Unsupported { capability, .. }) if capability == wanted);
    assert!(is_clear, "{wanted} are not declared, and the store answers {error:?}");
}
