//! Creating the tables of a generation, and recording which tables belong to it.

use std::collections::HashSet;

use eventsource_core::store::GenerationId;
use eventsource_sql::{quoted, statement};
use sqlx::{Row, SqliteConnection};

use super::names::{self, Object, prefixed_name};
use crate::row;

/// A generation whose tables are being created. The live tables are renamed out of the way meanwhile, so that the new
/// tables get the names they are created with.
pub(super) struct Setup {
    pub(super) building: bool,
    pub(super) live: Option<GenerationId>,
    pub(super) moved_away: Vec<Object>,
    before: HashSet<(String, String)>,
}

/// An object in the file.
struct Found {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

async fn all(connection: &mut SqliteConnection) -> Result<Vec<Found>, sqlx::Error> {
    let rows =
        sqlx::query(statement!("../sql/read_models.sql", "schema_objects")).fetch_all(connection).await?;
    let found = rows.iter().map(|found| {
        Ok(Found {
            kind: found.try_get(0)?,
            name: found.try_get(1)?,
            table: found.try_get(2)?,
            sql: found.try_get(3)?,
        })
    });
    found.collect()
}

impl Setup {
    pub(super) async fn begin(
        connection: &mut SqliteConnection,
        live: Option<GenerationId>,
        building: bool,
    ) -> Result<Self, sqlx::Error> {
        let mut moved_away = Vec::new();
        if let Some(live) = live {
            let objects = names::of(connection, live).await?;
            names::begin_renames(connection).await?;
            let of_live = objects.iter().map(|object| object.name.as_str());
            moved_away = names::move_away(connection, live, of_live).await?;
            names::end_renames(connection).await?;
        }
        let before = all(connection).await?.into_iter().map(|found| (found.kind, found.name)).collect();
        Ok(Self { building, live, moved_away, before })
    }

    /// Records the created objects, and renames them back. Indexes and triggers get names with a prefix: their names are
    /// unique within a file, and the next generation creates them again.
    pub(super) async fn finish(
        &self,
        connection: &mut SqliteConnection,
        generation: GenerationId,
        touched: bool,
    ) -> Result<(), sqlx::Error> {
        let number = row::signed(generation.get());
        let mut objects = Vec::new();
        if touched {
            sqlx::query(statement!("../sql/generations.sql", "set_by_name"))
                .bind(number)
                .execute(&mut *connection)
                .await?;
            let all = all(connection).await?;
            let created: Vec<_> = all
                .into_iter()
                .filter(|found| !names::is_reserved(&found.name))
                .filter(|found| !self.before.contains(&(found.kind.clone(), found.name.clone())))
                .collect();
            let tables: HashSet<_> =
                created.iter().filter(|it| it.kind == "table").map(|it| it.name.clone()).collect();
            for found in &created {
                match found.kind.as_str() {
                    "table" => objects.push(Object { name: found.name.clone(), view: None }),
                    // With its triggers, which keep their names: they only exist together with the view.
                    "view" => objects.extend(names::find(connection, &found.name).await?),
                    kind if tables.contains(&found.table) => {
                        let Some(sql) = names::renamed(&found.sql, &prefixed_name(generation, &found.name))
                        else {
                            continue;
                        };
                        names::run(connection, format!("drop {kind} {}", quoted(&found.name))).await?;
                        names::run(connection, sql).await?;
                    }
                    _ => {}
                }
            }
        }
        for object in &objects {
            names::note(connection, generation, object).await?;
        }
        names::begin_renames(connection).await?;
        if self.building {
            for object in &objects {
                names::move_out(connection, generation, object).await?;
            }
        }
        if let Some(live) = self.live {
            for object in self.moved_away.iter().rev() {
                names::move_in(connection, live, object).await?;
            }
        }
        names::end_renames(connection).await
    }
}
