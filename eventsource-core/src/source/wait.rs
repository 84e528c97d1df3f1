//! Waiting until a read model has seen a command.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::Inner;
use crate::{
    Position,
    store::{Generation, GenerationState, ProjectionStore, StopReason, StoreError},
};

/// The first and the longest wait before the store is asked again, if another process works the projection.
const POLL: (Duration, Duration) = (Duration::from_millis(3), Duration::from_millis(100));

/// A wait about to begin; `.await` waits. See [`EventSource::wait_for`](super::EventSource::wait_for).
#[must_use = "nothing is waited for without `.await`"]
pub struct WaitFor<'a, S> {
    source: &'a Arc<Inner<S>>,
    name: &'a str,
    position: Position,
    timeout: Duration,
}

/// Why a read model does not include a position.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// There is no projection of this name, neither in the store nor in this program.
    #[error("there is no projection `{name}`; is it registered, and was the event source started?")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The projection has stopped before the position.
    #[error("the projection `{name}` stopped: {reason}")]
    Stopped {
        /// The name.
        name: String,
        /// Why it stopped.
        reason: StopReason,
    },
    /// It did not come to the position in time.
    #[error("the projection `{name}` is at position {at} after {waited:?}, and not yet at {wanted}")]
    TimedOut {
        /// The name.
        name: String,
        /// How far it is.
        at: Position,
        /// How far it should be.
        wanted: Position,
        /// How long was waited.
        waited: Duration,
    },
    /// The store could not be asked.
    #[error("it is unknown how far the projection is")]
    Store(#[from] StoreError),
}

impl<'a, S: ProjectionStore> WaitFor<'a, S> {
    pub(super) fn new(source: &'a Arc<Inner<S>>, name: &'a str, position: Position) -> Self {
        Self { source, name, position, timeout: Duration::from_secs(10) }
    }

    /// How long is waited at most. By default 10 seconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    async fn run(self) -> Result<(), WaitError> {
        let Self { source, name, position: wanted, timeout } = self;
        let since = Instant::now();
        // `None` if that is too far away to be a time.
        let deadline = since.checked_add(timeout);
        let mut changes = source.progress.subscribe();
        let mut poll = POLL.0;
        loop {
            let live = source.live(name).await?;
            let at = live.as_ref().map_or(Position::START, |live| source.position_of(live));
            if let Some(live) = &live {
                if at >= wanted || live.inline {
                    return Ok(());
                }
                let stopped = live.checkpoints.iter().filter(|it| it.position < wanted);
                if let Some(stopped) = stopped.filter_map(|it| it.stopped.as_ref()).next() {
                    let reason = stopped.reason.clone();
                    return Err(WaitError::Stopped { name: name.to_owned(), reason });
                }
            } else if !source.consumers.iter().any(|it| it.definition().name == name) {
                return Err(WaitError::Unknown { name: name.to_owned() });
            }
            // Where this process works the projection it is told of every step, and needs not to ask.
            loop {
                let poll = Instant::now() + poll;
                let ask_again = deadline.map_or(poll, |deadline| poll.min(deadline));
                tokio::select! {
                    changed = changes.changed() => {
                        let there = live.as_ref().is_some_and(|it| source.is_local(it) && source.position_of(it) >= wanted);
                        if there {
                            return Ok(());
                        }
                        if changed.is_err() {
                            break;
                        }
                    }
                    () = tokio::time::sleep_until(ask_again) => break,
                }
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                let (name, waited) = (name.to_owned(), since.elapsed());
                return Err(WaitError::TimedOut { name, at, wanted, waited });
            }
            poll = (poll * 2).min(POLL.1);
        }
    }
}

impl<S: ProjectionStore> Inner<S> {
    /// The generation of a projection that is read.
    pub(super) async fn live(&self, name: &str) -> Result<Option<Generation>, StoreError> {
        let generations = self.store.generations().await?;
        Ok(generations.into_iter().find(|it| it.name == name && it.state == GenerationState::Live))
    }

    /// Whether this process works all of it.
    fn is_local(&self, generation: &Generation) -> bool {
        (0..).zip(&generation.checkpoints).all(|(partition, checkpoint)| {
            let pace = self.progress.pace(generation.id, partition);
            pace.is_some_and(|pace| pace.epoch == checkpoint.epoch)
        })
    }

    /// How far it is: as the store knows, or further where this process works it.
    pub(super) fn position_of(&self, generation: &Generation) -> Position {
        let position = |(partition, checkpoint): (u32, &crate::store::Checkpoint)| {
            let pace = self.progress.pace(generation.id, partition);
            let ahead = pace.filter(|pace| pace.epoch == checkpoint.epoch).map(|pace| pace.position);
            ahead.unwrap_or_default().max(checkpoint.position)
        };
        (0..).zip(&generation.checkpoints).map(position).min().unwrap_or(Position::START)
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
