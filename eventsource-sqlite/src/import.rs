//! Importing: a chunk in one transaction, on a task of its own.

use eventsource_core::store::{ImportError, ImportEvent, Imported};

use crate::connections::Connections;

pub(crate) async fn import(
    _connections: &Connections,
    events: &[ImportEvent],
) -> Result<Imported, ImportError> {
    ImportEvent::validate(events)?;
    Err(ImportError::Unsupported)
}
