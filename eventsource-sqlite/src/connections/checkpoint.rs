//! Keeps the write-ahead log short.
//!
//! SQLite moves it into the file with every thousandth page, as far as no reader looks at what is older, and begins it
//! anew once nobody reads from it. Under readers that follow each other without a pause that is never, and it would
//! grow for ever: <https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files>. So when it is large, the one
//! who writes next waits until those who read just now have ended; who begins to read meanwhile needs no log.

use std::path::{Path, PathBuf};

use sqlx::SqliteConnection;

/// How large the log may become before somebody waits, in bytes.
const LARGE: u64 = 32 << 20;

/// It waits for those who read longer than a writer does otherwise: see `GLANCE`.
const CUT: &str = "pragma busy_timeout = 250; pragma wal_checkpoint(truncate); pragma busy_timeout = 10";

/// When the log is to be cut next.
#[derive(Debug)]
pub(super) struct Checkpoint {
    log: PathBuf,
    due: u64,
}

impl Checkpoint {
    pub(super) fn of(file: &Path) -> Self {
        let mut log = file.to_owned().into_os_string();
        log.push("-wal");
        Self { log: log.into(), due: LARGE }
    }

    /// Cuts the log if it is large. That it may fail is nothing: a reader that stays for long is not waited for, and the
    /// next try is made when the log is twice as large.
    pub(super) async fn make_if_due(&mut self, connection: &mut SqliteConnection) {
        let Ok(log) = std::fs::metadata(&self.log) else { return };
        if log.len() < self.due {
            return;
        }
        let cut = sqlx::raw_sql(CUT).execute(connection).await;
        let left = std::fs::metadata(&self.log).map_or(0, |log| log.len());
        if let Err(error) = cut {
            tracing::debug!(%error, "cannot cut the write-ahead log");
        }
        self.due = LARGE.max(left.saturating_mul(2));
    }
}
