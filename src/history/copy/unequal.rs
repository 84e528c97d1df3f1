//! Collecting the streams in which two logs differ.
//!
//! From the first difference in a stream on, its events are counted and hashed for each log. Once count and hash
//! agree, the stream is removed: one log was only ahead of the other, as happens in all streams after an event
//! that one log has lost. So memory is bounded by the number of streams that differ.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    difference::{HistoryDifference, UnequalStream},
    error::CopyError,
};
use crate::{EventContext, RecordedEvent, StreamId};

#[derive(Default)]
pub(super) struct Unequal {
    first: Option<Box<HistoryDifference>>,
    streams: HashMap<StreamId, [Sum; 2]>,
}

/// Count and hash of the events of a stream in one log.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    events: u64,
    hash: u64,
}

const SOURCE: usize = 0;
const TARGET: usize = 1;

impl Unequal {
    /// Adds the next event of each log.
    pub(super) fn add(&mut self, ours: Option<&RecordedEvent>, theirs: Option<&RecordedEvent>) {
        let difference = HistoryDifference::between(ours, theirs);
        if difference.is_none() && self.streams.is_empty() {
            return;
        }
        if self.first.is_none() {
            self.first = difference;
        }
        for (event, side) in [(ours, SOURCE), (theirs, TARGET)] {
            if let Some(event) = event {
                self.streams.entry(event.context.stream.clone()).or_default()[side].add(event);
            }
        }
        for event in [ours, theirs].into_iter().flatten() {
            if self.streams.get(&event.context.stream).is_some_and(|[source, target]| source == target) {
                self.streams.remove(&event.context.stream);
            }
        }
    }

    pub(super) fn are_too_many(&self) -> bool {
        self.streams.len() >= CopyError::MAX_UNEQUAL
    }

    pub(super) fn into_result(self) -> Result<(), CopyError> {
        let Some(difference) = self.first else { return Ok(()) };
        let streams = self.streams.into_iter().map(|(stream, [source, target])| UnequalStream {
            stream,
            source_events: source.events,
            target_events: target.events,
        });
        let mut streams: Vec<_> = streams.collect();
        streams.sort_by(|a, b| a.stream.cmp(&b.stream));
        Err(CopyError::Unequal { difference, streams })
    }
}

impl Sum {
    /// Includes everything that [`HistoryDifference`] compares.
    fn add(&mut self, event: &RecordedEvent) {
        let EventContext {
            stream: _,
            version,
            position: _,
            id,
            event_type,
            schema_version,
            metadata,
            recorded_at,
        } = &event.context;
        let mut hasher = DefaultHasher::new();
        (self.hash, version, id, event_type, schema_version, recorded_at).hash(&mut hasher);
        (metadata.correlation_id, metadata.causation_id, metadata.encode_entries(), &event.event)
            .hash(&mut hasher);
        *self = Self { events: self.events + 1, hash: hasher.finish() };
    }
}
