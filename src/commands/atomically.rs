//! Executing several commands on several aggregates as one.

use std::{
    error::Error,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use uuid::Uuid;

use super::{
    append::check_request,
    engine::CommandEngine,
    error::ExecuteError,
    origin::{Keyed, Origin},
    queue::End,
    several::{AnyAggregate, AnyCommand, Parts, TypedCommand, Undecided},
};
use crate::{
    Command, EventContext, Handle, Metadata, StreamId, Traceparent,
    store::{
        Append, AppendError, BoxError, EventStore, InvalidAppend, Receipt, Request, rules::DecidedVersions,
    },
};

/// Several commands that are executed as one by `.await`, which returns one receipt per stream, in the order in
/// which the streams were first named.
///
/// Each command is handled on the state that its predecessors produce. Either all their events are recorded in one
/// append, or none. After a conflict on any stream, all commands are handled again. Other commands of this process
/// on the same aggregates are blocked meanwhile, so poll the future to completion or drop it: a future that is no
/// longer polled, in a branch of `select!`, keeps blocking them.
#[must_use = "commands are executed by `.await`"]
pub struct Atomically<'a, S> {
    engine: &'a Arc<CommandEngine<S>>,
    steps: Vec<Box<dyn AnyCommand + 'a>>,
    origin: Origin,
}

/// A rejected command of an atomic execution, and its rejection.
#[derive(Debug, thiserror::Error)]
#[error("command {} of the atomic execution was rejected", index + 1)]
#[non_exhaustive]
pub struct RejectedCommand {
    /// The index of the command in the order in which the commands were added, from 0.
    pub index: usize,
    /// The domain's own error; `downcast_ref` returns it.
    #[source]
    pub rejection: BoxError,
}

type AtomicError = ExecuteError<RejectedCommand>;

impl<'a, S: EventStore> Atomically<'a, S> {
    pub(crate) fn new(engine: &'a Arc<CommandEngine<S>>) -> Self {
        Self { engine, steps: Vec::new(), origin: Origin::default() }
    }

    /// Adds a command, of any type and to any aggregate.
    pub fn execute<C: Command + 'a>(mut self, command: C) -> Self
    where
        C::Aggregate: Handle<C>,
    {
        self.steps.push(Box::new(TypedCommand(command)));
        self
    }

    /// Executes all commands once under this key, as
    /// [`Execute::idempotency_key`](super::Execute::idempotency_key). Other commands, or the same ones on other
    /// aggregates or in another order, are another request.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.origin.key(key.into());
        self
    }

    /// Sets the content of the request, as [`Execute::content`](super::Execute::content).
    pub fn content(mut self, content: impl AsRef<[u8]>) -> Self {
        self.origin.content(content.as_ref());
        self
    }

    /// Adds an entry to the metadata of all events.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.origin.entry(key.into(), value.into());
        self
    }

    /// Sets the event that caused these commands.
    pub fn caused_by(mut self, event: &EventContext) -> Self {
        self.origin.cause(event);
        self
    }

    /// Sets the correlation id.
    pub fn correlation_id(mut self, id: Uuid) -> Self {
        self.origin.correlation(id);
        self
    }

    /// Sets the W3C trace context.
    pub fn traceparent(mut self, traceparent: Traceparent) -> Self {
        self.origin.trace(traceparent);
        self
    }

    async fn run(self) -> Result<Vec<Receipt>, AtomicError> {
        let Self { engine, steps, origin } = self;
        let metadata = origin.metadata();
        let named: Vec<_> = steps.iter().map(|step| step.stream()).collect::<Result<_, _>>()?;
        let commands = steps.iter().map(|step| step.name()).zip(&named);
        let keyed = origin.keyed(|| Request::of_each(commands));
        let keyed = keyed.as_ref();
        let mut streams = Vec::new();
        for stream in named.iter().cloned() {
            if !streams.contains(&stream) {
                streams.push(stream);
            }
        }
        let commands = || named.iter().zip(steps.iter().map(|step| &**step as &dyn AnyCommand));
        let mut delays = engine.retry.delays();
        let mut attempts = 1;
        loop {
            if let Some(receipts) = engine.appender.find_receipts(&streams, keyed).await? {
                return Ok(receipts);
            }
            let aggregates = commands().map(|(stream, command)| (stream, command as &dyn AnyAggregate));
            let mut parts = Parts::lock(&engine.queues, &*engine.store, aggregates).await?;
            let decided = decide(commands(), &metadata, &mut parts);
            let append = match &decided {
                Ok(()) => Append {
                    idempotency_key: keyed.map(|it| it.key.clone()),
                    request: keyed.map(|it| it.request.clone()),
                    ..parts.append()
                },
                Err(AtomicError::Rejected(_)) if !parts.are_fresh() => parts.check(),
                Err(_) => {
                    parts.end(End::Discarded);
                    return executed(engine, &streams, keyed, decided).await;
                }
            };
            let versions = DecidedVersions::of(&append);
            let outcome = engine.appender.append(append).await;
            parts.end(match &outcome {
                Ok(_) if decided.is_err() => End::Discarded,
                Ok(receipts) if versions.are_in(receipts) => End::Stored,
                Ok(_) | Err(_) => End::Failed,
            });
            match outcome {
                Ok(receipts) if decided.is_ok() => {
                    check_request(&receipts, keyed)?;
                    return Ok(receipts);
                }
                Ok(_) => return executed(engine, &streams, keyed, decided).await,
                Err(error @ AppendError::Conflict { .. }) => {
                    let Some(delay) = delays.next() else {
                        return Err(ExecuteError::from_append(error, attempts));
                    };
                    tokio::time::sleep(delay).await;
                    attempts += 1;
                }
                Err(error) => return Err(ExecuteError::from_append(error, attempts)),
            }
        }
    }
}

/// The receipts of an earlier execution under the key, if this one was rejected: it may have been rejected because
/// the commands were executed before.
async fn executed<S: EventStore>(
    engine: &Arc<CommandEngine<S>>,
    streams: &[StreamId],
    keyed: Option<&Keyed>,
    decided: Result<(), AtomicError>,
) -> Result<Vec<Receipt>, AtomicError> {
    match engine.appender.find_receipts(streams, keyed).await? {
        Some(receipts) => Ok(receipts),
        None => decided.map(|()| Vec::new()),
    }
}

fn decide<'c>(
    commands: impl Iterator<Item = (&'c StreamId, &'c dyn AnyCommand)>,
    metadata: &Metadata,
    parts: &mut Parts,
) -> Result<(), AtomicError> {
    for (index, (stream, command)) in commands.enumerate() {
        parts.decide(stream, command, metadata).map_err(|undecided| match undecided {
            Undecided::Rejected(rejection) => ExecuteError::Rejected(RejectedCommand { index, rejection }),
            Undecided::Encode(error) => error.into(),
            Undecided::Unreadable(error) => ExecuteError::Unreadable(error),
            Undecided::SharedStream(stream) => {
                ExecuteError::Invalid(InvalidAppend::RepeatedStream { stream })
            }
        })?;
    }
    Ok(())
}

impl RejectedCommand {
    /// The domain's error, if it is of this type.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.rejection.downcast_ref()
    }
}

impl<'a, S: EventStore> IntoFuture for Atomically<'a, S> {
    type Output = Result<Vec<Receipt>, AtomicError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S> fmt::Debug for Atomically<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Atomically").field("commands", &self.steps.len()).finish_non_exhaustive()
    }
}
