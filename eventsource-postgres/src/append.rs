//! Appending: one autocommit statement for all queued appends (group commit), on a task of its own.
//!
//! A caller that drops its future does not cancel the statement: it runs to its end in every case, so that no connection
//! is left with a partly received result, and an append is stored whole or not at all.
//!
//! `queue.rs` queues appends, `each.rs` splits lists of appends, `group.rs` runs the statement, `single.rs` appends one
//! append separately where the statement fails, and `batch.rs` and `outcome.rs` encode the arguments and decode the
//! results of the append function.

mod batch;
mod each;
mod group;
mod outcome;
mod queue;
mod single;

use std::sync::Arc;

use eventsource_core::{
    StreamId,
    store::{Append, AppendError, BoxError, Receipt, StoreError},
};
use eventsource_sql::statement;

use crate::{connections::Connections, row};

pub(crate) use queue::AppendQueue;
pub(crate) use single::{Begun, begin, within};

const ACTION: &str = "appending";

type AppendResult = Result<Vec<Receipt>, AppendError>;

fn outcome_unknown(append: Arc<Append>, source: impl Into<BoxError>) -> AppendError {
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
            let query = connections
                .query(statement!("sql/events.sql", "find_receipt"))
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
