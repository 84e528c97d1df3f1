//! Comparing the tables of a building generation with the live ones.

use eventsource_core::{
    Position,
    store::{Comparison, GenerationFault, GenerationId, StoreError, TableDifference},
};
use eventsource_sql::{quoted, quoted_list, statement};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use super::{
    ProjectionFault,
    names::{self, prefixed_name},
};
use crate::{connections::Connections, read_models::columns_of, row};

const ACTION: &str = "comparing generations";

/// Reads in one snapshot, in which rows and checkpoints are consistent, whatever is committed meanwhile.
pub(super) async fn compare(
    connections: &Connections,
    generation: GenerationId,
) -> Result<Comparison, StoreError> {
    let compared = connections.scan(ACTION, |connection| {
        Box::pin(async move {
            let mut snapshot = connection.begin().await?;
            let compared = compare_in(&mut snapshot, generation).await;
            snapshot.rollback().await?;
            compared
        })
    });
    compared.await?.ok_or_else(|| {
        let source = Box::new(ProjectionFault::from(GenerationFault::NotBuilding { generation }));
        StoreError::Backend { action: ACTION, source }
    })
}

async fn compare_in(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<Option<Comparison>, sqlx::Error> {
    let query =
        sqlx::query(statement!("../sql/generations.sql", "compared")).bind(row::signed(generation.get()));
    let Some(found) = query.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let mut comparison = Comparison {
        live: Position::new(row::unsigned(&found, 1)?),
        building: Position::new(row::unsigned(&found, 2)?),
        tables: Vec::new(),
    };
    for object in names::of(connection, generation).await? {
        if object.view.is_some() {
            continue;
        }
        let sql = sql(connection, &object.name, &prefixed_name(generation, &object.name)).await?;
        // Runs about once per generation: not worth a slot in the statement cache.
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        let counted = query.fetch_one(&mut *connection).await?;
        comparison.tables.push(TableDifference {
            live_rows: row::unsigned(&counted, 0)?,
            building_rows: row::unsigned(&counted, 1)?,
            differing: row::unsigned(&counted, 2)?,
            keys: serde_json::from_str(counted.try_get(3)?).map_err(row::decode_error)?,
            table: object.name,
        });
    }
    Ok(Some(comparison))
}

/// A row as a JSON object; bytes are written in hexadecimal, because JSON has no type for them.
fn json<'a>(columns: impl Iterator<Item = &'a str>, of: &str) -> String {
    let parts = columns.map(|column| {
        let (name, value) = (column.replace('\'', "''"), format!("{of}{}", quoted(column)));
        format!("'{name}', case typeof({value}) when 'blob' then hex({value}) else {value} end")
    });
    format!("json_object({})", parts.collect::<Vec<_>>().join(", "))
}

/// A query that returns the number of rows in both tables, the number of differing keys, and ten of those keys.
async fn sql(connection: &mut SqliteConnection, live: &str, building: &str) -> Result<String, sqlx::Error> {
    let (old_columns, new_columns) =
        (columns_of(connection, live).await?, columns_of(connection, building).await?);
    let (old, new) = (quoted(live), quoted(building));
    let all = || new_columns.iter().map(|column| column.name.as_str());
    if old_columns.is_empty() {
        return Ok(format!(
            "select 0, count(*), count(*),
                    (select json_group_array(r) from (select {} as r from {new} n limit 10)) from {new}",
            json(all(), "n.")
        ));
    }
    let counts = format!(
        "(select count(*) from {old}), (select count(*) from {new}), (select count(*) from differing)"
    );
    let is_old = |name: &str| old_columns.iter().any(|column| column.name == name);
    let mut key: Vec<_> = new_columns.iter().filter(|column| column.key > 0).collect();
    key.sort_by_key(|column| column.key);
    let key: Vec<_> = key.into_iter().map(|column| column.name.as_str()).collect();
    let old_key: Vec<_> = old_columns.iter().filter(|column| column.key > 0).collect();
    let is_old_key = |name: &&str| old_key.iter().any(|column| column.name == *name);
    let same_key = key.len() == old_key.len() && key.iter().all(is_old_key);
    let same = old_columns.len() == new_columns.len() && all().all(is_old);
    let Some(first) = key.first().filter(|_| same_key) else {
        if !same {
            // No row of one can be a row of the other.
            let old_row = json(old_columns.iter().map(|column| column.name.as_str()), "t.");
            let new_row = json(all(), "t.");
            return Ok(format!(
                "with differing as materialized (
                     select {old_row} as r from {old} t union all select {new_row} from {new} t)
                 select {counts}, (select json_group_array(r) from (select r from differing order by r limit 10))"
            ));
        }
        let rows =
            |of: &str| format!("select {0}, count(*) as n from {of} group by {0}", quoted_list(all(), ""));
        return Ok(format!(
            "with old as ({}), new as ({}),
             differing as materialized (
                 select * from (select * from old except select * from new)
                 union all select * from (select * from new except select * from old))
             select {counts},
                    (select json_group_array(r) from (select {} as r from differing d order by r limit 10))",
            rows(&old),
            rows(&new),
            json(all(), "d."),
        ));
    };
    let others: Vec<_> = all().filter(|name| !key.contains(name)).collect();
    let first = quoted(first);
    let differ = match same && !others.is_empty() {
        true => {
            let of = |of| quoted_list(others.iter().copied(), of);
            format!(" or ({}) is not ({})", of("o."), of("n."))
        }
        // The columns differ from those of the live table: only the keys can be compared.
        false => String::new(),
    };
    let (keys, of_differing) = (quoted_list(key.iter().copied(), ""), quoted_list(key.iter().copied(), "d."));
    Ok(format!(
        "with differing as materialized (
             select {keys} from {old} o full join {new} n using ({keys})
              where o.{first} is null or n.{first} is null{differ})
         select {counts},
                (select json_group_array(r)
                   from (select {row} as r from differing d order by {of_differing} limit 10))",
        row = json(key.iter().copied(), "d."),
    ))
}
