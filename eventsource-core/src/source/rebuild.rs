//! Making a read model anew beside the live one, and putting it in its place.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{Inner, StartError, consumer::Consumer, workers::make_generation};
use crate::{
    Position,
    store::{
        Generation, GenerationId, GenerationRequest, GenerationState, ProjectionKind, ProjectionStore,
        StopReason, StoreError,
    },
};

/// How often the progress is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long a rebuild may be without a worker, before it is given up to wait for one.
const NOBODY: Duration = Duration::from_secs(30);

/// A rebuild about to begin; `.await` waits until it is live. See
/// [`EventSource::rebuild`](super::EventSource::rebuild).
#[must_use = "nothing is rebuilt without `.await`"]
pub struct Rebuild<'a, S> {
    source: &'a Arc<Inner<S>>,
    name: &'a str,
    keep_old: bool,
    swap: bool,
    progress: Option<Box<dyn FnMut(RebuildProgress) + Send + 'a>>,
}

/// How far a rebuild is. Counted in positions of the log, of which some are of no event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RebuildProgress {
    /// How much of the log is applied.
    pub done: u64,
    /// How much of it there is, as far as it was seen.
    pub total: u64,
    /// How many events were applied.
    pub events: u64,
    /// How many positions are done per second.
    pub rate: f64,
    /// How long the rest will take at this rate.
    pub remaining: Option<Duration>,
}

/// What a rebuild made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The generation.
    pub generation: GenerationId,
    /// The position up to which it has applied everything.
    pub position: Position,
    /// How many events it applied.
    pub events: u64,
    /// Whether it is live; `false` only if it was to wait for [`swap`](super::EventSource::swap).
    pub live: bool,
}

/// Why a read model was not made anew. The live one is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// This program has no projection of this name.
    #[error("there is no projection `{name}` in this program; register it")]
    Unknown {
        /// The name.
        name: String,
    },
    /// It is a handler: what it did outside is not done again.
    #[error("`{name}` is a handler; what it does outside cannot be done anew")]
    Handler {
        /// The name.
        name: String,
    },
    /// A later version is live.
    #[error(
        "version {live} of `{name}` is live, and this program has version {version}; deploy the later program"
    )]
    Superseded {
        /// The name.
        name: String,
        /// The version of this program.
        version: u32,
        /// The version that is live.
        live: u32,
    },
    /// The tables could not be made.
    #[error(transparent)]
    Setup(#[from] StartError),
    /// It failed on an event. It is kept, and goes on when it is resumed.
    #[error("the rebuild of `{name}` stopped: {reason}")]
    Stopped {
        /// The name.
        name: String,
        /// Why.
        reason: StopReason,
    },
    /// No process works it. It is kept, and goes on once one does.
    #[error("no process works `{name}`; start one that has this version of it")]
    Nobody {
        /// The name.
        name: String,
    },
    /// It was abandoned, or another one took its place.
    #[error("the rebuild of `{name}` was abandoned")]
    Abandoned {
        /// The name.
        name: String,
    },
    /// There is nothing to swap or to go back to.
    #[error("`{name}` has no generation that could take the place of the live one")]
    Nothing {
        /// The name.
        name: String,
    },
    /// The store failed. The rebuild goes on once it is back.
    #[error("the rebuild cannot be followed; it goes on when the store is back")]
    Store(#[from] StoreError),
}

impl<'a, S: ProjectionStore> Rebuild<'a, S> {
    pub(super) fn new(source: &'a Arc<Inner<S>>, name: &'a str) -> Self {
        Self { source, name, keep_old: false, swap: true, progress: None }
    }

    /// Tells about the progress, every now and then.
    pub fn with_progress(mut self, tell: impl FnMut(RebuildProgress) + Send + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Keeps the former read model, so that [`restore`](super::EventSource::restore) can bring it back.
    pub fn keep_old(self) -> Self {
        Self { keep_old: true, ..self }
    }

    /// Makes it, and lets it follow the log beside the live one until [`swap`](super::EventSource::swap) is
    /// called: to [`compare`](super::EventSource::compare) the two before.
    pub fn without_swap(self) -> Self {
        Self { swap: false, ..self }
    }

    async fn run(self) -> Result<Rebuilt, RebuildError> {
        let Self { source, name, keep_old, swap, progress } = self;
        let consumer = source.projection(name)?;
        let version = consumer.definition().version;
        if let Some(live) = source.live(name).await?.filter(|live| live.version > version) {
            return Err(RebuildError::Superseded { name: name.to_owned(), version, live: live.version });
        }
        make_generation(
            &source.store,
            consumer,
            GenerationRequest::Rebuild { swap_when_ready: swap, keep_old },
        )
        .await?;
        let Some(building) = source.building(name).await? else {
            // It was so quick that it is live already.
            let live = source.live(name).await?;
            return live
                .map(|live| rebuilt(&live))
                .ok_or_else(|| RebuildError::Abandoned { name: name.to_owned() });
        };
        source.follow_rebuild(building.id, name, !swap, progress).await
    }
}

impl<S: ProjectionStore> Inner<S> {
    fn projection(&self, name: &str) -> Result<&Arc<dyn Consumer<S>>, RebuildError> {
        let consumer = self.consumers.iter().find(|it| it.definition().name == name);
        let consumer = consumer.ok_or_else(|| RebuildError::Unknown { name: name.to_owned() })?;
        match consumer.definition().kind {
            ProjectionKind::Handler => Err(RebuildError::Handler { name: name.to_owned() }),
            ProjectionKind::Following | ProjectionKind::Inline => Ok(consumer),
        }
    }

    pub(super) async fn building(&self, name: &str) -> Result<Option<Generation>, StoreError> {
        let generations = self.store.generations().await?;
        Ok(generations.into_iter().find(|it| it.name == name && it.state == GenerationState::Building))
    }

    /// Waits until a generation is live, or level with the live one.
    pub(super) async fn follow_rebuild(
        &self,
        id: GenerationId,
        name: &str,
        level_is_enough: bool,
        mut tell: Option<Box<dyn FnMut(RebuildProgress) + Send + '_>>,
    ) -> Result<Rebuilt, RebuildError> {
        self.progress.look.notify_one();
        let mut changes = self.progress.subscribe();
        let mut pace: Option<(Instant, Position)> = None;
        let mut alone = Instant::now();
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
            if let Some(stopped) = generation.checkpoints.iter().find_map(|it| it.stopped.as_ref()) {
                let reason = stopped.reason.clone();
                return Err(RebuildError::Stopped { name: name.to_owned(), reason });
            }
            let position = self.position_of(generation);
            let live_position = match live {
                // Its checkpoint stands where it was switched over.
                Some(live) if live.inline => self.settled(self.position_of(live)).await?,
                Some(live) => self.position_of(live),
                None => Position::START,
            };
            if level_is_enough && position >= live_position.max(self.progress.horizon()) {
                return Ok(rebuilt(generation));
            }
            if generation.checkpoints.iter().any(|it| it.owner_lives) {
                alone = Instant::now();
            } else if alone.elapsed() > NOBODY {
                return Err(RebuildError::Nobody { name: name.to_owned() });
            }
            if let Some(tell) = &mut tell {
                let (since, from) = *pace.get_or_insert((Instant::now(), position));
                let total = live_position.max(self.progress.horizon()).max(position);
                tell(progress_of(generation, position, total, since, from));
            }
            // The next look comes with a change, but not with every single one.
            tokio::time::sleep(LOOK).await;
            let _ = tokio::time::timeout(LOOK * 4, changes.changed()).await;
        }
    }
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
