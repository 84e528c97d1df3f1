//! Whether an append keeps what commits with the events.

use sqlx::SqliteConnection;

/// The names of the projections that commit with the events, but not in these generations.
#[expect(clippy::unused_async, reason = "there are none yet")]
pub(crate) async fn missing(
    _connection: &mut SqliteConnection,
    _generations: &[i64],
) -> Result<Vec<String>, sqlx::Error> {
    Ok(Vec::new())
}
