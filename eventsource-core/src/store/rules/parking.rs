//! The rules of parked events: what a request about a key means, and when it ends.

use std::collections::BTreeMap;

use crate::{
    Position, Timestamp,
    store::{ParkedEvent, ParkedOutcome, ParkedRequest},
};

/// The events of one key of a generation that are parked, and those that were discarded, by position.
///
/// A request is kept with each parked event: [`ParkedRequest::Discard`] with the event that it discards, and
/// [`ParkedRequest::Retry`] with the others. It ends for an event that is applied or discarded, and for the whole key
/// when an event of it fails again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParkedKey {
    events: BTreeMap<Position, ParkedEvent>,
}

impl ParkedKey {
    /// The key with these events, as the store has kept them.
    pub fn of(events: impl IntoIterator<Item = ParkedEvent>) -> Self {
        Self { events: events.into_iter().map(|event| (event.position, event)).collect() }
    }

    /// The event at this position.
    #[must_use]
    pub fn get(&self, position: Position) -> Option<&ParkedEvent> {
        self.events.get(&position)
    }

    /// Whether there is neither a parked nor a discarded event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The parked events, without the discarded ones, by position.
    pub fn parked(&self) -> impl Iterator<Item = &ParkedEvent> {
        self.events.values().filter(|event| event.discarded.is_none())
    }

    /// Whether there is a request for the worker of the key.
    #[must_use]
    pub fn has_request(&self) -> bool {
        self.events.values().any(|event| event.request.is_some())
    }

    /// Parks an event. If there is a request for its key, it is retried too. An event that is on record at this position
    /// stays as it is.
    pub fn park(&mut self, event: ParkedEvent, parked_at: Timestamp) {
        let request = self.has_request().then_some(ParkedRequest::Retry);
        let event = ParkedEvent { parked_at, request, discarded: None, ..event };
        self.events.entry(event.position).or_insert(event);
    }

    /// Stores a request, which replaces an earlier one. Returns whether there is a parked event, and, for a request to
    /// discard one at a position, whether that is the first.
    pub fn request(&mut self, request: &ParkedRequest) -> bool {
        let Some(first) = self.parked().next().map(|event| event.position) else { return false };
        let of_first = match request {
            ParkedRequest::Discard { position: Some(position), .. } if *position != first => return false,
            ParkedRequest::Discard { reason, .. } => {
                ParkedRequest::Discard { position: Some(first), reason: reason.clone() }
            }
            ParkedRequest::Retry => ParkedRequest::Retry,
        };
        for event in self.parked_mut() {
            event.request = Some(ParkedRequest::Retry);
        }
        if let Some(event) = self.events.get_mut(&first) {
            event.request = Some(of_first);
        }
        true
    }

    /// Records the outcome of the event at this position: one that was applied is deleted, and one that is discarded stays
    /// on record.
    pub fn unpark(&mut self, position: Position, outcome: &ParkedOutcome) {
        match outcome {
            ParkedOutcome::Applied => {
                self.events.remove(&position);
            }
            ParkedOutcome::Discarded { reason } => {
                if let Some(event) = self.events.get_mut(&position) {
                    event.discarded = Some(reason.clone());
                    event.request = None;
                }
            }
            ParkedOutcome::Failed { error } => {
                for event in self.parked_mut() {
                    event.request = None;
                    if event.position == position {
                        event.error = Some(error.clone());
                        event.attempts += 1;
                    }
                }
            }
        }
    }

    fn parked_mut(&mut self) -> impl Iterator<Item = &mut ParkedEvent> {
        self.events.values_mut().filter(|event| event.discarded.is_none())
    }
}
