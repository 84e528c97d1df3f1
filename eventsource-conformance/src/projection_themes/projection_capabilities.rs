//! A store of read models can do what it declares, and refuses what it does not declare.

use eventsource::store::{
    Append, AppendError, Capability, Definition, ProjectionKind, ReadModelStore, StoreError, StoreTransaction,
};

use crate::support::{ReadModels, definition, events, stream};

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

#[track_caller]
fn assert_unsupported(error: Option<StoreError>) {
    let is_clear =
        matches!(error, Some(StoreError::Unsupported { capability: Capability::InlineProjections, .. }));
    assert!(is_clear, "inline projections are not declared, and the store answers {error:?}");
}
