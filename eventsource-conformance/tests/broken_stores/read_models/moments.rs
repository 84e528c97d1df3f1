//! Stores that are wrong about the time and the end of the log.

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Position, Timestamp,
    store::{Moment, ProjectionStore},
};

use super::{
    flaw::{Flaw, ReactionFlaw},
    flaws,
};
use crate::broken::{Asked, whole_log};

flaws! {
    a_store_whose_end_is_short_of_the_last_event: Short => [
        the_end_of_a_moment_settles_to_the_last_event_before_it,
        what_was_recorded_before_a_moment_is_not_above_its_end,
    ],
    a_store_that_settles_the_end_during_an_append_below_it: SettlesEarly => [
        the_end_of_a_moment_is_not_settled_during_an_append_below_it,
    ],
    a_store_that_settles_at_the_end_instead_of_the_last_event: SettlesAtTheEnd => [
        the_end_of_a_moment_settles_to_the_last_event_before_it,
    ],
}

struct Short;

impl Flaw for Short {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Short {
    async fn moment(&self, store: &MemoryStore) -> Asked<Moment> {
        let moment = store.moment().await?;
        Ok(Moment { end: Position::new(moment.end.get().saturating_sub(1)), ..moment })
    }
}

/// Knows the positions of the append, and does not wait for it.
struct SettlesEarly;

impl Flaw for SettlesEarly {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for SettlesEarly {
    async fn moment(&self, store: &MemoryStore) -> Asked<Moment> {
        let end = whole_log(store).await.len() as u64 + 2;
        Ok(Moment { time: Timestamp::now(), end: Position::new(end) })
    }
}

struct SettlesAtTheEnd;

impl Flaw for SettlesAtTheEnd {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for SettlesAtTheEnd {
    async fn settled(&self, store: &MemoryStore, end: Position) -> Asked<Option<Position>> {
        let last = store.settled(end).await?;
        Ok(last.map(|last| Position::new(last.get() + 1)))
    }
}
