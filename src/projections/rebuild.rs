//! Rebuilding a read model next to the live one, and swapping the two.

mod error;

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use serde::{Serialize, Serializer};
use tokio::time::Instant;

pub use error::RebuildError;

use super::{consumer::Consumer, engine::ProjectionEngine, register::make_generation, widen::widen};
use crate::{
    Position,
    store::{
        Generation, GenerationId, GenerationRequest, GenerationState, ProjectionStore, StopReason, StoreError,
    },
};

/// The interval at which the progress is polled.
const POLL: Duration = Duration::from_millis(50);
/// How long to wait for a worker that processes the rebuild.
const WORKER_TIMEOUT: Duration = Duration::from_secs(30);

/// A rebuild, which `.await` starts and waits for until it is live. See
/// [`EventSource::rebuild`](crate::EventSource::rebuild).
#[must_use = "nothing is rebuilt without `.await`"]
pub struct Rebuild<'a, S> {
    engine: &'a Arc<ProjectionEngine<S>>,
    name: &'a str,
    keep_old: bool,
    swap: bool,
    progress: Option<Box<dyn FnMut(RebuildProgress) + Send + 'a>>,
}

/// The progress of a rebuild. It is counted in positions of the log, some of which have no event.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RebuildProgress {
    /// How many positions of the log are applied.
    pub done: u64,
    /// How many positions the log has, as far as this process has read.
    pub total: u64,
    /// How many events were applied.
    pub events: u64,
    /// How many positions are applied per second.
    pub rate: f64,
    /// How long the rest will take at this rate.
    #[serde(rename = "remaining_seconds", serialize_with = "optional_seconds")]
    pub remaining: Option<Duration>,
}

/// The result of a rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rebuilt {
    /// The generation.
    pub generation: GenerationId,
    /// The position up to which it has applied the log.
    pub position: Position,
    /// How many events it applied.
    pub events: u64,
    /// Whether it is live; `false` only if it waits for [`swap`](crate::EventSource::swap).
    pub live: bool,
}

impl fmt::Display for RebuildProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { done, total, events, rate, remaining } = self;
        write!(f, "position {done} of {total}, {events} events applied, {rate:.0} positions/s")?;
        match remaining {
            Some(remaining) => write!(f, ", {} s left", remaining.as_secs()),
            None => Ok(()),
        }
    }
}

impl<'a, S: ProjectionStore> Rebuild<'a, S> {
    pub(crate) fn new(engine: &'a Arc<ProjectionEngine<S>>, name: &'a str) -> Self {
        Self { engine, name, keep_old: false, swap: true, progress: None }
    }

    /// Calls `tell` with the progress at intervals.
    pub fn with_progress(mut self, tell: impl FnMut(RebuildProgress) + Send + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Keeps the replaced read model, so that [`restore`](crate::EventSource::restore) can make it live again.
    pub fn keep_old(self) -> Self {
        Self { keep_old: true, ..self }
    }

    /// Builds the new read model, and lets it follow the log next to the live one until
    /// [`swap`](crate::EventSource::swap) is called, so that the two can be
    /// [compared](crate::EventSource::compare) before.
    pub fn without_swap(self) -> Self {
        Self { swap: false, ..self }
    }

    async fn run(self) -> Result<Rebuilt, RebuildError> {
        let Self { engine, name, keep_old, swap, progress } = self;
        engine.generations_of(name).await?;
        let consumer = engine.projection(name)?;
        let version = consumer.definition().version;
        if let Some(live) = engine.live(name).await?.filter(|live| live.version > version) {
            return Err(RebuildError::Superseded { name: name.to_owned(), version, live: live.version });
        }
        if let Some(live) = engine.live(name).await? {
            let unread: Vec<_> = live.event_types.unread_by(&consumer.definition().event_types).collect();
            if !unread.is_empty() {
                let event_types = unread.into_iter().map(str::to_owned).collect();
                return Err(RebuildError::Narrower { name: name.to_owned(), event_types });
            }
        }
        make_generation(
            &*engine.store,
            consumer,
            GenerationRequest::Rebuild { swap_when_ready: swap, keep_old },
        )
        .await?;
        let Some(building) = engine.building(name).await? else {
            // The rebuild was so quick that it is live already.
            let live = engine.live(name).await?;
            return live
                .map(|live| rebuilt(&live))
                .ok_or_else(|| RebuildError::Abandoned { name: name.to_owned() });
        };
        if consumer.definition().is_for(&building) {
            widen(&*engine.store, consumer.definition(), &building, Position::START).await?;
        }
        engine.follow_rebuild(building.id, name, !swap, progress).await
    }
}

impl<S: ProjectionStore> ProjectionEngine<S> {
    fn projection(&self, name: &str) -> Result<&Arc<dyn Consumer<S>>, RebuildError> {
        let consumer = self.consumers.iter().find(|it| it.definition().name == name);
        let consumer = consumer.ok_or_else(|| RebuildError::NotRegistered { name: name.to_owned() })?;
        match consumer.definition().kind.keeps_rows() {
            true => Ok(consumer),
            false => Err(RebuildError::KeepsNoRows { name: name.to_owned() }),
        }
    }

    pub(super) async fn building(&self, name: &str) -> Result<Option<Generation>, StoreError> {
        let generations = self.store.generations().await?;
        Ok(generations.into_iter().find(|it| it.name == name && it.state == GenerationState::Building))
    }

    /// The generation of a projection that is building, for an operation that needs one.
    pub(super) async fn building_or_nothing(&self, name: &str) -> Result<Generation, RebuildError> {
        let generations = self.generations_of(name).await?;
        let building = generations.into_iter().find(|it| it.state == GenerationState::Building);
        building.ok_or_else(|| RebuildError::Nothing { name: name.to_owned() })
    }

    /// Waits until a generation is live, or at the position of the live one.
    pub(super) async fn follow_rebuild(
        &self,
        id: GenerationId,
        name: &str,
        caught_up_is_enough: bool,
        mut tell: Option<Box<dyn FnMut(RebuildProgress) + Send + '_>>,
    ) -> Result<Rebuilt, RebuildError> {
        self.progress.wake_coordinator.notify_one();
        let mut changes = self.progress.subscribe();
        let mut pace: Option<(Instant, Position)> = None;
        let mut last_owned = Instant::now();
        loop {
            let generations = self.store.generations().await?;
            let live = generations.iter().find(|it| it.name == name && it.state == GenerationState::Live);
            let Some(generation) = generations.iter().find(|it| it.id == id) else {
                return Err(RebuildError::Abandoned { name: name.to_owned() });
            };
            match generation.state {
                GenerationState::Live => return Ok(rebuilt(generation)),
                GenerationState::Retired => {
                    return Err(RebuildError::Abandoned { name: name.to_owned() });
                }
                GenerationState::Building => {}
            }
            let stopped = |is_temporary: bool| {
                let all = generation.checkpoints.iter().filter_map(|it| it.stopped.as_ref());
                let stopped = all
                    .filter(|it| matches!(it.reason, StopReason::NeedsNewerProgram { .. }) == is_temporary);
                let reason = stopped.min_by_key(|stopped| stopped.at)?.reason.clone();
                Some(RebuildError::Stopped { name: name.to_owned(), reason })
            };
            if let Some(stopped) = stopped(false) {
                return Err(stopped);
            }
            let position = self.position_of(generation);
            let live_position = match live {
                // Its checkpoint stays where it was promoted.
                Some(live) if live.inline => self.horizon_from(self.position_of(live)).await?,
                Some(live) => self.position_of(live),
                None => Position::START,
            };
            if caught_up_is_enough && position >= live_position.max(self.progress.horizon()) {
                return Ok(rebuilt(generation));
            }
            if generation.checkpoints.iter().any(|it| it.owner_lives) {
                last_owned = Instant::now();
            } else if last_owned.elapsed() > WORKER_TIMEOUT {
                // A program that knows the event would have continued by now.
                return Err(stopped(true).unwrap_or(RebuildError::Nobody { name: name.to_owned() }));
            }
            if let Some(tell) = &mut tell {
                let (since, from) = *pace.get_or_insert((Instant::now(), position));
                let total = live_position.max(self.progress.horizon()).max(position);
                tell(progress_of(generation, position, total, since, from));
            }
            // Polls after a change, but not after every single one.
            tokio::time::sleep(POLL).await;
            let _ = tokio::time::timeout(POLL * 4, changes.changed()).await;
        }
    }
}

fn optional_seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

fn rebuilt(generation: &Generation) -> Rebuilt {
    Rebuilt {
        generation: generation.id,
        position: generation.position(),
        events: generation.checkpoints.iter().map(|it| it.events).sum(),
        live: generation.state == GenerationState::Live,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is a round figure")]
fn progress_of(
    generation: &Generation,
    position: Position,
    total: Position,
    since: Instant,
    from: Position,
) -> RebuildProgress {
    let seconds = since.elapsed().as_secs_f64();
    let moved = position.get().saturating_sub(from.get());
    let rate = if seconds > 0.0 { moved as f64 / seconds } else { 0.0 };
    let left = total.get().saturating_sub(position.get());
    RebuildProgress {
        done: position.get(),
        total: total.get(),
        events: generation.checkpoints.iter().map(|it| it.events).sum(),
        rate,
        remaining: (rate > 0.0)
            .then(|| Duration::try_from_secs_f64(left as f64 / rate).unwrap_or(Duration::MAX)),
    }
}

impl<'a, S: ProjectionStore> IntoFuture for Rebuild<'a, S> {
    type Output = Result<Rebuilt, RebuildError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S> fmt::Debug for Rebuild<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, keep_old, swap, .. } = self;
        f.debug_struct("Rebuild")
            .field("name", name)
            .field("keep_old", keep_old)
            .field("swap", swap)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
