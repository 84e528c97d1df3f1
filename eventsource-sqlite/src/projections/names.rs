//! Tables that go by the same name: while one generation is at work or is set up, those of the other are aside.
//!
//! Whatever is renamed within a transaction is renamed back before it commits, or rolled back with it; so nobody
//! else ever sees it. Views and triggers name tables as they were written, because the tables are renamed as SQLite did
//! before it rewrote them: <https://www.sqlite.org/pragma.html#pragma_legacy_alter_table>.

use eventsource_core::store::GenerationId;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::{read_models::quoted, row};

/// A table or view, by the name that the application gives it.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) name: String,
    /// Of a view its text.
    pub(crate) view: Option<String>,
}

/// What a table of a generation that is not live is called.
pub(crate) fn away(generation: GenerationId, name: &str) -> String {
    format!("eventsource_{generation}_{name}")
}

/// Whether a name is for this crate, or SQLite itself, to give.
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

/// From now on tables are renamed and nothing else; to be ended with [`stay`].
pub(super) async fn move_only(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(include_str!("../sql/names_move.sql")).execute(connection).await.map(|_| ())
}

pub(super) async fn stay(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(include_str!("../sql/names_stay.sql")).execute(&mut *connection).await?;
    // What was prepared for tables of these names may have been other tables.
    sqlx::Connection::clear_cached_statements(connection).await
}

/// The tables and views of a generation.
pub(super) async fn of(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<Vec<Object>, sqlx::Error> {
    let query = sqlx::query(include_str!("../sql/objects.sql")).bind(row::signed(generation.get()));
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
    let query = sqlx::query(include_str!("../sql/note_object.sql"))
        .bind(row::signed(generation.get()))
        .bind(kind)
        .bind(&object.name)
        .bind(object.view.as_deref());
    query.execute(connection).await.map(|_| ())
}

/// What has this name now.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<Object>, sqlx::Error> {
    let query = sqlx::query(include_str!("../sql/schema_object.sql")).bind(name);
    let Some(found) = query.fetch_optional(connection).await? else { return Ok(None) };
    let view = found.try_get::<&str, _>(0)? == "view";
    let sql: Option<String> = found.try_get(2)?;
    Ok(Some(Object { name: found.try_get(1)?, view: sql.filter(|_| view) }))
}

/// Puts away what goes by these names, for the live generation; tells what there was.
pub(super) async fn move_away<'a>(
    connection: &mut SqliteConnection,
    live: GenerationId,
    names: impl Iterator<Item = &'a str>,
) -> Result<Vec<Object>, sqlx::Error> {
    let mut moved_away = Vec::new();
    for name in names {
        let Some(found) = find(connection, name).await? else { continue };
        take_out(connection, live, &found).await?;
        moved_away.push(found);
    }
    Ok(moved_away)
}

/// Puts a table or view of a generation to where its name is; that must be free.
pub(super) async fn bring_in(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    object: &Object,
) -> Result<(), sqlx::Error> {
    match &object.view {
        Some(sql) => run(connection, sql.clone()).await,
        None => rename(connection, &away(generation, &object.name), &object.name).await,
    }
}

/// Takes a table or view of a generation away from where its name is.
pub(super) async fn take_out(
    connection: &mut SqliteConnection,
    generation: GenerationId,
    object: &Object,
) -> Result<(), sqlx::Error> {
    match &object.view {
        Some(_) => run(connection, format!("drop view {}", quoted(&object.name))).await,
        None => rename(connection, &object.name, &away(generation, &object.name)).await,
    }
}

/// The text of a statement that makes something, for another name. SQLite keeps it with one space between the words up
/// to the name: <https://www.sqlite.org/schematab.html>.
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
    fn a_statement_is_renamed_however_its_name_is_written() {
        for (given, due) in [
            ("CREATE INDEX by_account ON t (a)", "CREATE INDEX \"new\" ON t (a)"),
            ("CREATE UNIQUE INDEX \"by \"\"a\"\" b\" ON t(a)", "CREATE UNIQUE INDEX \"new\" ON t(a)"),
            ("CREATE TABLE t(a)", "CREATE TABLE \"new\"(a)"),
            ("CREATE TABLE [t (]\n(a)", "CREATE TABLE \"new\"\n(a)"),
            (
                "CREATE TRIGGER `a``b` after insert on t begin select 1; end",
                "CREATE TRIGGER \"new\" after insert on t begin select 1; end",
            ),
        ] {
            assert_eq!(renamed(given, "new").as_deref(), Some(due));
        }
        assert_eq!(renamed("CREATE VIEW v AS select 1", "new"), None);
        assert_eq!(renamed("CREATE INDEX \"never ends", "new"), None);
    }
}
