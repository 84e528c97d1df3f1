//! A store of read models, with what a step returns and leaves in it.

use eventsource::{
    Position, RecordedEvent,
    store::{
        Claim, Definition, EventTypes, GenerationId, GenerationRequest, GenerationState, Lease,
        ReadModelStore, ReadModelTable, StopReason, StoreTransaction, SwapAttempt, TableDifference, WorkerId,
    },
};

use super::steps::{KEYS, PARTITIONS, ROWS, Step, WORKERS};
use crate::support::{REBUILD, ReadModels, accounts, definition, every_parked, parked, row, row_key};

/// A store with all that the steps refer to by number.
pub(super) struct Compared<S> {
    store: ReadModels<S>,
    definition: Definition,
    table: ReadModelTable,
    workers: Vec<WorkerId>,
    leases: Vec<Lease>,
    generations: Vec<GenerationId>,
    events: Vec<RecordedEvent>,
}

/// How many events can be parked.
const EVENTS: usize = 60;

/// All events of a key belong to one partition.
fn is_of_partition(lease: &Lease, key: &str) -> bool {
    key.parse::<u32>().is_ok_and(|key| key % PARTITIONS == lease.partition)
}

impl<S: ReadModelStore> Compared<S> {
    pub(super) async fn begin(store: ReadModels<S>, name: &str) -> Self {
        let definition = Definition { partitions: PARTITIONS, ..definition(name, 1) };
        let events = store.record(EVENTS).await;
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            workers.push(store.worker().await);
        }
        let table = ReadModelTable { name: name.to_owned(), ..accounts() };
        let mut compared =
            Self { store, definition, table, workers, leases: Vec::new(), generations: Vec::new(), events };
        compared.made(GenerationRequest::Start).await;
        compared
    }

    pub(super) fn leases(&self) -> usize {
        self.leases.len()
    }

    pub(super) fn generations(&self) -> usize {
        self.generations.len()
    }

    /// What a step returns and leaves, as lines of text without what differs from store to store.
    pub(super) async fn after(&mut self, step: &Step) -> Vec<String> {
        let mut lines = vec![format!("it returns {}", self.take(step).await)];
        self.describe(&mut lines).await;
        lines
    }

    async fn made(&mut self, request: GenerationRequest) -> bool {
        let made = self.store.made_with(&self.definition, request, &self.table).await;
        self.generations.extend(made);
        made.is_some()
    }

    /// Takes a step, and returns its outcome.
    async fn take(&mut self, step: &Step) -> String {
        let store = self.store.clone();
        match *step {
            Step::Claim { generation, partition, worker } => {
                let lease =
                    store.claimed(self.generations[generation], partition, self.workers[worker]).await;
                let is_given = lease.is_some();
                self.leases.extend(lease);
                is_given.to_string()
            }
            Step::ClaimStopped { generation, partition, worker, earlier } => {
                let generation = self.generations[generation];
                let Some(found) = store.find(generation).await else { return "no generation".to_owned() };
                let epoch = found.checkpoints[partition as usize].epoch.saturating_sub(earlier);
                let claim = Claim::of(generation, partition, self.workers[worker]).stopped_in(epoch);
                let lease = store.claim(&claim).await.expect("the store can be written");
                let is_given = lease.is_some();
                self.leases.extend(lease);
                is_given.to_string()
            }
            Step::Request { generation, key, ref request } => {
                let key = key.map(|key| key.to_string());
                let stored =
                    store.request_parked(self.generations[generation], key.as_deref(), request).await;
                format!("{stored:?}")
            }
            Step::Widen { generation, types } => {
                let types = EventTypes {
                    types: [(format!("account.{types}"), Some("account".to_owned()))].into(),
                    ..EventTypes::default()
                };
                let begun = store.begin_widening(self.generations[generation], &types).await;
                let Some((transaction, before)) = begun.expect("the store can be written") else {
                    return "no generation".to_owned();
                };
                store.committed(transaction).await;
                format!("{:?}", before.event_types)
            }
            Step::SwapWhenReady { generation, swap } => {
                format!("{:?}", store.swap_when_ready(self.generations[generation], swap).await)
            }
            Step::Release(lease) => format!("{:?}", store.release(&self.leases[lease]).await),
            Step::Leave(worker) => {
                let left = store.leave(self.workers[worker]).await;
                self.workers[worker] = store.worker().await;
                format!("{left:?}")
            }
            Step::NoteError(lease, error) => {
                format!("{:?}", store.note_error(&self.leases[lease], error).await)
            }
            Step::Stop(lease) => {
                let reason = StopReason::Failed {
                    event: "an event".into(),
                    position: Position::new(7),
                    attempts: 5,
                    error: "it failed".into(),
                };
                format!("{:?}", store.stop(&self.leases[lease], &reason).await)
            }
            Step::Resume(generation) => format!("{:?}", store.resume(self.generations[generation]).await),
            Step::Rebuild => self.made(REBUILD).await.to_string(),
            Step::Swap { generation, keep_old } => self.swap(self.generations[generation], keep_old).await,
            Step::Abandon(generation) => {
                // A store may refuse it for a live generation, or do nothing.
                let _ = store.abandon(self.generations[generation]).await;
                "what it left".to_owned()
            }
            Step::Revive(generation) => format!("{:?}", store.revive(self.generations[generation]).await),
            Step::Apply { .. } => self.apply(step).await,
        }
    }

    async fn swap(&self, generation: GenerationId, keep_old: bool) -> String {
        match self.store.try_swap(generation).await {
            SwapAttempt::Ready(mut transaction) => {
                let swapped = transaction.swap(generation, keep_old).await;
                self.store.committed(transaction).await;
                format!("{swapped:?}")
            }
            SwapAttempt::Behind => "behind".to_owned(),
            _ => "gone".to_owned(),
        }
    }

    async fn apply(&self, step: &Step) -> String {
        let Step::Apply { lease, puts, deletes, parked: numbers, unparked, advance, commit } = step else {
            unreachable!("it is called with this step")
        };
        let (store, lease) = (&self.store, &self.leases[*lease]);
        let mut kept = store.parked(lease.generation, &every_parked()).await.expect("the store can be read");
        kept.retain(|event| event.discarded.is_none() && is_of_partition(lease, &event.key));
        let Some((mut transaction, begun)) = store.try_begin(lease).await else {
            return "no transaction".to_owned();
        };
        let puts: Vec<_> = puts.iter().map(|(id, balance)| row(&id.to_string(), *balance)).collect();
        let deletes: Vec<_> = deletes.iter().map(|id| row_key(&id.to_string())).collect();
        store.write(&mut transaction, &self.table, &puts, &deletes).await;
        for (number, outcome) in unparked {
            if let Some(event) = kept.get(*number) {
                transaction.unpark(lease, event, outcome).await.expect("the store can be written");
            }
        }
        let own = |number: &&usize| is_of_partition(lease, &(*number % KEYS).to_string());
        let events =
            numbers.iter().filter(own).filter_map(|number| Some((number, self.events.get(*number)?)));
        let events: Vec<_> = events
            .map(|(number, event)| parked(&(number % KEYS).to_string(), event, Some("it failed")))
            .collect();
        transaction.park(lease, &events).await.expect("the store can be written");
        if let Some(advance) = advance {
            store.advanced(&mut transaction, lease, begun.get() + advance, *advance).await;
        }
        let keys: Vec<_> = (0..ROWS).map(|id| row_key(&id.to_string())).collect();
        let mut loaded: Vec<_> =
            store.load(&mut transaction, &self.table, &keys).await.iter().map(ToString::to_string).collect();
        loaded.sort_unstable();
        match commit {
            true => store.committed(transaction).await,
            false => transaction.roll_back().await.expect("the connection works"),
        }
        format!("{loaded:?} from {begun}")
    }

    async fn describe(&self, lines: &mut Vec<String>) {
        lines.push(format!("rows {:?}", self.store.rows(&self.table).await));
        for (number, id) in self.generations.iter().enumerate() {
            let Some(generation) = self.store.find(*id).await else {
                lines.push(format!("generation {number} does not exist"));
                continue;
            };
            let (state, keep_old) = (generation.state, generation.keep_old);
            let (swaps, types) = (generation.swap_when_ready, generation.event_types.types.keys());
            let types = types.cloned().collect::<Vec<_>>().join(", ");
            lines.push(format!(
                "generation {number} is {state:?}, keeps the old one: {keep_old}, swaps: {swaps}, reads {types}"
            ));
            for checkpoint in generation.checkpoints {
                let stopped = checkpoint.stopped.map(|stopped| stopped.reason);
                let owner = self.workers.iter().position(|worker| Some(*worker) == checkpoint.owner);
                lines.push(format!(
                    "  at {} after {} events, epoch {}, owner {owner:?} lives: {}, error {:?}, stopped {stopped:?}, \
                     parked {} with requests about {} keys",
                    checkpoint.position,
                    checkpoint.events,
                    checkpoint.epoch,
                    checkpoint.owner_lives,
                    checkpoint.last_error,
                    checkpoint.parked,
                    checkpoint.parked_requests,
                ));
            }
            for event in self.store.parked(*id, &every_parked()).await.expect("the store can be read") {
                let number = self.events.iter().position(|it| it.context.id == event.id);
                let request = event.request.map(|request| request.parts().0);
                lines.push(format!(
                    "  parked {number:?} of {} with {:?} after {} attempts, {request:?}, discarded {:?}",
                    event.key, event.error, event.attempts, event.discarded,
                ));
            }
            if generation.state == GenerationState::Building {
                let compared = self.store.compare(*id).await.expect("the store can be read");
                let counts = |it: &TableDifference| (it.live_rows, it.building_rows, it.differing);
                let tables: Vec<_> = compared.tables.iter().map(counts).collect();
                lines.push(format!("  at {} and {}: {tables:?}", compared.live, compared.building));
            }
        }
    }
}
