//! Keeps the write-ahead log short.
//!
//! SQLite checkpoints the log into the file every thousand pages, up to the first page that an older reader still
//! needs, and restarts the log when no reader uses it. With overlapping readers that never happens, and the log would
//! grow without limit: <https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files>. So when it is large, the
//! next writer waits until the current readers have ended; readers that begin meanwhile do not use the log.

use std::path::{Path, PathBuf};

use sqlx::SqliteConnection;

/// How large the log may become before a writer waits, in bytes.
const LARGE: u64 = 32 << 20;

/// It waits longer for readers than a writer otherwise does: see `WRITER_BUSY_TIMEOUT`.
const TRUNCATE: &str = "pragma busy_timeout = 250; pragma wal_checkpoint(truncate); pragma busy_timeout = 10";

/// When the log is truncated next.
#[derive(Debug)]
pub(super) struct Checkpoint {
    log: PathBuf,
    threshold: u64,
}

impl Checkpoint {
    pub(super) fn of(log: &Path) -> Self {
        Self { log: log.to_owned(), threshold: LARGE }
    }

    /// Truncates the log if it is large. It may fail: it does not wait for a long-running reader, and the next attempt is
    /// made when the log is twice as large.
    pub(super) async fn run_if_due(&mut self, connection: &mut SqliteConnection) {
        let Ok(log) = std::fs::metadata(&self.log) else { return };
        if log.len() < self.threshold {
            return;
        }
        let truncated = sqlx::raw_sql(TRUNCATE).execute(connection).await;
        let left = std::fs::metadata(&self.log).map_or(0, |log| log.len());
        if let Err(error) = truncated {
            tracing::debug!(%error, "could not truncate the write-ahead log; it is retried when the log has doubled");
        }
        self.threshold = LARGE.max(left.saturating_mul(2));
    }
}
