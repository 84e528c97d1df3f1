//! What a program is refused on a store that does not declare it.

use eventsource::{
    projections::StartError,
    store::{Capability, ReadModelStore, StartAt},
};

use crate::support::{Add, Deal, PLAIN, ReadModels, Totals, ended, started};

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
        Err(StartError::Undeclared { projection, capability }) => {
            assert_eq!((projection.as_str(), capability), ("totals", Capability::InlineProjections));
        }
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("inline projections are not declared"),
    }
    assert!(store.list().await.is_empty());
    ended(started(&store.program().projection(Totals::<1, 1>::new()).build()).await).await;
}

pub(crate) async fn a_start_with_a_process_is_refused_unless_reactions_are_declared<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let process = store.program().process::<Deal<PLAIN>>(StartAt::Now).build();
    let scheduled = store.program().scheduled::<Add>().build();
    for (program, name) in [(process, "deals"), (scheduled, "scheduled/Add")] {
        if store.capabilities().contains(Capability::Reactions) {
            ended(started(&program).await).await;
            continue;
        }
        match program.start().await {
            Err(StartError::Undeclared { projection, capability }) => {
                assert_eq!((projection.as_str(), capability), (name, Capability::Reactions));
            }
            Err(error) => panic!("another error: {error}"),
            Ok(_) => panic!("reactions are not declared"),
        }
        assert!(store.list().await.is_empty());
    }
}
