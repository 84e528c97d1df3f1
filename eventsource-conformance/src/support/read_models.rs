//! The store under test as a store of read models, and the steps that most tests share.

use std::{ops::Deref, sync::Arc, time::Duration};

use eventsource::{
    Position, RecordedEvent, Timestamp,
    store::{
        Checkpoint, Claim, Column, ColumnKind, Definition, EventTypes, Generation, GenerationId,
        GenerationRequest, Lease, ParkedEvent, ParkedQuery, ParkedSelection, ProjectionKind, ReadModelStore,
        ReadModelTable, ReadModelTransaction, StartAt, StoreTransaction, SupportedProjection, SwapAttempt,
        Worker, WorkerId,
    },
};
use serde_json::{Value, json, value::RawValue};

use super::{Store, at_once, eventually};

/// The store under test. Cheap to clone. It is called through its `Arc`, so the implementation for shared stores is
/// tested as well.
pub(crate) struct ReadModels<S>(Arc<S>);

impl<S> Clone for ReadModels<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Deref for ReadModels<S> {
    type Target = Arc<S>;

    fn deref(&self) -> &Arc<S> {
        &self.0
    }
}

/// A lease that is longer than any test.
pub(crate) const LONG: Duration = Duration::from_secs(3_600);

/// A lease that has usually expired before a test checks it. No test relies on that.
pub(crate) const INSTANT: Duration = Duration::from_millis(1);

/// A projection of this name and version, with one partition, from the beginning.
pub(crate) fn definition(name: &str, version: u32) -> Definition {
    Definition {
        name: name.to_owned(),
        version,
        partitions: 1,
        kind: ProjectionKind::Following,
        start: StartAt::Beginning,
        event_types: EventTypes::default(),
    }
}

/// The projection of most tests, with the table [`accounts`].
pub(crate) fn balances() -> Definition {
    definition("accounts", 1)
}

pub(crate) const REBUILD: GenerationRequest =
    GenerationRequest::Rebuild { swap_when_ready: false, keep_old: false };

pub(crate) fn accounts() -> ReadModelTable {
    table("accounts", vec![key("id", ColumnKind::Text), column("balance", ColumnKind::Int64)])
}

pub(crate) fn table(name: &str, columns: Vec<Column>) -> ReadModelTable {
    ReadModelTable { name: name.to_owned(), columns, owned_by_application: false }
}

pub(crate) fn key(name: &str, kind: ColumnKind) -> Column {
    Column { name: name.to_owned(), kind, nullable: false, key: true }
}

pub(crate) fn column(name: &str, kind: ColumnKind) -> Column {
    Column { name: name.to_owned(), kind, nullable: false, key: false }
}

/// JSON as a store accepts and returns it.
#[expect(clippy::needless_pass_by_value, reason = "it is called with `json!`")]
pub(crate) fn raw(value: Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(&value).expect("a value is JSON")
}

/// JSON from a store as a value.
pub(crate) fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).expect("a store returns JSON")
}

/// A row of [`accounts`].
pub(crate) fn row(id: &str, balance: i64) -> Box<RawValue> {
    raw(json!({ "id": id, "balance": balance }))
}

pub(crate) fn row_key(id: &str) -> Box<RawValue> {
    raw(json!({ "id": id }))
}

/// A worker that serves [`balances`].
pub(crate) fn new_worker() -> Worker {
    let supported =
        SupportedProjection { name: "accounts".into(), version: 1, kind: ProjectionKind::Following };
    Worker { id: WorkerId::new(), application: "conformance".into(), supports: vec![supported] }
}

/// All parked events of a generation, as one page.
pub(crate) fn every_parked() -> ParkedQuery {
    ParkedQuery::first(ParkedSelection::All, usize::MAX)
}

/// An event that is parked with this key.
pub(crate) fn parked(key: &str, event: &RecordedEvent, error: Option<&str>) -> ParkedEvent {
    ParkedEvent {
        key: key.to_owned(),
        position: event.context.position,
        stream: event.context.stream.clone(),
        version: event.context.version,
        id: event.context.id,
        event_type: event.context.event_type.to_string(),
        error: error.map(str::to_owned),
        attempts: usize::from(error.is_some()),
        parked_at: Timestamp::now(),
        request: None,
        discarded: None,
    }
}

impl<S: ReadModelStore> ReadModels<S> {
    pub(crate) fn new(store: S) -> Self {
        Self(Arc::new(store))
    }

    /// The same store, for events.
    pub(crate) fn events(&self) -> Store {
        let store: Arc<S> = Arc::clone(&self.0);
        Store::new(store)
    }

    /// Appends this many events and returns them.
    pub(crate) async fn record(&self, count: usize) -> Vec<RecordedEvent> {
        let (events, stream) = (self.events(), super::stream("account"));
        let before = events.log().await.len();
        events.fill(&stream, count).await;
        events.log().await.split_off(before)
    }

    pub(crate) async fn begin_making(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Option<(GenerationId, S::Transaction)> {
        self.begin_generation(definition, request).await.expect("the store can be written")
    }

    /// Makes a generation with the table [`accounts`], if the request needs one.
    pub(crate) async fn made(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Option<GenerationId> {
        self.made_with(definition, request, &ReadModelTable { name: definition.name.clone(), ..accounts() })
            .await
    }

    pub(crate) async fn made_with(
        &self,
        definition: &Definition,
        request: GenerationRequest,
        table: &ReadModelTable,
    ) -> Option<GenerationId> {
        let (id, mut transaction) = self.begin_making(definition, request).await?;
        transaction.set_up_table(table).await.expect("the table can be made");
        self.committed(transaction).await;
        Some(id)
    }

    pub(crate) async fn make(&self, definition: &Definition) -> GenerationId {
        self.made(definition, GenerationRequest::Start).await.expect("a generation is made")
    }

    /// Makes a generation of [`balances`] beside the live one.
    pub(crate) async fn rebuild(&self) -> GenerationId {
        self.made(&balances(), REBUILD).await.expect("a generation is made")
    }

    /// All generations, without those of the neighbours.
    pub(crate) async fn list(&self) -> Vec<Generation> {
        let mut all = self.generations().await.expect("the store can be read");
        all.retain(|generation| !super::is_neighbour(&generation.name));
        all
    }

    pub(crate) async fn find(&self, id: GenerationId) -> Option<Generation> {
        self.list().await.into_iter().find(|generation| generation.id == id)
    }

    pub(crate) async fn generation(&self, id: GenerationId) -> Generation {
        self.find(id).await.expect("the generation exists")
    }

    /// The checkpoint of the first partition.
    pub(crate) async fn checkpoint(&self, id: GenerationId) -> Checkpoint {
        self.generation(id).await.checkpoints.remove(0)
    }

    pub(crate) async fn beat(&self, worker: &Worker, lease: Duration) -> Vec<Worker> {
        self.heartbeat(worker, lease).await.expect("the store can be written")
    }

    /// A worker that lives as long as the test.
    pub(crate) async fn worker(&self) -> WorkerId {
        let worker = new_worker();
        self.beat(&worker, LONG).await;
        worker.id
    }

    pub(crate) async fn claimed(
        &self,
        generation: GenerationId,
        partition: u32,
        worker: WorkerId,
    ) -> Option<Lease> {
        let claim = at_once("claiming", self.claim(&Claim::of(generation, partition, worker))).await;
        claim.expect("the store can be written")
    }

    /// The first partition, claimed by a new worker.
    pub(crate) async fn lease(&self, generation: GenerationId) -> Lease {
        let worker = self.worker().await;
        self.claimed(generation, 0, worker).await.expect("the partition is unclaimed")
    }

    /// The first partition, claimed by a worker that has expired.
    pub(crate) async fn lease_of_a_dead_worker(&self, generation: GenerationId) -> Lease {
        let worker = new_worker();
        self.beat(&worker, INSTANT).await;
        let lease = self.claimed(generation, 0, worker.id).await.expect("the partition is unclaimed");
        eventually("a worker without heartbeats has expired", || async {
            let checkpoint = self.checkpoint(generation).await;
            assert_eq!(checkpoint.owner, Some(worker.id));
            (!checkpoint.owner_lives).then_some(())
        })
        .await;
        lease
    }

    pub(crate) async fn try_begin(&self, lease: &Lease) -> Option<(S::Transaction, Position)> {
        self.begin(lease).await.expect("the store can be reached")
    }

    pub(crate) async fn begun(&self, lease: &Lease) -> S::Transaction {
        self.try_begin(lease).await.expect("the lease is not lost").0
    }

    /// Writes rows of [`accounts`].
    pub(crate) async fn put(&self, transaction: &mut S::Transaction, rows: &[Box<RawValue>]) {
        self.write(transaction, &accounts(), rows, &[]).await;
    }

    pub(crate) async fn write(
        &self,
        transaction: &mut S::Transaction,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) {
        transaction.write_rows(table, puts, deletes).await.expect("the rows fit");
    }

    pub(crate) async fn advanced(
        &self,
        transaction: &mut S::Transaction,
        lease: &Lease,
        position: u64,
        events: u64,
    ) {
        let position = Position::new(position);
        transaction.advance(lease, position, events).await.expect("the store can be written");
    }

    pub(crate) async fn committed(&self, transaction: S::Transaction) {
        transaction.commit().await.expect("the transaction commits");
    }

    /// A whole transaction: these rows of [`accounts`], up to this position.
    pub(crate) async fn apply(&self, lease: &Lease, position: u64, rows: &[Box<RawValue>]) {
        self.apply_to(lease, "accounts", position, rows).await;
    }

    /// The same for a table of another name.
    pub(crate) async fn apply_to(&self, lease: &Lease, table: &str, position: u64, rows: &[Box<RawValue>]) {
        let mut transaction = self.begun(lease).await;
        let table = ReadModelTable { name: table.to_owned(), ..accounts() };
        self.write(&mut transaction, &table, rows, &[]).await;
        self.advanced(&mut transaction, lease, position, rows.len() as u64).await;
        self.committed(transaction).await;
    }

    /// A balance that queries find.
    pub(crate) async fn balance(&self, id: &str) -> Option<i64> {
        let found = self.find_row(&accounts(), &row_key(id)).await.expect("the table can be read");
        found.map(|row| value(&row)["balance"].as_i64().expect("a balance"))
    }

    /// All rows that queries find.
    pub(crate) async fn rows(&self, table: &ReadModelTable) -> Vec<Value> {
        let rows = self.all_rows(table).await.expect("the table can be read");
        rows.iter().map(|row| value(row)).collect()
    }

    pub(crate) async fn locked(
        &self,
        transaction: &mut S::Transaction,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) {
        transaction.lock_keys(table, keys).await.expect("no other transaction holds the keys");
    }

    pub(crate) async fn load(
        &self,
        transaction: &mut S::Transaction,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Vec<Value> {
        let rows = transaction.load_rows(table, keys).await.expect("the table can be read");
        rows.iter().map(|row| value(row)).collect()
    }

    /// Requests a swap until it is not blocked.
    pub(crate) async fn try_swap(&self, generation: GenerationId) -> SwapAttempt<S::Transaction> {
        eventually("a swap that is not blocked", || async {
            let begun = self.begin_swap(generation).await.expect("the store can be written");
            (!matches!(begun, SwapAttempt::Busy)).then_some(begun)
        })
        .await
    }

    /// The transaction of a swap, which must be possible.
    pub(crate) async fn begin_ready_swap(&self, generation: GenerationId) -> S::Transaction {
        match self.try_swap(generation).await {
            SwapAttempt::Ready(transaction) => transaction,
            SwapAttempt::Behind => panic!("the building generation is not behind"),
            _ => panic!("the generation is building"),
        }
    }

    /// Swaps the live generation for this one.
    pub(crate) async fn swapped(&self, generation: GenerationId, keep_old: bool) {
        let mut transaction = self.begin_ready_swap(generation).await;
        transaction.swap(generation, keep_old).await.expect("the swap is not blocked");
        self.committed(transaction).await;
    }

    /// Makes the generation of this lease inline.
    pub(crate) async fn promoted(&self, lease: &Lease) {
        let begun = self.begin_promotion(lease).await.expect("the store can be reached");
        let (mut transaction, _) = begun.expect("the lease is not lost");
        transaction.promote(lease).await.expect("the store can be written");
        self.committed(transaction).await;
    }

    /// A live inline generation.
    pub(crate) async fn inline(&self, name: &str) -> GenerationId {
        let id = self.make(&Definition { kind: ProjectionKind::Inline, ..definition(name, 1) }).await;
        let lease = self.lease(id).await;
        self.promoted(&lease).await;
        id
    }
}
