//! The schema in the database: the migrations that make it, and whether it is the one of this version.

use eventsource_core::store::StoreError;
use sqlx::{
    ConnectOptions, Connection, Row,
    migrate::{Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgRow},
};

use crate::{MigrateError, OpenError, connections::Connections, error::store_error};

/// The oldest server this version is tested on, as `server_version_num` writes it.
const OLDEST_SERVER: i32 = 140_000;

/// A schema in the database that this version does not work with. Nothing was read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// There is none.
    #[error(
        "the database has no schema `eventsource`; run `PostgresStore::migrate` once, as the role that shall own it"
    )]
    Absent,
    /// It lacks migrations.
    #[error(
        "the schema is older than this program: it has {found} of {wanted} migrations; run `PostgresStore::migrate`"
    )]
    Older {
        /// How many migrations it has.
        found: usize,
        /// How many this version has.
        wanted: usize,
    },
    /// It has migrations of a later version.
    #[error(
        "the schema is newer than this program: migration {version} is unknown here; deploy the version that made it"
    )]
    Newer {
        /// The first migration this version does not know.
        version: i64,
    },
    /// A migration is not the one this version has under that number.
    #[error(
        "migration {version} in the database is not the one of this program; the two were not made by the same release"
    )]
    Modified {
        /// The number of the migration.
        version: i64,
    },
    /// A migration began and did not end.
    #[error(
        "migration {version} was left unfinished; restore the schema, or undo it and delete its row in `eventsource._migrations`"
    )]
    Unfinished {
        /// The number of the migration.
        version: i64,
    },
}

/// Name and text of each, in order. Once one of them is released, its text never changes; see
/// `migrations/released.sha256`.
pub(crate) const MIGRATIONS: [(&str, &str); 8] = [
    ("events", include_str!("../migrations/0001_events.sql")),
    ("projections", include_str!("../migrations/0002_projections.sql")),
    ("inline", include_str!("../migrations/0003_inline.sql")),
    ("append", include_str!("../migrations/0004_append.sql")),
    ("horizon", include_str!("../migrations/0005_horizon.sql")),
    ("import", include_str!("../migrations/0006_import.sql")),
    ("swap", include_str!("../migrations/0007_swap.sql")),
    ("grants", include_str!("../migrations/0008_grants.sql")),
];

fn migrations() -> Vec<Migration> {
    let numbered = MIGRATIONS.into_iter().zip(1..).map(|((name, sql), version)| {
        Migration::new(version, name.into(), MigrationType::Simple, sqlx::SqlStr::from_static(sql), false)
    });
    numbered.collect()
}

/// Brings the database to the schema of this version. Many programs may do so at once: one at a time holds an
/// advisory lock, and the others find nothing left to do.
pub(crate) async fn migrate(server: &PgConnectOptions) -> Result<(), MigrateError> {
    let failed = |error| store_error("migrating", error);
    let mut connection = server.connect().await.map_err(failed)?;
    let row = sqlx::query(include_str!("sql/server.sql")).fetch_one(&mut connection).await;
    check_server(&row.and_then(|row| described(&row)).map_err(failed)?).map_err(MigrateError::Server)?;
    let mut migrator = Migrator::with_migrations(migrations());
    // A schema and a table of our own: the application's migrations have theirs.
    migrator.dangerous_set_table_name("eventsource._migrations");
    migrator.create_schema("eventsource");
    use sqlx::migrate::MigrateError as E;
    let migrated = migrator.run_direct(None, &mut connection, false).await;
    // Closed in any case: the advisory lock goes with the connection.
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

/// Makes sure that the server can be used, and that its schema is the one of this version.
pub(crate) async fn check(connections: &Connections) -> Result<(), OpenError> {
    // On one connection: a store that has just been opened has no more than that.
    let found = connections.read("looking for the schema", |connection| {
        let server = connections.query(include_str!("sql/server.sql"));
        let migrations = connections.query(include_str!("sql/applied_migrations.sql"));
        Box::pin(async move {
            let server = described(&server.fetch_one(&mut *connection).await?)?;
            if let Err(reason) = check_server(&server) {
                return Ok(Err(reason));
            }
            migrations.fetch_all(connection).await?.iter().map(applied).collect::<Result<_, _>>().map(Ok)
        })
    });
    match found.await {
        Ok(Ok(applied)) => Ok(compare(applied, &migrations())?),
        Ok(Err(reason)) => Err(OpenError::Server(reason)),
        Err(StoreError::Backend { source, .. }) if source.is::<SchemaError>() => {
            Err(SchemaError::Absent.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// A row of the migrations table.
struct Applied {
    version: i64,
    success: bool,
    checksum: Vec<u8>,
}

fn applied(row: &PgRow) -> Result<Applied, sqlx::Error> {
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

/// What a server says of itself.
struct Server {
    version: i32,
    encoding: String,
}

fn described(row: &PgRow) -> Result<Server, sqlx::Error> {
    Ok(Server { version: row.try_get(0)?, encoding: row.try_get(1)? })
}

fn check_server(server: &Server) -> Result<(), String> {
    let Server { version, encoding } = server;
    if *version < OLDEST_SERVER {
        let major = version / 10_000;
        return Err(format!("it is PostgreSQL {major}, and 14 is the oldest supported; upgrade it"));
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
