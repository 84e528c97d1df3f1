//! The memory store behind a connection that fails: a call is lost, or its answer is.

use std::{
    error::Error,
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use eventsource::{
    Position, ProjectionError, RecordedEvent, StreamId,
    memory::MemoryTransaction,
    prelude::*,
    snapshot::Snapshot,
    store::{
        Append, AppendError, Capabilities, Claim, Comparison, Definition, Direction, EventStore, EventTypes,
        Generation, GenerationId, GenerationRequest, HorizonHolder, ImportError, ImportEvent, Imported,
        Lease, LogFilter, LogPage, MessageName, Outcome, ParkedEvent, ParkedOutcome, ParkedQuery,
        ParkedRequest, PartitionOf, ProjectionStore, ReadModelStore, ReadModelTable, ReadModelTransaction,
        Receipt, StopReason, StoreError, StoreTransaction, StoredSnapshot, StoredType, SwapAttempt, Worker,
        WorkerId,
    },
};
use serde_json::value::RawValue;

type Asked<T> = Result<T, StoreError>;

/// The calls that workers make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    ReadLog,
    Generations,
    Heartbeat,
    Claim,
    Begin,
    Advance,
    Append,
    Commit,
    RollBack,
    NoteError,
    Stop,
    Park,
    Parked,
    Unpark,
    BeginSwap,
    Swap,
    SwapWhenReady,
    BeginPromotion,
    BeginWidening,
    ReadRest,
    Promote,
    Demote,
    CheckTable,
    LoadRows,
    WriteRows,
    Leave,
    BeginMessage,
    KeepOutcome,
    FindRow,
    AllRows,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is lost on the way to the store.
    Lost,
    /// The store executes it, and its answer is lost.
    AnswerLost,
    /// The store executes it, but its answer does not say so.
    AnswerGarbled,
    /// The store refuses it, and would refuse it again.
    Refused,
    /// Before it, the store has lost all checkpoints, as a server that crashed. Only of `Begin`.
    CheckpointLost,
}

/// Which calls fail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fails {
    pub(crate) call: Call,
    /// From this call on, counted from 0 ...
    pub(crate) from: usize,
    /// ... this many calls.
    pub(crate) times: usize,
    pub(crate) fault: Fault,
}

/// The failures to come, and the number of calls.
#[derive(Default)]
struct Line {
    fails: Mutex<Option<Fails>>,
    made: AtomicUsize,
    failed: AtomicUsize,
}

impl Line {
    /// Only calls of workers fail: they run in tasks, and a test does not.
    fn fault(&self, call: Call) -> Option<Fault> {
        tokio::task::try_id()?;
        let fails = (*self.fails.lock().expect("no panic occurs under this lock"))?;
        if fails.call != call {
            return None;
        }
        let made = self.made.fetch_add(1, Ordering::SeqCst);
        let due = (fails.from..fails.from + fails.times).contains(&made);
        due.then(|| {
            self.failed.fetch_add(1, Ordering::SeqCst);
            fails.fault
        })
    }

    /// Whether a call has this fault, which is then taken.
    fn next_is(&self, call: Call, fault: Fault) -> bool {
        let is_due =
            self.fails.lock().expect("no panic occurs under this lock").is_some_and(|it| it.fault == fault);
        is_due && self.fault(call) == Some(fault)
    }

    async fn call<T, E: From<StoreError>>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let action = "calling a store behind a broken line";
        match self.fault(call) {
            None => answer.await,
            Some(Fault::Lost) => Err(StoreError::Unavailable { action, source: Away.into() }.into()),
            Some(Fault::AnswerLost) => {
                drop(answer.await?);
                Err(StoreError::Unavailable { action, source: Away.into() }.into())
            }
            Some(Fault::AnswerGarbled) => {
                drop(answer.await?);
                Err(StoreError::Backend { action, source: "garbled".into() }.into())
            }
            Some(Fault::Refused) => Err(StoreError::Backend { action, source: "refused".into() }.into()),
            Some(Fault::CheckpointLost) => unreachable!("it is the fault of a `begin`"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the line is broken")]
struct Away;

#[derive(Default)]
pub(crate) struct Faulty {
    memory: MemoryStore,
    line: Arc<Line>,
    /// Appends that another program makes just before the next promotion begins.
    intruders: Mutex<Vec<Append>>,
}

pub(crate) struct Transaction {
    memory: MemoryTransaction,
    line: Arc<Line>,
}

impl Faulty {
    /// From now on these calls of workers fail.
    pub(crate) fn fail(&self, fails: Fails) {
        *self.line.fails.lock().expect("no panic occurs under this lock") = Some(fails);
    }

    /// Lets another program append this just before the next promotion begins.
    pub(crate) fn append_before_a_promotion(&self, append: Append) {
        self.intruders.lock().expect("no panic occurs under this lock").push(append);
    }

    /// How many calls have failed.
    pub(crate) fn failed(&self) -> usize {
        self.line.failed.load(Ordering::SeqCst)
    }

    /// How many calls of the failing kind were made.
    pub(crate) fn made(&self) -> usize {
        self.line.made.load(Ordering::SeqCst)
    }

    fn wrap(&self, memory: MemoryTransaction) -> Transaction {
        Transaction { memory, line: Arc::clone(&self.line) }
    }
}

#[async_trait]
impl EventStore for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }

    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        self.memory.append(append).await
    }

    async fn import(&self, events: &[ImportEvent]) -> Result<Imported, ImportError> {
        self.memory.import(events).await
    }

    async fn find_receipt(&self, stream: &StreamId, key: &str) -> Asked<Option<Receipt>> {
        self.memory.find_receipt(stream, key).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        direction: Direction,
        limit: usize,
    ) -> Asked<Vec<RecordedEvent>> {
        self.memory.read_stream(stream, direction, limit).await
    }

    async fn read_log(&self, after: Position, filter: &LogFilter, limit: usize) -> Asked<LogPage> {
        self.line.call(Call::ReadLog, self.memory.read_log(after, filter, limit)).await
    }

    async fn load_snapshot(&self, stream: &StreamId) -> Asked<Option<StoredSnapshot>> {
        self.memory.load_snapshot(stream).await
    }

    async fn save_snapshot(&self, snapshot: Snapshot) -> Asked<()> {
        self.memory.save_snapshot(snapshot).await
    }

    async fn stored_types(&self, samples: usize) -> Asked<Vec<StoredType>> {
        self.memory.stored_types(samples).await
    }
}

#[async_trait]
impl ProjectionStore for Faulty {
    type Transaction = Transaction;

    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Asked<Option<(GenerationId, Transaction)>> {
        let begun = self.memory.begin_generation(definition, request).await?;
        Ok(begun.map(|(id, transaction)| (id, self.wrap(transaction))))
    }

    async fn generations(&self) -> Asked<Vec<Generation>> {
        self.line.call(Call::Generations, self.memory.generations()).await
    }

    async fn change_handler(
        &self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> Asked<bool> {
        self.memory.change_handler(generation, name, partitions, partition_of).await
    }

    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Asked<Vec<Worker>> {
        self.line.call(Call::Heartbeat, self.memory.heartbeat(worker, lease)).await
    }

    async fn claim(&self, claim: &Claim) -> Asked<Option<Lease>> {
        self.line.call(Call::Claim, self.memory.claim(claim)).await
    }

    async fn begin_widening(
        &self,
        id: GenerationId,
        types: &EventTypes,
    ) -> Asked<Option<(Transaction, Generation)>> {
        let begun = self.line.call(Call::BeginWidening, self.memory.begin_widening(id, types)).await?;
        Ok(begun.map(|(transaction, found)| (self.wrap(transaction), found)))
    }

    async fn release(&self, lease: &Lease) -> Asked<()> {
        self.memory.release(lease).await
    }

    async fn leave(&self, worker: WorkerId) -> Asked<()> {
        self.line.call(Call::Leave, self.memory.leave(worker)).await
    }

    async fn begin(&self, lease: &Lease) -> Asked<Option<(Transaction, Position)>> {
        let begin = async {
            if let Some((mut transaction, _)) = self.memory.begin(lease).await? {
                transaction.advance(lease, Position::START, 0).await?;
                transaction.commit().await?;
            }
            self.memory.begin(lease).await
        };
        let begun = match self.line.next_is(Call::Begin, Fault::CheckpointLost) {
            true => begin.await?,
            false => self.line.call(Call::Begin, self.memory.begin(lease)).await?,
        };
        Ok(begun.map(|(transaction, position)| (self.wrap(transaction), position)))
    }

    fn is_outage(&self, error: &ProjectionError) -> bool {
        let mut error: Option<&(dyn Error + 'static)> = Some(error.inner());
        while let Some(cause) = error {
            if cause.is::<Away>() {
                return true;
            }
            error = cause.source();
        }
        false
    }

    async fn note_error(&self, lease: &Lease, error: Option<&str>) -> Asked<()> {
        self.line.call(Call::NoteError, self.memory.note_error(lease, error)).await
    }

    async fn stop(&self, lease: &Lease, reason: &StopReason) -> Asked<()> {
        self.line.call(Call::Stop, self.memory.stop(lease, reason)).await
    }

    async fn resume(&self, generation: GenerationId) -> Asked<u64> {
        self.memory.resume(generation).await
    }

    async fn parked(&self, generation: GenerationId, query: &ParkedQuery) -> Asked<Vec<ParkedEvent>> {
        self.line.call(Call::Parked, self.memory.parked(generation, query)).await
    }

    async fn parked_keys(&self, generation: GenerationId, partition: u32) -> Asked<Vec<String>> {
        self.line.call(Call::Parked, self.memory.parked_keys(generation, partition)).await
    }

    async fn request_parked(
        &self,
        id: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Asked<bool> {
        self.memory.request_parked(id, key, request).await
    }

    async fn begin_swap(&self, generation: GenerationId) -> Asked<SwapAttempt<Transaction>> {
        let begun = self.line.call(Call::BeginSwap, self.memory.begin_swap(generation)).await?;
        Ok(begun.map(|transaction| self.wrap(transaction)))
    }

    async fn abandon(&self, generation: GenerationId) -> Asked<()> {
        self.memory.abandon(generation).await
    }

    async fn revive(&self, generation: GenerationId) -> Asked<bool> {
        self.memory.revive(generation).await
    }

    async fn swap_when_ready(&self, generation: GenerationId, swap: bool) -> Asked<()> {
        self.line.call(Call::SwapWhenReady, self.memory.swap_when_ready(generation, swap)).await
    }

    async fn compare(&self, generation: GenerationId) -> Asked<Comparison> {
        self.memory.compare(generation).await
    }

    async fn begin_promotion(&self, lease: &Lease) -> Asked<Option<(Transaction, Position)>> {
        let intruders = std::mem::take(&mut *self.intruders.lock().expect("no panic occurs under this lock"));
        for append in intruders {
            self.memory.append(append).await.expect("the append cannot conflict");
        }
        let begun = self.line.call(Call::BeginPromotion, self.memory.begin_promotion(lease)).await?;
        Ok(begun.map(|(transaction, position)| (self.wrap(transaction), position)))
    }

    async fn demote(&self, generation: GenerationId) -> Asked<()> {
        self.line.call(Call::Demote, self.memory.demote(generation)).await
    }

    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(Transaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        let (transaction, receipts, events) = self.memory.begin_append(append, inline).await?;
        Ok((self.wrap(transaction), receipts, events))
    }

    async fn listen(&self) {
        self.memory.listen().await;
    }

    async fn horizon_holders(&self) -> Asked<Vec<HorizonHolder>> {
        self.memory.horizon_holders().await
    }

    async fn begin_message(&self, message: MessageName<'_>) -> Asked<(Transaction, Option<Outcome>)> {
        let begun = self.line.call(Call::BeginMessage, self.memory.begin_message(message)).await;
        begun.map(|(transaction, kept)| (self.wrap(transaction), kept))
    }
}

#[async_trait]
impl StoreTransaction for Transaction {
    async fn advance(&mut self, lease: &Lease, position: Position, events: u64) -> Asked<()> {
        let advance = self.memory.advance(lease, position, events);
        self.line.call(Call::Advance, advance).await
    }

    async fn commit(self) -> Asked<()> {
        self.line.call(Call::Commit, self.memory.commit()).await
    }

    async fn roll_back(self) -> Asked<()> {
        self.line.call(Call::RollBack, self.memory.roll_back()).await
    }

    async fn append(
        &mut self,
        append: &Append,
        inline: &[GenerationId],
    ) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        let Self { memory, line } = self;
        line.call(Call::Append, memory.append(append, inline)).await
    }

    async fn park(&mut self, lease: &Lease, events: &[ParkedEvent]) -> Asked<()> {
        self.line.call(Call::Park, self.memory.park(lease, events)).await
    }

    async fn unpark(&mut self, lease: &Lease, event: &ParkedEvent, outcome: &ParkedOutcome) -> Asked<()> {
        let unpark = self.memory.unpark(lease, event, outcome);
        self.line.call(Call::Unpark, unpark).await
    }

    async fn swap(&mut self, generation: GenerationId, keep_old: bool) -> Asked<()> {
        let swap = self.memory.swap(generation, keep_old);
        self.line.call(Call::Swap, swap).await
    }

    async fn read_rest(&mut self, after: Position, filter: &LogFilter, limit: usize) -> Asked<LogPage> {
        let read = self.memory.read_rest(after, filter, limit);
        self.line.call(Call::ReadRest, read).await
    }

    async fn promote(&mut self, lease: &Lease) -> Asked<()> {
        self.line.call(Call::Promote, self.memory.promote(lease)).await
    }

    async fn enter(&mut self, generation: GenerationId) -> Asked<()> {
        self.memory.enter(generation).await
    }

    async fn keep_outcome(&mut self, message: MessageName<'_>, outcome: &str) -> Asked<()> {
        let keep = self.memory.keep_outcome(message, outcome);
        self.line.call(Call::KeepOutcome, keep).await
    }
}

#[async_trait]
impl ReadModelStore for Faulty {
    async fn check_table(&self, generation: GenerationId, table: &ReadModelTable) -> Asked<()> {
        self.line.call(Call::CheckTable, self.memory.check_table(generation, table)).await
    }

    async fn find_row(&self, table: &ReadModelTable, key: &RawValue) -> Asked<Option<Box<RawValue>>> {
        self.line.call(Call::FindRow, self.memory.find_row(table, key)).await
    }

    async fn all_rows(&self, table: &ReadModelTable) -> Asked<Vec<Box<RawValue>>> {
        self.line.call(Call::AllRows, self.memory.all_rows(table)).await
    }
}

#[async_trait]
impl ReadModelTransaction for Transaction {
    async fn set_up_table(&mut self, table: &ReadModelTable) -> Asked<()> {
        self.memory.set_up_table(table).await
    }

    async fn load_rows(
        &mut self,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Asked<Vec<Box<RawValue>>> {
        let Self { memory, line } = self;
        line.call(Call::LoadRows, memory.load_rows(table, keys)).await
    }

    async fn lock_keys(&mut self, table: &ReadModelTable, keys: &[Box<RawValue>]) -> Asked<()> {
        self.memory.lock_keys(table, keys).await
    }

    async fn write_rows(
        &mut self,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Asked<()> {
        let Self { memory, line } = self;
        line.call(Call::WriteRows, memory.write_rows(table, puts, deletes)).await
    }
}
