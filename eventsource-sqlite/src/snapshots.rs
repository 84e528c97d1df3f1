//! Saving and loading the newest snapshot of a stream.

use eventsource_core::{
    Snapshot, StreamId, Timestamp, Version,
    store::{SnapshotForm, StoreError, StoredSnapshot},
};
use sqlx::Row;
use uuid::Uuid;

use crate::{connections::Connections, error::store_error, row};

pub(crate) async fn load(
    connections: &Connections,
    stream: &StreamId,
) -> Result<Option<StoredSnapshot>, StoreError> {
    connections
        .read("loading a snapshot", |connection| {
            let query = sqlx::query(include_str!("sql/load_snapshot.sql"))
                .bind(stream.category().to_owned())
                .bind(stream.id().to_owned());
            let stream = stream.clone();
            Box::pin(async move {
                let Some(found) = query.fetch_optional(connection).await? else { return Ok(None) };
                // A version or state that this program cannot represent is ignored, like one that it cannot decode.
                let Ok(version) = u32::try_from(found.try_get::<i64, _>(1)?) else { return Ok(None) };
                let Ok(state) = serde_json::from_str(found.try_get(3)?) else { return Ok(None) };
                let form = SnapshotForm { version, fingerprint: found.try_get::<&str, _>(2)?.into() };
                let version = Version::new(row::unsigned(&found, 0)?);
                let event_id = found.try_get::<Uuid, _>(4)?.into();
                let snapshot = Snapshot { stream, version, event_id, form, state };
                Ok(Some(StoredSnapshot { snapshot, has_event: found.try_get(5)? }))
            })
        })
        .await
}

pub(crate) async fn save(connections: &Connections, snapshot: Snapshot) -> Result<(), StoreError> {
    const ACTION: &str = "saving a snapshot";
    let failed = |error| store_error(ACTION, error);
    let Snapshot { stream, version, event_id, form, state } = snapshot;
    let mut writing = connections.begin(ACTION).await?;
    sqlx::query(include_str!("sql/save_snapshot.sql"))
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
