//! Statements with table and column names in them, the only ones that are built at run time. Every name is quoted; the
//! same table gives the same text, so that statements stay prepared.

use eventsource_core::store::{Column, ColumnKind, ReadModelTable};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// A name as a quoted SQL identifier, whatever characters it has.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The type of a column, in a strict table: <https://www.sqlite.org/stricttables.html>.
pub(super) fn type_of(kind: &ColumnKind) -> &str {
    match kind {
        ColumnKind::Bool | ColumnKind::Int16 | ColumnKind::Int32 | ColumnKind::Int64 => "integer",
        // An integer if the value fits, otherwise its digits.
        ColumnKind::Numeric => "any",
        ColumnKind::Float32 | ColumnKind::Float64 => "real",
        ColumnKind::Native(name) => name,
        // Text, ids, times, JSON, and kinds that this version does not know.
        _ => "text",
    }
}

/// Whether a strict table accepts a type.
fn is_strict(kind: &ColumnKind) -> bool {
    let known = ["int", "integer", "real", "text", "blob", "any"];
    known.iter().any(|known| type_of(kind).eq_ignore_ascii_case(known))
}

/// The statement that creates the table, with this name.
pub(super) fn create(table: &ReadModelTable, name: &str) -> String {
    let strict = table.columns.iter().all(|column| is_strict(&column.kind));
    let column = |column: &Column| {
        let null = if column.nullable { "" } else { " not null" };
        // In a table that is not strict, `any` has numeric affinity and converts texts; a column without a type does not.
        let declared = if !strict && column.kind == ColumnKind::Numeric { "" } else { type_of(&column.kind) };
        format!("{} {declared}{null}", quoted(&column.name))
    };
    let mut lines: Vec<_> = table.columns.iter().map(column).collect();
    let key = names(table.key_columns(), "");
    if !key.is_empty() {
        lines.push(format!("primary key ({key})"));
    }
    let strict = if strict { " strict" } else { "" };
    format!("create table if not exists {} ({}){strict}", quoted(name), lines.join(", "))
}

fn names<'a>(columns: impl Iterator<Item = &'a Column>, of: &str) -> String {
    columns.map(|column| format!("{of}{}", quoted(&column.name))).collect::<Vec<_>>().join(", ")
}

/// The number of rows or keys of the next statement: the largest of a few sizes that fits, so that few statements have
/// to stay prepared. SQLite allows 32,766 parameters: <https://www.sqlite.org/limits.html>.
pub(super) fn chunk(left: usize, columns: usize) -> usize {
    let sizes = [256, 64, 16, 4, 1];
    let fits = |size: &&usize| **size <= left && **size * columns <= 32_766;
    sizes.iter().find(fits).copied().unwrap_or(1)
}

pub(super) struct Statements<'a> {
    table: &'a ReadModelTable,
    name: String,
}

impl<'a> Statements<'a> {
    /// The statements for a table with this current name.
    pub(super) fn of(table: &'a ReadModelTable, name: &str) -> Self {
        Self { table, name: quoted(name) }
    }

    /// The qualifier of a column: SQLite reads a quoted name that is not a column as a text, unless the name is
    /// qualified: <https://www.sqlite.org/quirks.html#double_quoted_string_literals_are_accepted>.
    fn of_it(&self) -> String {
        format!("{}.", self.name)
    }

    fn key(&self) -> String {
        names(self.table.key_columns(), &self.of_it())
    }

    fn columns(&self) -> String {
        names(self.table.columns.iter(), &self.of_it())
    }

    /// `count` groups of parameters in parentheses.
    fn parameters(columns: usize, count: usize) -> String {
        let one = format!("({})", vec!["?"; columns].join(", "));
        vec![one; count].join(", ")
    }

    fn is_one_of(&self, count: usize) -> String {
        match self.table.key_columns().count() {
            1 => format!("{} in ({})", self.key(), vec!["?"; count].join(", ")),
            // For a list of row values SQLite builds a temporary table, and then scans the read model.
            columns => {
                let one = format!("({}) = ({})", self.key(), vec!["?"; columns].join(", "));
                vec![one; count].join(" or ")
            }
        }
    }

    pub(super) fn load(&self, count: usize) -> SqlStr {
        sql(format!("select {} from {} where {}", self.columns(), self.name, self.is_one_of(count)))
    }

    pub(super) fn all(&self) -> SqlStr {
        sql(format!("select {} from {} order by {}", self.columns(), self.name, self.key()))
    }

    pub(super) fn put(&self, count: usize) -> SqlStr {
        let others = self.table.columns.iter().filter(|column| !column.key);
        let others: Vec<_> = others.map(|column| quoted(&column.name)).collect();
        let update = match others.is_empty() {
            true => "nothing".to_owned(),
            false => {
                let set = others.iter().map(|column| format!("{column} = excluded.{column}"));
                format!("update set {}", set.collect::<Vec<_>>().join(", "))
            }
        };
        sql(format!(
            "insert into {name} ({columns}) values {values} on conflict ({key}) do {update}",
            name = self.name,
            columns = names(self.table.columns.iter(), ""),
            values = Self::parameters(self.table.columns.len(), count),
            key = names(self.table.key_columns(), ""),
        ))
    }

    pub(super) fn delete(&self, count: usize) -> SqlStr {
        sql(format!("delete from {} where {}", self.name, self.is_one_of(count)))
    }
}

fn sql(text: String) -> SqlStr {
    AssertSqlSafe(text).into_sql_str()
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Row, SqliteConnection};

    use super::*;

    fn table(keys: &[&str]) -> ReadModelTable {
        let column =
            |name: &str, key| Column { name: name.to_owned(), kind: ColumnKind::Text, nullable: false, key };
        let keys = keys.iter().map(|name| column(name, true));
        let columns = keys.chain([column("value", false)]).collect();
        ReadModelTable { name: "rows \"of\" it".to_owned(), columns, owned_by_application: false }
    }

    #[tokio::test]
    async fn rows_are_found_by_the_index_of_their_key() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("memory");
        for keys in [&["one"][..], &["one", "other"], &["order", "by", "\""]] {
            let table = table(keys);
            let name = format!("{} {}", table.name, keys.len());
            let made = sqlx::raw_sql(AssertSqlSafe(create(&table, &name))).execute(&mut connection).await;
            made.expect("the table can be made");
            let statements = Statements::of(&table, &name);
            for count in [1, 4, 256] {
                for statement in [statements.load(count), statements.delete(count)] {
                    let explain = format!("explain query plan {}", statement.as_str());
                    let plan = sqlx::query(AssertSqlSafe(explain)).fetch_all(&mut connection).await;
                    let plan = plan.expect("the statement can be prepared");
                    let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
                    let searches = plan.iter().any(|step| step.starts_with("SEARCH"));
                    let reads_all = plan.iter().any(|step| step.starts_with("SCAN"));
                    assert!(searches && !reads_all, "{keys:?} {count}: {plan:?}");
                }
            }
        }
    }
}
