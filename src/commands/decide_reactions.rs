//! Deciding the commands of a policy, which are appended in the transaction of its checkpoint.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use super::{
    engine::CommandEngine,
    error::ExecuteError,
    origin::Origin,
    queue::End,
    several::{AnyAggregate, AnyCommand, Parts, Undecided},
};
use crate::{
    DecodeError, EventContext, Metadata, ReadError, StreamId,
    store::{Append, AppendError, BoxError, EventStore, InvalidAppend, StoreError},
};

/// A command, and its origin.
pub(crate) struct ReactionCommand<'c> {
    pub(crate) command: &'c dyn AnyCommand,
    /// The metadata of its events.
    pub(crate) metadata: Metadata,
}

/// The decided commands, with exclusive access to their aggregates. If it is dropped, their states are discarded.
pub(crate) struct DecidedReactions {
    parts: Parts,
    /// The index of each rejected command, with the domain's error.
    pub(crate) rejected: Vec<(usize, BoxError)>,
}

impl DecidedReactions {
    /// The events to append; no streams if there are none.
    pub(crate) fn append(&mut self) -> Append {
        let mut append = self.parts.append();
        append.streams.retain(|part| !part.events.is_empty());
        append
    }

    /// Ends the access after the transaction was committed, or was not.
    pub(crate) fn end(self, committed: bool) {
        self.parts.end(if committed { End::Stored } else { End::Failed });
    }
}

/// Why the commands could not be decided.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReactionError {
    #[error("an aggregate could not be loaded")]
    Load(#[source] ReadError),
    #[error("the command `{command}` could not be executed")]
    Command { command: &'static str, source: BoxError },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the commands address other aggregates each time that they are decided; decisions must be pure: take ids from the \
         event or the state, and make none"
    )]
    Impure,
    /// Another append was faster.
    #[error("another append was faster")]
    Conflict,
}

impl ReactionError {
    /// Whether an aggregate has an event that a newer program has recorded: one of a type that this program does not know,
    /// or of a later schema version.
    pub(crate) fn needs_newer_program(&self) -> bool {
        match self {
            Self::Load(ReadError::Decode(DecodeError::UnknownType { .. })) => true,
            Self::Load(ReadError::Decode(DecodeError::UnknownVersion { context, known })) => {
                context.schema_version > *known
            }
            _ => false,
        }
    }
}

impl<S: EventStore> CommandEngine<S> {
    /// Decides the commands in order. A rejection is final: it was decided on a state that the store has confirmed.
    pub(crate) async fn decide_reactions(
        &self,
        commands: &[ReactionCommand<'_>],
    ) -> Result<DecidedReactions, ReactionError> {
        let mut streams = Vec::with_capacity(commands.len());
        for ReactionCommand { command, .. } in commands {
            let failed =
                |error: ReadError| ReactionError::Command { command: command.name(), source: error.into() };
            streams.push(command.stream().map_err(failed)?);
        }
        let named = streams.iter().zip(commands.iter().map(|it| it.command as &dyn AnyAggregate));
        let mut parts = Parts::lock(&self.queues, &*self.store, named).await?;
        let mut rejected = Vec::new();
        for (index, (stream, it)) in streams.iter().zip(commands).enumerate() {
            let failed =
                |source: BoxError| Err(ReactionError::Command { command: it.command.name(), source });
            match parts.decide(stream, it.command, &it.metadata) {
                Ok(()) => {}
                Err(Undecided::Rejected(error)) => rejected.push((index, error)),
                Err(Undecided::Encode(error)) => return failed(error.into()),
                Err(Undecided::Unreadable(error)) => return failed(unreadable(error)),
                Err(Undecided::SharedStream(stream)) => {
                    return failed(InvalidAppend::RepeatedStream { stream }.into());
                }
            }
        }
        if let Err(error) = self.confirm(&parts, true).await {
            parts.end(End::Failed);
            return Err(error);
        }
        Ok(DecidedReactions { parts, rejected })
    }

    /// Decides on the states of these aggregates, with exclusive access to them. A decision that turns out to need further
    /// ones adds them, and is made again: all are locked in one order, so that two callers do not deadlock.
    pub(crate) async fn decide_steps<T: Send, E: From<ReactionError> + Send>(
        &self,
        mut needed: Needed,
        mut decide: impl FnMut(&mut Parts, &mut Needed) -> Result<T, E> + Send,
    ) -> Result<(T, DecidedReactions), E> {
        for _ in 0..ROUNDS {
            let known = needed.clone();
            let aggregates = known.iter().map(|(stream, aggregate)| (stream, &**aggregate));
            let locked = Parts::lock(&self.queues, &*self.store, aggregates).await;
            let mut parts = locked.map_err(ReactionError::from)?;
            let decided = decide(&mut parts, &mut needed);
            if needed.len() > known.len() {
                parts.end(End::Discarded);
                continue;
            }
            if let Err(error) = self.confirm(&parts, decided.is_ok()).await {
                parts.end(End::Failed);
                return Err(error.into());
            }
            return match decided {
                Ok(decided) => Ok((decided, DecidedReactions { parts, rejected: Vec::new() })),
                Err(error) => {
                    parts.end(End::Discarded);
                    Err(error)
                }
            };
        }
        Err(ReactionError::Impure.into())
    }

    /// Checks that the states are not outdated that the append does not check.
    async fn confirm(&self, parts: &Parts, are_appended: bool) -> Result<(), ReactionError> {
        let check = parts.check_outdated(are_appended);
        if check.streams.is_empty() {
            return Ok(());
        }
        match self.appender.append(check).await {
            Ok(_) => Ok(()),
            Err(AppendError::Conflict { .. }) => Err(ReactionError::Conflict),
            Err(AppendError::Store(error)) => Err(ReactionError::Store(error)),
            // A program that has the inline projections of the store decides, or this one does once they are not inline.
            Err(error) => {
                let (action, source) = ("checking a version", error.into());
                Err(StoreError::Unavailable { action, source }.into())
            }
        }
    }
}

/// How often a decision may turn out to need further aggregates: a chain of rejections, each with a command for another one,
/// is as long.
const ROUNDS: usize = 64;

/// Aggregates that a decision needs.
pub(crate) type Needed = BTreeMap<StreamId, Arc<dyn AnyAggregate>>;

/// The metadata of what an event causes, with another entry.
pub(crate) fn caused_by(event: &EventContext, entry: (String, String)) -> Metadata {
    let mut origin = Origin::default();
    origin.cause(event);
    origin.entry(entry.0, entry.1);
    origin.metadata()
}

impl From<ReadError> for ReactionError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => Self::Store(error),
            error => Self::Load(error),
        }
    }
}

pub(crate) fn unreadable(error: DecodeError) -> BoxError {
    ExecuteError::<Infallible>::Unreadable(error).into()
}
