//! Statements with the names of a table and its columns, the only statements that are built at run time. Every name is
//! quoted. The same table gives the same text, so that statements stay prepared.
//!
//! The search path is that of the application, whose tables they name. Functions and operators are qualified: another
//! schema of the path may be writable by everybody, and could have one that fits the types of a table better.

use eventsource_core::store::{ColumnKind, ReadModelTable};
use eventsource_sql::{all_columns, built, create_table, key_columns, quoted, upsert};
use sqlx::SqlStr;

/// The type of a column.
pub(super) fn type_of(kind: &ColumnKind) -> &str {
    match kind {
        ColumnKind::Bool => "boolean",
        ColumnKind::Int16 => "smallint",
        ColumnKind::Int32 => "integer",
        ColumnKind::Int64 => "bigint",
        ColumnKind::Numeric => "numeric",
        ColumnKind::Float32 => "real",
        ColumnKind::Float64 => "double precision",
        ColumnKind::Uuid => "uuid",
        ColumnKind::Timestamp => "timestamp with time zone",
        ColumnKind::Json => "jsonb",
        ColumnKind::Native(name) => name,
        // Text, and kinds that this version does not know.
        _ => "text",
    }
}

/// Creates the table in the first schema of the search path. The server turns a JSON `null` into an SQL null, in a JSON
/// column too.
pub(super) fn create(table: &ReadModelTable) -> String {
    create_table(table, &table.name, |column| type_of(&column.kind))
}

/// Creates a copy of the application's table, without rows.
pub(super) fn create_like(table: &ReadModelTable, home: &str) -> String {
    let name = quoted(&table.name);
    format!("create table {name} (like {}.{name} including all)", quoted(home))
}

pub(super) struct Statements<'a> {
    table: &'a ReadModelTable,
    name: String,
    /// The values of `$1` as rows of the table, of which only the key or all columns are set.
    given: String,
}

impl<'a> Statements<'a> {
    pub(super) fn of(table: &'a ReadModelTable) -> Self {
        let name = quoted(&table.name);
        let given = format!("pg_catalog.json_populate_recordset(null::{name}, $1::json)");
        Self { table, name, given }
    }

    fn key(&self, of: &str) -> String {
        key_columns(self.table, of)
    }

    fn columns(&self, of: &str) -> String {
        all_columns(self.table, of)
    }

    /// The row as JSON, with the columns of the read model only: the application's table may have more.
    fn row(&self) -> String {
        format!("(select pg_catalog.row_to_json(r) from (select {}) r)::text", self.columns("t."))
    }

    pub(super) fn load(&self) -> SqlStr {
        built(self.select(" for update"))
    }

    pub(super) fn find(&self) -> SqlStr {
        built(self.select(""))
    }

    /// One index lookup per key. A join is planned by the table's statistics, and a table that is just being filled has
    /// none: with a join, the server scanned the whole table for each batch.
    fn select(&self, lock: &str) -> String {
        format!(
            "select {row} from {given} g
              cross join lateral (select * from {name} t where {equal} limit 1{lock}) t",
            row = self.row(),
            name = self.name,
            equal = self.equal(),
            given = self.given,
        )
    }

    pub(super) fn all(&self) -> SqlStr {
        built(format!("select {} from {} t order by {}", self.row(), self.name, self.key("t.")))
    }

    /// `$2` is the name of the table: equal keys of different tables are different locks.
    pub(super) fn lock(&self) -> SqlStr {
        built(format!(
            "select pg_catalog.pg_advisory_xact_lock(1163285335, l.key)
               from (select distinct pg_catalog.hashtext(pg_catalog.concat($2::text, row({})::text)) as key
                       from {} g order by 1) l",
            self.key("g."),
            self.given,
        ))
    }

    pub(super) fn put(&self) -> SqlStr {
        let rows = format!("select {} from {} g", self.columns("g."), self.given);
        upsert(self.table, &self.name, &rows)
    }

    pub(super) fn delete(&self) -> SqlStr {
        built(format!(
            "delete from {name} t where exists (select from {given} g where {equal})",
            name = self.name,
            equal = self.equal(),
            given = self.given,
        ))
    }

    /// Whether the keys of `t` and `g` are equal. A type of the application has operators of its own.
    fn equal(&self) -> String {
        let columns = self.table.key_columns().map(|column| {
            let name = quoted(&column.name);
            let equal = match column.kind {
                ColumnKind::Native(_) => "=",
                _ => "operator(pg_catalog.=)",
            };
            format!("t.{name} {equal} g.{name}")
        });
        columns.collect::<Vec<_>>().join(" and ")
    }
}
