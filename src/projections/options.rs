//! Options for running projections.

use std::time::Duration;

/// Options for the workers of a program; see [`EventSource::start_with`](crate::EventSource::start_with).
///
/// ```
/// use std::time::Duration;
/// use eventsource::WorkerOptions;
/// let options = WorkerOptions::default().lease(Duration::from_secs(5));
/// assert_eq!(options.batches, 4);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerOptions {
    /// The duration of a lease: a process whose last heartbeat is older is considered dead. A process sends three
    /// heartbeats in this time. When it dies, other processes claim its partitions within four thirds of this
    /// time. A process that only stalls keeps its locks until the store ends its idle transaction. By default 10
    /// seconds.
    pub lease: Duration,
    /// How many batches are applied concurrently, each on its own connection to the store. By default 4.
    pub batches: usize,
    /// The maximum number of events in a batch while catching up. By default 4,000.
    pub batch_events: usize,
    /// The longest wait between two reads of the log: the maximum delay of an event whose notification was lost.
    /// By default 250 milliseconds.
    pub poll: Duration,
    /// How long [`Workers::shutdown`](crate::Workers::shutdown) waits for the running batches before they are
    /// rolled back. By default 10 seconds.
    pub shutdown: Duration,
    /// The name of the process in [`status`](crate::EventSource::status). By default the program's name and
    /// process id.
    pub application: Option<String>,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            batches: 4,
            batch_events: 4_000,
            poll: Duration::from_millis(250),
            shutdown: Duration::from_secs(10),
            application: None,
        }
    }
}

impl WorkerOptions {
    /// Sets the [duration of a lease](field@Self::lease).
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// Sets how many [batches](field@Self::batches) are applied concurrently.
    #[must_use]
    pub fn batches(self, batches: usize) -> Self {
        Self { batches, ..self }
    }

    /// Sets the [maximum number of events](field@Self::batch_events) in a batch.
    #[must_use]
    pub fn batch_events(self, batch_events: usize) -> Self {
        Self { batch_events, ..self }
    }

    /// Sets the [longest wait](field@Self::poll) between two reads of the log.
    #[must_use]
    pub fn poll(self, poll: Duration) -> Self {
        Self { poll, ..self }
    }

    /// Sets how long a [shutdown](field@Self::shutdown) waits for the running batches.
    #[must_use]
    pub fn shutdown(self, shutdown: Duration) -> Self {
        Self { shutdown, ..self }
    }

    /// Sets the [name of the process](field@Self::application).
    #[must_use]
    pub fn application(self, application: impl Into<String>) -> Self {
        Self { application: Some(application.into()), ..self }
    }

    /// Raises values that would make a worker busy-loop.
    pub(super) fn clamped(self) -> Self {
        let lease = self.lease.max(Duration::from_millis(30));
        Self { lease, poll: self.poll.max(Duration::from_millis(1)), ..self }
    }

    pub(super) fn application_name(&self) -> String {
        self.application.clone().unwrap_or_else(|| {
            let program = std::env::args().next().unwrap_or_default();
            let name = program.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            format!("{name} ({})", std::process::id())
        })
    }
}
