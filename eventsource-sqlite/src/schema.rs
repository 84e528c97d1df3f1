//! The schema in the file: the migrations, and the check that a file has the schema of this version or an earlier one.
//!
//! `application_id` identifies a file of this crate, and `user_version` is the number of its migrations; a table has
//! their checksums. Before anything is written, the file is inspected through a connection that cannot write.

use std::{
    fs::{Metadata, OpenOptions},
    path::Path,
};

use eventsource_core::{Timestamp, store::StoreError};
use eventsource_sql::statement;
use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    migrate::{Migration, MigrationType},
};

use crate::{
    OpenError, SqliteOptions,
    connections::{Connections, DatabaseFile, OpenFile, Role, beside, connect_options, target_of},
    error::{CANNOT_OPEN, IO, NOT_A_DATABASE, READ_ONLY, is_busy, primary_code, store_error},
};

mod objects;

/// The SQLite application id of a file of this crate: "EvSr".
const APPLICATION_ID: u32 = 0x4576_5372;

const ACTION: &str = "opening the store";

/// The file has a schema that this version does not support. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The schema has migrations of a later version.
    #[error(
        "the schema of the file is newer than this program: it has {found} migrations, and this program knows {known}; \
         use the version that made it"
    )]
    Newer {
        /// How many migrations the file has.
        found: u32,
        /// How many this version has.
        known: u32,
    },
    /// A migration in the file differs from the one with the same number in this version.
    #[error(
        "migration {version} in the file differs from the one in this program, which is of another release; use the \
         program that created the file, or name another file; nothing has been changed"
    )]
    Modified {
        /// The number of the migration.
        version: i64,
    },
    /// The migrations are those of this version, and what they have created was changed since.
    #[error("the schema of the file was changed after its migration; undo this: {}", changes.join("; "))]
    Changed {
        /// What is missing and what is unexpected.
        changes: Vec<String>,
    },
}

fn migrations() -> Vec<Migration> {
    let all = [
        ("events", include_str!("../migrations/0001_events.sql")),
        ("projections", include_str!("../migrations/0002_projections.sql")),
        ("reactions", include_str!("../migrations/0003_reactions.sql")),
    ];
    let numbered = all.into_iter().zip(1..).map(|((name, sql), version)| {
        Migration::new(version, name.into(), MigrationType::Simple, sqlx::SqlStr::from_static(sql), false)
    });
    numbered.collect()
}

/// Checks that the file is one of this crate's or empty, migrates it to the schema of this version, and returns the
/// connections to it. Many programs may do so concurrently: one at a time writes, and the next ones find the migrations
/// applied.
pub(crate) async fn opened(file: DatabaseFile, options: SqliteOptions) -> Result<Connections, OpenError> {
    let path = &file.path;
    check_log(path)?;
    if let Ok(found) = std::fs::metadata(path) {
        check_file(&file, &options, &found).await?;
    }
    create(path);
    let open_file = OpenFile::of(path);
    // The busy timeout of the writer is short, so the attempt is repeated.
    let since = std::time::Instant::now();
    loop {
        match migrated(&file, &options).await {
            Err(MigrationFailure::Sqlx(error))
                if is_busy(&error) && since.elapsed() < options.busy_timeout =>
            {
                tokio::task::yield_now().await;
            }
            Err(MigrationFailure::Sqlx(error)) => return Err(open_error(path, error)),
            Err(MigrationFailure::Open(error)) => return Err(error),
            Ok(()) => break,
        }
    }
    // The file that was migrated is the one that the connections accept.
    open_file.check().map_err(|fault| store_error(ACTION, fault.into()))?;
    Ok(Connections::new(file, open_file, options))
}

/// Refuses a write-ahead log without its file, and leaves it as it is: it has the last events of a file that was moved
/// away, and SQLite would delete it when it opens the new file.
fn check_log(path: &Path) -> Result<(), OpenError> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    let log = beside(path, "-wal");
    // The log first: another program that creates the file writes to the file before it writes to the log.
    if size(&log) > 0 && size(path) == 0 {
        return Err(OpenError::OnlyLog { path: path.to_owned(), log });
    }
    Ok(())
}

/// Refuses a file that is not one of this crate's, and leaves no trace: a connection that may write removes the `-wal`
/// and `-shm` files when it is closed, and one that may not keeps pages that another program has not checkpointed yet.
async fn check_file(file: &DatabaseFile, options: &SqliteOptions, found: &Metadata) -> Result<(), OpenError> {
    let path = &file.path;
    match found.len() {
        _ if !found.is_file() => {
            return Err(OpenError::CannotOpen { path: path.clone(), source: "it is not a file".into() });
        }
        0 => return Ok(()),
        // SQLite treats a file smaller than the smallest page as empty, and would overwrite it.
        1..512 => return Err(OpenError::NotADatabase { path: path.clone() }),
        _ if found.permissions().readonly() => {
            return Err(OpenError::ReadOnly {
                path: path.clone(),
                source: "its permissions do not allow writing".into(),
            });
        }
        _ => {}
    }
    let is_checkpointed = std::fs::metadata(beside(path, "-wal")).map_or(true, |log| log.len() == 0);
    let connect = connect_options(file, options, Role::Reader).read_only(!is_checkpointed);
    let mut connection = connect.connect().await.map_err(|error| open_error(path, error))?;
    let found = inspect(&mut connection).await;
    let _ = connection.close().await;
    found.map_err(|error| open_error(path, error))?.check(path)?;
    Ok(())
}

enum MigrationFailure {
    Sqlx(sqlx::Error),
    Open(OpenError),
}

impl From<sqlx::Error> for MigrationFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sqlx(error)
    }
}

/// Creates a missing file such that only its owner can read and write it. SQLite gives the same permissions to the files
/// beside it. If that fails, SQLite reports why.
fn create(path: &Path) {
    let mut create = OpenOptions::new();
    create.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut create, 0o600);
    let _ = create.open(target_of(path));
}

async fn migrated(file: &DatabaseFile, options: &SqliteOptions) -> Result<(), MigrationFailure> {
    let mut connection = connect_options(file, options, Role::Writer).connect().await?;
    let migrated = migrate(&mut connection, &file.path).await;
    let _ = connection.close().await;
    migrated
}

async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), MigrationFailure> {
    // This writes the first page of a new file, and nothing to a file that has this mode already.
    let mode: String = sqlx::query_scalar("pragma journal_mode = wal").fetch_one(&mut *connection).await?;
    if !mode.eq_ignore_ascii_case("wal") {
        let source = format!("its file system cannot share memory between connections (journal mode {mode})");
        return Err(MigrationFailure::Open(OpenError::CannotOpen {
            path: path.to_owned(),
            source: source.into(),
        }));
    }
    let mut transaction = connection.begin_with(statement!("sql/session.sql", "begin")).await?;
    let found = inspect(&mut transaction).await?;
    let known = migrations();
    let applied = found.check(path).map_err(MigrationFailure::Open)?;
    check_applied(&mut transaction, applied, &known).await?;
    for migration in known.iter().skip(applied) {
        apply(&mut transaction, migration).await?;
    }
    objects::check(&mut transaction).await?;
    Ok(transaction.commit().await?)
}

async fn check_applied(
    connection: &mut SqliteConnection,
    applied: usize,
    known: &[Migration],
) -> Result<(), MigrationFailure> {
    if applied == 0 {
        sqlx::raw_sql(statement!("sql/schema.sql", "migrations_table")).execute(&mut *connection).await?;
        // A pragma cannot have parameters. The id is written as a signed number.
        let id = format!("pragma application_id = {}", APPLICATION_ID.cast_signed());
        sqlx::raw_sql(sqlx::AssertSqlSafe(id)).execute(connection).await?;
        return Ok(());
    }
    let rows = sqlx::query(statement!("sql/schema.sql", "applied_migrations")).fetch_all(connection).await?;
    for (migration, number) in known.iter().take(applied).zip(0..) {
        let row = rows.get::<usize>(number);
        let same = match row {
            Some(row) => {
                row.try_get::<i64, _>(0)? == migration.version
                    && row.try_get::<&[u8], _>(1)? == &*migration.checksum
            }
            None => false,
        };
        if !same {
            let modified = SchemaError::Modified { version: migration.version };
            return Err(MigrationFailure::Open(modified.into()));
        }
    }
    Ok(())
}

async fn apply(connection: &mut SqliteConnection, migration: &Migration) -> Result<(), MigrationFailure> {
    sqlx::raw_sql(migration.sql.clone()).execute(&mut *connection).await?;
    sqlx::query(statement!("sql/schema.sql", "note_migration"))
        .bind(migration.version)
        .bind(migration.description.to_string())
        .bind(migration.checksum.to_vec())
        .bind(Timestamp::now().as_microsecond())
        .execute(&mut *connection)
        .await?;
    let version = format!("pragma user_version = {}", migration.version);
    sqlx::raw_sql(sqlx::AssertSqlSafe(version)).execute(connection).await?;
    Ok(())
}

/// The identification of a file.
struct Found {
    application_id: u32,
    user_version: u32,
    objects: i64,
}

async fn inspect(connection: &mut SqliteConnection) -> Result<Found, sqlx::Error> {
    let row = sqlx::query(statement!("sql/schema.sql", "inspect")).fetch_one(connection).await?;
    Ok(Found {
        application_id: row.try_get::<i32, _>(0)?.cast_unsigned(),
        user_version: row.try_get::<i32, _>(1)?.cast_unsigned(),
        objects: row.try_get(2)?,
    })
}

impl Found {
    /// The number of migrations that the file has.
    fn check(&self, path: &Path) -> Result<usize, OpenError> {
        let known = u32::try_from(migrations().len()).unwrap_or(u32::MAX);
        match *self {
            Self { application_id: 0, user_version: 0, objects: 0 } => Ok(0),
            Self { application_id: APPLICATION_ID, user_version: found, .. } if found > known => {
                Err(SchemaError::Newer { found, known }.into())
            }
            Self { application_id: APPLICATION_ID, user_version, .. } => Ok(user_version as usize),
            Self { application_id, .. } => Err(OpenError::Foreign { path: path.to_owned(), application_id }),
        }
    }
}

fn open_error(path: &Path, error: sqlx::Error) -> OpenError {
    let path = path.to_owned();
    match primary_code(&error) {
        Some(NOT_A_DATABASE) => OpenError::NotADatabase { path },
        Some(READ_ONLY) => OpenError::ReadOnly { path, source: Box::new(error) },
        Some(CANNOT_OPEN | IO) => OpenError::CannotOpen { path, source: Box::new(error) },
        _ => match error {
            // A path that cannot be passed to SQLite.
            sqlx::Error::Io(error) => OpenError::CannotOpen { path, source: Box::new(error) },
            error => OpenError::Store(store_error(ACTION, error)),
        },
    }
}

/// The location of a store that ends with the process.
pub(crate) fn temporary() -> Result<DatabaseFile, OpenError> {
    let directory = tempfile::Builder::new().prefix("eventsource-").tempdir();
    let directory =
        directory.map_err(|error| StoreError::Unavailable { action: ACTION, source: Box::new(error) })?;
    Ok(DatabaseFile { path: directory.path().join("memory.db"), directory: Some(directory) })
}
