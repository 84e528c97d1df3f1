//! How a store is opened.

use std::time::Duration;

/// How a [`SqliteStore`](crate::SqliteStore) is opened: how durable a receipt is, how many read at a time, how long to
/// wait.
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
    pub(crate) max_waiting_appends: usize,
    pub(crate) max_file_bytes: Option<u64>,
}

/// What a receipt outlives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// The events are flushed to the disk before the receipt is given: it outlives a crash of the program, of the
    /// system, and a loss of power, as far as the disk keeps what it says it has.
    #[default]
    Full,
    /// The system is told to write the events, and nobody waits for the disk: a receipt outlives a crash of the
    /// program. After a crash of the system or a loss of power the last receipts, of seconds or minutes, may be
    /// gone; what is left is a beginning of the log, whole and in order. Appends one after the other are several
    /// times as fast.
    Normal,
    /// What is written may never reach the disk; for what goes with the process.
    #[doc(hidden)]
    Off,
}

impl SqliteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a receipt outlives. By default [`Synchronous::Full`].
    pub fn synchronous(self, synchronous: Synchronous) -> Self {
        Self { synchronous, ..self }
    }

    /// How many reads the store makes at a time, each on a connection and a thread of its own. By default 4.
    pub fn max_readers(self, max_readers: usize) -> Self {
        Self { max_readers, ..self }
    }

    /// How long a write waits while another process writes to the same file, before it fails with
    /// [`StoreError::Contended`](eventsource_core::store::StoreError::Contended). By default 10 seconds.
    pub fn busy_timeout(self, busy_timeout: Duration) -> Self {
        Self { busy_timeout, ..self }
    }

    /// How long a call waits for its turn in this process, before it fails with
    /// [`StoreError::Exhausted`](eventsource_core::store::StoreError::Exhausted). By default 30 seconds.
    pub fn acquire_timeout(self, acquire_timeout: Duration) -> Self {
        Self { acquire_timeout, ..self }
    }

    /// How many appends may wait or be under way; by default 10,000. One more waits until there is room, and fails
    /// with [`StoreError::Overloaded`](eventsource_core::store::StoreError::Overloaded) after the acquire timeout.
    pub fn max_waiting_appends(self, max_waiting_appends: usize) -> Self {
        Self { max_waiting_appends, ..self }
    }

    /// Lets the file grow to about so many bytes and no further: what would need more fails as if the disk were
    /// full. The write-ahead log beside it comes on top. By default the file grows as long as there is room.
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
            max_waiting_appends: 10_000,
            max_file_bytes: None,
        }
    }
}
