//! Executing one command on one aggregate.

use std::{
    any, fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use tracing::{Instrument, Span, field::Empty};
use uuid::Uuid;

use super::{
    engine::CommandEngine,
    error::ExecuteError,
    origin::Origin,
    queue::{self, Attempt},
};
use crate::{
    Command, EventContext, Handle, ReadError, StreamId, Traceparent,
    store::{EventStore, Receipt, Request},
};

/// A command that is executed by `.await`. Dropping the future before it completes is safe: the events of the
/// command are then either all recorded or not at all.
#[must_use = "a command is executed by `.await`"]
pub struct Execute<'a, S, C> {
    engine: &'a Arc<CommandEngine<S>>,
    command: C,
    origin: Origin,
}

type Rejection<C> = <<C as Command>::Aggregate as Handle<C>>::Error;

impl<'a, S: EventStore, C: Command> Execute<'a, S, C>
where
    C::Aggregate: Handle<C>,
{
    pub(crate) fn new(engine: &'a Arc<CommandEngine<S>>, command: C) -> Self {
        Self { engine, command, origin: Origin::default() }
    }

    /// Executes the command only once per aggregate under this key: a repetition appends nothing and returns the
    /// first receipt, with [`Receipt::repeated`] set. A rejection is not stored. The key has at most
    /// [`Append::MAX_KEY_BYTES`](crate::store::Append::MAX_KEY_BYTES) bytes.
    ///
    /// The receipt keeps the [name of the command](Command::NAME). Another command under the same key, or the same
    /// command with another [`content`](Self::content), is not executed, and fails with [`ExecuteError::ReusedKey`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// let first = es.execute(Deposit("acc-1", 100)).idempotency_key("request-4711").await?;
    /// let again = es.execute(Deposit("acc-1", 100)).idempotency_key("request-4711").await?;
    /// assert!(again.repeated && again.version == first.version);
    /// assert_eq!(es.load::<Account>("acc-1").await?.state.balance, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.origin.key(key.into());
        self
    }

    /// Sets the content of the request that the idempotency key stands for, such as the body of an HTTP request. The
    /// receipt keeps a digest of these bytes. A repetition with other bytes fails with [`ExecuteError::ReusedKey`].
    /// Without a key it has no effect.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).idempotency_key("request-4711").content(r#"{"amount":100}"#).await?;
    ///
    /// let other = es.execute(Deposit("acc-1", 900)).idempotency_key("request-4711").content(r#"{"amount":900}"#);
    /// assert!(matches!(other.await, Err(ExecuteError::ReusedKey(_))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn content(mut self, content: impl AsRef<[u8]>) -> Self {
        self.origin.content(content.as_ref());
        self
    }

    /// Adds an entry to the metadata of the events.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.origin.entry(key.into(), value.into());
        self
    }

    /// Sets the event that caused this command: its id becomes the causation id of the new events, and its
    /// correlation id and trace context are passed on.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use futures_util::TryStreamExt;
    ///
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// let deposited = es.history::<Account>("acc-1").try_next().await?.expect("an event");
    ///
    /// es.execute(Deposit("acc-2", 1)).caused_by(&deposited.context).await?;
    /// let bonus = es.history::<Account>("acc-2").try_next().await?.expect("an event");
    /// assert_eq!(bonus.context.metadata.causation_id, Some(deposited.context.id.as_uuid()));
    /// assert_eq!(bonus.context.metadata.correlation_id, deposited.context.metadata.correlation_id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn caused_by(mut self, event: &EventContext) -> Self {
        self.origin.cause(event);
        self
    }

    /// Sets the correlation id. By default it is that of the causing event, or a new one.
    pub fn correlation_id(mut self, id: Uuid) -> Self {
        self.origin.correlation(id);
        self
    }

    /// Sets the W3C trace context.
    pub fn traceparent(mut self, traceparent: Traceparent) -> Self {
        self.origin.trace(traceparent);
        self
    }

    async fn run(self) -> Result<Receipt, ExecuteError<Rejection<C>>> {
        let Self { engine, command, origin } = self;
        let stream = StreamId::of::<C::Aggregate>(command.aggregate_id()).map_err(ReadError::InvalidId)?;
        let metadata = origin.metadata();
        let span = Span::current();
        span.record("stream", tracing::field::display(&stream));
        span.record("correlation_id", metadata.correlation_id.map(tracing::field::display));
        let keyed = origin.keyed(|| Request::new(C::NAME));
        let handle = engine.queues.handle::<C::Aggregate>(stream);
        let mut delays = engine.retry.delays();
        let mut attempts = 1;
        loop {
            match queue::attempt(&handle, engine, &command, &metadata, keyed.as_ref()).await? {
                Attempt::Done(receipt) => return Ok(receipt),
                Attempt::Conflict(conflict) => {
                    let Some(delay) = delays.next() else {
                        return Err(ExecuteError::from_append(conflict, attempts));
                    };
                    tracing::debug!(stream = %handle.stream, attempts, "conflict; handling the command again");
                    tokio::time::sleep(delay).await;
                    attempts += 1;
                }
                Attempt::Stale => {}
            }
        }
    }
}

impl<'a, S: EventStore, C: Command + 'a> IntoFuture for Execute<'a, S, C>
where
    C::Aggregate: Handle<C>,
{
    type Output = Result<Receipt, ExecuteError<Rejection<C>>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let span = tracing::debug_span!(
            "execute",
            command = any::type_name::<C>(),
            stream = Empty,
            correlation_id = Empty
        );
        Box::pin(self.run().instrument(span))
    }
}

impl<S, C: fmt::Debug> fmt::Debug for Execute<'_, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, origin, .. } = self;
        f.debug_struct("Execute").field("command", command).field("origin", origin).finish_non_exhaustive()
    }
}
