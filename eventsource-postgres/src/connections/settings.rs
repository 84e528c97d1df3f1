//! Settings of the sessions of the store's own connections.

use std::time::Duration;

use eventsource_sql::statement;
use sqlx::{Executor, PgConnection};

/// How long an append may wait for a lock before it waits for that lock alone, with the lock timeout that is set here: a
/// tenth of a second with the others of its group, and another one separately, see `append_group` in `sql/events.sql`.
/// Both pass before the last wait begins, which has to end before the call does.
const GROUP_LOCK_WAIT: Duration = Duration::from_millis(200);

/// Lets the server end a wait for a lock before the call times out, so that the outcome is known. A setting of the
/// application has precedence.
pub(crate) async fn limit_lock_waits(
    connection: &mut PgConnection,
    call_timeout: Duration,
) -> Result<(), sqlx::Error> {
    let reserve = call_timeout / 6 + GROUP_LOCK_WAIT;
    let limit = call_timeout.saturating_sub(reserve).max(call_timeout / 2);
    let limit = limit.as_millis().clamp(1, i32::MAX as u128);
    let set = sqlx::query(statement!("../sql/session.sql", "limit_lock_waits")).bind(limit.to_string());
    set.execute(connection).await.map(|_| ())
}

/// Settings of the store's own connections, on which statements stay prepared: a plan that was made while a table was
/// nearly empty scans the whole table, and is kept while the table grows, until the table is analyzed.
pub(crate) async fn plan_for_growth(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    const SETTINGS: &str = statement!("../sql/session.sql", ["avoid_scans", "avoid_jit"]);
    connection.execute(SETTINGS).await.map(|_| ())
}
