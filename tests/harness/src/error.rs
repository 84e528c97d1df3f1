//! Why a test could not get its server. The texts are for the person who reads a failed test.

use std::io;
use std::path::PathBuf;

/// Why a server, a database or a pooler could not be provided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HarnessError {
    /// No server binaries on this machine.
    #[error(
        "no PostgreSQL server was found. One of these helps: `cargo xtask test`, which installs one; \
         `apt-get install postgresql` (Debian, Ubuntu) or `brew install postgresql@17` (macOS); PGBIN set to a \
         folder that holds `initdb` and `postgres`; DATABASE_URL set to a server on which tests may create \
         databases. Looked in: {searched}"
    )]
    NoServer {
        /// The places that were searched.
        searched: String,
    },

    /// `PGBIN` points to a folder without a server.
    #[error("PGBIN is {}, which does not hold both `initdb` and `postgres`: correct it or unset it", .folder.display())]
    WrongPgbin {
        /// The value of the variable.
        folder: PathBuf,
    },

    /// No `pgbouncer` on this machine.
    #[error(
        "no pgbouncer was found in PATH or the usual places: `apt-get install pgbouncer` (Debian, Ubuntu) or \
         `brew install pgbouncer` (macOS); `cargo xtask test` run as root installs it"
    )]
    NoBouncer,

    /// We are root, PostgreSQL refuses to run as root, and there is no other user to run it as.
    #[error(
        "PostgreSQL does not run as root, and neither of the users `postgres` and `nobody` exists: create one"
    )]
    NoAccount,

    /// The operating system refused something.
    #[error("cannot {doing}")]
    Io {
        /// The operation that failed.
        doing: String,
        /// Why it failed.
        source: io::Error,
    },

    /// A program ended with a failure, or ended when it should have run on.
    #[error("{program} ended with {status}; it wrote:\n{output}")]
    Ended {
        /// The program.
        program: String,
        /// Its exit status.
        status: String,
        /// The end of what it wrote.
        output: String,
    },

    /// A server was started, runs, and does not answer.
    #[error("{program} is not ready after {seconds} s; it wrote:\n{output}")]
    NotReady {
        /// The program.
        program: String,
        /// How long the harness waited.
        seconds: u64,
        /// The end of what it wrote.
        output: String,
    },

    /// The server refused to create a database.
    #[cfg(feature = "databases")]
    #[error("cannot {doing} on the server at {url}")]
    Database {
        /// The operation that failed.
        doing: String,
        /// The URL of the server.
        url: String,
        /// The error of the server or the client.
        source: sqlx::Error,
    },
}

impl HarnessError {
    /// The error and all its causes in one line, for the message of a panic.
    #[must_use]
    pub fn full_text(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// For `map_err`: names the operation that the operating system refused.
pub(crate) fn while_doing(doing: impl Into<String>) -> impl FnOnce(io::Error) -> HarnessError {
    let doing = doing.into();
    move |source| HarnessError::Io { doing, source }
}
