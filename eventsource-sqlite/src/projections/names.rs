//! Two generations whose tables have the same names: while one of them is set up or processes events, the tables of the
//! other are renamed.
//!
//! Tables that are renamed within a transaction are renamed back before it commits, or rolled back with it; so no other
//! connection ever sees it. Views and triggers keep the table names they were written with, because the renames use
//! SQLite's legacy behaviour, which does not rewrite them: <https://www.sqlite.org/pragma.html#pragma_legacy_alter_table>.

use eventsource_core::store::GenerationId;
use eventsource_sql::{quoted, statement};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::row;

/// A table or view, with the name that the application gives it.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) name: String,
    /// The SQL text, if it is a view.
    pub(crate) view: Option<String>,
}

/// The name of a table of a generation that is not live.
pub(crate) fn prefixed_name(generation: GenerationId, name: &str) -> String {
    format!("eventsource_{generation}_{name}")
}

/// Whether a name is reserved for this crate or SQLite itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    let starts = |with: &str| name.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with));
    starts("eventsource_") || starts("sqlite_")
}

pub(super) async fn run(connection: &mut SqliteConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(|_| ())
}

pub(super) async fn rename(
    connection: &mut SqliteConnection,
    from: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    run(connection, format!("alter table {} rename to {}", quoted(from), quoted(to))).await
}

/// Switches to renames that do not rewrite views and triggers, until [`end_renames`].
pub(super) async fn begin_renames(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(statement!("../sql/session.sql", "legacy_alter_table_on"))
        .execute(connection)
        .await
        .map(|_| ())
}

pub(super) async fn end_renames(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(statement!("../sql/session.sql", "legacy_alter_table_off"))
        .execute(&mut *connection)
        .await?;
    // Cached statements may refer to other tables of the same names.
    sqlx::Connection::clear_cached_statements(connection).await
}

/// The tables and views of a generation.
pub(super) async fn of(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<Vec<Object>, sqlx::Error> {
    let query =
        sqlx::query(statement!("../sql/read_models.sql", "objects")).bind(row::signed(generation.get()));
    let rows = query.fetch_all(connection).await?;
    rows.iter()
        .map(|found| {
            let view = found.try_get::<&str, _>(0)? == "view";
            let sql: Option<String> = found.try_get(2)?;
            Ok(Object { name: found.try_get(1)?, view: sql.filter(|_| view) })
        })
        .collect()
}

pub(crate) async fn note(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    object: &Object,
) -> Result<(), sqlx::Error> {
    let kind = if object.view.is_some() { "view" } else { "table" };
    let query = sqlx::query(statement!("../sql/read_models.sql", "note_object"))
        .bind(row::signed(generation.get()))
        .bind(kind)
        .bind(&object.name)
        .bind(object.view.as_deref());
    query.execute(connection).await.map(|_| ())
}

/// The table or view that currently has a name.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<Object>, sqlx::Error> {
    let query = sqlx::query(statement!("../sql/read_models.sql", "schema_object")).bind(name);
    let Some(found) = query.fetch_optional(connection).await? else { return Ok(None) };
    let view = found.try_get::<&str, _>(0)? == "view";
    let sql: Option<String> = found.try_get(2)?;
    Ok(Some(Object { name: found.try_get(1)?, view: sql.filter(|_| view) }))
}

/// Renames the tables and views with these names out of the way, for the live generation; returns them.
pub(super) async fn move_away<'a>(
    connection: &mut SqliteConnection,
    live: GenerationId,
    names: impl Iterator<Item = &'a str>,
) -> Result<Vec<Object>, sqlx::Error> {
    let mut moved_away = Vec::new();
    for name in names {
        let Some(found) = find(connection, name).await? else { continue };
        move_out(connection, live, &found).await?;
        moved_away.push(found);
    }
    Ok(moved_away)
}

/// Gives a table or view of a generation its own name, which must be free.
pub(super) async fn move_in(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    object: &Object,
) -> Result<(), sqlx::Error> {
    match &object.view {
        Some(sql) => run(connection, sql.clone()).await,
        None => rename(connection, &prefixed_name(generation, &object.name), &object.name).await,
    }
}

/// Frees the own name of a table or view of a generation.
pub(super) async fn move_out(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    object: &Object,
) -> Result<(), sqlx::Error> {
    match &object.view {
        Some(_) => run(connection, format!("drop view {}", quoted(&object.name))).await,
        None => rename(connection, &object.name, &prefixed_name(generation, &object.name)).await,
    }
}

/// The text of a `create` statement, with another name. SQLite stores it with one space between the words up to the
/// name: <https://www.sqlite.org/schematab.html>.
pub(crate) fn renamed(sql: &str, name: &str) -> Option<String> {
    let starts = ["CREATE TABLE ", "CREATE UNIQUE INDEX ", "CREATE INDEX ", "CREATE TRIGGER "];
    let start = starts.iter().find(|start| sql.starts_with(**start))?;
    let rest = sql.get(start.len()..)?;
    let end = match rest.chars().next()? {
        '[' => rest.find(']')? + 1,
        quote @ ('"' | '\'' | '`') => {
            let mut end = 1;
            loop {
                end += rest.get(end..)?.find(quote)? + 1;
                match rest.get(end..)?.starts_with(quote) {
                    true => end += 1,
                    false => break end,
                }
            }
        }
        _ => rest.find(|c: char| c.is_ascii_whitespace() || c == '(').unwrap_or(rest.len()),
    };
    Some(format!("{start}{}{}", quoted(name), rest.get(end..)?))
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn a_statement_is_renamed_however_its_name_is_quoted() {
        for (given, expected) in [
            ("CREATE INDEX by_account ON t (a)", "CREATE INDEX \"new\" ON t (a)"),
            ("CREATE UNIQUE INDEX \"by \"\"a\"\" b\" ON t(a)", "CREATE UNIQUE INDEX \"new\" ON t(a)"),
            ("CREATE TABLE t(a)", "CREATE TABLE \"new\"(a)"),
            ("CREATE TABLE [t (]\n(a)", "CREATE TABLE \"new\"\n(a)"),
            (
                "CREATE TRIGGER `a``b` after insert on t begin select 1; end",
                "CREATE TRIGGER \"new\" after insert on t begin select 1; end",
            ),
        ] {
            assert_eq!(renamed(given, "new").as_deref(), Some(expected));
        }
        assert_eq!(renamed("CREATE VIEW v AS select 1", "new"), None);
        assert_eq!(renamed("CREATE INDEX \"never ends", "new"), None);
    }
}
