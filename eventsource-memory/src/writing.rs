//! What a consumer does within its transaction.

use async_trait::async_trait;

use super::{
    projections::check_names,
    transaction::{MemoryTransaction, backend},
};
use eventsource_core::{
    Position, RecordedEvent, Timestamp,
    store::{
        Append, AppendError, GenerationId, GenerationState, InstanceChange, InstanceState, Lease, LogFilter,
        LogPage, MessageName, Outcome, ParkedEvent, ParkedOutcome, Receipt, StoreError, StoreTransaction,
        TimerChange,
        rules::{self, names},
    },
};

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
    ) -> Result<Vec<(String, InstanceState)>, StoreError> {
        check(self, lease)?;
        check_names("recording process instances", names::check_instances(changes))?;
        let (generation, partition, changes) = (lease.generation, lease.partition, changes.to_vec());
        let held = {
            let contents = self.shared.contents();
            let entry = contents.projections.generations.get(&generation);
            let state = |key: &str| entry.and_then(|entry| entry.instances.state(key));
            let states = changes.iter().filter_map(|it| Some((it.key.clone(), state(&it.key)?)));
            states.filter(|(_, state)| rules::instances::is_held(*state)).collect()
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

pub(super) fn owned(message: MessageName<'_>) -> (String, String) {
    (message.consumer.to_owned(), message.id.to_owned())
}

fn check(transaction: &MemoryTransaction, lease: &Lease) -> Result<(), StoreError> {
    if transaction.lease.as_ref() == Some(lease) {
        return Ok(());
    }
    Err(backend("processing a partition", "the transaction was not begun under this lease".into()))
}
