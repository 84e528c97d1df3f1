//! Figures that applications and operators read.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use eventsource::{
    Position, Projection, ProjectionError, Recorded, StartError,
    projections::ParkedError,
    store::{ProjectionStore, ReadModelStore},
};

use crate::support::{
    ReadModels, Switch, TallyEvent, Totals, UNLUCKY, added, ended, first_parked, included, options, started,
    started_with, status,
};

pub(crate) async fn a_parked_event_counts_as_applied_once_it_is<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let program = store.program().projection(Totals::<1, 1>::failing_until(&fixed).parking()).build();
    let workers = started(&program).await;
    for (tally, amount) in [("a", 1), ("a", UNLUCKY), ("b", UNLUCKY), ("a", 1), ("c", 1)] {
        added(&program, tally, amount).await;
    }
    let last = added(&program, "c", 1).await;
    included(&program, "totals", last).await;
    let figures = || async {
        let found = status(&program, "totals").await;
        (found.events, found.parked)
    };
    assert_eq!(figures().await, (3, 3));
    program.retry_parked("totals", "a").await.expect("it is retried");
    assert_eq!(figures().await, (3, 3), "it failed again");
    let position = first_parked(&program, "totals", "b").await;
    program.discard_parked("totals", "b", position, "entered twice").await.expect("it is discarded");
    assert_eq!(figures().await, (3, 2), "a discarded event does not count as applied");
    fixed.turn();
    program.retry_parked("totals", "a").await.expect("it is retried");
    assert_eq!(figures().await, (5, 0));
    let unknown = program.retry_parked("totals", "b").await.expect_err("it was discarded");
    assert!(
        matches!(&unknown, ParkedError::Unknown { projection, key } if projection == "totals" && key == "b"),
        "{unknown:?}"
    );
    ended(workers).await;
}

/// Records the positions of each batch it receives.
#[derive(Clone, Default)]
struct Batches(Arc<Mutex<Vec<Vec<Position>>>>);

impl Batches {
    fn take(&self) -> Vec<Vec<Position>> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl<S: ProjectionStore> Projection<S> for Batches {
    type Event = TallyEvent;
    const NAME: &'static str = "batches";

    async fn apply(
        &self,
        events: &[Recorded<TallyEvent>],
        _: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let positions = events.iter().map(|event| event.context.position).collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(positions);
        Ok(())
    }
}

#[track_caller]
fn assert_bounded(batches: &[Vec<Position>], events: usize) {
    assert!(batches.iter().all(|batch| (1..=20).contains(&batch.len())), "1 to 20 each: {batches:?}");
    let fewest = events.div_ceil(20);
    assert!(batches.len() <= fewest + 1, "{fewest} batches would do: {batches:?}");
    let all = batches.concat();
    assert_eq!(all.len(), events);
    assert!(all.is_sorted_by(|one, next| one < next), "each once, in order: {batches:?}");
}

pub(crate) async fn a_batch_has_as_many_events_as_its_limit_allows<S: ReadModelStore>(store: ReadModels<S>) {
    let projection = Batches::default();
    let program = store.program().projection(projection.clone()).build();
    let last = store.add_many("a", 205).await;
    let workers = started_with(&program, options().batch_events(20)).await;
    included(&program, "batches", last).await;
    assert_bounded(&projection.take(), 205);
    // The same for batches from the feed, at the end of the log.
    let last = store.add_many("a", 103).await;
    included(&program, "batches", last).await;
    assert_bounded(&projection.take(), 103);
    assert_eq!(status(&program, "batches").await.events, 308);
    ended(workers).await;
}

/// A projection that reports that its tables no longer match.
#[derive(Clone)]
struct Unfit(Switch);

#[async_trait]
impl<S: ProjectionStore> Projection<S> for Unfit {
    type Event = TallyEvent;
    const NAME: &'static str = "unfit";

    async fn check(&self, _: &S, _: eventsource::store::GenerationId) -> Result<(), ProjectionError> {
        if self.0.is_on() { Err(ProjectionError::new("the column `of` is missing")) } else { Ok(()) }
    }

    async fn apply(&self, _: &[Recorded<TallyEvent>], _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Ok(())
    }
}

/// A read model whose table has the columns of another one.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, eventsource::ReadModel)]
#[read_model(table = "totals")]
struct OtherTotal {
    #[read_model(key)]
    tally: String,
    average: f64,
}

impl eventsource::Fold<TallyEvent> for OtherTotal {
    fn key(event: &Recorded<TallyEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(_: Option<Self>, _: &Recorded<TallyEvent>) -> eventsource::Change<Self> {
        eventsource::Change::Keep
    }
}

pub(crate) async fn a_start_with_mismatched_tables_names_the_projection<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let changed = Switch::default();
    let program =
        store.program().projection(Totals::<1, 1>::new()).projection(Unfit(changed.clone())).build();
    ended(started(&program).await).await;
    changed.turn();
    let refused = program.start().await.expect_err("one projection does not match its tables");
    match &refused {
        StartError::Table { projection, source } => {
            assert_eq!(projection, "unfit");
            assert!(source.to_string().contains("`of` is missing"), "{source}");
        }
        other => panic!("{other:?}"),
    }

    let other = store.program().projection(<OtherTotal as eventsource::ReadModel>::projection()).build();
    let refused = other.start().await.expect_err("the table has other columns");
    match &refused {
        StartError::Table { projection, source } => {
            assert_eq!(projection, "totals");
            assert!(source.to_string().contains("average"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    // A program whose projections match still starts.
    let program = store.program().projection(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    ended(workers).await;
}
