//! Checks that a table can hold the rows of a read model.

use eventsource_core::store::{Column, ColumnKind, ReadModelTable, StoreError, TableFault};
use eventsource_sql::statement;
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{ReadModelError, SETTING_UP, statements::type_of};
use crate::{connections::Connections, error::table_error};

/// A column of the existing table.
struct Found {
    name: String,
    /// The type as it is shown in errors.
    shown: String,
    /// The type, or for a domain its base type.
    base: String,
    is_enum: bool,
    modifier: i32,
    not_null: bool,
    has_default: bool,
}

/// Finds the table along the search path, unless a schema is given.
pub(super) async fn check(
    connections: &Connections,
    connection: &mut PgConnection,
    schema: Option<&str>,
    table: &ReadModelTable,
) -> Result<(), StoreError> {
    let failed = |error| table_error(SETTING_UP, error);
    let refused = |fault: TableFault| Err(fault_of(fault.into()));
    let query = connections
        .query(statement!("../sql/read_models.sql", "columns"))
        .bind(schema.map(str::to_owned))
        .bind(table.name.clone())
        .bind(table.key_columns().map(|column| column.name.clone()).collect::<Vec<_>>());
    let rows = query.fetch_all(&mut *connection).await.map_err(failed)?;
    let exists = rows.first().map(|row| row.try_get::<bool, _>(0)).transpose().map_err(failed)?;
    if exists != Some(true) {
        return refused(TableFault::NoTable { table: table.name.clone() });
    }
    let is_unique = rows.first().map(|row| row.try_get::<bool, _>(8)).transpose().map_err(failed)?;
    let mut found = Vec::new();
    for row in &rows {
        found.extend(decode(row).map_err(failed)?);
    }
    for column in &table.columns {
        let base = match &column.kind {
            ColumnKind::Native(name) => {
                let query =
                    connections.query(statement!("../sql/read_models.sql", "named_type")).bind(name.clone());
                let base = query
                    .fetch_one(&mut *connection)
                    .await
                    .and_then(|found| found.try_get::<Option<String>, _>(0));
                let Some(base) = base.map_err(failed)? else {
                    let (column, wanted) = (column.name.clone(), name.clone());
                    return Err(fault_of(ReadModelError::UnknownType { column, wanted }));
                };
                Some(base)
            }
            _ => None,
        };
        if let Err(error) = check_column(&table.name, &found, column, base.as_deref()) {
            return refused(error);
        }
    }
    let unfilled = |found: &&Found| {
        found.not_null && !found.has_default && !table.columns.iter().any(|column| column.name == found.name)
    };
    if let Some(unfilled) = found.iter().find(unfilled) {
        let column = unfilled.name.clone();
        return refused(TableFault::Unfilled { table: table.name.clone(), column });
    }
    if is_unique != Some(true) {
        let key: Vec<_> = table.key_columns().map(|column| column.name.as_str()).collect();
        return refused(TableFault::NoKey { table: table.name.clone(), key: key.join(", ") });
    }
    Ok(())
}

fn fault_of(source: ReadModelError) -> StoreError {
    StoreError::Backend { action: SETTING_UP, source: Box::new(source) }
}

/// `None` for a table without columns.
fn decode(row: &PgRow) -> Result<Option<Found>, sqlx::Error> {
    let Some(name) = row.try_get(1)? else { return Ok(None) };
    Ok(Some(Found {
        name,
        shown: row.try_get(2)?,
        base: row.try_get(3)?,
        is_enum: row.try_get(4)?,
        modifier: row.try_get(5)?,
        not_null: row.try_get(6)?,
        has_default: row.try_get(7)?,
    }))
}

fn check_column(
    table: &str,
    found: &[Found],
    wanted: &Column,
    native: Option<&str>,
) -> Result<(), TableFault> {
    let (table, column) = (table.to_owned(), wanted.name.clone());
    let Some(found) = found.iter().find(|found| found.name == wanted.name) else {
        return Err(TableFault::NoColumn { table, column, wanted: type_of(&wanted.kind).to_owned() });
    };
    if !found.holds(&wanted.kind, native) {
        let wanted = type_of(&wanted.kind).to_owned();
        return Err(TableFault::Type { table, column, found: found.shown.clone(), wanted });
    }
    if wanted.key && !found.not_null {
        return Err(TableFault::NullableKey { table, column });
    }
    if wanted.nullable && found.not_null {
        return Err(TableFault::NotNull { table, column });
    }
    Ok(())
}

impl Found {
    /// Whether the column can hold every value of the kind, and returns it unchanged.
    fn holds(&self, kind: &ColumnKind, native: Option<&str>) -> bool {
        let base = self.base.as_str();
        let whole = || base == "bigint" || (base == "numeric" && self.is_whole());
        match kind {
            ColumnKind::Bool => base == "boolean",
            ColumnKind::Int16 => matches!(base, "smallint" | "integer") || whole(),
            ColumnKind::Int32 => base == "integer" || whole(),
            ColumnKind::Int64 => whole(),
            ColumnKind::Numeric => base == "numeric" && self.is_whole(),
            ColumnKind::Float32 => matches!(base, "real" | "double precision"),
            ColumnKind::Float64 => base == "double precision",
            ColumnKind::Uuid => matches!(base, "uuid" | "text" | "character varying"),
            // Without a time zone, a time would be read back as a different one.
            ColumnKind::Timestamp => base == "timestamp with time zone",
            ColumnKind::Json => matches!(base, "jsonb" | "json"),
            ColumnKind::Native(_) => native == Some(base) || native == Some(&*self.shown),
            // Text, and kinds that this version does not know.
            _ => matches!(base, "text" | "character varying" | "citext" | "name") || self.is_enum,
        }
    }

    /// A numeric without a declared scale, or of scale 0: with a greater scale, `1` would be read as `1.00`.
    fn is_whole(&self) -> bool {
        self.modifier < 4 || (self.modifier - 4) & 0x7ff == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(base: &str, modifier: i32) -> Found {
        let (name, shown) = ("value".to_owned(), base.to_owned());
        Found {
            name,
            shown,
            base: base.to_owned(),
            is_enum: false,
            modifier,
            not_null: false,
            has_default: false,
        }
    }

    #[test]
    fn a_column_may_be_wider_than_the_values_and_not_narrower() {
        use ColumnKind as K;
        const UNLIMITED: i32 = -1;
        // `numeric(5, 2)` and `numeric(5, 0)`.
        let (cents, whole) = ((5 << 16 | 2) + 4, (5 << 16) + 4);
        for (kind, columns) in [
            (K::Int16, [("smallint", UNLIMITED), ("integer", UNLIMITED), ("bigint", UNLIMITED)]),
            (K::Int32, [("integer", UNLIMITED), ("bigint", UNLIMITED), ("numeric", UNLIMITED)]),
            (K::Int64, [("bigint", UNLIMITED), ("numeric", UNLIMITED), ("numeric", whole)]),
        ] {
            for (base, modifier) in columns {
                assert!(found(base, modifier).holds(&kind, None), "{kind:?} in {base}");
            }
            assert!(!found("numeric", cents).holds(&kind, None), "{kind:?}: 1 would be read as 1.00");
            assert!(!found("text", UNLIMITED).holds(&kind, None), "{kind:?}");
        }
        for (kind, narrower) in [(K::Int32, "smallint"), (K::Int64, "integer"), (K::Float64, "real")] {
            assert!(!found(narrower, UNLIMITED).holds(&kind, None), "{kind:?} in {narrower}");
        }
        assert!(!found("timestamp without time zone", UNLIMITED).holds(&K::Timestamp, None));
    }
}
