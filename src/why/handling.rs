//! What a consumer has made of an event.

use serde::Serialize;

use crate::{
    Position, Timestamp,
    store::{Checkpoint, ProjectionKind, StopReason},
};

/// A consumer that exists for the type of an event, and what it has made of the event.
///
/// Those are the live generations that are read with the type, whatever program runs them. A generation that is being built
/// does not count: the live one is what queries read and what reacts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ConsumerOfEvent {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Its kind.
    pub kind: ProjectionKind,
    /// What it has made of the event.
    pub handling: Handling,
}

/// What a consumer has made of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Handling {
    /// All its checkpoints are at or past the event.
    Handled {
        /// The lowest of its checkpoints.
        checkpoint: Position,
        /// Whether the consumer was created after the event was recorded. A handler, policy or process may then have begun
        /// after the event.
        is_newer: bool,
    },
    /// It is inline: it was updated in the transaction of the append, or before it became inline.
    Inline,
    /// It failed, and waits for a retry; or it waits behind an event of the same key that failed.
    Parked {
        /// The key under which it is parked.
        key: String,
        /// The position of the first event that is parked under the key: this one, or the one that it waits behind.
        since: Position,
        /// The last error of that first event.
        error: Option<String>,
        /// How often that first event was tried.
        attempts: usize,
        /// How many further keys the event is parked under.
        more_keys: usize,
    },
    /// An operator has discarded it: it is not handled.
    Discarded {
        /// The key under which it was parked.
        key: String,
        /// The operator's reason.
        reason: String,
    },
    /// A partition has not reached it, and a partition that may be the one of the event has stopped.
    Stopped {
        /// The partitions that have not reached it.
        behind: Vec<Behind>,
        /// How many partitions the consumer has. If fewer are behind, the event may be handled: the store does not know which
        /// partition it belongs to.
        partitions: usize,
    },
    /// A partition has not reached it yet.
    NotYet {
        /// The partitions that have not reached it.
        behind: Vec<Behind>,
        /// How many partitions the consumer has, as of [`Stopped`](Self::Stopped).
        partitions: usize,
    },
}

/// A partition that has not reached an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Behind {
    /// The number of the partition, from 0.
    pub partition: u32,
    /// Its checkpoint.
    pub checkpoint: Position,
    /// How many positions of the log it is behind the event; at least the number of events.
    pub positions: u64,
    /// When its checkpoint last moved, on the store's clock.
    pub moved_at: Timestamp,
    /// The worker that processes it.
    pub worker: WorkerOfPartition,
    /// Why it stopped, if it did.
    pub stopped: Option<StopReason>,
    /// Its last error, if no event was applied since.
    pub last_error: Option<String>,
}

/// The worker that processes a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum WorkerOfPartition {
    /// It is alive.
    Lives {
        /// The name of the process; the id of the worker, if the store no longer has the name.
        application: String,
    },
    /// Its heartbeats have stopped.
    Gone {
        /// The same.
        application: String,
    },
    /// No worker has claimed the partition.
    None,
}

impl Handling {
    /// Whether the consumer is past the event: it has handled or discarded it.
    #[must_use]
    pub fn is_past(&self) -> bool {
        matches!(self, Self::Handled { .. } | Self::Inline | Self::Discarded { .. })
    }

    /// Whether the event may be handled although a partition has not reached it, because it may belong to another partition.
    #[must_use]
    pub fn may_be_handled(&self) -> bool {
        match self {
            Self::Stopped { behind, partitions } | Self::NotYet { behind, partitions } => {
                behind.len() < *partitions
            }
            _ => false,
        }
    }
}

impl Behind {
    pub(super) fn new(partition: u32, checkpoint: &Checkpoint, event: Position) -> Self {
        let name = || {
            let id = || checkpoint.owner.map(|owner| owner.to_string()).unwrap_or_default();
            checkpoint.owner_application.clone().unwrap_or_else(id)
        };
        let worker = match checkpoint.owner {
            None => WorkerOfPartition::None,
            Some(_) if checkpoint.owner_lives => WorkerOfPartition::Lives { application: name() },
            Some(_) => WorkerOfPartition::Gone { application: name() },
        };
        Self {
            partition,
            checkpoint: checkpoint.position,
            positions: event.get().saturating_sub(checkpoint.position.get()),
            moved_at: checkpoint.updated_at,
            worker,
            stopped: checkpoint.stopped.as_ref().map(|stopped| stopped.reason.clone()),
            last_error: checkpoint.last_error.clone(),
        }
    }
}
