//! Saving and loading the newest snapshot of a stream.

use crate::{connections::Connections, row};
use eventsource_core::{
    StreamId,
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
            let query = connections
                .query(statement!("sql/snapshots.sql", "load_snapshot"))
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
    let Snapshot { stream, version, event_id, form, state } = snapshot;
    connections
        .read("saving a snapshot", |connection| {
            // Saving the same snapshot twice is as harmless as reading twice.
            let query = connections
                .query(statement!("sql/snapshots.sql", "save_snapshot"))
                .bind(stream.category().to_owned())
                .bind(stream.id().to_owned())
                .bind(row::signed(version.get()))
                .bind(i64::from(form.version))
                .bind(form.fingerprint.to_string())
                .bind(state.get().to_owned())
                .bind(event_id.as_uuid());
            Box::pin(async move { query.execute(connection).await.map(|_| ()) })
        })
        .await
}
