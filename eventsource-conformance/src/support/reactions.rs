//! What the tests of processes, timers and messages share.

use eventsource::{
    Timestamp,
    store::{
        Definition, GenerationId, Instance, InstanceChange, InstanceQuery, InstanceState, Lease, MessageName,
        ProjectionKind, ReadModelStore, StoreTransaction, Timer, TimerChange, TimerId, TimerQuery,
    },
};

use super::{ReadModels, definition};

/// A time that is this many seconds after 1970-01-01.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(seconds * 1_000_000).expect("it is between the years 1 and 9999")
}

/// A timer that is due so many seconds after 1970-01-01.
pub(crate) fn timer(key: &str, name: &str, due: i64) -> Timer {
    Timer { key: key.to_owned(), name: name.to_owned(), due_at: at(due), data: "{}".to_owned() }
}

pub(crate) fn timer_id(key: &str, name: &str) -> TimerId {
    TimerId { key: key.to_owned(), name: name.to_owned() }
}

/// Sets these timers.
pub(crate) fn set(timers: &[Timer]) -> Vec<TimerChange> {
    timers.iter().cloned().map(TimerChange::Set).collect()
}

/// The step of an instance.
pub(crate) fn step(key: &str) -> InstanceChange {
    InstanceChange { key: key.to_owned(), completed: false, ignored: 0, stepped: true }
}

/// The last step of an instance.
pub(crate) fn last_step(key: &str) -> InstanceChange {
    InstanceChange { completed: true, ..step(key) }
}

/// An instance ignores inputs.
pub(crate) fn ignoring(key: &str, ignored: u64) -> InstanceChange {
    InstanceChange { ignored, stepped: false, ..step(key) }
}

/// A message to the consumer `payments`.
pub(crate) fn message(id: &str) -> MessageName<'_> {
    MessageName { consumer: "payments", id }
}

impl<S: ReadModelStore> ReadModels<S> {
    /// The first partition of a process with this many.
    pub(crate) async fn process(&self, partitions: u32) -> Lease {
        let kind = ProjectionKind::Process;
        let id = self.make(&Definition { kind, partitions, ..definition("checkout", 1) }).await;
        self.lease(id).await
    }

    /// A whole transaction that changes timers.
    pub(crate) async fn change(&self, lease: &Lease, changes: &[TimerChange]) {
        let mut transaction = self.begun(lease).await;
        transaction.change_timers(lease, changes).await.expect("the timers can be changed");
        self.committed(transaction).await;
    }

    pub(crate) async fn listed(&self, generation: GenerationId, query: &TimerQuery) -> Vec<Timer> {
        self.timers(generation, query).await.expect("the store can be read")
    }

    /// All timers of a generation.
    pub(crate) async fn every_timer(&self, generation: GenerationId) -> Vec<Timer> {
        self.listed(generation, &TimerQuery::first(usize::MAX)).await
    }

    /// A whole transaction that records steps of instances; returns those that are suspended or aborted.
    pub(crate) async fn steps(
        &self,
        lease: &Lease,
        changes: &[InstanceChange],
    ) -> Vec<(String, InstanceState)> {
        let mut transaction = self.begun(lease).await;
        let held = transaction.change_instances(lease, changes).await.expect("the steps can be recorded");
        self.committed(transaction).await;
        held
    }

    /// All instances of a generation.
    pub(crate) async fn every_instance(&self, generation: GenerationId) -> Vec<Instance> {
        let all = self.instances(generation, &InstanceQuery::first(usize::MAX)).await;
        all.expect("the store can be read")
    }

    /// The instance with this id.
    pub(crate) async fn instance(&self, generation: GenerationId, key: &str) -> Option<Instance> {
        let query = InstanceQuery { key: Some(key.to_owned()), ..InstanceQuery::first(usize::MAX) };
        let mut found = self.instances(generation, &query).await.expect("the store can be read");
        assert!(found.len() <= 1, "an id is that of one instance: {found:?}");
        found.pop()
    }
}
