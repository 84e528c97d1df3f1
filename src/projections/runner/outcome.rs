//! How an attempt on events ended, for the parts of a runner.

use std::collections::HashSet;

use tokio::time::Instant;

use crate::{Again, ProjectionError, projections::consumer::Fault, store::StoreError};

/// Why a runner ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::projections) enum End {
    /// It was cancelled.
    Cancelled,
    /// Another worker holds the partition, or the generation no longer exists.
    Lost,
    /// It failed, and stored the reason.
    Stopped {
        /// When the partition continues by itself.
        again: Option<Again>,
    },
    /// It cannot be continued with by this program for now, but perhaps by another one.
    GivenUp,
    /// The projection is inline from now on.
    Promoted,
}

/// Why a runner cannot continue with the next page.
pub(super) enum Interrupt {
    End(End),
    /// The store failed. The runner reads its state from the store again.
    Outage(StoreError),
    /// What the events need is missing for now. It is as with an outage.
    NotYet(ProjectionError),
    /// The position or the parked keys changed: the runner restarts from the store's state.
    Again,
}

impl From<StoreError> for Interrupt {
    fn from(error: StoreError) -> Self {
        Self::Outage(error)
    }
}

/// Why a transaction did not commit.
pub(super) enum BatchFailure {
    /// The lease is lost.
    Lost,
    /// The checkpoint is not the expected one: an earlier commit had an unknown outcome.
    Moved,
    /// Another transaction was faster.
    Contended,
    Outage(StoreError),
    /// What the events need is missing for now.
    NotYet(ProjectionError),
    Fault(Fault),
}

impl BatchFailure {
    /// For transactions that run no code of the application: a fault is not the application's.
    pub(super) fn into_interrupt(self) -> Interrupt {
        match self {
            Self::Lost => Interrupt::End(End::Lost),
            Self::Moved | Self::Contended | Self::Fault(_) => Interrupt::Again,
            Self::Outage(error) => Interrupt::Outage(error),
            Self::NotYet(error) => Interrupt::NotYet(error),
        }
    }
}

/// The keys that were parked while a page is applied. Their events are committed with the next batch: a transaction for
/// each would make a projection slow that fails on many keys.
#[derive(Default)]
pub(super) struct NewlyParked {
    pub(super) keys: HashSet<String>,
    /// Since when a parked event is not committed.
    pub(super) since: Option<Instant>,
}
