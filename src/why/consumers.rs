//! What the consumers of the log have made of events, from their checkpoints and what they have parked.

use std::collections::{BTreeMap, BTreeSet};

use super::{Behind, ConsumerOfEvent, Handling, WhyEvent};
use crate::{
    Position,
    store::{
        Generation, GenerationId, GenerationState, ParkedCursor, ParkedEvent, ParkedQuery, ParkedSelection,
        ProjectionStore, StoreError,
    },
};

/// How many parked events are read at a time.
const PAGE: usize = 100;

/// Reads what has become of events.
pub(super) struct Reading<'a, S> {
    store: &'a S,
    live: Vec<&'a Generation>,
}

impl<'a, S: ProjectionStore> Reading<'a, S> {
    pub(super) fn new(store: &'a S, generations: &'a [Generation]) -> Self {
        let live = generations.iter().filter(|it| it.state == GenerationState::Live).collect();
        Self { store, live }
    }

    /// Adds to each event what its consumers have made of it, and returns the names of the consumers that are not past all
    /// of the events.
    pub(super) async fn fill(&self, events: &mut [WhyEvent]) -> Result<Vec<String>, StoreError> {
        let mut waiting = BTreeSet::new();
        for generation in &self.live {
            let is_read =
                |event: &WhyEvent| generation.event_types.reads(event.stream.category(), &event.event_type);
            let mut read: Vec<_> = events.iter_mut().filter(|event| is_read(event)).collect();
            // In the order of the log, in which parked events are listed.
            read.sort_unstable_by_key(|event| event.position);
            let mut parked = Parked::new(self.store, generation.id);
            for event in read {
                let handling = match parked.at(event.position).await? {
                    Some(handling) => handling,
                    None => by_checkpoint(generation, event),
                };
                if !handling.is_past() {
                    waiting.insert(generation.name.clone());
                }
                if event.effects == 0 || !handling.is_past() {
                    let (name, version, kind) =
                        (generation.name.clone(), generation.version, generation.kind);
                    event.consumers.push(ConsumerOfEvent { name, version, kind, handling });
                }
            }
        }
        Ok(waiting.into_iter().collect())
    }
}

fn by_checkpoint(generation: &Generation, event: &WhyEvent) -> Handling {
    if generation.inline {
        return Handling::Inline;
    }
    let partitions = generation.checkpoints.len();
    let behind: Vec<_> = (0..)
        .zip(&generation.checkpoints)
        .filter(|(_, checkpoint)| checkpoint.position < event.position)
        .map(|(partition, checkpoint)| Behind::new(partition, checkpoint, event.position))
        .collect();
    if behind.is_empty() {
        let is_newer = generation.created_at > event.recorded_at;
        Handling::Handled { checkpoint: generation.position(), is_newer }
    } else if behind.iter().any(|it| it.stopped.is_some()) {
        Handling::Stopped { behind, partitions }
    } else {
        Handling::NotYet { behind, partitions }
    }
}

/// The parked events of a generation, read in the order of the log as far as they are needed.
struct Parked<'a, S> {
    store: &'a S,
    generation: GenerationId,
    /// Events from here on were not read yet.
    read_up_to: Position,
    at_end: bool,
    page: Vec<ParkedEvent>,
    /// The first waiting event of each key.
    first: BTreeMap<String, Option<ParkedEvent>>,
}

impl<'a, S: ProjectionStore> Parked<'a, S> {
    fn new(store: &'a S, generation: GenerationId) -> Self {
        let (read_up_to, at_end, page, first) = (Position::START, false, Vec::new(), BTreeMap::new());
        Self { store, generation, read_up_to, at_end, page, first }
    }

    /// What is parked at this position, which is above those of earlier calls.
    async fn at(&mut self, position: Position) -> Result<Option<Handling>, StoreError> {
        if position > self.read_up_to && !self.at_end {
            self.read_from(position).await?;
        }
        let of_event = || self.page.iter().filter(|it| it.position == position);
        let waiting: Vec<_> = of_event().filter(|it| it.discarded.is_none()).cloned().collect();
        let Some(one) = waiting.first() else {
            return Ok(of_event().next().map(|it| Handling::Discarded {
                key: it.key.clone(),
                reason: it.discarded.clone().unwrap_or_default(),
            }));
        };
        let first = self.first_of(&one.key).await?;
        let first = first.as_ref().unwrap_or(one);
        Ok(Some(Handling::Parked {
            key: one.key.clone(),
            since: first.position,
            error: first.error.clone(),
            attempts: first.attempts,
            more_keys: waiting.len() - 1,
        }))
    }

    /// Reads the parked events from a position on: those of that position, and a page or more.
    async fn read_from(&mut self, position: Position) -> Result<(), StoreError> {
        self.page.clear();
        // After the keys of the position before.
        let before = Position::new(position.get().saturating_sub(1));
        let mut after = Some(ParkedCursor { position: before, key: char::MAX.to_string() });
        loop {
            let query = ParkedQuery { selection: ParkedSelection::All, after, limit: PAGE };
            let page = self.store.parked(self.generation, &query).await?;
            self.at_end = page.len() < PAGE;
            after = page.last().map(ParkedEvent::cursor);
            self.page.extend(page);
            let Some(last) = self.page.last().filter(|_| !self.at_end) else { return Ok(()) };
            // The last position of a page may go on with further keys on the next page.
            self.read_up_to = Position::new(last.position.get() - 1);
            if self.read_up_to >= position {
                return Ok(());
            }
        }
    }

    /// The first event that waits under a key.
    async fn first_of(&mut self, key: &str) -> Result<&Option<ParkedEvent>, StoreError> {
        if !self.first.contains_key(key) {
            let mut query = ParkedQuery::first(ParkedSelection::Key(key.to_owned()), PAGE);
            let first = loop {
                let page = self.store.parked(self.generation, &query).await?;
                let is_last = page.len() < PAGE;
                query.after = page.last().map(ParkedEvent::cursor);
                let found = page.into_iter().find(|it| it.discarded.is_none());
                if found.is_some() || is_last {
                    break found;
                }
            };
            self.first.insert(key.to_owned(), first);
        }
        Ok(self.first.get(key).unwrap_or(&None))
    }
}
