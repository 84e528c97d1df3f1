//! A store that is chosen when the program runs.

mod events;
mod projections;
mod transaction;

use std::fmt;

use crate::{MemoryStore, store::BoxError};

pub use transaction::AnyTransaction;

/// One of the stores, chosen when the program runs: see [`open`]. Everything that works on a store works on this one,
/// projections and read models included. Cheap to clone.
///
/// Each call costs one more allocation than on the store itself. A store with options of its own becomes one with
/// `AnyStore::from`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AnyStore {
    /// In memory.
    Memory(MemoryStore),
    /// A PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(crate::postgres::PostgresStore),
    /// An SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(crate::sqlite::SqliteStore),
}

/// Calls a method of the store that it is.
macro_rules! each {
    ($any:expr, $store:ident => $call:expr) => {
        match $any {
            $crate::any::AnyStore::Memory($store) => $call,
            #[cfg(feature = "postgres")]
            $crate::any::AnyStore::Postgres($store) => $call,
            #[cfg(feature = "sqlite")]
            $crate::any::AnyStore::Sqlite($store) => $call,
        }
    };
}
use each;

/// Opens the store of a URL:
///
/// | URL | store |
/// |---|---|
/// | `memory:` | a new [`MemoryStore`] |
/// | `sqlite:FILE`, `sqlite::memory:` | a [`SqliteStore`](crate::sqlite::SqliteStore) in this file, which is created if it is missing; or in memory |
/// | `postgres://USER@HOST/DATABASE`, `postgresql://…` | a [`PostgresStore`](crate::postgres::PostgresStore), whose schema [`migrate`] has to create before |
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Tried {
/// let url = std::env::args().nth(1).unwrap_or("memory:".to_owned());
/// eventsource::migrate(&url).await?;
/// let es = EventSource::new(eventsource::open(&url).await?);
/// es.execute(Deposit("acc-1", 100)).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`OpenError`], if the URL names no store that this program was compiled with, or the store cannot be opened.
pub async fn open(url: &str) -> Result<AnyStore, OpenError> {
    Ok(match Scheme::of(url)? {
        Scheme::Memory => AnyStore::Memory(MemoryStore::new()),
        #[cfg(feature = "postgres")]
        Scheme::Postgres => AnyStore::Postgres(
            crate::postgres::PostgresStore::connect(url)
                .await
                .map_err(|error| OpenError::Store(error.into()))?,
        ),
        #[cfg(feature = "sqlite")]
        Scheme::Sqlite(file) => {
            let opened = match file {
                ":memory:" => crate::sqlite::SqliteStore::in_memory().await,
                file => crate::sqlite::SqliteStore::open(file).await,
            };
            AnyStore::Sqlite(opened.map_err(|error| OpenError::Store(error.into()))?)
        }
        #[cfg(not(feature = "postgres"))]
        Scheme::Postgres => return Err(OpenError::NotCompiled { feature: "postgres" }),
        #[cfg(not(feature = "sqlite"))]
        Scheme::Sqlite(_) => return Err(OpenError::NotCompiled { feature: "sqlite" }),
    })
}

/// Creates or upgrades the schema of a PostgreSQL store, as
/// [`PostgresStore::migrate`](crate::postgres::PostgresStore::migrate). Other stores need no migration before they are
/// opened.
///
/// # Errors
///
/// As [`open`]; or if the schema cannot be migrated.
pub async fn migrate(url: &str) -> Result<(), OpenError> {
    match Scheme::of(url)? {
        Scheme::Memory | Scheme::Sqlite(_) => Ok(()),
        #[cfg(feature = "postgres")]
        Scheme::Postgres => {
            let migrated = crate::postgres::PostgresStore::migrate(url).await;
            migrated.map_err(|error| OpenError::Store(error.into()))
        }
        #[cfg(not(feature = "postgres"))]
        Scheme::Postgres => Err(OpenError::NotCompiled { feature: "postgres" }),
    }
}

/// Why the store of a URL was not opened. No text of it has the URL, which may contain a password.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL is of no store.
    UnknownScheme {
        /// What it begins with.
        scheme: String,
    },
    /// The program was compiled without the store.
    NotCompiled {
        /// The Cargo feature of `eventsource-cqrs` that has it.
        feature: &'static str,
    },
    /// The store could not be opened or migrated.
    Store(BoxError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownScheme { scheme } => write!(
                f,
                "`{}` begins no URL of a store; use `memory:`, `sqlite:FILE` or `postgres://USER@HOST/DATABASE`",
                crate::store::Escaped(scheme)
            ),
            Self::NotCompiled { feature } => write!(
                f,
                "this program was compiled without the store; add the feature `{feature}` of `eventsource-cqrs`"
            ),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::UnknownScheme { .. } | Self::NotCompiled { .. } => None,
            Self::Store(error) => error.source(),
        }
    }
}

/// The store that a URL names.
enum Scheme<'a> {
    Memory,
    Postgres,
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "for a store that is not compiled"))]
    Sqlite(&'a str),
}

impl<'a> Scheme<'a> {
    fn of(url: &'a str) -> Result<Self, OpenError> {
        match url.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", file)) if !file.is_empty() => Ok(Self::Sqlite(file)),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            found => {
                // Not the rest, which may have a password. Without a colon, or with one that is too late, it is no URL.
                let scheme = found.map_or(url, |(scheme, _)| scheme);
                Err(OpenError::UnknownScheme { scheme: scheme.chars().take(20).collect() })
            }
        }
    }
}

impl From<MemoryStore> for AnyStore {
    fn from(store: MemoryStore) -> Self {
        Self::Memory(store)
    }
}

#[cfg(feature = "postgres")]
impl From<crate::postgres::PostgresStore> for AnyStore {
    fn from(store: crate::postgres::PostgresStore) -> Self {
        Self::Postgres(store)
    }
}

#[cfg(feature = "sqlite")]
impl From<crate::sqlite::SqliteStore> for AnyStore {
    fn from(store: crate::sqlite::SqliteStore) -> Self {
        Self::Sqlite(store)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;
    use crate::store::StoreError;

    #[test]
    fn the_error_of_a_store_is_shown_once_and_keeps_its_cause() {
        let source = Box::new(std::io::Error::other("the disk is full"));
        let refused = StoreError::Unavailable { action: "opening", source };
        let shown = refused.to_string();
        let error = OpenError::Store(Box::new(refused));
        assert_eq!(error.to_string(), shown);
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("the disk is full"));
    }
}
