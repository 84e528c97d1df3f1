//! How two logs differ: the first difference, and the streams that are unequal.

use std::fmt;

use crate::{EventContext, RecordedEvent, StreamId};

/// A stream that differs between source and target.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnequalStream {
    /// The stream.
    pub stream: StreamId,
    /// The number of events in the source, from the first one that differs.
    pub source_events: u64,
    /// The number of events in the target. If both numbers are equal, the events differ.
    pub target_events: u64,
}

/// An event of the source and its counterpart in the target, which differ.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryDifference {
    /// The event of the source; `None` if its log has ended.
    pub source: Option<EventContext>,
    /// The event of the target; `None` if its log has ended.
    pub target: Option<EventContext>,
    /// The part in which the two differ, if they are the same event of the same stream.
    pub differ_in: Option<&'static str>,
}

impl HistoryDifference {
    /// Compares everything except the position.
    pub(super) fn between(
        source: Option<&RecordedEvent>,
        target: Option<&RecordedEvent>,
    ) -> Option<Box<Self>> {
        let differ_in = match (source, target) {
            (None, None) => return None,
            (Some(ours), Some(theirs)) if is_same_place(&ours.context, &theirs.context) => {
                Some(part(ours, theirs)?)
            }
            _ => None,
        };
        let context = |event: Option<&RecordedEvent>| event.map(|event| event.context.clone());
        Some(Box::new(Self { source: context(source), target: context(target), differ_in }))
    }
}

fn is_same_place(ours: &EventContext, theirs: &EventContext) -> bool {
    ours.id == theirs.id && ours.version == theirs.version && ours.stream == theirs.stream
}

/// The part of the event in which the two differ.
fn part(ours: &RecordedEvent, theirs: &RecordedEvent) -> Option<&'static str> {
    let EventContext {
        stream: _,
        version: _,
        position: _,
        id: _,
        event_type,
        schema_version,
        metadata,
        recorded_at,
    } = &ours.context;
    let parts = [
        ("type", *event_type == theirs.context.event_type),
        ("schema version", *schema_version == theirs.context.schema_version),
        ("payload", ours.event == theirs.event),
        ("metadata", *metadata == theirs.context.metadata),
        ("time", *recorded_at == theirs.context.recorded_at),
    ];
    parts.iter().find(|(_, equal)| !equal).map(|(part, _)| *part)
}

impl fmt::Display for HistoryDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, &self.target, self.differ_in) {
            (Some(event), Some(_), Some(part)) => write!(f, "{event} has another {part} in the target"),
            (Some(ours), Some(theirs), None) => {
                write!(
                    f,
                    "where the source has {ours}, id {}, the target has {theirs}, id {}",
                    ours.id, theirs.id
                )
            }
            (Some(ours), None, _) => write!(f, "the source has {ours}, and the target ends before it"),
            (None, Some(theirs), _) => write!(f, "the target has {theirs}, and the source ends before it"),
            (None, None, _) => f.write_str("both logs end"),
        }
    }
}

impl fmt::Display for UnequalStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, source_events, target_events } = self;
        write!(f, "{stream} ({source_events} in the source, {target_events} in the target)")
    }
}
