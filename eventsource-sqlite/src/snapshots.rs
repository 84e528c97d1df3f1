//! Saving and loading the newest snapshot of a stream.

use crate::{connections::Connections, error::store_error, row};
use eventsource_core::{
    StreamId, Timestamp,
    snapshot::Snapshot,
    store::{StoreError, StoredSnapshot},
};
use eventsource_sql::statement;

pub(crate) async fn load(
    connections: &Connections,
    stream: &StreamId,
) -> Result<Option<StoredSnapshot>, StoreError> {
    connections
        .read("loading a snapshot", |connection| {
            let query = sqlx::query(statement!("sql/snapshots.sql", "load_snapshot"))
                .bind(stream.category().to_owned())
                .bind(stream.id().to_owned());
            let stream = stream.clone();
            Box::pin(async move {
                let found = query.fetch_optional(connection).await?;
                found.map_or(Ok(None), |found| row::snapshot(&found, stream))
            })
        })
        .await
}

pub(crate) async fn save(connections: &Connections, snapshot: Snapshot) -> Result<(), StoreError> {
    const ACTION: &str = "saving a snapshot";
    let failed = |error| store_error(ACTION, error);
    let Snapshot { stream, version, event_id, form, state } = snapshot;
    let mut writing = connections.begin(ACTION).await?;
    sqlx::query(statement!("sql/snapshots.sql", "save_snapshot"))
        .bind(stream.category().to_owned())
        .bind(stream.id().to_owned())
        .bind(row::signed(version.get()))
        .bind(i64::from(form.version))
        .bind(form.fingerprint.to_string())
        .bind(state.get().to_owned())
        .bind(Timestamp::now().as_microsecond())
        .bind(event_id.as_uuid())
        .execute(writing.connection())
        .await
        .map_err(failed)?;
    writing.commit().await.map_err(failed)
}
