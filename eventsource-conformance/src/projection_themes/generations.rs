//! Generations of projections: when one is made, and where it starts.

use eventsource::{
    Position,
    store::{
        Definition, GenerationRequest, GenerationState, ProjectionKind, ReadModelStore, StartAt,
        StoreTransaction,
    },
};

use crate::support::{REBUILD, ReadModels, balances, definition, eventually, race};

pub(crate) async fn the_first_generation_of_a_name_is_live<S: ReadModelStore>(store: ReadModels<S>) {
    let first = store.make(&definition("accounts", 3)).await;
    let [generation] = store.list().await.try_into().expect("one generation");
    assert_eq!((generation.id, generation.state), (first, GenerationState::Live));
    let other =
        store.made(&definition("orders", 1), REBUILD).await.expect("a generation is made for either request");
    assert_eq!(store.generation(other).await.state, GenerationState::Live);
}

pub(crate) async fn a_generation_is_kept_as_it_was_defined<S: ReadModelStore>(store: ReadModels<S>) {
    for (name, kind) in [
        ("accounts", ProjectionKind::Following),
        ("balances", ProjectionKind::Inline),
        ("mails", ProjectionKind::Handler),
    ] {
        let partitions = 3;
        let id = store.make(&Definition { kind, partitions, ..definition(name, 7) }).await;
        let generation = store.generation(id).await;
        assert_eq!((&*generation.name, generation.version, generation.kind), (name, 7, kind));
        assert!(!generation.inline, "it has not caught up yet");
        assert_eq!(generation.checkpoints.len(), 3);
        for checkpoint in &generation.checkpoints {
            assert_eq!(checkpoint.position, Position::START);
            assert_eq!((checkpoint.events, checkpoint.parked, checkpoint.parked_requests), (0, 0, 0));
            assert_eq!((checkpoint.owner, checkpoint.owner_lives), (None, false));
            assert_eq!((&checkpoint.last_error, &checkpoint.stopped), (&None, &None));
        }
    }
}

pub(crate) async fn a_higher_version_is_built_beside_the_live_one<S: ReadModelStore>(store: ReadModels<S>) {
    let live = store.make(&balances()).await;
    let building = store.make(&definition("accounts", 2)).await;
    assert!(building > live, "a later generation has a higher number");
    assert_eq!(store.generation(live).await.state, GenerationState::Live);
    let generation = store.generation(building).await;
    assert_eq!((generation.state, generation.version), (GenerationState::Building, 2));
    assert!(generation.swap_when_ready, "a new version is swapped automatically");
}

pub(crate) async fn an_existing_version_is_not_made_again<S: ReadModelStore>(store: ReadModels<S>) {
    store.make(&balances()).await;
    assert_eq!(store.made(&balances(), GenerationRequest::Start).await, None);
    store.make(&definition("accounts", 2)).await;
    assert_eq!(
        store.made(&definition("accounts", 2), GenerationRequest::Start).await,
        None,
        "it is building"
    );
    assert_eq!(store.list().await.len(), 2);
}

pub(crate) async fn a_lower_version_makes_no_generation<S: ReadModelStore>(store: ReadModels<S>) {
    store.make(&definition("accounts", 5)).await;
    assert_eq!(store.made(&definition("accounts", 4), GenerationRequest::Start).await, None);
    store.make(&definition("accounts", 8)).await;
    assert_eq!(
        store.made(&definition("accounts", 7), GenerationRequest::Start).await,
        None,
        "a later one is building"
    );
    assert_eq!(store.list().await.len(), 2);
}

pub(crate) async fn a_rebuild_makes_the_same_version_again<S: ReadModelStore>(store: ReadModels<S>) {
    for (name, swap_when_ready, keep_old) in [("one", true, false), ("other", false, true)] {
        let live = store.make(&definition(name, 1)).await;
        let request = GenerationRequest::Rebuild { swap_when_ready, keep_old };
        let building = store.made(&definition(name, 1), request).await.expect("none is building");
        assert_eq!(store.generation(live).await.state, GenerationState::Live);
        let generation = store.generation(building).await;
        assert_eq!((generation.version, generation.state), (1, GenerationState::Building));
        assert_eq!((generation.swap_when_ready, generation.keep_old), (swap_when_ready, keep_old));
    }
}

pub(crate) async fn a_rebuild_makes_no_generation_while_one_is_building<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    store.make(&balances()).await;
    let building = store.rebuild().await;
    assert_eq!(store.made(&balances(), REBUILD).await, None);
    assert_eq!(store.made(&definition("accounts", 2), REBUILD).await, None);
    assert_eq!(store.list().await.len(), 2);
    assert_eq!(store.generation(building).await.state, GenerationState::Building);
}

pub(crate) async fn an_earlier_version_that_is_building_is_abandoned_with_a_later_one<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let live = store.make(&balances()).await;
    let earlier = store.make(&definition("accounts", 2)).await;
    let begun = store.begin_making(&definition("accounts", 3), GenerationRequest::Start).await;
    let (later, transaction) = begun.expect("a generation is made");
    assert!(store.find(earlier).await.is_some(), "the earlier one exists until the later one is committed");
    store.committed(transaction).await;
    let left: Vec<_> = store.list().await.iter().map(|generation| generation.id).collect();
    assert_eq!(left, [live, later]);
}

pub(crate) async fn one_of_the_concurrent_makers_makes_the_generation<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    for (version, state) in [(1, GenerationState::Live), (2, GenerationState::Building)] {
        let made = race(8, |_| {
            let store = store.clone();
            async move { store.made(&definition("accounts", version), GenerationRequest::Start).await }
        });
        let made: Vec<_> = made.await.into_iter().flatten().collect();
        let [id] = made[..] else { panic!("{} callers made a generation", made.len()) };
        assert_eq!(store.generation(id).await.state, state);
        assert_eq!(store.list().await.len(), version as usize);
    }
}

pub(crate) async fn a_generation_that_was_not_committed_does_not_exist<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (_, transaction) =
        store.begin_making(&balances(), GenerationRequest::Start).await.expect("a generation is made");
    assert!(store.list().await.is_empty(), "the generation is not committed yet");
    transaction.roll_back().await.expect("the connection works");
    assert!(store.list().await.is_empty());
    let (_, dropped) =
        store.begin_making(&balances(), GenerationRequest::Start).await.expect("a generation is still made");
    drop(dropped);
    let made = eventually("making a generation after a transaction was dropped", || async {
        store.made(&balances(), GenerationRequest::Start).await
    });
    assert_eq!(store.generation(made.await).await.state, GenerationState::Live);
}

pub(crate) async fn a_new_projection_starts_where_its_definition_says<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let starting = |name, start| Definition { start, partitions: 2, ..definition(name, 1) };
    let empty = store.make(&starting("empty", StartAt::Now)).await;
    let recorded = store.record(3).await;
    let beginning = store.make(&starting("beginning", StartAt::Beginning)).await;
    let now = store.make(&starting("now", StartAt::Now)).await;
    let after = store.make(&starting("after", StartAt::After(recorded[1].context.position))).await;
    let at = async |id| {
        let generation = store.generation(id).await;
        assert!(generation.checkpoints.iter().all(|it| it.position == generation.position()));
        generation.position()
    };
    assert!(at(empty).await < recorded[0].context.position);
    assert_eq!(at(beginning).await, Position::START);
    assert_eq!(at(now).await, recorded[2].context.position);
    assert_eq!(at(after).await, recorded[1].context.position);
}

pub(crate) async fn generations_are_listed_by_name_and_number<S: ReadModelStore>(store: ReadModels<S>) {
    let [orders, accounts] = [store.make(&definition("orders", 1)).await, store.make(&balances()).await];
    let rebuilt = store.rebuild().await;
    let listed: Vec<_> = store.list().await.into_iter().map(|it| (it.name, it.id)).collect();
    let expected = [("accounts", accounts), ("accounts", rebuilt), ("orders", orders)];
    assert_eq!(listed, expected.map(|(name, id)| (name.to_owned(), id)));
}

pub(crate) async fn the_automatic_swap_of_a_generation_can_be_changed<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    store.make(&balances()).await;
    let building = store.rebuild().await;
    for swap in [true, false] {
        store.swap_when_ready(building, swap).await.expect("the store can be written");
        assert_eq!(store.generation(building).await.swap_when_ready, swap);
    }
}
