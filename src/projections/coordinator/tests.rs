use super::*;
use crate::{
    MemoryStore, OnFailure,
    projections::{
        consumer::Consumers,
        sample::{Pages, context, generation},
    },
    store::{ProjectionKind, SupportedProjection, WorkerId},
};

fn coordinator(consumers: Consumers<MemoryStore>) -> Coordinator<MemoryStore> {
    Coordinator {
        context: context(consumers.clone()),
        token: CancellationToken::new(),
        running: HashMap::new(),
        tasks: JoinSet::new(),
        orphans: Orphans::default(),
        given_up: GivenUp::default(),
        fitnesses: Fitnesses::new(consumers),
        refused: HashMap::new(),
        resumptions: Resumptions::default(),
    }
}

fn of_kind(kind: ProjectionKind) -> Coordinator<MemoryStore> {
    coordinator(Pages::new(OnFailure::Stop).consumers(kind))
}

#[tokio::test]
async fn the_feed_goes_back_to_the_checkpoint_of_the_partition_that_fell_back() {
    let coordinator = of_kind(ProjectionKind::Following);
    let generations = [generation(1, &[9, 9]), generation(2, &[9, 4])];
    let fallen_back = |generation: u64, partition: u32, left: u64| {
        let left = ((GenerationId::new(generation), partition), Position::new(left));
        coordinator.restart_fallen_back(&[left], &generations);
        coordinator.context.feed.take_rewind()
    };
    assert_eq!(fallen_back(2, 1, 7), Some(Position::new(4)));
    assert_eq!(fallen_back(2, 1, 4), None, "it is where it was");
    assert_eq!(fallen_back(1, 1, 8), None, "it has advanced");
    assert_eq!(fallen_back(1, 1, 9), None);
    assert_eq!(fallen_back(3, 0, 9), None, "it was abandoned");
}

#[tokio::test]
async fn a_generation_is_promoted_only_if_every_worker_has_registered_it_as_inline() {
    let worker = |kind: ProjectionKind, version: u32| Worker {
        id: WorkerId::new(),
        application: String::new(),
        supports: vec![SupportedProjection { name: "pages".to_owned(), version, kind }],
    };
    let (inline, following) = (ProjectionKind::Inline, ProjectionKind::Following);
    let live = generation(1, &[0]);
    let building = |swap_when_ready: bool| Generation {
        state: GenerationState::Building,
        swap_when_ready,
        ..generation(1, &[0])
    };
    let coordinator = of_kind(inline);
    let able = [worker(inline, 1)];
    assert!(coordinator.may_promote(&live, &able));
    assert!(coordinator.may_promote(&building(true), &able));
    assert!(!coordinator.may_promote(&building(false), &able), "it waits for a swap on request");
    assert!(!coordinator.may_promote(&Generation { inline: true, ..generation(1, &[0]) }, &able));
    assert!(!of_kind(following).may_promote(&live, &able), "this program follows the log");
    for other in [worker(following, 1), worker(inline, 2)] {
        assert!(!coordinator.may_promote(&live, &[worker(inline, 1), other.clone()]), "{other:?}");
    }
}
