//! Appending: one transaction for all who append at the same time, on a task of its own.

use eventsource_core::{
    Position, StreamId, Version,
    store::{Append, AppendError, Receipt, StoreError},
};

use crate::{
    connections::{Connections, Writing},
    row,
};

type Settled = Result<Vec<Receipt>, AppendError>;

/// The appends of one store that wait or are under way. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Queue;

impl Queue {
    pub(crate) fn new(_connections: &Connections) -> Self {
        Self
    }

    pub(crate) async fn append(&self, _append: Append) -> Settled {
        Err(StoreError::Unavailable { action: "appending", source: "not yet".into() }.into())
    }

    pub(crate) async fn append_each(&self, appends: Vec<Append>) -> Vec<Settled> {
        let mut settled = Vec::new();
        for append in appends {
            settled.push(self.append(append).await);
        }
        settled
    }
}

/// An append whose transaction is open.
pub(crate) struct Begun {
    pub(crate) writing: Writing,
    pub(crate) receipts: Vec<Receipt>,
}

/// The first receipt of an append under this key.
pub(crate) async fn find_receipt(
    connections: &Connections,
    stream: &StreamId,
    key: &str,
) -> Result<Option<Receipt>, StoreError> {
    if row::is_no_text(key) {
        return Ok(None);
    }
    connections
        .read("looking for an idempotency key", |connection| {
            let query = sqlx::query(include_str!("sql/find_receipt.sql"))
                .bind(stream.category().to_owned())
                .bind(stream.id().to_owned())
                .bind(key.to_owned());
            let stream = stream.clone();
            Box::pin(async move {
                let Some(found) = query.fetch_optional(connection).await? else { return Ok(None) };
                let version = Version::new(row::unsigned(&found, 0)?);
                let position = Position::new(row::unsigned(&found, 1)?);
                Ok(Some(Receipt { stream, version, position, repeated: true }))
            })
        })
        .await
}

pub(crate) async fn begin(
    connections: &Connections,
    _append: &Append,
    _inline: &std::collections::BTreeSet<u64>,
) -> Result<Begun, AppendError> {
    let writing = connections.begin("appending").await?;
    Ok(Begun { writing, receipts: Vec::new() })
}
