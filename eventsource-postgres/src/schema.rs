//! The schema in the database: the migrations that create it, and the check that it is that of this version.

use std::collections::BTreeSet;

use eventsource_core::store::StoreError;
use eventsource_sql::statement;
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, Row,
    migrate::{Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgRow},
};

use crate::{
    MigrateError, OpenError,
    connections::{Connections, Deadline},
    error::{is_code, store_error},
    options::CALL_TIMEOUT,
};

/// The oldest server this version is tested on, as `server_version_num` writes it.
const OLDEST_SERVER: i32 = 140_000;

/// The schema in the database is not compatible with this version. Nothing was read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The schema does not exist.
    #[error(
        "the database has no schema `eventsource`; run `PostgresStore::migrate` once, as the role that is to own it"
    )]
    Absent,
    /// Migrations of this version have not been applied.
    #[error(
        "the schema is older than this program: it has {found} of {wanted} migrations; run `PostgresStore::migrate`"
    )]
    Older {
        /// The number of migrations that were applied.
        found: usize,
        /// The number of migrations that this version has.
        wanted: usize,
    },
    /// Migrations of a later version have been applied.
    #[error(
        "the schema is newer than this program: migration {version} is unknown here; deploy the version that applied it"
    )]
    Newer {
        /// The first migration this version does not know.
        version: i64,
    },
    /// A migration differs from the one of this version with the same number.
    #[error(
        "migration {version} in the database differs from that of this program; they are of different releases, so deploy the one that migrated the database"
    )]
    Modified {
        /// The number of the migration.
        version: i64,
    },
    /// A migration was started and did not complete.
    #[error(
        "migration {version} did not complete; restore the schema, or undo it and delete its row in `eventsource._migrations`"
    )]
    Unfinished {
        /// The number of the migration.
        version: i64,
    },
    /// Another role owns the schema, and could change whatever this one creates in it.
    #[error(
        "the schema `eventsource` belongs to the role `{owner}`, and this is `{role}`; migrate as `{owner}`, or drop the schema if nothing of yours is in it"
    )]
    OfAnotherRole {
        /// The owner of the schema.
        owner: String,
        /// The role that was to migrate it.
        role: String,
    },
    /// The migrations are those of this version, and what they have created was changed since.
    #[error("the schema was changed after its migration; undo this: {}", shortened(changes))]
    Changed {
        /// What is missing and what is unexpected.
        changes: Vec<String>,
    },
}

/// The first few changes.
fn shortened(changes: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> =
        changes.iter().take(SHOWN).map(|change| change.chars().take(200).collect()).collect();
    match changes.len().saturating_sub(SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// What the migrations create, as `schema_objects` in `sql/schema.sql` lists it.
const OBJECTS: &str = include_str!("../migrations/objects.txt");

/// The name and text of each migration, in order. The text of a released migration never changes; see
/// `migrations/released.sha256`.
pub(crate) const MIGRATIONS: [(&str, &str); 9] = [
    ("events", include_str!("../migrations/0001_events.sql")),
    ("projections", include_str!("../migrations/0002_projections.sql")),
    ("inline", include_str!("../migrations/0003_inline.sql")),
    ("append", include_str!("../migrations/0004_append.sql")),
    ("horizon", include_str!("../migrations/0005_horizon.sql")),
    ("import", include_str!("../migrations/0006_import.sql")),
    ("swap", include_str!("../migrations/0007_swap.sql")),
    ("reactions", include_str!("../migrations/0008_reactions.sql")),
    ("grants", include_str!("../migrations/0009_grants.sql")),
];

fn migrations() -> Vec<Migration> {
    let numbered = MIGRATIONS.into_iter().zip(1..).map(|((name, sql), version)| {
        Migration::new(version, name.into(), MigrationType::Simple, sqlx::SqlStr::from_static(sql), false)
    });
    numbered.collect()
}

/// Migrates the database to the schema of this version. Several processes may do so concurrently: one at a time holds an
/// advisory lock, and the others then find nothing to do.
pub(crate) async fn migrate(server: &PgConnectOptions) -> Result<(), MigrateError> {
    let failed = |error| store_error("migrating", error);
    let connect = Deadline::after(CALL_TIMEOUT).statement(server.connect());
    let mut connection = connect.await.map_err(failed)?;
    let row = sqlx::query(statement!("sql/schema.sql", "server")).fetch_one(&mut connection).await;
    check_server(&row.and_then(|row| decode_server(&row)).map_err(failed)?).map_err(MigrateError::Server)?;
    own_schema(&mut connection).await?;
    let mut migrator = Migrator::with_migrations(migrations());
    // A separate schema and table, so that they do not collide with the application's migrations.
    migrator.dangerous_set_table_name("eventsource._migrations");
    migrator.create_schema("eventsource");
    use sqlx::migrate::MigrateError as E;
    let migrated = migrator.run_direct(None, &mut connection, false).await;
    // Closed in every case: closing the connection releases the advisory lock.
    let closed = connection.close().await.map_err(failed);
    match migrated {
        Ok(()) => Ok(closed?),
        Err(E::VersionMissing(version)) => Err(SchemaError::Newer { version }.into()),
        Err(E::VersionMismatch(version)) => Err(SchemaError::Modified { version }.into()),
        Err(E::Dirty(version)) => Err(SchemaError::Unfinished { version }.into()),
        Err(E::ExecuteMigration(source, version)) => Err(MigrateError::Migration { version, source }),
        Err(E::Execute(error)) => Err(failed(error).into()),
        Err(error) => Err(failed(sqlx::Error::Migrate(Box::new(error))).into()),
    }
}

/// Creates the schema, if there is none, and checks that it belongs to this role.
async fn own_schema(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let failed = |error| store_error("migrating", error);
    // Names in the migrations are those of PostgreSQL: in another schema of the search path, somebody else could have
    // something that fits better.
    connection.execute("set search_path = pg_catalog, pg_temp").await.map_err(failed)?;
    // Otherwise each start would log that the schema and the table of migrations exist already.
    connection.execute("set client_min_messages = warning").await.map_err(failed)?;
    let owner = || sqlx::query(statement!("sql/schema.sql", "schema_owner"));
    let mut found = owner().fetch_optional(&mut *connection).await.map_err(failed)?;
    if found.is_none() {
        match connection.execute("create schema eventsource").await {
            Ok(_) => {}
            // Another process has just created it.
            Err(error) if is_code(&error, "42P06") || is_code(&error, "23505") => {}
            Err(error) => return Err(failed(error).into()),
        }
        found = owner().fetch_optional(connection).await.map_err(failed)?;
    }
    let row = found.ok_or(SchemaError::Absent)?;
    let (owner, role) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
    match row.try_get(2).map_err(failed)? {
        true => Ok(()),
        false => Err(SchemaError::OfAnotherRole { owner, role }.into()),
    }
}

/// Checks that the server is supported and that the schema is that of this version.
pub(crate) async fn check(connections: &Connections) -> Result<(), OpenError> {
    // On one connection: a store that has just been opened has only one.
    let found = connections.read("checking the schema", |connection| {
        let server = connections.query(statement!("sql/schema.sql", "server"));
        let migrations = connections.query(statement!("sql/schema.sql", "applied_migrations"));
        let objects = connections.query(statement!("sql/schema.sql", "schema_objects"));
        Box::pin(async move {
            let server = decode_server(&server.fetch_one(&mut *connection).await?)?;
            if let Err(reason) = check_server(&server) {
                return Ok(Err(reason));
            }
            let applied = migrations.fetch_all(&mut *connection).await?;
            let applied = applied.iter().map(applied_migration).collect::<Result<_, _>>()?;
            let objects = objects.fetch_all(connection).await?;
            let objects = objects.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
            Ok(Ok((applied, objects)))
        })
    });
    match found.await {
        Ok(Ok((applied, objects))) => {
            compare(applied, &migrations())?;
            Ok(compare_objects(&objects)?)
        }
        Ok(Err(reason)) => Err(OpenError::Server(reason)),
        Err(StoreError::Backend { source, .. }) if source.is::<SchemaError>() => {
            Err(SchemaError::Absent.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Checks that the schema consists of what its migrations created: their checksums do not tell whether a constraint was
/// dropped or a trigger created since.
fn compare_objects(found: &BTreeSet<String>) -> Result<(), SchemaError> {
    let wanted: BTreeSet<&str> = OBJECTS.lines().collect();
    let missing = wanted.iter().filter(|line| !found.contains(**line)).map(|line| format!("missing: {line}"));
    let unexpected = found.iter().filter(|line| !wanted.contains(line.as_str()));
    let changes: Vec<_> = missing.chain(unexpected.map(|line| format!("unexpected: {line}"))).collect();
    if changes.is_empty() { Ok(()) } else { Err(SchemaError::Changed { changes }) }
}

/// A row of the migrations table.
struct Applied {
    version: i64,
    success: bool,
    checksum: Vec<u8>,
}

fn applied_migration(row: &PgRow) -> Result<Applied, sqlx::Error> {
    Ok(Applied { version: row.try_get(0)?, success: row.try_get(1)?, checksum: row.try_get(2)? })
}

fn compare(applied: Vec<Applied>, wanted: &[Migration]) -> Result<(), SchemaError> {
    let found = applied.len();
    for Applied { version, success, checksum } in applied {
        let Some(known) = wanted.iter().find(|known| known.version == version) else {
            return Err(SchemaError::Newer { version });
        };
        if !success {
            return Err(SchemaError::Unfinished { version });
        }
        if checksum != *known.checksum {
            return Err(SchemaError::Modified { version });
        }
    }
    match found {
        0 => Err(SchemaError::Absent),
        found if found < wanted.len() => Err(SchemaError::Older { found, wanted: wanted.len() }),
        _ => Ok(()),
    }
}

/// The properties of a server.
struct Server {
    version: i32,
    encoding: String,
}

fn decode_server(row: &PgRow) -> Result<Server, sqlx::Error> {
    Ok(Server { version: row.try_get(0)?, encoding: row.try_get(1)? })
}

fn check_server(server: &Server) -> Result<(), String> {
    let Server { version, encoding } = server;
    if *version < OLDEST_SERVER {
        let major = version / 10_000;
        return Err(format!("it is PostgreSQL {major}, and 14 is the oldest supported version; upgrade it"));
    }
    if encoding != "UTF8" {
        return Err(format!(
            "the database is encoded as {encoding}, which cannot hold every text; create one with encoding UTF8"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_too_old_is_refused() {
        let server = |version| Server { version, encoding: "UTF8".to_owned() };
        let refused = check_server(&server(130_014)).expect_err("13 is too old");
        assert!(refused.contains("PostgreSQL 13") && refused.contains("upgrade"), "{refused}");
        assert_eq!(check_server(&server(140_000)), Ok(()));
    }
}
