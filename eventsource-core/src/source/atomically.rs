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

use super::{ExecuteError, Inner, ReadError, append::encode, load, load::Loaded, origin::Origin};
use crate::{
    Apply, Command, EventContext, Handle, Metadata, StreamId, Traceparent, Version,
    store::{
        Append, AppendError, BoxError, EventStore, ExpectedVersion, InvalidAppend, NewEvent, Receipt,
        StreamAppend,
    },
};

/// Several commands about to be executed as one; `.await` executes them and gives one receipt per stream, in
/// the order in which the streams were first named.
///
/// Each command is decided on the state that the ones before it leave. Either all their events are recorded
/// in one append, or none; on a conflict on any stream everything is loaded and decided again.
#[must_use = "commands are executed by `.await`"]
pub struct Atomically<'a, S> {
    source: &'a Arc<Inner<S>>,
    steps: Vec<Box<dyn Step<S> + 'a>>,
    origin: Origin,
}

/// Which of several commands was rejected, and why.
#[derive(Debug, thiserror::Error)]
#[error("command {} of the atomic execution was rejected", index + 1)]
pub struct RejectedCommand {
    /// The number of the command in the order they were given, from 0.
    pub index: usize,
    /// The domain's own error; `downcast_ref` gives it back.
    #[source]
    pub rejection: BoxError,
}

type Failure = ExecuteError<RejectedCommand>;

impl<'a, S: EventStore> Atomically<'a, S> {
    pub(super) fn new(source: &'a Arc<Inner<S>>) -> Self {
        Self { source, steps: Vec::new(), origin: Origin::default() }
    }

    /// Adds a command, of any type and to any aggregate.
    pub fn execute<C: Command + 'a>(mut self, command: C) -> Self
    where
        C::Aggregate: Handle<C>,
    {
        self.steps.push(Box::new(Wish(command)));
        self
    }

    /// Executes all of it once under this key, as [`Execute::idempotency_key`](super::Execute::idempotency_key).
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.origin.key(key.into());
        self
    }

    /// Adds a pair to the metadata of all events.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.origin.value(key.into(), value.into());
        self
    }

    /// Says which event led to these commands.
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

    async fn run(self) -> Result<Vec<Receipt>, Failure> {
        let Self { source, steps, origin } = self;
        let metadata = origin.metadata();
        let key = origin.idempotency_key.as_deref();
        let mut streams = Vec::new();
        for step in &steps {
            let stream = step.stream()?;
            if !streams.contains(&stream) {
                streams.push(stream);
            }
        }
        let mut delays = source.retry.delays();
        let mut attempts = 1;
        loop {
            if let Some(receipts) = source.find_receipts(&streams, key).await? {
                return Ok(receipts);
            }
            let mut parts = Vec::new();
            for (index, step) in steps.iter().enumerate() {
                step.decide(index, &source.store, &metadata, &mut parts).await?;
            }
            let append = Append {
                streams: parts.into_iter().map(Part::into_append).collect(),
                idempotency_key: key.map(str::to_owned),
            };
            match source.append(append).await {
                Ok(receipts) => return Ok(receipts),
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

/// One stream of the execution: the state after what was decided so far.
struct Part {
    stream: StreamId,
    version: Version,
    events: Vec<NewEvent>,
    /// The aggregate's state.
    state: Box<dyn Any + Send + Sync>,
}

impl Part {
    fn into_append(self) -> StreamAppend {
        let expected = ExpectedVersion::Exact(self.version);
        StreamAppend { stream: self.stream, expected, events: self.events }
    }
}

/// A command whose type is forgotten.
#[async_trait]
trait Step<S>: Send + Sync {
    fn stream(&self) -> Result<StreamId, ReadError>;

    async fn decide(
        &self,
        index: usize,
        store: &S,
        metadata: &Metadata,
        parts: &mut Vec<Part>,
    ) -> Result<(), Failure>;
}

struct Wish<C>(C);

#[async_trait]
impl<S: EventStore, C: Command> Step<S> for Wish<C>
where
    C::Aggregate: Handle<C>,
{
    fn stream(&self) -> Result<StreamId, ReadError> {
        Ok(StreamId::of::<C::Aggregate>(self.0.aggregate_id())?)
    }

    async fn decide(
        &self,
        index: usize,
        store: &S,
        metadata: &Metadata,
        parts: &mut Vec<Part>,
    ) -> Result<(), Failure> {
        let stream = Step::<S>::stream(self)?;
        let at = match parts.iter().position(|part| part.stream == stream) {
            Some(at) => at,
            None => {
                let Loaded::<C::Aggregate> { state, version, stream, .. } =
                    load::current(store, stream).await?;
                parts.push(Part { stream, version, events: Vec::new(), state: Box::new(state) });
                parts.len() - 1
            }
        };
        let Part { stream, events, state, .. } = &mut parts[at];
        let Some(state) = state.downcast_mut::<C::Aggregate>() else {
            // Two kinds of aggregate on one stream: the second would not see what the first decided.
            return Err(ExecuteError::Invalid(InvalidAppend::RepeatedStream { stream: stream.clone() }));
        };
        let decided = state
            .handle(&self.0)
            .map_err(|error| ExecuteError::Rejected(RejectedCommand { index, rejection: Box::new(error) }))?;
        events.extend(encode(&decided, metadata)?);
        for event in decided {
            state.apply(event);
        }
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
    type Output = Result<Vec<Receipt>, Failure>;
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
