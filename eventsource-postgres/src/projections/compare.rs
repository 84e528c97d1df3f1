//! Compares the tables of a building generation with the live tables.

use eventsource_core::{
    Position,
    store::{Comparison, GenerationFault, GenerationId, StoreError, TableDifference},
};
use eventsource_sql::{quoted, statement};
use sqlx::{AssertSqlSafe, Row, SqlSafeStr};

use super::{PgTransaction, ProjectionFault, generations::schema_of};
use crate::{connections::Connections, error::table_error, row};

const ACTION: &str = "comparing generations";

/// A table of the building generation.
struct Table {
    name: String,
    is_live: bool,
    key: Vec<String>,
    same_columns: bool,
}

/// Compares in one snapshot, so that rows and checkpoints are consistent while other transactions commit.
pub(super) async fn compare(
    connections: &Connections,
    generation: GenerationId,
) -> Result<Comparison, StoreError> {
    let mut transaction = PgTransaction::begin(connections, ACTION).await?;
    match compare_in_snapshot(connections, &mut transaction, generation).await {
        Ok(Some(comparison)) => transaction.roll_back_now().await.map(|()| comparison),
        Ok(None) => {
            transaction.roll_back_now().await?;
            let source = Box::new(ProjectionFault::from(GenerationFault::NotBuilding { generation }));
            Err(StoreError::Backend { action: ACTION, source })
        }
        Err(error) => {
            transaction.fail(&error).await;
            Err(table_error(ACTION, error))
        }
    }
}

async fn compare_in_snapshot(
    connections: &Connections,
    transaction: &mut PgTransaction,
    generation: GenerationId,
) -> Result<Option<Comparison>, sqlx::Error> {
    let connection = transaction.own();
    connections.query(statement!("../sql/session.sql", "begin_snapshot")).execute(&mut *connection).await?;
    let query = connections.query(statement!("../sql/generations.sql", "compared"));
    let query = query.bind(row::signed(generation.get()));
    let Some(found) = query.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let (building, home) = (schema_of(generation), found.try_get::<String, _>(0)?);
    let mut comparison = Comparison {
        live: Position::new(row::unsigned(&found, 1)?),
        building: Position::new(row::unsigned(&found, 2)?),
        tables: Vec::new(),
    };
    let query = connections.query(statement!("../sql/read_models.sql", "compared_tables"));
    let query = query.bind(building.clone()).bind(home.clone());
    for found in query.fetch_all(&mut *connection).await? {
        let table = Table {
            name: found.try_get(0)?,
            is_live: found.try_get(1)?,
            key: found.try_get(2)?,
            same_columns: found.try_get(3)?,
        };
        let sql = AssertSqlSafe(table.sql(&building, &home)).into_sql_str();
        // The statement is specific to this generation, so it does not stay prepared.
        let counted = connections.query_of(sql).persistent(false).fetch_one(&mut *connection).await?;
        comparison.tables.push(TableDifference {
            live_rows: row::unsigned(&counted, 0)?,
            building_rows: row::unsigned(&counted, 1)?,
            differing: row::unsigned(&counted, 2)?,
            keys: counted.try_get(3)?,
            table: table.name,
        });
    }
    Ok(Some(comparison))
}

impl Table {
    /// The query returns the numbers of live and building rows, the number of differing keys, and ten of these keys.
    fn sql(&self, building: &str, home: &str) -> String {
        let name = quoted(&self.name);
        let new = format!("{}.{name}", quoted(building));
        if !self.is_live {
            return format!(
                "select 0::bigint, n, n, array(select pg_catalog.to_json(t)::text from {new} t limit 10)
                   from (select pg_catalog.count(*) as n from {new}) c"
            );
        }
        let old = format!("{}.{name}", quoted(home));
        let counts = format!(
            "(select pg_catalog.count(*) from {old}), (select pg_catalog.count(*) from {new}),
             (select pg_catalog.count(*) from differing)"
        );
        if self.key.is_empty() {
            return format!(
                "with old as (select pg_catalog.to_jsonb(t) as r from {old} t),
                 new as (select pg_catalog.to_jsonb(t) as r from {new} t),
                 differing as materialized (
                     (select r from old except all select r from new) union all
                     (select r from new except all select r from old))
                 select {counts}, array(select r::text from differing order by r limit 10)"
            );
        }
        let list = |form: &dyn Fn(&str) -> String, separator: &str| {
            let columns = self.key.iter().map(|column| form(&quoted(column)));
            columns.collect::<Vec<_>>().join(separator)
        };
        // Not `using`, which takes the operator of the column's type that the search path offers.
        let equal = |column: &str| {
            format!("pg_catalog.to_jsonb(o.{column}) operator(pg_catalog.=) pg_catalog.to_jsonb(n.{column})")
        };
        let first = quoted(self.key.first().map_or("", |first| first));
        let differ = match self.same_columns {
            true => {
                format!(
                    "o.{first} is null or n.{first} is null
                     or pg_catalog.to_jsonb(o) is distinct from pg_catalog.to_jsonb(n)"
                )
            }
            // The columns differ from those of the live table: only the presence of rows can be compared.
            false => format!("o.{first} is null or n.{first} is null"),
        };
        format!(
            "with differing as materialized (
                 select {key} from {old} o full join {new} n on {equal} where {differ})
             select {counts},
                    array(select (select pg_catalog.to_json(k) from (select {of_differing}) k)::text
                            from differing d order by {of_differing} limit 10)",
            key = list(&|column| format!("coalesce(o.{column}, n.{column}) as {column}"), ", "),
            equal = list(&equal, " and "),
            of_differing = list(&|column| format!("d.{column}"), ", "),
        )
    }
}
