//! Appending: one transaction for all concurrent appends, on a task of its own.
//!
//! Dropping the caller's future does not cancel the transaction: an append is stored whole or not at all.
//!
//! There is no other writer while the transaction is open. So `batch.rs` reads the state that all of its appends depend
//! on in one statement (`lookup.rs`), decides on the appends one by one by the rules of the core (`chain.rs` for lists), and
//! stores the accepted ones in another statement (`insert.rs`). Callers wait in `queue.rs`.

mod batch;
mod chain;
mod inline;
mod insert;
mod lookup;
mod queue;

use std::sync::Arc;

use eventsource_core::{
    StreamId,
    store::{Append, AppendError, BoxError, Receipt, StoreError},
};
use eventsource_sql::statement;

use crate::{connections::Connections, row};

pub(crate) use batch::{Begun, begin, within};
pub(crate) use insert::insert;
pub(crate) use lookup::{Found, Lookup};
pub(crate) use queue::AppendQueue;

const ACTION: &str = "appending";

type AppendResult = Result<Vec<Receipt>, AppendError>;

fn unknown(append: Arc<Append>, source: impl Into<BoxError>) -> AppendError {
    AppendError::OutcomeUnknown { append: Box::new(Arc::unwrap_or_clone(append)), source: source.into() }
}

/// The first receipt of an append under this key.
pub(crate) async fn find_receipt(
    connections: &Connections,
    stream: &StreamId,
    key: &str,
) -> Result<Option<Receipt>, StoreError> {
    if row::contains_nul(key) {
        return Ok(None);
    }
    connections
        .read("looking up an idempotency key", |connection| {
            let query = sqlx::query(statement!("sql/events.sql", "find_receipt"))
                .bind(stream.category().to_owned())
                .bind(stream.id().to_owned())
                .bind(key.to_owned());
            let stream = stream.clone();
            Box::pin(async move {
                let found = query.fetch_optional(connection).await?;
                found.map(|found| row::receipt(&found, stream)).transpose()
            })
        })
        .await
}
