//! The one task per process and read model that follows the log for all watches.
//!
//! It alone reads rows, so of two states that it hands out the later one is at least as new. A step:
//!
//! 1. It reads which generation is live, and up to which position its rows are complete.
//! 2. It reads the log up to there: the keys of the rows that have changed.
//! 3. It reads these rows, and the rows of watches that join: each is as new as that position, or newer.
//! 4. It reads the generation again. Only if it is still the same, the rows are handed out.

mod missed;
mod rows;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use eventsource_core::engine::Keys;
use tokio::time::Instant;

use super::{
    WatchError,
    changes::{Changes, changes},
    hub::{Hub, Joining},
    look::{Counts, Look},
};
use crate::{
    Position, ReadModel,
    projections::{ProjectionEngine, RowsError, consumer::Consumer},
    store::{GenerationId, OtherVersion, ReadModelStore, StoreError},
};
pub(super) use rows::Begin;

/// The shortest and the longest time between two looks at a read model that another process applies.
const POLL: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));
/// How soon a watch of which no row has changed is notified of the position.
const QUIET: Duration = Duration::from_secs(1);
/// After this time without reading, what waits for a reader is discarded.
const STALLED: Duration = Duration::from_secs(60);
/// The shortest and the longest time between two attempts during an outage.
const OUTAGE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

pub(super) struct Follower<S, R: ReadModel>
where
    S: ReadModelStore,
{
    engine: Arc<ProjectionEngine<S>>,
    consumer: Arc<dyn Consumer<S>>,
    hub: Arc<Hub<R>>,
    keys: Keys,
    /// Watches that have joined and have not begun.
    joining: Vec<Joining>,
    /// The generation whose rows the watches have that have begun.
    generation: Option<GenerationId>,
    /// Up to here they have the changes.
    position: Position,
    counts: Vec<Counts>,
    /// The keys with parked events, which change rows when they are retried.
    parked: BTreeSet<String>,
    /// The last position that all watches were notified of, and when.
    told: Option<(Position, Instant)>,
}

/// What follows a step.
enum Next {
    /// There may be more to do.
    Again,
    /// Nothing to do until something changes.
    Wait,
}

impl<S: ReadModelStore, R: ReadModel> Follower<S, R> {
    pub(super) fn new(
        engine: Arc<ProjectionEngine<S>>,
        consumer: Arc<dyn Consumer<S>>,
        hub: Arc<Hub<R>>,
    ) -> Self {
        Self {
            engine,
            consumer,
            hub,
            keys: Keys::of(R::table()),
            joining: Vec::new(),
            generation: None,
            position: Position::START,
            counts: Vec::new(),
            parked: BTreeSet::new(),
            told: None,
        }
    }

    /// Runs until no watch is left.
    pub(super) async fn run(mut self) {
        let mut progress = self.engine.progress.subscribe();
        let (mut poll, mut outage, mut checked) = (POLL.0, OUTAGE.0, Instant::now());
        while !self.engine.hubs.remove(&self.hub, false) {
            self.joining.extend(self.hub.take_joining());
            if checked.elapsed() >= QUIET {
                checked = Instant::now();
                self.hub.discard_after(STALLED);
            }
            match self.step().await {
                Ok(Next::Again) => (poll, outage) = (POLL.0, OUTAGE.0),
                Ok(Next::Wait) => {
                    outage = OUTAGE.0;
                    let quiet_until =
                        self.told.filter(|(at, _)| *at < self.position).map(|(_, since)| since + QUIET);
                    let until = Instant::now() + poll;
                    poll = (poll * 2).min(POLL.1);
                    // A hint may reach one task only, and workers of this process need it more.
                    let has_workers = !self.engine.progress.positions().is_empty();
                    tokio::select! {
                        () = self.hub.changed.notified() => {}
                        Ok(()) = progress.changed() => poll = POLL.0,
                        () = self.engine.store.listen(), if !has_workers => poll = POLL.0,
                        () = tokio::time::sleep_until(quiet_until.map_or(until, |quiet| quiet.min(until))) => {}
                    }
                }
                Err(RowsError::Store(error)) if error.is_retryable() => {
                    tracing::debug!(table = R::TABLE, %error, "cannot read the changes of a watched read model; retrying");
                    tokio::time::sleep(outage).await;
                    outage = (outage * 2).min(OUTAGE.1);
                }
                Err(error) => {
                    self.joining.clear();
                    self.hub.end(&WatchError::from(error));
                }
            }
        }
    }

    async fn step(&mut self) -> Result<Next, RowsError> {
        let Some(look) = self.look().await? else { return Ok(Next::Wait) };
        if self.generation != Some(look.generation) || look.has_fallen_below(&self.counts) {
            self.begin_again(&look).await?;
        }
        let changes = self.changes(&look).await?;
        let (up_to, changed) = (changes.end, changes.keys);
        let is_new = up_to > self.position || self.counts != look.counts;
        if !is_new && self.joining.is_empty() {
            self.tell_all(&look);
            return Ok(Next::Wait);
        }
        let Some(mut changed) = changed else {
            // Any row may have changed.
            self.position = up_to;
            self.joining.extend(self.hub.all_again());
            return Ok(Next::Again);
        };
        let parked = self.parked_keys(&look).await?;
        let retried = parked.iter().chain(&self.parked).filter(|_| self.counts != look.counts);
        changed.extend(retried.map(|key| (key.clone(), up_to)));
        let missed = self.missed(&look, &changed, up_to).await?;
        let watched = self.hub.watched(changed.keys().map(String::as_str));
        let read = rows::read(&self.engine, &self.keys, &watched, &self.joining, &missed).await?;
        match self.look().await? {
            Some(later) if look.is_unchanged_in(&later) => {}
            // The next step finds out which generation is live now.
            _ => return Ok(Next::Again),
        }
        let token = look.token(up_to);
        self.hub.update(&read.changed, token, false);
        for (joining, begin) in self.joining.drain(..).zip(read.joining) {
            self.hub.begin(&joining, begin, token);
        }
        (self.position, self.counts, self.parked) = (up_to, look.counts.clone(), parked);
        self.tell_all(&look);
        Ok(Next::Again)
    }

    /// The live generation, which must be of the version of this program; `None` before the first start.
    async fn look(&self) -> Result<Option<Look>, RowsError> {
        let (look, generations) = Look::at(&self.engine, R::TABLE).await?;
        self.engine.note_live(&generations);
        let version = self.consumer.definition().version;
        match look.as_ref().is_some_and(|look| look.version != version) {
            true => Err(OtherVersion::among(R::TABLE, version, &generations)
                .map_or_else(|| unreachable!("the live version is another one"), RowsError::OtherVersion)),
            false => Ok(look),
        }
    }

    /// Begins to follow a generation: all watches get its rows from the start.
    async fn begin_again(&mut self, look: &Look) -> Result<(), StoreError> {
        let parked = self.parked_keys(look).await?;
        let position = match look.inline {
            true => self.engine.horizon_from(look.position).await?,
            false => look.position,
        };
        self.joining.extend(self.hub.all_again());
        (self.generation, self.position, self.told) = (Some(look.generation), position, None);
        (self.counts, self.parked) = (look.counts.clone(), parked);
        Ok(())
    }

    async fn changes(&self, look: &Look) -> Result<Changes, StoreError> {
        // What this process knew of its own partitions may have been ahead of what the store knows of another process.
        let up_to = (!look.inline).then_some(look.position.max(self.position));
        changes(&*self.engine.store, &self.consumer, look, self.position, up_to).await
    }

    /// The keys that have parked events now.
    async fn parked_keys(&self, look: &Look) -> Result<BTreeSet<String>, StoreError> {
        let mut keys = BTreeSet::new();
        for (partition, _) in (0..).zip(&look.counts).filter(|(_, counts)| counts.parked > 0) {
            keys.extend(self.engine.store.parked_keys(look.generation, partition).await?);
        }
        Ok(keys)
    }

    /// Notifies all watches of the position, unless that was done a moment ago.
    fn tell_all(&mut self, look: &Look) {
        let is_due = self.told.is_none_or(|(told, at)| told < self.position && at.elapsed() >= QUIET);
        if is_due {
            self.hub.update(&[], look.token(self.position), true);
            self.told = Some((self.position, Instant::now()));
        }
    }
}

impl<S: ReadModelStore, R: ReadModel> Drop for Follower<S, R> {
    /// After a panic, or when the runtime shuts down, no watch waits for a task that has ended.
    fn drop(&mut self) {
        self.engine.hubs.remove(&self.hub, true);
    }
}
