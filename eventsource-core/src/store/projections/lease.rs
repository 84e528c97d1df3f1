//! Workers, and their leases on partitions.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::{GenerationId, ProjectionKind};
use crate::{Timestamp, shown::Escaped};

/// One run of a program that processes projections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(Uuid);

impl WorkerId {
    /// A new one.
    #[must_use]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id as a plain UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl Default for WorkerId {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Uuid> for WorkerId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A worker that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Its id.
    pub id: WorkerId,
    /// The program, for operators: its name, process id and host.
    pub application: String,
    /// The projections whose code it has.
    pub supports: Vec<SupportedProjection>,
}

/// A projection whose code a worker has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportedProjection {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// How the program runs it.
    pub kind: ProjectionKind,
}

/// The right to process one partition of a generation, until another worker claims it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The generation.
    pub generation: GenerationId,
    /// The number of the partition, from 0.
    pub partition: u32,
    /// The fencing token: it invalidates earlier leases of the same partition.
    pub epoch: u64,
    /// The worker that holds it.
    pub worker: WorkerId,
}

/// What a worker asks for when it claims a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The generation.
    pub generation: GenerationId,
    /// The number of the partition, from 0.
    pub partition: u32,
    /// The worker that asks.
    pub worker: WorkerId,
    /// For a partition that is stopped: the epoch in which it stopped. `None` for one that is not.
    pub stopped_in: Option<u64>,
}

impl Claim {
    /// A claim of a partition that is not stopped.
    #[must_use]
    pub const fn of(generation: GenerationId, partition: u32, worker: WorkerId) -> Self {
        Self { generation, partition, worker, stopped_in: None }
    }

    /// Claims it although it is stopped, and ends the stop, if it stopped in this epoch.
    #[must_use]
    pub const fn stopped_in(self, epoch: u64) -> Self {
        Self { stopped_in: Some(epoch), ..self }
    }
}

/// A transaction that holds the horizon back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HorizonHolder {
    /// The process id of its backend, if it has one: a prepared transaction has none.
    pub pid: Option<u32>,
    /// The name that its program gave itself.
    pub application: String,
    /// Its state, as the server reports it; or why this program's role may not see it.
    pub state: String,
    /// When its transaction began; `None` if this program's role may not see it.
    pub since: Option<Timestamp>,
    /// Its age, on the store's clock; zero without [`since`](Self::since).
    #[serde(rename = "age_seconds", serialize_with = "seconds")]
    pub age: Duration,
}

impl fmt::Display for HorizonHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "process {pid}")?,
            None => f.write_str("a transaction without a process")?,
        }
        let (application, state) = (Escaped(&self.application), Escaped(&self.state));
        write!(f, " of `{application}`, {state}, for {:.1} s", self.age.as_secs_f64())
    }
}

/// As a number of seconds.
///
/// # Errors
///
/// If the serializer fails.
pub fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
