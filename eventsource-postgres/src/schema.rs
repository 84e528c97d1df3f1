//! The schema in the database: the migrations that make it, and whether it is the one of this version.

use sqlx::{
    ConnectOptions, Connection, PgConnection, Row,
    migrate::{Migration, MigrationType, Migrator},
    postgres::PgConnectOptions,
};

use crate::{MigrateError, OpenError, error::store_error};

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

fn migrations() -> Vec<Migration> {
    let all = [
        ("events", include_str!("../migrations/0001_events.sql")),
        ("append", include_str!("../migrations/0002_append.sql")),
        ("horizon", include_str!("../migrations/0003_horizon.sql")),
        ("grants", include_str!("../migrations/0004_grants.sql")),
    ];
    let numbered = all.into_iter().zip(1..).map(|((name, sql), version)| {
        Migration::new(version, name.into(), MigrationType::Simple, sqlx::SqlStr::from_static(sql), false)
    });
    numbered.collect()
}

/// Brings the database to the schema of this version. Many programs may do so at once: one at a time holds an
/// advisory lock, and the others find nothing left to do.
pub(crate) async fn migrate(server: &PgConnectOptions) -> Result<(), MigrateError> {
    let failed = |error| store_error("migrating", error);
    let mut connection = server.connect().await.map_err(failed)?;
    check_server(&mut connection).await.map_err(|error| match error {
        OpenError::Store(error) => MigrateError::Store(error),
        error => MigrateError::Server(error.to_string()),
    })?;
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
pub(crate) async fn check(connection: &mut PgConnection) -> Result<(), OpenError> {
    check_server(connection).await?;
    let applied = sqlx::raw_sql(include_str!("sql/applied_migrations.sql"));
    let applied = match applied.fetch_all(connection).await {
        Ok(applied) => applied,
        Err(error) => {
            let code = error.as_database_error().and_then(|error| error.code());
            // invalid_schema_name, undefined_table.
            if code.is_some_and(|code| matches!(&*code, "3F000" | "42P01")) {
                return Err(SchemaError::Absent.into());
            }
            return Err(store_error("looking for the schema", error).into());
        }
    };
    let unreadable = |error| store_error("looking for the schema", error);
    let wanted = migrations();
    for row in &applied {
        let version: i64 = row.try_get(0).map_err(unreadable)?;
        let Some(known) = wanted.iter().find(|known| known.version == version) else {
            return Err(SchemaError::Newer { version }.into());
        };
        if !row.try_get::<bool, _>(1).map_err(unreadable)? {
            return Err(SchemaError::Unfinished { version }.into());
        }
        if row.try_get::<Vec<u8>, _>(2).map_err(unreadable)? != *known.checksum {
            return Err(SchemaError::Modified { version }.into());
        }
    }
    match applied.len() {
        0 => Err(SchemaError::Absent.into()),
        found if found < wanted.len() => Err(SchemaError::Older { found, wanted: wanted.len() }.into()),
        _ => Ok(()),
    }
}

async fn check_server(connection: &mut PgConnection) -> Result<(), OpenError> {
    let failed = |error| store_error("asking the server for its version", error);
    // In one message, as the migrations are looked for: a transaction pooler cannot take it apart.
    let row = sqlx::raw_sql(include_str!("sql/server.sql")).fetch_one(connection).await.map_err(failed)?;
    let (version, encoding): (i32, String) =
        (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
    if version < OLDEST_SERVER {
        return Err(OpenError::Server(format!(
            "it is PostgreSQL {}, and 14 is the oldest supported; upgrade it",
            version / 10_000
        )));
    }
    if encoding != "UTF8" {
        return Err(OpenError::Server(format!(
            "the database is encoded as {encoding}, which cannot hold every text; create one with encoding UTF8"
        )));
    }
    Ok(())
}
