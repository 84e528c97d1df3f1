//! Whether an append keeps what commits with the events.
//!
//! It is read in the transaction of the append, and whoever changes it does so in a transaction: since one transaction
//! writes at a time, each append is either in the log that the other one sees, or sees the change.

use std::collections::BTreeSet;

use sqlx::{Row, SqliteConnection};

/// The names of the projections that commit with the events, if these are not exactly their generations.
pub(crate) async fn refusal(
    connection: &mut SqliteConnection,
    generations: &[i64],
) -> Result<Option<Vec<String>>, sqlx::Error> {
    let rows = sqlx::query(include_str!("../sql/inline_generations.sql")).fetch_all(connection).await?;
    let (mut due, mut names) = (BTreeSet::new(), Vec::new());
    for found in &rows {
        due.insert(found.try_get::<i64, _>(0)?);
        names.push(found.try_get(1)?);
    }
    let given: BTreeSet<_> = generations.iter().copied().collect();
    Ok((given != due).then_some(names))
}
