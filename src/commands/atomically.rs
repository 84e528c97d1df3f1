//! Executing several commands on several aggregates as one.

use std::{
    any::Any,
    error::Error,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    append::{check_request, encode},
    engine::CommandEngine,
    error::ExecuteError,
    origin::{Keyed, Origin},
    queue::{End, Exclusive},
};
use crate::{
    Aggregate, Command, EventContext, Handle, Metadata, ReadError, StreamId, Traceparent, Version,
    store::{
        Append, AppendError, BoxError, EventStore, ExpectedVersion, InvalidAppend, NewEvent, Receipt,
        Request, StreamAppend, rules::DecidedVersions,
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
    steps: Vec<Box<dyn Step<S> + 'a>>,
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
        let mut delays = engine.retry.delays();
        let mut attempts = 1;
        loop {
            if let Some(receipts) = engine.appender.find_receipts(&streams, keyed).await? {
                return Ok(receipts);
            }
            let mut parts = lock_all(engine, &streams, &steps).await?;
            let decided = decide(&steps, &metadata, &mut parts);
            let append = match &decided {
                Ok(()) => Append {
                    streams: parts.iter_mut().map(Part::take_append).collect(),
                    idempotency_key: keyed.map(|it| it.key.clone()),
                    request: keyed.map(|it| it.request.clone()),
                },
                Err(AtomicError::Rejected(_)) if parts.iter().any(|part| !part.access.is_fresh()) => {
                    check(&parts)
                }
                Err(_) => {
                    end(parts, End::Discarded);
                    return executed(engine, &streams, keyed, decided).await;
                }
            };
            let versions = DecidedVersions::of(&append);
            let outcome = engine.appender.append(append).await;
            end(
                parts,
                match &outcome {
                    Ok(_) if decided.is_err() => End::Discarded,
                    Ok(receipts) if versions.are_in(receipts) => End::Stored,
                    Ok(_) | Err(_) => End::Failed,
                },
            );
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

/// One stream of the execution.
struct Part {
    stream: StreamId,
    /// The events to append to it so far.
    events: Vec<NewEvent>,
    access: Box<dyn ExclusiveAccess>,
}

impl Part {
    fn take_append(&mut self) -> StreamAppend {
        let expected = ExpectedVersion::Exact(self.access.before());
        StreamAppend { stream: self.stream.clone(), expected, events: std::mem::take(&mut self.events) }
    }
}

/// Waits for exclusive access to all streams, in the order of the stream ids, so that two executions that share
/// several streams do not deadlock.
async fn lock_all<'a, S: EventStore>(
    engine: &Arc<CommandEngine<S>>,
    streams: &[StreamId],
    steps: &[Box<dyn Step<S> + 'a>],
) -> Result<Vec<Part>, AtomicError> {
    let mut sorted: Vec<_> = streams.iter().collect();
    sorted.sort_unstable();
    let mut parts = Vec::with_capacity(streams.len());
    for stream in sorted {
        let mut of_stream = steps.iter().filter(|step| step.stream().is_ok_and(|named| named == *stream));
        let first = of_stream.next().expect("each stream was named by a step");
        parts.push(Part { stream: stream.clone(), events: Vec::new(), access: first.access(engine).await? });
    }
    // Receipts are returned in the order in which the streams were named.
    parts.sort_by_key(|part| streams.iter().position(|stream| *stream == part.stream));
    Ok(parts)
}

fn decide<S>(
    steps: &[Box<dyn Step<S> + '_>],
    metadata: &Metadata,
    parts: &mut [Part],
) -> Result<(), AtomicError> {
    for (index, step) in steps.iter().enumerate() {
        let stream = step.stream()?;
        let part = parts.iter_mut().find(|part| part.stream == stream).expect("a part for each stream");
        step.decide(index, metadata, part)?;
    }
    Ok(())
}

/// An append without events, which checks whether the streams still have the versions at which a command was
/// rejected.
fn check(parts: &[Part]) -> Append {
    let part = |part: &Part| StreamAppend {
        stream: part.stream.clone(),
        expected: ExpectedVersion::Exact(part.access.before()),
        events: Vec::new(),
    };
    Append { streams: parts.iter().map(part).collect(), idempotency_key: None, request: None }
}

fn end(parts: Vec<Part>, how: End) {
    for part in parts {
        part.access.end(how);
    }
}

/// [`Exclusive`] without the type of its aggregate.
trait ExclusiveAccess: Send {
    fn before(&self) -> Version;
    fn is_fresh(&self) -> bool;
    fn end(self: Box<Self>, how: End);
    fn as_any(&mut self) -> &mut dyn Any;
}

impl<A: Aggregate> ExclusiveAccess for Exclusive<A> {
    fn before(&self) -> Version {
        Self::before(self)
    }

    fn is_fresh(&self) -> bool {
        Self::is_fresh(self)
    }

    fn end(self: Box<Self>, how: End) {
        Self::end(*self, how);
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// A command without its type.
#[async_trait]
trait Step<S>: Send + Sync {
    fn name(&self) -> &'static str;
    fn stream(&self) -> Result<StreamId, ReadError>;
    async fn access(&self, engine: &Arc<CommandEngine<S>>) -> Result<Box<dyn ExclusiveAccess>, ReadError>;
    fn decide(&self, index: usize, metadata: &Metadata, part: &mut Part) -> Result<(), AtomicError>;
}

struct TypedCommand<C>(C);

#[async_trait]
impl<S: EventStore, C: Command> Step<S> for TypedCommand<C>
where
    C::Aggregate: Handle<C>,
{
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn stream(&self) -> Result<StreamId, ReadError> {
        Ok(StreamId::of::<C::Aggregate>(self.0.aggregate_id())?)
    }

    async fn access(&self, engine: &Arc<CommandEngine<S>>) -> Result<Box<dyn ExclusiveAccess>, ReadError> {
        let handle = engine.queues.handle::<C::Aggregate>(Step::<S>::stream(self)?);
        Ok(Box::new(Exclusive::wait(handle, engine).await?))
    }

    fn decide(&self, index: usize, metadata: &Metadata, part: &mut Part) -> Result<(), AtomicError> {
        let Some(access) = part.access.as_any().downcast_mut::<Exclusive<C::Aggregate>>() else {
            // Two types of aggregate on one stream: the second would not see the events of the first.
            return Err(ExecuteError::Invalid(InvalidAppend::RepeatedStream { stream: part.stream.clone() }));
        };
        let decided = access
            .state()
            .handle(&self.0)
            .map_err(|error| ExecuteError::Rejected(RejectedCommand { index, rejection: Box::new(error) }))?;
        let events = encode(&decided, metadata)?;
        access.decided(&events).map_err(ExecuteError::Unreadable)?;
        part.events.extend(events);
        Ok(())
    }
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
