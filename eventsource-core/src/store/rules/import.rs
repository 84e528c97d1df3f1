//! The rules of an import.

use std::collections::HashSet;

use super::{KnownEvent, Plan};
use crate::{
    StreamId, Version,
    store::{ImportError, ImportEvent, ImportFault, Imported},
};

impl<'a> Plan<'a> {
    /// Decides on the events of one import, and plans those that are not stored already.
    ///
    /// # Errors
    ///
    /// [`ImportError::Refused`] for the first event that cannot be stored. The plan is then void.
    pub fn import(&mut self, events: &'a [ImportEvent]) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        let mut grown: HashSet<&StreamId> = HashSet::new();
        for (event, number) in events.iter().zip(1..) {
            let refused = |fault| ImportError::Refused { number, fault };
            let head = match self.log.events.get(&event.event.id) {
                Some(known) => {
                    check_same(event, known, grown.contains(&event.stream)).map_err(refused)?;
                    imported.skipped += 1;
                    known.head
                }
                None => {
                    check_next(event, self.log.head(&event.stream).version).map_err(refused)?;
                    grown.insert(&event.stream);
                    imported.stored += 1;
                    self.add(&event.stream, &event.event, event.recorded_at)
                }
            };
            imported.streams += u64::from(head.version == Version::new(1));
            imported.position = imported.position.max(head.position);
        }
        Ok(imported)
    }
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

/// Checks that a stored event is the same one, and may be skipped. `grows`: whether the import has planned events of its
/// stream before it.
fn check_same(event: &ImportEvent, known: &KnownEvent, grows: bool) -> Result<(), ImportFault> {
    let KnownEvent { stream, head, event_type, schema_version } = known;
    let version = head.version;
    let is_same = *stream == event.stream
        && event.version.is_none_or(|wanted| wanted == version)
        && *event_type == event.event.event_type
        && *schema_version == event.event.schema_version;
    match is_same {
        false => Err(ImportFault::UsedEventId { id: event.event.id, stream: stream.clone(), version }),
        true if grows => Err(ImportFault::Late { stream: stream.clone(), version }),
        true => Ok(()),
    }
}
