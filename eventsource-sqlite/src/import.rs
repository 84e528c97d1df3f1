//! Importing: a chunk in one transaction, on a task of its own.
//!
//! A chunk is first assumed to be new. If it is not, because an event does not have the next version or its id is
//! stored already, it is planned again with the stored ids. A chunk may be imported any number of times.

use std::{collections::HashSet, sync::Arc};

use eventsource_core::store::{ImportError, ImportEvent, Imported, StoreError, rules::Plan};

use crate::{
    append::{Found, Lookup, insert},
    connections::{Connections, Writing},
    error::{is_constraint, store_error},
};

const ACTION: &str = "importing";

pub(crate) async fn import(
    connections: &Connections,
    events: &[ImportEvent],
) -> Result<Imported, ImportError> {
    ImportEvent::validate(events)?;
    if events.is_empty() {
        return Ok(Imported::default());
    }
    // On a task, so that it completes even if the caller is dropped.
    let (connections, events): (_, Arc<[_]>) = (connections.clone(), events.into());
    match tokio::spawn(async move { store(&connections, &events).await }).await {
        Ok(imported) => imported,
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        // The runtime is shutting down and has cancelled the task.
        Err(cancelled) => Err(StoreError::Unavailable { action: ACTION, source: Box::new(cancelled) }.into()),
    }
}

async fn store(connections: &Connections, events: &[ImportEvent]) -> Result<Imported, ImportError> {
    let failed = |error| ImportError::from(store_error(ACTION, error));
    let mut with_ids = false;
    let mut writing = connections.begin(ACTION).await?;
    loop {
        let found = look_up(&mut writing, events, with_ids).await.map_err(failed)?;
        if let Some(projections) = found.refusal(&[]) {
            return Err(ImportError::Inline { projections });
        }
        let mut plan = Plan::on(found.log);
        let imported = match plan.import(events) {
            Ok(imported) => imported,
            Err(_) if !with_ids => {
                with_ids = true;
                continue;
            }
            Err(error) => return Err(error),
        };
        if plan.is_empty() {
            return Ok(imported);
        }
        match insert(writing.connection(), &plan).await {
            Ok(()) => {
                writing.commit().await.map_err(failed)?;
                return Ok(imported);
            }
            Err(error) if is_constraint(&error) && !with_ids => with_ids = true,
            Err(error) => return Err(failed(error)),
        }
        // Some of the chunk was written within the transaction.
        writing.roll_back().await.map_err(failed)?;
        writing = connections.begin(ACTION).await?;
    }
}

async fn look_up(
    writing: &mut Writing,
    events: &[ImportEvent],
    with_ids: bool,
) -> Result<Found, sqlx::Error> {
    let mut seen = HashSet::new();
    let streams = events.iter().map(|event| &event.stream).filter(|stream| seen.insert(*stream)).collect();
    let ids = if with_ids { events.iter().map(|event| event.event.id).collect() } else { Vec::new() };
    Lookup::new(streams, ids).run(writing.connection(), with_ids).await
}
