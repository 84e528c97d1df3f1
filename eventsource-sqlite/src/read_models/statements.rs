//! Statements with table and column names in them, the only ones that are built at run time. Every name is quoted; the
//! same table gives the same text, so that statements stay prepared.

use eventsource_core::store::{Column, ColumnKind, ReadModelTable};
use eventsource_sql::{all_columns, built, create_table, key_columns, quoted, upsert};
use sqlx::SqlStr;

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
pub(super) fn create<'a>(table: &'a ReadModelTable, name: &str) -> String {
    let strict = table.columns.iter().all(|column| is_strict(&column.kind));
    let declared = |column: &'a Column| match column.kind {
        // In a table that is not strict, `any` has numeric affinity and converts texts; a column without a type does not.
        ColumnKind::Numeric if !strict => "",
        _ => type_of(&column.kind),
    };
    format!("{}{}", create_table(table, name, declared), if strict { " strict" } else { "" })
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
        key_columns(self.table, &self.of_it())
    }

    fn columns(&self) -> String {
        all_columns(self.table, &self.of_it())
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
        built(format!("select {} from {} where {}", self.columns(), self.name, self.is_one_of(count)))
    }

    pub(super) fn all(&self) -> SqlStr {
        built(format!("select {} from {} order by {}", self.columns(), self.name, self.key()))
    }

    pub(super) fn put(&self, count: usize) -> SqlStr {
        let rows = format!("values {}", Self::parameters(self.table.columns.len(), count));
        upsert(self.table, &self.name, &rows)
    }

    pub(super) fn delete(&self, count: usize) -> SqlStr {
        built(format!("delete from {} where {}", self.name, self.is_one_of(count)))
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

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

    #[test]
    fn rows_are_written_in_few_sizes_of_statements_within_the_limit_of_parameters() {
        let sizes = [0, 1, 3, 4, 15, 16, 63, 64, 255, 256, 1_000].map(|left| chunk(left, 3));
        assert_eq!(sizes, [1, 1, 1, 4, 4, 16, 16, 64, 64, 256, 256]);
        assert_eq!([127, 128, 511, 512].map(|columns| chunk(1_000, columns)), [256, 64, 64, 16]);
        assert_eq!(chunk(1_000, 40_000), 1);
    }
}
