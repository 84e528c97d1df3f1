//! Deciding the commands of a policy, which are appended in the transaction of its checkpoint.

use std::convert::Infallible;

use super::{
    engine::CommandEngine,
    error::ExecuteError,
    origin::Origin,
    queue::End,
    several::{AnyCommand, Parts, Undecided},
};
use crate::{
    DecodeError, EventContext, Metadata, ReadError, StreamId,
    store::{Append, AppendError, BoxError, EventStore, InvalidAppend, StoreError},
};

/// A command that follows from an event.
pub(crate) struct ReactionCommand<'c> {
    pub(crate) command: &'c dyn AnyCommand,
    pub(crate) event: &'c EventContext,
    /// An entry of the metadata.
    pub(crate) entry: (String, String),
}

/// A command, and the metadata of its events.
pub(crate) struct SingleCommand<'c> {
    pub(crate) command: &'c dyn AnyCommand,
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
    /// Decides the commands that follow from events.
    pub(crate) async fn decide_reactions(
        &self,
        commands: &[ReactionCommand<'_>],
    ) -> Result<DecidedReactions, ReactionError> {
        let metadata = |it: &ReactionCommand<'_>| {
            let mut origin = Origin::default();
            origin.cause(it.event);
            origin.entry(it.entry.0.clone(), it.entry.1.clone());
            origin.metadata()
        };
        let commands: Vec<_> =
            commands.iter().map(|it| SingleCommand { command: it.command, metadata: metadata(it) }).collect();
        self.decide_each(&commands).await
    }

    /// Decides the commands in order. A rejection is final: it was decided on a state that the store has confirmed.
    pub(crate) async fn decide_each(
        &self,
        commands: &[SingleCommand<'_>],
    ) -> Result<DecidedReactions, ReactionError> {
        let mut streams = Vec::with_capacity(commands.len());
        for SingleCommand { command, .. } in commands {
            let failed =
                |error: ReadError| ReactionError::Command { command: command.name(), source: error.into() };
            streams.push(command.stream().map_err(failed)?);
        }
        let named = streams.iter().zip(commands.iter().map(|it| it.command));
        let mut parts =
            Parts::lock(&self.queues, &*self.store, named).await.map_err(|error| match error {
                ReadError::Store(error) => ReactionError::Store(error),
                error => ReactionError::Load(error),
            })?;
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
        let mut confirmed: Vec<&StreamId> = Vec::new();
        for (index, _) in &rejected {
            let stream = &streams[*index];
            if parts.is_fresh(stream) || confirmed.contains(&stream) {
                continue;
            }
            match self.appender.append(parts.check_of(stream)).await {
                Ok(_) => confirmed.push(stream),
                Err(error) => {
                    parts.end(End::Failed);
                    return Err(match error {
                        AppendError::Conflict { .. } => ReactionError::Conflict,
                        AppendError::Store(error) => ReactionError::Store(error),
                        error => ReactionError::Command {
                            command: commands[*index].command.name(),
                            source: error.into(),
                        },
                    });
                }
            }
        }
        Ok(DecidedReactions { parts, rejected })
    }
}

fn unreadable(error: DecodeError) -> BoxError {
    ExecuteError::<Infallible>::Unreadable(error).into()
}
