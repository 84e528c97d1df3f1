//! Waiting until a read model includes a position.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{by_name::UnknownProjection, consumer::version_of, engine::ProjectionEngine};
use crate::{
    Position,
    store::{
        Checkpoint, Escaped, Generation, GenerationId, GenerationState, OtherVersion, ProjectionStore,
        StopReason, StoreError,
    },
};

/// The shortest and the longest polling interval, for a projection that another process runs.
const POLL: (Duration, Duration) = (Duration::from_millis(3), Duration::from_millis(100));

/// A wait, which `.await` starts. See [`EventSource::wait_for`](crate::EventSource::wait_for).
#[must_use = "nothing is waited for without `.await`"]
pub struct WaitFor<'a, S> {
    engine: &'a Arc<ProjectionEngine<S>>,
    name: &'a str,
    position: Position,
    timeout: Duration,
}

/// Why a wait for a position failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// Neither the store nor this program has a projection of this name.
    #[error(transparent)]
    Unknown(#[from] UnknownProjection),
    /// A later version of the projection is live than the one that this program has, and when the time was over, no
    /// running program processed it.
    #[error(transparent)]
    OtherVersion(#[from] OtherVersion),
    /// The projection has stopped before the position. If it needs a newer program, this is reported only when the time is
    /// over: such a program may continue with it.
    #[error("the projection `{name}` stopped: {reason}", name = Escaped(name))]
    Stopped {
        /// The name.
        name: String,
        /// Why it stopped.
        reason: StopReason,
    },
    /// The projection did not reach the position in time.
    #[error(
        "the projection `{name}` did not reach position {wanted} within {waited:?}; it is at {at}",
        name = Escaped(name)
    )]
    TimedOut {
        /// The name.
        name: String,
        /// The position of the projection.
        at: Position,
        /// The position that was waited for.
        wanted: Position,
        /// How long the call waited.
        waited: Duration,
    },
    /// The store could not be read.
    #[error("could not read the position of the projection")]
    Store(#[from] StoreError),
}

impl<'a, S: ProjectionStore> WaitFor<'a, S> {
    pub(crate) fn new(engine: &'a Arc<ProjectionEngine<S>>, name: &'a str, position: Position) -> Self {
        Self { engine, name, position, timeout: Duration::from_secs(10) }
    }

    /// Sets the longest wait. By default 10 seconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    async fn run(self) -> Result<(), WaitError> {
        let Self { engine, name, position: wanted, timeout } = self;
        let since = Instant::now();
        // `None` if the sum is out of range.
        let deadline = since.checked_add(timeout);
        let mut changes = engine.progress.subscribe();
        let mut poll = POLL.0;
        loop {
            // The store is read once more when the time is over.
            let is_over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let generations = engine.store.generations().await?;
            engine.note_live(&generations);
            let live = generations.iter().find(|it| it.name == name && it.state == GenerationState::Live);
            let at = live.map_or(Position::START, |live| engine.position_of(live));
            if live.is_some_and(|live| at >= wanted || live.inline) {
                return Ok(());
            }
            if live.is_none() && !engine.consumers.iter().any(|it| it.definition().name == name) {
                return Err(engine.unknown(name, &generations).into());
            }
            let stops = live.into_iter().flat_map(|live| &live.checkpoints).filter(|it| it.position < wanted);
            let stops = stops.filter_map(|it| Some(&it.stopped.as_ref()?.reason));
            let (temporary, mut permanent): (Vec<_>, Vec<_>) =
                stops.partition(|reason| matches!(reason, StopReason::NeedsNewerProgram { .. }));
            if let Some(reason) = permanent.pop() {
                return Err(WaitError::Stopped { name: name.to_owned(), reason: reason.clone() });
            }
            if is_over {
                let name = name.to_owned();
                if let Some(&reason) = temporary.first() {
                    return Err(WaitError::Stopped { name, reason: reason.clone() });
                }
                let other = version_of(&engine.consumers, &name)
                    .and_then(|version| OtherVersion::among(&name, version, &generations));
                if let Some(other) = other.filter(|other| other.live > other.version)
                    && !live.is_some_and(is_processed)
                {
                    return Err(other.into());
                }
                return Err(WaitError::TimedOut { name, at, wanted, waited: since.elapsed() });
            }
            // A projection that this process runs notifies of each change, so the store is not polled. Other projections
            // notify too, and must not delay the poll.
            let poll_at = Instant::now() + poll;
            let poll_at = deadline.map_or(poll_at, |deadline| poll_at.min(deadline));
            loop {
                tokio::select! {
                    () = tokio::time::sleep_until(poll_at) => break,
                    changed = changes.changed() => {
                        let reached = live.is_some_and(|it| engine.is_local(it) && engine.position_of(it) >= wanted);
                        if reached {
                            return Ok(());
                        }
                        if changed.is_err() {
                            break;
                        }
                    }
                }
            }
            poll = (poll * 2).min(POLL.1);
        }
    }
}

/// Whether each partition has a running worker.
fn is_processed(generation: &Generation) -> bool {
    generation.checkpoints.iter().all(|checkpoint| checkpoint.owner_lives)
}

impl<S: ProjectionStore> ProjectionEngine<S> {
    /// The live generation of a projection.
    pub(super) async fn live(&self, name: &str) -> Result<Option<Generation>, StoreError> {
        let generations = self.store.generations().await?;
        Ok(generations.into_iter().find(|it| it.name == name && it.state == GenerationState::Live))
    }

    /// Whether this process holds all of its partitions.
    fn is_local(&self, generation: &Generation) -> bool {
        (0..).zip(&generation.checkpoints).all(|(partition, checkpoint)| {
            let pace = self.progress.pace(generation.id, partition);
            pace.is_some_and(|pace| pace.epoch == checkpoint.epoch)
        })
    }

    /// Its position: the checkpoint in the store, or a later position of this process.
    pub(super) fn position_of(&self, generation: &Generation) -> Position {
        let partitions = (0..).zip(&generation.checkpoints);
        let positions = partitions.map(|(partition, it)| self.position_in(generation.id, partition, it));
        positions.min().unwrap_or(Position::START)
    }

    /// Replaces the checkpoints by later positions of this process.
    pub(crate) fn bring_up_to_date(&self, generation: &mut Generation) {
        for (partition, checkpoint) in (0..).zip(&mut generation.checkpoints) {
            checkpoint.position = self.position_in(generation.id, partition, checkpoint);
        }
    }

    fn position_in(&self, generation: GenerationId, partition: u32, checkpoint: &Checkpoint) -> Position {
        let pace = self.progress.pace(generation, partition);
        let ahead = pace.filter(|pace| pace.epoch == checkpoint.epoch).map(|pace| pace.position);
        ahead.unwrap_or_default().max(checkpoint.position)
    }
}

impl<'a, S: ProjectionStore> IntoFuture for WaitFor<'a, S> {
    type Output = Result<(), WaitError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S> std::fmt::Debug for WaitFor<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, position, timeout, .. } = self;
        f.debug_struct("WaitFor")
            .field("name", name)
            .field("position", position)
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        OnFailure,
        projections::sample::{Pages, engine, generation},
        store::{Lease, ProjectionKind, WorkerId},
    };

    #[test]
    fn a_position_of_this_process_counts_while_it_holds_the_partition() {
        let engine = engine(Pages::new(OnFailure::Stop).consumers(ProjectionKind::Following));
        let generation = generation(1, &[4, 6]);
        let moved = |partition: u32, epoch: u64, position: u64| {
            let lease = Lease { generation: generation.id, partition, epoch, worker: WorkerId::new() };
            engine.progress.moved(&lease, Position::new(position), 1);
        };
        let found = || (engine.is_local(&generation), engine.position_of(&generation).get());
        assert_eq!(found(), (false, 4), "as stored");
        moved(0, 1, 9);
        assert_eq!(found(), (false, 6), "the other partition is elsewhere");
        moved(1, 1, 8);
        assert_eq!(found(), (true, 8));
        moved(1, 1, 5);
        assert_eq!(found(), (true, 6), "the store is ahead");
        moved(0, 2, 9);
        assert_eq!(found(), (false, 4), "it was claimed again since the generation was read");
    }
}
