//! Making the tables of a generation, and what belongs to it afterwards.

use std::collections::HashSet;

use eventsource_core::store::GenerationId;
use sqlx::{Row, SqliteConnection};

use super::names::{self, Object, away};
use crate::{read_models::quoted, row};

/// A generation whose tables are just made. Those of the live one are aside, so that what is made gets the names it is
/// given.
pub(super) struct Setup {
    pub(super) building: bool,
    pub(super) live: Option<GenerationId>,
    pub(super) moved_away: Vec<Object>,
    before: HashSet<(String, String)>,
}

/// Something that there is in the file.
struct Found {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

async fn all(connection: &mut SqliteConnection) -> Result<Vec<Found>, sqlx::Error> {
    let rows = sqlx::query(include_str!("../sql/schema_objects.sql")).fetch_all(connection).await?;
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
            names::move_only(connection).await?;
            let of_live = objects.iter().map(|object| object.name.as_str());
            moved_away = names::move_away(connection, live, of_live).await?;
            names::stay(connection).await?;
        }
        let before = all(connection).await?.into_iter().map(|found| (found.kind, found.name)).collect();
        Ok(Self { building, live, moved_away, before })
    }

    /// Notes what was made, and puts all where it belongs. Indexes and triggers get names of their own: two of one
    /// name cannot be in one file, and the next generation has them again.
    pub(super) async fn settle(
        &self,
        connection: &mut SqliteConnection,
        generation: GenerationId,
        touched: bool,
    ) -> Result<(), sqlx::Error> {
        let number = row::signed(generation.get());
        let mut objects = Vec::new();
        if touched {
            sqlx::query(include_str!("../sql/set_by_name.sql"))
                .bind(number)
                .execute(&mut *connection)
                .await?;
            let all = all(connection).await?;
            let made: Vec<_> = all
                .into_iter()
                .filter(|found| !names::is_reserved(&found.name))
                .filter(|found| !self.before.contains(&(found.kind.clone(), found.name.clone())))
                .collect();
            let tables: HashSet<_> =
                made.iter().filter(|it| it.kind == "table").map(|it| it.name.clone()).collect();
            for found in &made {
                match found.kind.as_str() {
                    "table" => objects.push(Object { name: found.name.clone(), view: None }),
                    // With its triggers, which have the names they were given: they are there with the view only.
                    "view" => objects.extend(names::find(connection, &found.name).await?),
                    kind if tables.contains(&found.table) => {
                        let Some(sql) = names::renamed(&found.sql, &away(generation, &found.name)) else {
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
        names::move_only(connection).await?;
        if self.building {
            for object in &objects {
                names::take_out(connection, generation, object).await?;
            }
        }
        if let Some(live) = self.live {
            for object in self.moved_away.iter().rev() {
                names::bring_in(connection, live, object).await?;
            }
        }
        names::stay(connection).await
    }
}
