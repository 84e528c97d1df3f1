//! What a program is refused on a store that does not declare it.

use eventsource::{
    projections::StartError,
    store::{Capability, ReadModelStore},
};

use crate::support::{ReadModels, Totals, ended, started};

pub(crate) async fn a_start_with_an_inline_projection_is_refused_unless_they_are_declared<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let program = store.program().inline(Totals::<1, 1>::new()).build();
    if store.capabilities().contains(Capability::InlineProjections) {
        return ended(started(&program).await).await;
    }
    match program.start().await {
        Err(StartError::NoInline { projection }) => assert_eq!(projection, "totals"),
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("inline projections are not declared"),
    }
    assert!(store.list().await.is_empty());
    ended(started(&store.program().projection(Totals::<1, 1>::new()).build()).await).await;
}
