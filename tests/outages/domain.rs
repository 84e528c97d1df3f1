//! Numbers that are noted on pages, and read models of them.

use std::{
    borrow::Cow,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use eventsource::{
    Change, FailurePolicy, Fold, OnFailure, Position, Projection, ProjectionError, WorkerOptions, Workers,
    prelude::*,
    projections::{ProjectionState, ProjectionStatus, ReadModelProjection},
    store::ReadModelStore,
};

use crate::faulty::{Call, Fails, Fault, Faulty};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "page")]
pub(crate) enum PageEvent {
    Noted { number: u64 },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = PageEvent, id = str)]
pub(crate) struct Page;

impl Apply<PageEvent> for Page {
    fn apply(&mut self, _: PageEvent) {}
}

#[derive(Debug, Command)]
#[command(aggregate = Page)]
pub(crate) struct Note<'a>(#[command(id)] pub(crate) &'a str, pub(crate) u64);

impl Handle<Note<'_>> for Page {
    type Error = std::convert::Infallible;

    fn handle(&self, note: &Note<'_>) -> Result<Vec<PageEvent>, Self::Error> {
        Ok(vec![PageEvent::Noted { number: note.1 }])
    }
}

/// The numbers on a page, in the order in which they were applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "pages")]
pub(crate) struct Row {
    #[read_model(key)]
    pub(crate) page: String,
    pub(crate) numbers: Vec<u64>,
}

impl Fold<PageEvent> for Row {
    fn key(event: &Recorded<PageEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<PageEvent>) -> Change<Self> {
        let PageEvent::Noted { number } = event.event;
        let mut row =
            row.unwrap_or_else(|| Self { page: event.aggregate_id().to_owned(), numbers: Vec::new() });
        row.numbers.push(number);
        Change::Put(row)
    }
}

/// A number that [`Pages`] fails on until it is fixed.
pub(crate) const UNLUCKY: u64 = 13;

/// A projection into [`Row`]s that fails on [`UNLUCKY`].
#[derive(Clone)]
pub(crate) struct Pages {
    rows: ReadModelProjection<Row, PageEvent>,
    then: OnFailure,
    is_fixed: Arc<AtomicBool>,
}

impl Pages {
    pub(crate) fn new(then: OnFailure) -> Self {
        Self { rows: Row::projection(), then, is_fixed: Arc::default() }
    }

    pub(crate) fn fix(&self) {
        self.is_fixed.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl<S: ReadModelStore> Projection<S> for Pages {
    type Event = PageEvent;
    const NAME: &'static str = "pages";

    fn key<'a>(&self, event: &'a Recorded<PageEvent>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(event.aggregate_id()))
    }

    async fn setup(&self, transaction: &mut S::Transaction) -> Result<(), ProjectionError> {
        Projection::<S>::setup(&self.rows, transaction).await
    }

    async fn apply(
        &self,
        events: &[Recorded<PageEvent>],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let unlucky = |event: &Recorded<_>| event.event == PageEvent::Noted { number: UNLUCKY };
        if events.iter().any(unlucky) && !self.is_fixed.load(Ordering::SeqCst) {
            return Err(ProjectionError::new("13 is not to be noted"));
        }
        Projection::<S>::apply(&self.rows, events, transaction).await
    }

    fn on_failure(&self) -> FailurePolicy {
        let (attempts, delay) = (2, Duration::from_millis(1));
        FailurePolicy::default().attempts(attempts).min_delay(delay).max_delay(delay).then(self.then)
    }
}

pub(crate) type Program = EventSource<Arc<Faulty>>;

/// Ends a test that waits too long.
const LONG: Duration = Duration::from_secs(30);

/// Small batches, and frequent polling of the store.
pub(crate) async fn started(program: &Program) -> Workers {
    let options = WorkerOptions::default()
        .lease(Duration::from_millis(300))
        .poll(Duration::from_millis(5))
        .batch_events(2);
    program.start_with(options).await.expect("the store is there")
}

pub(crate) async fn noted(program: &Program, page: &str, number: u64) -> Position {
    program.execute(Note(page, number)).await.expect("accepted").position
}

/// Notes numbers on two pages, and returns the position of the last one.
pub(crate) async fn note_some(program: &Program, numbers: std::ops::Range<u64>) -> Position {
    let mut last = Position::START;
    for number in numbers {
        last = noted(program, if number.is_multiple_of(2) { "even" } else { "odd" }, number).await;
    }
    last
}

pub(crate) async fn included(program: &Program, position: Position) {
    program.wait_for("pages", position).timeout(LONG).await.expect("included");
}

pub(crate) async fn numbers(program: &Program, page: &str) -> Vec<u64> {
    let row = program.find::<Row>(&page.to_owned()).await.expect("the row can be read");
    row.map(|row| row.numbers).unwrap_or_default()
}

pub(crate) async fn status(program: &Program) -> ProjectionStatus {
    program.status().await.expect("the store can be read").live("pages").expect("it is there").clone()
}

/// Polls until there is an answer.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(ask: impl Fn() -> F) -> T {
    let asking = async {
        loop {
            match ask().await {
                Some(answer) => return answer,
                None => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    };
    tokio::time::timeout(LONG, asking).await.expect("it comes")
}

pub(crate) async fn is(program: &Program, state: ProjectionState) {
    until(|| async { (status(program).await.state == state).then_some(()) }).await;
}

/// Runs a test once for each of these calls, and for each of its first occurrences: the call is lost, or its answer
/// is. A call that occurs less often fails nothing; a call that never occurs is an error of the test.
pub(crate) async fn for_each_failure<F: Future<Output = ()>>(
    calls: &[Call],
    test: impl Fn(Arc<Faulty>, Fails) -> F,
) {
    for &call in calls {
        let mut failed = 0;
        for (from, fault) in
            [(0, Fault::Lost), (0, Fault::AnswerLost), (1, Fault::Lost), (2, Fault::AnswerLost)]
        {
            let store = Arc::new(Faulty::default());
            let fails = Fails { call, from, times: 1, fault };
            test(Arc::clone(&store), fails).await;
            failed += store.failed();
        }
        assert!(failed >= 2, "{call:?} failed {failed} times only");
    }
}
