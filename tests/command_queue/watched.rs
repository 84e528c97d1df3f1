//! The memory store with instrumentation: it counts calls, and holds appends until the test decides their outcome.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use eventsource::{
    RecordedEvent,
    prelude::*,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, DependentAppends, Direction, EventStore, ExpectedVersion,
        InvalidAppend, LogFilter, LogPage, NewEvent, Receipt, StoreError, StoredSnapshot, StoredType,
    },
};
use eventsource_conformance::waiting::in_time;
use futures_util::FutureExt;
use tokio::{
    sync::{mpsc, oneshot},
    task::unconstrained,
};

use crate::{
    chance::Chance,
    page::{Noted, Page, Trick, fingerprint, stream},
};

/// The outcome of an append.
#[derive(Debug)]
pub(crate) enum Fate {
    Stored,
    /// Another append is faster.
    Overtaken(Append),
    Refused,
    Outage,
    /// It is stored, but its answer is lost.
    AnswerLost,
    /// It is stored, its answer is lost, and the store has looked it up.
    AnswerFound,
    /// It is lost on the way to the store.
    CallLost,
    /// It seems to be lost, and reaches the store after the next call.
    CallLate,
    Panic,
}

#[derive(Default)]
pub(crate) struct Watched {
    memory: Mutex<Arc<MemoryStore>>,
    gate: Mutex<Option<mpsc::UnboundedSender<Arrival>>>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    lists: usize,
    reads: Vec<Version>,
    snapshots: Vec<Snapshot>,
    fates: VecDeque<Fate>,
    chance: Option<Chance>,
    yields: u64,
    is_unreadable: bool,
    late: Vec<Append>,
}

/// Appends that are held.
pub(crate) struct Arrival {
    pub(crate) appends: Vec<Append>,
    go: oneshot::Sender<Vec<Fate>>,
}

/// Where appends are held until the test releases them.
pub(crate) struct Gate(mpsc::UnboundedReceiver<Arrival>);

impl Gate {
    pub(crate) async fn arrival(&mut self) -> Arrival {
        self.arrival_or_end().await.expect("a store that holds appends")
    }

    /// `None` when the store holds no appends any more.
    pub(crate) async fn arrival_or_end(&mut self) -> Option<Arrival> {
        in_time("an append to arrive at the store", self.0.recv()).await
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Arrival {
    /// All appends are stored.
    pub(crate) fn pass(self) {
        self.meet([]);
    }

    /// The first appends get these outcomes, and the rest is stored.
    pub(crate) fn meet(self, fates: impl IntoIterator<Item = Fate>) {
        // A dropped caller does not receive it.
        let _ = self.go.send(fates.into_iter().collect());
    }

    /// The number in each append.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let events = self.appends.iter().flat_map(|append| &append.streams[0].events);
        events
            .map(|event| serde_json::from_str::<Noted>(event.payload.get()).expect("a number").number)
            .collect()
    }
}

impl Watched {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn memory(&self) -> Arc<MemoryStore> {
        Arc::clone(&lock(&self.memory))
    }

    /// From now on this store has the content of the other one.
    pub(crate) fn restore(&self, backup: &Self) {
        *lock(&self.memory) = backup.memory();
    }

    /// From now on appends are held.
    pub(crate) fn hold(&self) -> Gate {
        let (sender, receiver) = mpsc::unbounded_channel();
        *lock(&self.gate) = Some(sender);
        Gate(receiver)
    }

    /// From now on appends are no longer held.
    pub(crate) fn let_go(&self) {
        *lock(&self.gate) = None;
    }

    /// Sets the outcomes of the next appends.
    pub(crate) fn foretell(&self, fates: impl IntoIterator<Item = Fate>) {
        lock(&self.seen).fates.extend(fates);
    }

    /// From now on outcomes and delays of appends are random.
    pub(crate) fn leave_to(&self, chance: Chance) {
        lock(&self.seen).chance = Some(chance);
    }

    pub(crate) fn leave_in_peace(&self) {
        lock(&self.seen).chance = None;
    }

    /// From now on every call takes this many turns of the runtime.
    pub(crate) fn slow_down(&self, yields: u64) {
        lock(&self.seen).yields = yields;
    }

    /// Whether events cannot be read from now on.
    pub(crate) fn make_unreadable(&self, is_unreadable: bool) {
        lock(&self.seen).is_unreadable = is_unreadable;
    }

    async fn dawdle(&self) {
        let turns = lock(&self.seen).chance.as_mut().map_or(0, |chance| chance.below(4));
        let turns = turns + lock(&self.seen).yields;
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    fn by_chance(&self) -> Fate {
        match lock(&self.seen).chance.as_mut().map(|chance| chance.below(40)) {
            Some(0) => Fate::Refused,
            Some(1) => Fate::Outage,
            Some(2 | 3) => Fate::AnswerLost,
            Some(4 | 5) => Fate::CallLost,
            Some(6) => Fate::Panic,
            _ => Fate::Stored,
        }
    }

    /// The versions after which streams were read since the last call.
    pub(crate) fn reads(&self) -> Vec<u64> {
        std::mem::take(&mut lock(&self.seen).reads).into_iter().map(Version::get).collect()
    }

    /// How many lists of appends were made since the last call.
    pub(crate) fn lists(&self) -> usize {
        std::mem::take(&mut lock(&self.seen).lists)
    }

    pub(crate) fn snapshots(&self) -> Vec<Snapshot> {
        lock(&self.seen).snapshots.clone()
    }

    /// The numbers on a page. Asserts that each event was decided on those before it.
    pub(crate) async fn numbers(&self, page: &str) -> Vec<u64> {
        let mut numbers: Vec<u64> = Vec::new();
        let mut decided_on = fingerprint(&[]);
        for recorded in self.events(page).await {
            let noted: Noted = serde_json::from_str(&recorded.event).expect("a noted number");
            if numbers.last() != Some(&noted.number) {
                decided_on = fingerprint(&numbers);
            }
            assert_eq!(noted.on, decided_on, "{} was not decided on {numbers:?}", noted.number);
            numbers.push(noted.number);
        }
        numbers
    }

    async fn events(&self, page: &str) -> Vec<RecordedEvent> {
        let direction = Direction::Forward { after: Version::EMPTY };
        self.memory().read_stream(&stream(page), direction, usize::MAX).await.expect("the memory store")
    }

    /// An append by another process, decided on the numbers that are on the page now.
    pub(crate) async fn by_another(&self, page: &str, number: u64) -> Append {
        let numbers: Vec<u64> = self
            .events(page)
            .await
            .iter()
            .map(|it| serde_json::from_str::<Noted>(&it.event).expect("a noted number").number)
            .collect();
        let noted = Noted { number, on: fingerprint(&numbers), trick: Trick::None };
        let event = NewEvent::encode(&noted, eventsource::Metadata::default()).expect("a number");
        let expected = ExpectedVersion::Exact(Version::new(numbers.len() as u64));
        Append::to(stream(page), expected, vec![event])
    }

    /// Another process appends.
    pub(crate) async fn intrude(&self, page: &str, number: u64) {
        let append = self.by_another(page, number).await;
        self.memory().append(append).await.expect("the memory store");
    }

    /// Another process appends, unless a concurrent append comes first.
    pub(crate) async fn intrude_if_it_fits(&self, page: &str, number: u64) {
        let append = self.by_another(page, number).await;
        self.dawdle().await;
        // It is a conflict otherwise.
        let _ = self.memory().append(append).await;
    }

    pub(crate) async fn version(&self, page: &str) -> Version {
        Version::new(self.events(page).await.len() as u64)
    }

    async fn holds(&self, append: &Append) -> bool {
        let ids: Vec<_> = append.streams[0].events.iter().map(|event| event.id).collect();
        let direction = Direction::Forward { after: Version::EMPTY };
        let read = self.memory().read_stream(&append.streams[0].stream, direction, usize::MAX).await;
        read.expect("the memory store").iter().any(|event| ids.contains(&event.context.id))
    }

    async fn meet(&self, append: Append, fate: Fate) -> Result<Vec<Receipt>, AppendError> {
        let unknown = |append| AppendError::OutcomeUnknown {
            append: Box::new(append),
            source: "the connection was cut".into(),
        };
        match fate {
            Fate::Stored => self.memory().append(append).await,
            Fate::Overtaken(faster) => {
                self.memory().append(faster).await?;
                self.memory().append(append).await
            }
            // An append that was stored the first time is not refused later.
            Fate::Refused if self.holds(&append).await => self.memory().append(append).await,
            Fate::Refused => Err(InvalidAppend::NoStreams.into()),
            Fate::Outage => {
                let (action, source) = ("appending", "the server is away".into());
                Err(StoreError::Unavailable { action, source }.into())
            }
            Fate::AnswerLost => {
                self.memory().append(append.clone()).await?;
                Err(unknown(append))
            }
            Fate::AnswerFound => {
                self.memory().append(append.clone()).await?;
                self.memory().append(append).await
            }
            Fate::CallLost => Err(unknown(append)),
            Fate::CallLate => {
                lock(&self.seen).late.push(append.clone());
                Err(unknown(append))
            }
            Fate::Panic => panic!("the store panics"),
        }
    }
}

#[async_trait]
impl EventStore for Watched {
    fn capabilities(&self) -> Capabilities {
        self.memory().capabilities()
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        self.memory().append(append).await
    }

    async fn append_each(&self, appends: Vec<Append>) -> Vec<Result<Vec<Receipt>, AppendError>> {
        lock(&self.seen).lists += 1;
        let gate = lock(&self.gate).clone();
        let late = std::mem::take(&mut lock(&self.seen).late);
        let mut fates = match gate {
            Some(gate) => {
                let (go, told) = oneshot::channel();
                match gate.send(Arrival { appends: appends.clone(), go }) {
                    Ok(()) => told.await.expect("the test sets the outcome"),
                    Err(_) => Vec::new(),
                }
            }
            None => lock(&self.seen).fates.drain(..).collect(),
        }
        .into_iter();
        let mut outcomes = Vec::new();
        let mut dependent = DependentAppends::new();
        for append in appends {
            let fate = fates.next().unwrap_or_else(|| self.by_chance());
            self.dawdle().await;
            outcomes.push(dependent.append(append, |append| self.meet(append, fate)).await);
        }
        for append in late {
            // A conflict, if it is not stored by now.
            let _ = self.memory().append(append).await;
        }
        self.dawdle().await;
        outcomes
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Result<Option<Receipt>, StoreError> {
        self.dawdle().await;
        self.memory().find_receipt(stream, key).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        if let Direction::Forward { after } = direction {
            lock(&self.seen).reads.push(after);
        }
        self.dawdle().await;
        if lock(&self.seen).is_unreadable {
            let (action, source) = ("reading a stream", "the server is away".into());
            return Err(StoreError::Unavailable { action, source });
        }
        self.memory().read_stream(stream, direction, limit).await
    }

    async fn read_log(
        &self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        self.memory().read_log(after, filter, limit).await
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        self.memory().load_snapshot(stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        lock(&self.seen).snapshots.push(snapshot.clone());
        self.memory().save_snapshot(snapshot).await
    }

    async fn stored_types(&self, samples: usize) -> Result<Vec<StoredType>, StoreError> {
        self.memory().stored_types(samples).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) type Executing<'a> =
    Pin<Box<dyn Future<Output = Result<Receipt, ExecuteError<crate::page::Full>>> + Send + 'a>>;

/// A command that has been handled, and waits until it is stored.
pub(crate) fn begun<'a>(
    command: impl IntoFuture<
        Output = Result<Receipt, ExecuteError<crate::page::Full>>,
        IntoFuture = Executing<'a>,
    >,
) -> Executing<'a> {
    let mut executing = command.into_future();
    let answer = unconstrained(&mut executing).now_or_never();
    assert!(answer.is_none(), "answered before anything is stored: {answer:?}");
    executing
}

/// The page as it is stored.
pub(crate) async fn page(source: &EventSource<Arc<Watched>>, page: &str) -> Page {
    source.load::<Page>(page).await.expect("a page can be loaded").state
}
