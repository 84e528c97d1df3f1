//! Importing: a chunk in one transaction, on a task of its own.
//!
//! A chunk is first assumed to be new. If it is not, because an event does not have the next version or its id is
//! stored already, it is planned again with the stored ids. A chunk may be imported any number of times.

use std::{collections::HashSet, sync::Arc};

use eventsource_core::{
    StreamId, Version,
    store::{ImportError, ImportEvent, ImportFault, Imported, StoreError},
};

use crate::{
    append::{LogState, Lookup, Planned, PlannedEvent, Stored, insert},
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
        let mut log = look_up(&mut writing, events, with_ids).await.map_err(failed)?;
        if let Some(projections) = log.refusal(&[]) {
            return Err(ImportError::Inline { projections });
        }
        let mut planned = Planned::default();
        let imported = match plan(&mut log, events, &mut planned) {
            Ok(imported) => imported,
            Err(_) if !with_ids => {
                with_ids = true;
                continue;
            }
            Err(error) => return Err(error),
        };
        if !planned.stores() {
            return Ok(imported);
        }
        match insert(writing.connection(), &planned).await {
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
) -> Result<LogState, sqlx::Error> {
    let mut seen = HashSet::new();
    let streams = events.iter().map(|event| &event.stream).filter(|stream| seen.insert(*stream)).collect();
    let ids = if with_ids { events.iter().map(|event| event.event.id).collect() } else { Vec::new() };
    Lookup::new(streams, ids).run(writing.connection(), with_ids).await
}

/// Plans the events that are not stored yet.
fn plan<'a>(
    log: &mut LogState,
    events: &'a [ImportEvent],
    planned: &mut Planned<'a>,
) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    let mut grown: HashSet<&StreamId> = HashSet::new();
    for (event, number) in events.iter().zip(1..) {
        let refused = |fault| ImportError::Refused { number, fault };
        let head = match log.event(event.event.id) {
            Some(stored) => {
                check_same(event, stored, grown.contains(&event.stream)).map_err(refused)?;
                imported.skipped += 1;
                stored.head
            }
            None => {
                let next = log.head(&event.stream).version;
                check_next(event, next).map_err(refused)?;
                grown.insert(&event.stream);
                let ImportEvent { stream, recorded_at, event, .. } = event;
                let head = log.add(stream, event.id, &event.event_type, event.schema_version);
                planned.events.push(PlannedEvent { stream, event, head, recorded_at: *recorded_at });
                imported.stored += 1;
                head
            }
        };
        imported.streams += u64::from(head.version == Version::new(1));
        imported.position = imported.position.max(head.position);
    }
    Ok(imported)
}

/// Checks that an event follows the last event of its stream.
fn check_next(event: &ImportEvent, found: Version) -> Result<(), ImportFault> {
    let stream = event.stream.clone();
    match event.version {
        Some(expected) if expected > found.next() => Err(ImportFault::Gap { stream, expected, found }),
        Some(expected) if expected < found.next() => Err(ImportFault::Conflict { stream, expected, found }),
        _ => Ok(()),
    }
}

/// Checks that a stored event is the same one, and may be skipped.
fn check_same(event: &ImportEvent, stored: &Stored, grows: bool) -> Result<(), ImportFault> {
    let Stored { stream, head, event_type, schema_version } = stored;
    let version = head.version;
    let same = *stream == event.stream
        && event.version.is_none_or(|wanted| wanted == version)
        && *event_type == *event.event.event_type
        && *schema_version == event.event.schema_version;
    match same {
        false => Err(ImportFault::UsedEventId { id: event.event.id, stream: stream.clone(), version }),
        true if grows => Err(ImportFault::Late { stream: stream.clone(), version }),
        true => Ok(()),
    }
}
