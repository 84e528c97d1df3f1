//! A generation at work beside the live one, by statements that name its tables: within the transaction they have
//! their names, and the live ones are aside.
//!
//! What is written elsewhere all the same is noticed by SQLite's update hook, which is not told of tables without a
//! rowid, nor of a `delete` without a condition: <https://www.sqlite.org/c3ref/update_hook.html>.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use eventsource_core::store::GenerationId;
use sqlx::{Row, SqliteConnection};

use super::names::{self, Object};

/// What was moved, and what has been written since.
pub(super) struct Moved {
    own: Vec<Object>,
    pub(super) moved_away: Vec<Object>,
    written: Arc<Mutex<BTreeSet<String>>>,
}

impl Moved {
    /// Gives the tables of a building generation their names.
    pub(super) async fn of(
        connection: &mut SqliteConnection,
        generation: GenerationId,
        live: Option<GenerationId>,
    ) -> Result<Self, sqlx::Error> {
        let own = names::of(connection, generation).await?;
        names::move_only(connection).await?;
        let of_own = own.iter().map(|object| object.name.as_str());
        let moved_away = names::move_away(connection, live.unwrap_or(generation), of_own).await?;
        for object in &own {
            names::bring_in(connection, generation, object).await?;
        }
        names::stay(connection).await?;
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

    /// Puts all where it was.
    pub(super) async fn put_back(
        self,
        connection: &mut SqliteConnection,
        generation: GenerationId,
        live: Option<GenerationId>,
    ) -> Result<(), sqlx::Error> {
        Self::forget(connection).await?;
        names::move_only(connection).await?;
        for object in self.own.iter().rev() {
            names::take_out(connection, generation, object).await?;
        }
        for object in self.moved_away.iter().rev() {
            names::bring_in(connection, live.unwrap_or(generation), object).await?;
        }
        names::stay(connection).await
    }

    /// Looks no more at what is written; for a transaction that ends.
    pub(super) async fn forget(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        connection.lock_handle().await?.remove_update_hook();
        sqlx::Connection::clear_cached_statements(connection).await
    }

    /// The tables that were written and are neither the generation's nor this crate's.
    pub(super) fn foreign(&self) -> Vec<String> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let own = |name: &&String| {
            names::is_reserved(name) || self.own.iter().any(|object| object.name.eq_ignore_ascii_case(name))
        };
        written.iter().filter(|name| !own(name)).cloned().collect()
    }

    /// The same for people, without those in which virtual tables keep what they hold.
    pub(super) async fn shown(
        connection: &mut SqliteConnection,
        foreign: Vec<String>,
    ) -> Result<Option<String>, sqlx::Error> {
        if foreign.is_empty() {
            return Ok(None);
        }
        let rows = sqlx::query(include_str!("../sql/shadow_tables.sql")).fetch_all(connection).await?;
        let shadows = rows.iter().map(|found| found.try_get(0)).collect::<Result<Vec<String>, _>>()?;
        let left: Vec<_> = foreign.into_iter().filter(|name| !shadows.contains(name)).collect();
        Ok((!left.is_empty()).then(|| left.join(", ")))
    }
}
