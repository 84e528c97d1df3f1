//! The options of a store.

use std::time::Duration;

/// The options of a [`SqliteStore`](crate::SqliteStore): the durability of a receipt, the number of concurrent reads, and
/// timeouts.
///
/// ```no_run
/// # async fn example() -> Result<(), eventsource_sqlite::OpenError> {
/// use std::time::Duration;
/// use eventsource_sqlite::{SqliteOptions, SqliteStore, Synchronous};
///
/// let options = SqliteOptions::new().synchronous(Synchronous::Normal).busy_timeout(Duration::from_secs(30));
/// let store = SqliteStore::open_with("bank.db", options).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SqliteOptions {
    pub(crate) synchronous: Synchronous,
    pub(crate) max_readers: usize,
    pub(crate) busy_timeout: Duration,
    pub(crate) acquire_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) max_waiting_appends: usize,
    pub(crate) max_file_bytes: Option<u64>,
}

/// Which crashes a receipt survives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// The events are flushed to the disk before the receipt is returned: it survives a crash of the program or the
    /// system, and a loss of power, if the disk keeps what it has confirmed.
    #[default]
    Full,
    /// The events are handed to the operating system without waiting for the disk: a receipt survives a crash of the
    /// program. After a crash of the system or a loss of power, the events of the last seconds or minutes may be lost;
    /// what remains is a prefix of the log, without gaps and in order. Sequential appends are several times as fast.
    Normal,
    /// Writes may never reach the disk; for stores that end with the process.
    #[doc(hidden)]
    Off,
}

impl SqliteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which crashes a receipt survives. By default [`Synchronous::Full`].
    pub fn synchronous(self, synchronous: Synchronous) -> Self {
        Self { synchronous, ..self }
    }

    /// The number of concurrent reads, each on a connection and a thread of its own. By default 4.
    pub fn max_readers(self, max_readers: usize) -> Self {
        Self { max_readers, ..self }
    }

    /// How long a write waits while another process writes to the same file, before it fails with
    /// [`StoreError::Contended`](eventsource_core::store::StoreError::Contended). By default 10 seconds.
    pub fn busy_timeout(self, busy_timeout: Duration) -> Self {
        Self { busy_timeout, ..self }
    }

    /// How long a call waits for other calls of this process, before it fails with
    /// [`StoreError::Exhausted`](eventsource_core::store::StoreError::Exhausted). By default 30 seconds.
    pub fn acquire_timeout(self, acquire_timeout: Duration) -> Self {
        Self { acquire_timeout, ..self }
    }

    /// How long a call may take, whatever it waits for, before it fails with
    /// [`StoreError::TimedOut`](eventsource_core::store::StoreError::TimedOut), and an append whose outcome is not known by
    /// then with [`AppendError::OutcomeUnknown`](eventsource_core::store::AppendError::OutcomeUnknown). By default 30
    /// seconds. A call that reads whole tables, to compare generations or to count stored types, may take twenty times as
    /// long. Reading a history, the statements within a projection's transaction and migrations are not limited: they wait
    /// for nothing but the disk.
    pub fn call_timeout(self, call_timeout: Duration) -> Self {
        Self { call_timeout, ..self }
    }

    /// How many appends may be queued or running; by default 10,000. Further appends wait until there is room, and fail
    /// with [`StoreError::Overloaded`](eventsource_core::store::StoreError::Overloaded) after the acquire timeout.
    pub fn max_waiting_appends(self, max_waiting_appends: usize) -> Self {
        Self { max_waiting_appends, ..self }
    }

    /// The maximum size of the file, in bytes, approximately. A write that needs more fails as if the disk were full.
    /// The size of the write-ahead log is not included. By default only the disk limits it.
    pub fn max_file_bytes(self, max_file_bytes: u64) -> Self {
        Self { max_file_bytes: Some(max_file_bytes), ..self }
    }
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::Full,
            max_readers: 4,
            busy_timeout: Duration::from_secs(10),
            acquire_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(30),
            max_waiting_appends: 10_000,
            max_file_bytes: None,
        }
    }
}
