//! The tables of a building generation whose SQL statements name them: within a transaction they are renamed to those
//! names, and the live tables are renamed out of the way.
//!
//! SQLite's update hook detects writes to other tables. It is not called for tables without a rowid, nor for a `delete`
//! without a condition: <https://www.sqlite.org/c3ref/update_hook.html>.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use eventsource_core::store::GenerationId;
use eventsource_sql::statement;
use sqlx::{Row, SqliteConnection};

use super::names::{self, Object};

/// The tables that were renamed, and the names of the tables written since.
pub(super) struct Moved {
    own: Vec<Object>,
    pub(super) moved_away: Vec<Object>,
    written: Arc<Mutex<BTreeSet<String>>>,
}

impl Moved {
    /// Renames the tables of a building generation to their own names.
    pub(super) async fn of(
        connection: &mut SqliteConnection,
        generation: GenerationId,
        live: Option<GenerationId>,
    ) -> Result<Self, sqlx::Error> {
        let own = names::of(connection, generation).await?;
        names::begin_renames(connection).await?;
        let of_own = own.iter().map(|object| object.name.as_str());
        let moved_away = names::move_away(connection, live.unwrap_or(generation), of_own).await?;
        for object in &own {
            names::move_in(connection, generation, object).await?;
        }
        names::end_renames(connection).await?;
        let written = Arc::<Mutex<BTreeSet<String>>>::default();
        let hook = Arc::clone(&written);
        connection.lock_handle().await?.set_update_hook(move |change| {
            let mut written = hook.lock().unwrap_or_else(PoisonError::into_inner);
            if change.database == "main" && !written.contains(change.table) {
                written.insert(change.table.to_owned());
            }
        });
        Ok(Self { own, moved_away, written })
    }

    /// Reverts all renames.
    pub(super) async fn put_back(
        self,
        connection: &mut SqliteConnection,
        generation: GenerationId,
        live: Option<GenerationId>,
    ) -> Result<(), sqlx::Error> {
        Self::remove_hook(connection).await?;
        names::begin_renames(connection).await?;
        for object in self.own.iter().rev() {
            names::move_out(connection, generation, object).await?;
        }
        for object in self.moved_away.iter().rev() {
            names::move_in(connection, live.unwrap_or(generation), object).await?;
        }
        names::end_renames(connection).await
    }

    /// Removes the update hook; for a transaction that ends.
    pub(super) async fn remove_hook(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        connection.lock_handle().await?.remove_update_hook();
        sqlx::Connection::clear_cached_statements(connection).await
    }

    /// The written tables that belong neither to the generation nor to this crate.
    pub(super) fn foreign(&self) -> Vec<String> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let own = |name: &&String| {
            names::is_reserved(name) || self.own.iter().any(|object| object.name.eq_ignore_ascii_case(name))
        };
        written.iter().filter(|name| !own(name)).cloned().collect()
    }

    /// The list of foreign tables for an error message, without the shadow tables of virtual tables.
    pub(super) async fn describe(
        connection: &mut SqliteConnection,
        foreign: Vec<String>,
    ) -> Result<Option<String>, sqlx::Error> {
        if foreign.is_empty() {
            return Ok(None);
        }
        let rows =
            sqlx::query(statement!("../sql/read_models.sql", "shadow_tables")).fetch_all(connection).await?;
        let shadows = rows.iter().map(|found| found.try_get(0)).collect::<Result<Vec<String>, _>>()?;
        let left: Vec<_> = foreign.into_iter().filter(|name| !shadows.contains(name)).collect();
        Ok((!left.is_empty()).then(|| left.join(", ")))
    }
}
