//! Statements with the names of a read model's table and its columns. Every name is quoted. The same table gives the same
//! text, so that statements stay prepared.

use eventsource_core::store::{Column, ReadModelTable};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// A name as a quoted SQL identifier, whatever characters it has.
///
/// ```
/// assert_eq!(eventsource_sql::quoted(r#"the "rows""#), r#""the ""rows""""#);
/// ```
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The quoted names, separated by commas, each with the qualifier `of`, which ends with a point or is empty.
pub fn quoted_list<'a>(names: impl Iterator<Item = &'a str>, of: &str) -> String {
    names.map(|name| format!("{of}{}", quoted(name))).collect::<Vec<_>>().join(", ")
}

/// The names of all columns of a read model, as [`quoted_list`].
pub fn all_columns(table: &ReadModelTable, of: &str) -> String {
    quoted_list(table.columns.iter().map(|column| column.name.as_str()), of)
}

/// The names of the columns of its key, as [`quoted_list`].
pub fn key_columns(table: &ReadModelTable, of: &str) -> String {
    quoted_list(table.key_columns().map(|column| column.name.as_str()), of)
}

/// The statement that creates the table of a read model with this name, unless it exists. `type_of` is the type of a
/// column; it may be empty.
pub fn create_table<'a>(
    table: &'a ReadModelTable,
    name: &str,
    type_of: impl Fn(&'a Column) -> &'a str,
) -> String {
    let mut lines: Vec<_> = table.columns.iter().map(|column| definition(column, type_of(column))).collect();
    let key = key_columns(table, "");
    if !key.is_empty() {
        lines.push(format!("primary key ({key})"));
    }
    format!("create table if not exists {} ({})", quoted(name), lines.join(", "))
}

fn definition(column: &Column, declared: &str) -> String {
    let null = if column.nullable { "" } else { " not null" };
    format!("{} {declared}{null}", quoted(&column.name))
}

/// The statement that inserts rows, and updates those whose keys exist. `rows` is a `values` or `select` with the values
/// of all columns.
pub fn upsert(table: &ReadModelTable, quoted_name: &str, rows: &str) -> SqlStr {
    let others = table.columns.iter().filter(|column| !column.key).map(|column| quoted(&column.name));
    let others: Vec<_> = others.map(|column| format!("{column} = excluded.{column}")).collect();
    let update = match others.is_empty() {
        true => "nothing".to_owned(),
        false => format!("update set {}", others.join(", ")),
    };
    built(format!(
        "insert into {quoted_name} ({columns}) {rows} on conflict ({key}) do {update}",
        columns = all_columns(table, ""),
        key = key_columns(table, ""),
    ))
}

/// A statement that was built from quoted names, and has no other text of a user.
pub fn built(statement: String) -> SqlStr {
    AssertSqlSafe(statement).into_sql_str()
}

#[cfg(test)]
mod tests {
    use eventsource_core::store::ColumnKind;

    use super::*;

    fn table(columns: &[(&str, bool, bool)]) -> ReadModelTable {
        let column = |&(name, key, nullable): &(&str, bool, bool)| Column {
            name: name.to_owned(),
            kind: ColumnKind::Text,
            nullable,
            key,
        };
        let columns = columns.iter().map(column).collect();
        ReadModelTable { name: "rows".to_owned(), columns, owned_by_application: false }
    }

    #[test]
    fn a_table_has_the_columns_and_the_key_of_the_read_model() {
        let made = table(&[("order", true, false), ("b", true, false), ("c\"", false, true)]);
        assert_eq!(
            create_table(&made, "other \"rows\"", |column| if column.key { "text" } else { "" }),
            r#"create table if not exists "other ""rows""" ("order" text not null, "b" text not null, "c""" , primary key ("order", "b"))"#
        );
        let without_key = create_table(&table(&[("a", false, false)]), "rows", |_| "text");
        assert_eq!(without_key, r#"create table if not exists "rows" ("a" text not null)"#);
    }

    #[test]
    fn an_upsert_updates_the_columns_that_are_not_of_the_key() {
        let made = table(&[("a", true, false), ("b", false, false), ("c", false, true)]);
        assert_eq!(
            upsert(&made, "\"rows\"", "values (?, ?, ?)").as_str(),
            r#"insert into "rows" ("a", "b", "c") values (?, ?, ?) on conflict ("a") do update set "b" = excluded."b", "c" = excluded."c""#
        );
        assert_eq!(
            upsert(&table(&[("a", true, false)]), "\"rows\"", "select 1").as_str(),
            r#"insert into "rows" ("a") select 1 on conflict ("a") do nothing"#
        );
    }
}
