//! The memory store as a store of read models.

use std::{slice, time::Duration};

use async_trait::async_trait;

use super::{
    MemoryStore,
    transaction::{MemoryTransaction, backend},
};
use eventsource_core::{
    Position, ProjectionError, RecordedEvent, Timestamp,
    store::{
        Append, AppendError, Claim, Comparison, Definition, EventTypes, Generation, GenerationId,
        GenerationRequest, GenerationState, HorizonHolder, Instance, InstanceChange, InstanceQuery,
        InstanceRequest, InstanceState, Lease, LogFilter, LogPage, MessageName, Moment, Outcome, ParkedEvent,
        ParkedOutcome, ParkedQuery, ParkedRequest, PartitionOf, ProjectionStore, Receipt, StopReason,
        StoreError, StoreTransaction, SwapAttempt, Timer, TimerChange, TimerQuery, Worker, WorkerId,
        rules::{
            self,
            generations::Widening,
            names::{self, NameFault},
        },
    },
};

/// How long a swap waits for a transaction of another projection.
const SHORT: Duration = Duration::from_millis(100);

#[async_trait]
impl ProjectionStore for MemoryStore {
    type Transaction = MemoryTransaction;

    async fn begin_generation(
        &self,
        definition: &Definition,
        request: GenerationRequest,
    ) -> Result<Option<(GenerationId, MemoryTransaction)>, StoreError> {
        let mut transaction = self.shared.begin().await;
        let due = {
            let mut contents = self.contents();
            let log_end = contents.log.end();
            contents.projections.plan(definition, request, log_end)
        };
        Ok(due.map(|due| {
            let id = due.about.id;
            transaction.generation = Some(id);
            transaction.at_commit(|contents| contents.projections.create(due));
            (id, transaction)
        }))
    }

    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        Ok(self.contents().projections.list())
    }

    async fn begin_widening(
        &self,
        generation: GenerationId,
        types: &EventTypes,
    ) -> Result<Option<(MemoryTransaction, Generation)>, StoreError> {
        let mut transaction = self.shared.begin().await;
        let found = {
            let mut contents = self.contents();
            contents.projections.open_all(generation);
            contents.projections.find(generation)
        };
        Ok(found.map(|found| {
            let widening = Widening::of(&found.event_types, types);
            transaction.at_commit(move |contents| contents.projections.widen(generation, widening));
            (transaction, found)
        }))
    }

    async fn change_handler(
        &self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> Result<bool, StoreError> {
        let _transaction = self.shared.begin().await;
        Ok(self.contents().projections.change_handler(generation, name, partitions, partition_of))
    }

    async fn heartbeat(&self, worker: &Worker, lease: Duration) -> Result<Vec<Worker>, StoreError> {
        Ok(self.contents().projections.beat(worker, lease))
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Lease>, StoreError> {
        Ok(self.contents().projections.claim(claim))
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.contents().projections.release(lease);
        Ok(())
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.contents().projections.leave(worker);
        Ok(())
    }

    async fn begin(&self, lease: &Lease) -> Result<Option<(MemoryTransaction, Position)>, StoreError> {
        let transaction = self.shared.begin().await;
        Ok(self.at(transaction, lease))
    }

    fn is_outage(&self, _error: &ProjectionError) -> bool {
        false
    }

    async fn note_error(&self, lease: &Lease, error: Option<&str>) -> Result<(), StoreError> {
        self.contents().projections.note_error(lease, error);
        Ok(())
    }

    async fn stop(&self, lease: &Lease, reason: &StopReason) -> Result<(), StoreError> {
        self.contents().projections.stop(lease, reason);
        Ok(())
    }

    async fn resume(&self, generation: GenerationId) -> Result<u64, StoreError> {
        Ok(self.contents().projections.resume(generation))
    }

    async fn parked(
        &self,
        generation: GenerationId,
        query: &ParkedQuery,
    ) -> Result<Vec<ParkedEvent>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.parked.list(query)).unwrap_or_default())
    }

    async fn parked_keys(&self, generation: GenerationId, partition: u32) -> Result<Vec<String>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.parked.keys(partition)).unwrap_or_default())
    }

    async fn request_parked(
        &self,
        generation: GenerationId,
        key: Option<&str>,
        request: &ParkedRequest,
    ) -> Result<bool, StoreError> {
        let mut contents = self.contents();
        let entry = contents.projections.generations.get_mut(&generation);
        Ok(entry.is_some_and(|entry| entry.parked.request(key, request)))
    }

    async fn begin_swap(
        &self,
        generation: GenerationId,
    ) -> Result<SwapAttempt<MemoryTransaction>, StoreError> {
        let Ok(mut transaction) = tokio::time::timeout(SHORT, self.shared.begin()).await else {
            return Ok(SwapAttempt::Busy);
        };
        let mut contents = self.contents();
        let log_end = contents.log.end();
        let attempt = contents.projections.begin_swap(generation, log_end);
        drop(contents);
        Ok(attempt.map(|()| {
            transaction.generation = Some(generation);
            transaction
        }))
    }

    async fn abandon(&self, generation: GenerationId) -> Result<(), StoreError> {
        let _lock = self.shared.begin().await;
        let abandoned = self.contents().projections.abandon(generation);
        abandoned.map_err(|fault| backend("abandoning a generation", fault.into()))
    }

    async fn revive(&self, generation: GenerationId) -> Result<bool, StoreError> {
        let _lock = self.shared.begin().await;
        Ok(self.contents().projections.revive(generation))
    }

    async fn swap_when_ready(&self, generation: GenerationId, swap: bool) -> Result<(), StoreError> {
        self.contents().projections.set_swap_options(generation, swap, None);
        Ok(())
    }

    async fn compare(&self, generation: GenerationId) -> Result<Comparison, StoreError> {
        let compared = self.contents().projections.compare(generation);
        compared.map_err(|fault| backend("comparing read models", fault.into()))
    }

    async fn begin_promotion(
        &self,
        lease: &Lease,
    ) -> Result<Option<(MemoryTransaction, Position)>, StoreError> {
        let transaction = self.shared.begin_alone().await;
        Ok(self.at(transaction, lease))
    }

    async fn demote(&self, generation: GenerationId) -> Result<(), StoreError> {
        let _lock = self.shared.begin().await;
        let mut contents = self.contents();
        let log_end = contents.log.end();
        if let Some(about) = contents.projections.about_mut(generation) {
            rules::generations::demote(about, log_end, Timestamp::now());
        }
        Ok(())
    }

    async fn begin_append(
        &self,
        append: Append,
        inline: &[GenerationId],
    ) -> Result<(MemoryTransaction, Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        append.validate()?;
        let mut transaction = self.shared.begin().await;
        let planned = transaction.plan(&append, inline)?;
        let (receipts, events) = (planned.receipts.clone(), planned.events.clone());
        transaction.append_at_commit(planned);
        Ok((transaction, receipts, events))
    }

    async fn listen(&self) {
        self.shared.locks.appended.notified().await;
    }

    async fn horizon_holders(&self) -> Result<Vec<HorizonHolder>, StoreError> {
        Ok(Vec::new())
    }

    async fn moment(&self) -> Result<Moment, StoreError> {
        // A transaction records the time of its events when it plans them: it ends first.
        let _no_append = self.shared.locks.admit_append().await;
        let contents = self.contents();
        Ok(Moment { time: Timestamp::now(), end: contents.log.end() })
    }

    async fn settled(&self, end: Position) -> Result<Option<Position>, StoreError> {
        Ok(Some(end.min(self.contents().log.end())))
    }

    async fn timers(&self, generation: GenerationId, query: &TimerQuery) -> Result<Vec<Timer>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.timers.list(query)).unwrap_or_default())
    }

    async fn change_timer(
        &self,
        generation: GenerationId,
        partition: u32,
        change: &TimerChange,
    ) -> Result<bool, StoreError> {
        check_names("changing a timer", names::check_timers(slice::from_ref(change)))?;
        let _transaction = self.shared.begin().await;
        let mut contents = self.contents();
        let entry = contents.projections.generations.get_mut(&generation);
        Ok(entry.is_some_and(|entry| entry.timers.change(partition, change)))
    }

    async fn instances(
        &self,
        generation: GenerationId,
        query: &InstanceQuery,
    ) -> Result<Vec<Instance>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.instances.list(query)).unwrap_or_default())
    }

    async fn request_instance(
        &self,
        generation: GenerationId,
        key: &str,
        request: &InstanceRequest,
    ) -> Result<bool, StoreError> {
        let _transaction = self.shared.begin().await;
        let mut contents = self.contents();
        let Some(entry) = contents.projections.generations.get_mut(&generation) else { return Ok(false) };
        let applies = entry.instances.request(key, request);
        if applies && matches!(request, InstanceRequest::Abort { .. }) {
            entry.timers.change(0, &TimerChange::CancelAll { key: key.to_owned() });
        }
        Ok(applies)
    }

    async fn held_instances(
        &self,
        generation: GenerationId,
        partition: u32,
    ) -> Result<Vec<(String, InstanceState)>, StoreError> {
        let contents = self.contents();
        let entry = contents.projections.generations.get(&generation);
        Ok(entry.map(|entry| entry.instances.held(partition)).unwrap_or_default())
    }

    async fn begin_message(
        &self,
        message: MessageName<'_>,
    ) -> Result<(MemoryTransaction, Option<Outcome>), StoreError> {
        check_names("receiving a message", names::check_message(message))?;
        let transaction = self.shared.begin().await;
        let kept = self.contents().outcomes.get(&owned(message)).cloned();
        Ok((transaction, kept))
    }

    async fn purge_outcomes(
        &self,
        consumer: &str,
        older_than: Duration,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let _transaction = self.shared.begin().await;
        let before = Timestamp::now().saturating_sub(older_than);
        let outcomes = &mut self.contents().outcomes;
        let of_consumer = outcomes.iter().filter(|((of, id), outcome)| {
            of == consumer && !id.starts_with("log/") && outcome.kept_at < before
        });
        let old: Vec<_> = of_consumer.take(limit).map(|(name, _)| name.clone()).collect();
        Ok(old.iter().filter(|name| outcomes.remove(*name).is_some()).count() as u64)
    }
}

#[async_trait]
impl StoreTransaction for MemoryTransaction {
    async fn advance(&mut self, lease: &Lease, position: Position, events: u64) -> Result<(), StoreError> {
        check(self, lease)?;
        let lease = lease.clone();
        self.at_commit(move |contents| contents.projections.advance(&lease, position, events));
        Ok(())
    }

    async fn commit(self) -> Result<(), StoreError> {
        self.commit_now()
    }

    async fn roll_back(self) -> Result<(), StoreError> {
        drop(self);
        Ok(())
    }

    async fn append(
        &mut self,
        append: &Append,
        inline: &[GenerationId],
    ) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        append.validate()?;
        self.exclude_appends().await;
        let planned = self.plan(append, inline)?;
        let (receipts, events) = (planned.receipts.clone(), planned.events.clone());
        self.append_at_commit(planned);
        Ok((receipts, events))
    }

    async fn park(&mut self, lease: &Lease, events: &[ParkedEvent]) -> Result<(), StoreError> {
        check(self, lease)?;
        let (generation, partition, events) = (lease.generation, lease.partition, events.to_vec());
        self.at_commit(move |contents| {
            if let Some(entry) = contents.projections.generations.get_mut(&generation) {
                entry.parked.park(partition, events);
            }
        });
        Ok(())
    }

    async fn unpark(
        &mut self,
        lease: &Lease,
        event: &ParkedEvent,
        outcome: &ParkedOutcome,
    ) -> Result<(), StoreError> {
        check(self, lease)?;
        let (generation, event, outcome) = (lease.generation, event.clone(), outcome.clone());
        self.at_commit(move |contents| {
            if let Some(entry) = contents.projections.generations.get_mut(&generation) {
                entry.parked.unpark(&event, &outcome);
            }
        });
        Ok(())
    }

    async fn change_timers(&mut self, lease: &Lease, changes: &[TimerChange]) -> Result<(), StoreError> {
        check(self, lease)?;
        check_names("changing timers", names::check_timers(changes))?;
        let generation = lease.generation;
        {
            let contents = self.shared.contents();
            let entry = contents.projections.generations.get(&generation);
            let fired = |change: &TimerChange| match change {
                TimerChange::Fire(timer) | TimerChange::Replace { timer, .. } => {
                    !entry.is_some_and(|entry| entry.timers.has(timer))
                }
                _ => false,
            };
            if changes.iter().any(fired) {
                let source = "a timer was moved or removed".into();
                return Err(StoreError::Contended { action: "firing timers", source });
            }
        }
        let (partition, changes) = (lease.partition, changes.to_vec());
        self.at_commit(move |contents| {
            if let Some(entry) = contents.projections.generations.get_mut(&generation) {
                for change in &changes {
                    entry.timers.change(partition, change);
                }
            }
        });
        Ok(())
    }

    async fn change_instances(
        &mut self,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Result<Vec<String>, StoreError> {
        check(self, lease)?;
        check_names("recording process instances", names::check_instances(changes))?;
        let (generation, partition, changes) = (lease.generation, lease.partition, changes.to_vec());
        let held = {
            let contents = self.shared.contents();
            let entry = contents.projections.generations.get(&generation);
            let state = |key: &str| entry.and_then(|entry| entry.instances.state(key));
            let keys = changes.iter().map(|change| &change.key);
            keys.filter(|key| state(key).is_some_and(rules::instances::is_held)).cloned().collect()
        };
        self.at_commit(move |contents| {
            if let Some(entry) = contents.projections.generations.get_mut(&generation) {
                for change in &changes {
                    entry.instances.change(partition, change);
                }
            }
        });
        Ok(held)
    }

    async fn keep_outcome(&mut self, message: MessageName<'_>, outcome: &str) -> Result<(), StoreError> {
        check_names("keeping an outcome", names::check_message(message))?;
        let (name, content) = (owned(message), outcome.to_owned());
        self.at_commit(move |contents| {
            contents.outcomes.insert(name, Outcome { content, kept_at: Timestamp::now() });
        });
        Ok(())
    }

    async fn swap(&mut self, generation: GenerationId, keep_old: bool) -> Result<(), StoreError> {
        let fault = self.shared.contents().projections.check_building(generation);
        fault.map_err(|fault| backend("swapping generations", fault.into()))?;
        self.made_live = Some(generation);
        self.at_commit(move |contents| {
            let log_end = contents.log.end();
            contents.projections.swap(generation, keep_old, log_end);
        });
        Ok(())
    }

    async fn promote(&mut self, lease: &Lease) -> Result<(), StoreError> {
        check(self, lease)?;
        let generation = lease.generation;
        let state = match self.made_live == Some(generation) {
            true => Some(GenerationState::Live),
            false => self.shared.contents().projections.state(generation),
        };
        let fault = rules::generations::check_live(generation, state);
        fault.map_err(|fault| backend("promoting a projection", fault.into()))?;
        self.at_commit(move |contents| contents.projections.promote(generation));
        Ok(())
    }

    async fn read_rest(
        &mut self,
        after: Position,
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        Ok(self.shared.contents().log.read(after, filter, limit))
    }

    async fn enter(&mut self, generation: GenerationId) -> Result<(), StoreError> {
        self.generation = Some(generation);
        Ok(())
    }
}

impl MemoryStore {
    /// Assigns the transaction to the partition of a lease; `None` if the lease is lost.
    fn at(&self, mut transaction: MemoryTransaction, lease: &Lease) -> Option<(MemoryTransaction, Position)> {
        let position = self.contents().projections.open(lease)?;
        transaction.generation = Some(lease.generation);
        transaction.lease = Some(lease.clone());
        Some((transaction, position))
    }
}

fn check_names(action: &'static str, checked: Result<(), NameFault>) -> Result<(), StoreError> {
    checked.map_err(|fault| backend(action, fault.into()))
}

fn owned(message: MessageName<'_>) -> (String, String) {
    (message.consumer.to_owned(), message.id.to_owned())
}

fn check(transaction: &MemoryTransaction, lease: &Lease) -> Result<(), StoreError> {
    if transaction.lease.as_ref() == Some(lease) {
        return Ok(());
    }
    Err(backend("processing a partition", "the transaction was not begun under this lease".into()))
}
