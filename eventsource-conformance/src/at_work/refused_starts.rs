//! A start that fails leaves the store as it was: no generation is created, demoted, resumed or abandoned.

use async_trait::async_trait;
use eventsource::{
    Change, Fold, Projection, ProjectionError, ReadModel, Recorded, StartError,
    projections::ProjectionState,
    store::{GenerationId, GenerationState, ProjectionStore, ReadModelStore, StoreError},
};
use serde::{Deserialize, Serialize};

use crate::support::{
    Letter, Program, ReadModels, TallyEvent, Total, Totals, added, assert_complete, ended, eventually,
    included, is, letters, seen, started,
};

/// When a projection refuses to start, and with which error.
#[derive(Clone, Copy, PartialEq)]
enum Refusal {
    Never,
    Setup,
    SetupByOutage,
    Check,
    CheckByOutage,
}

#[derive(Clone)]
struct Refusing(Refusal);

impl Refusing {
    fn refuse(&self, refused: Refusal, by_outage: Refusal) -> Result<(), ProjectionError> {
        if self.0 == refused {
            return Err(ProjectionError::new("the column `of` is missing"));
        }
        if self.0 == by_outage {
            return Err(
                StoreError::Unavailable { action: "checking", source: "the server is away".into() }.into()
            );
        }
        Ok(())
    }
}

#[async_trait]
impl<S: ProjectionStore> Projection<S> for Refusing {
    type Event = TallyEvent;
    const NAME: &'static str = "unfit";

    async fn setup(&self, _: &mut S::Transaction) -> Result<(), ProjectionError> {
        self.refuse(Refusal::Setup, Refusal::SetupByOutage)
    }

    async fn check(&self, _: &S, _: GenerationId) -> Result<(), ProjectionError> {
        self.refuse(Refusal::Check, Refusal::CheckByOutage)
    }

    async fn apply(&self, _: &[Recorded<TallyEvent>], _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Ok(())
    }
}

/// The same version of [`Letter`], with another column.
#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "letters", partitions = 4)]
struct OtherLetter {
    #[read_model(key)]
    letter: String,
    average: f64,
}

impl Fold<TallyEvent> for OtherLetter {
    fn key(event: &Recorded<TallyEvent>) -> Option<String> {
        <Letter as Fold<TallyEvent>>::key(event)
    }

    fn fold(_: Option<Self>, _: &Recorded<TallyEvent>) -> Change<Self> {
        Change::Keep
    }
}

/// What a start may change of the generations: number, name, version, state, and whether it is inline or stopped.
type Standing = (GenerationId, String, u32, GenerationState, bool, bool);

async fn standing<S: ReadModelStore>(store: &ReadModels<S>) -> Vec<Standing> {
    let generations = store.list().await;
    let standing = generations.into_iter().map(|it| {
        let stopped = it.checkpoints.iter().any(|checkpoint| checkpoint.stopped.is_some());
        (it.id, it.name, it.version, it.state, it.inline, stopped)
    });
    standing.collect()
}

/// Starts the program, which is to be refused, beside one whose version of `totals` is inline. Nothing changes, and the
/// old program can append.
async fn refused<S: ReadModelStore>(store: &ReadModels<S>, old: &Program<S>, new: &Program<S>) -> StartError {
    let before = standing(store).await;
    assert!(before.iter().any(|it| it.4), "one is inline: {before:?}");
    let refused = new.start().await.expect_err("one does not fit");
    assert_eq!(standing(store).await, before, "after {refused:?}");
    let count = seen(old, "a").await.len() as u64 + 1;
    added(old, "a", 1).await;
    assert_complete(&seen(old, "a").await, count);
    refused
}

#[track_caller]
fn assert_names(refused: &StartError, named: &str) {
    match refused {
        StartError::Setup { projection, .. } | StartError::Table { projection, .. } => {
            assert_eq!(projection, named, "{refused:?}");
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_start_whose_setup_fails_changes_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let old = store.program().inline(Total::projection()).build();
    let workers = started(&old).await;
    is(&old, "totals", ProjectionState::Inline).await;
    // The version between is building, and would be abandoned with a later one.
    let between = store.program().projection(Totals::<2, 1>::new()).build();
    let rebuild = tokio::spawn(async move { between.rebuild("totals").without_swap().await });
    eventually("the second version is building", || async {
        let found = store.list().await;
        found.iter().any(|it| it.version == 2).then_some(())
    })
    .await;
    rebuild.abort();

    let refusing = || Refusing(Refusal::Setup);
    let first = store.program().projection(refusing()).projection(Letter::projection());
    let first = first.inline(Totals::<3, 1>::new()).build();
    let last = store.program().inline(Totals::<3, 1>::new()).projection(Letter::projection());
    let last = last.projection(refusing()).build();
    // Only the failing one is new, and the other one is to follow again.
    let following = store.program().projection(Total::projection()).projection(refusing()).build();
    for new in [first, last, following] {
        let refused = refused(&store, &old, &new).await;
        assert_names(&refused, "unfit");
        assert!(matches!(refused, StartError::Setup { .. }), "{refused:?}");
    }
    let away =
        store.program().inline(Totals::<3, 1>::new()).projection(Refusing(Refusal::SetupByOutage)).build();
    let refused = refused(&store, &old, &away).await;
    assert!(matches!(refused, StartError::Store(StoreError::Unavailable { .. })), "{refused:?}");
    ended(workers).await;
}

pub(crate) async fn a_start_whose_tables_do_not_fit_changes_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let old = store.program().inline(Total::projection()).projection(Letter::projection());
    let old = old.projection(Refusing(Refusal::Never)).build();
    let workers = started(&old).await;
    is(&old, "totals", ProjectionState::Inline).await;

    let new = || store.program().inline(Totals::<2, 1>::new());
    let other = new().projection(OtherLetter::projection()).build();
    assert_names(&refused(&store, &old, &other).await, "letters");
    let refusing = new().projection(Refusing(Refusal::Check)).build();
    assert_names(&refused(&store, &old, &refusing).await, "unfit");
    // One that is registered earlier fits, or is to follow again.
    let earlier =
        store.program().projection(Total::projection()).projection(Refusing(Refusal::Check)).build();
    let refused_by_table = refused(&store, &old, &earlier).await;
    assert!(matches!(refused_by_table, StartError::Table { .. }), "{refused_by_table:?}");

    // The store is away: that says nothing about the tables.
    let away = new().projection(Refusing(Refusal::CheckByOutage)).build();
    let refused = refused(&store, &old, &away).await;
    assert!(matches!(refused, StartError::Store(StoreError::Unavailable { .. })), "{refused:?}");

    let last = added(&old, "a", 1).await;
    included(&old, "letters", last).await;
    assert_eq!(letters(&old).await.len(), 1);
    ended(workers).await;
    let workers = started(&new().projection(Letter::projection()).build()).await;
    ended(workers).await;
}
