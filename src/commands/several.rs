//! Several commands on several aggregates, each decided on the state that its predecessors produce, while exclusive
//! access to all of the aggregates is held. [`Atomically`](super::Atomically) and policies append the outcome as one.

use std::{any::Any, collections::HashMap, marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};

use super::{
    append::encode,
    queue::{End, Exclusive, Locked, handle::CommandQueues},
};
use crate::{
    Aggregate, Command, DecodeError, EncodeError, Handle, Metadata, ReadError, StreamId, Version,
    store::{Append, BoxError, EventStore, ExpectedVersion, NewEvent, StreamAppend},
};

/// How many states are loaded at a time.
const LOADS: usize = 64;

/// An aggregate without its type.
#[async_trait]
pub(crate) trait AnyAggregate: Send + Sync {
    /// Waits until no other command of this process is handled on the aggregate.
    async fn lock(
        &self,
        queues: &Arc<CommandQueues>,
        stream: StreamId,
    ) -> Result<Box<dyn AnyLocked>, ReadError>;
}

/// An aggregate of a type.
pub(crate) struct TypedAggregate<A>(pub(crate) PhantomData<fn() -> A>);

#[async_trait]
impl<A: Aggregate> AnyAggregate for TypedAggregate<A> {
    async fn lock(
        &self,
        queues: &Arc<CommandQueues>,
        stream: StreamId,
    ) -> Result<Box<dyn AnyLocked>, ReadError> {
        Ok(Box::new(Exclusive::lock(queues.handle::<A>(stream)).await?))
    }
}

/// A command without its type.
pub(crate) trait AnyCommand: AnyAggregate {
    fn name(&self) -> &'static str;

    /// Its aggregate.
    fn aggregate(&self) -> Arc<dyn AnyAggregate>;

    /// The stream of its aggregate.
    fn stream(&self) -> Result<StreamId, ReadError>;

    /// Handles the command, and adds its events to the part.
    fn decide(&self, metadata: &Metadata, part: &mut Part) -> Result<(), Undecided>;
}

/// Why a command has no events.
pub(crate) enum Undecided {
    Rejected(BoxError),
    /// An event cannot be written as JSON.
    Encode(EncodeError),
    /// An event cannot be read back.
    Unreadable(DecodeError),
    /// Two types of aggregate have this stream: the second would not see the events of the first.
    SharedStream(StreamId),
}

/// A command of a type.
pub(crate) struct TypedCommand<C>(pub(crate) C);

#[async_trait]
impl<C: Command> AnyAggregate for TypedCommand<C>
where
    C::Aggregate: Handle<C>,
{
    async fn lock(
        &self,
        queues: &Arc<CommandQueues>,
        stream: StreamId,
    ) -> Result<Box<dyn AnyLocked>, ReadError> {
        TypedAggregate::<C::Aggregate>(PhantomData).lock(queues, stream).await
    }
}

impl<C: Command> AnyCommand for TypedCommand<C>
where
    C::Aggregate: Handle<C>,
{
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn aggregate(&self) -> Arc<dyn AnyAggregate> {
        Arc::new(TypedAggregate::<C::Aggregate>(PhantomData))
    }

    fn stream(&self) -> Result<StreamId, ReadError> {
        Ok(StreamId::of::<C::Aggregate>(self.0.aggregate_id())?)
    }

    fn decide(&self, metadata: &Metadata, part: &mut Part) -> Result<(), Undecided> {
        let state = part.state::<C::Aggregate>()?;
        let decided = state.handle(&self.0).map_err(|error| Undecided::Rejected(Box::new(error)))?;
        part.record::<C::Aggregate>(&decided, metadata)
    }
}

/// One stream, with exclusive access to its aggregate.
pub(crate) struct Part {
    stream: StreamId,
    /// The events to append to it so far.
    events: Vec<NewEvent>,
    access: Box<dyn AnyExclusive>,
}

/// The streams of several commands, in the order in which they were first named.
pub(crate) struct Parts {
    parts: Vec<Part>,
    indexes: HashMap<StreamId, usize>,
}

impl Parts {
    /// Waits for exclusive access to all streams, in the order of the stream ids, so that two callers that share several
    /// streams do not deadlock. Then loads the states.
    pub(super) async fn lock<'c, S: EventStore>(
        queues: &Arc<CommandQueues>,
        store: &S,
        aggregates: impl Iterator<Item = (&'c StreamId, &'c dyn AnyAggregate)>,
    ) -> Result<Self, ReadError> {
        let mut named: Vec<(&StreamId, &dyn AnyAggregate)> = Vec::new();
        let mut indexes = HashMap::new();
        for (stream, aggregate) in aggregates {
            indexes.entry(stream.clone()).or_insert_with(|| {
                named.push((stream, aggregate));
                named.len() - 1
            });
        }
        named.sort_unstable_by_key(|(stream, _)| *stream);
        let mut loads = Vec::with_capacity(named.len());
        for (stream, aggregate) in named {
            let locked = aggregate.lock(queues, stream.clone()).await?;
            loads.push(load(stream.clone(), locked, store).boxed());
        }
        let mut parts: Vec<Part> = stream::iter(loads).buffered(LOADS).try_collect::<Vec<_>>().await?;
        parts.sort_unstable_by_key(|part| indexes[&part.stream]);
        Ok(Self { parts, indexes })
    }

    /// The part of a stream, if it is among them.
    pub(crate) fn part(&mut self, stream: &StreamId) -> Option<&mut Part> {
        self.indexes.get(stream).map(|&index| &mut self.parts[index])
    }

    /// Decides a command on the state that those before it produce.
    pub(crate) fn decide(
        &mut self,
        stream: &StreamId,
        command: &dyn AnyCommand,
        metadata: &Metadata,
    ) -> Result<(), Undecided> {
        command.decide(metadata, &mut self.parts[self.indexes[stream]])
    }

    /// Whether a rejection on these states is final: the store was read while access was held, and no command was handled
    /// since. Otherwise a state may be outdated.
    pub(super) fn are_fresh(&self) -> bool {
        self.parts.iter().all(|part| part.access.is_fresh())
    }

    /// The append of what was decided.
    pub(crate) fn append(&mut self) -> Append {
        append_of(self.parts.iter_mut().map(|part| {
            let events = std::mem::take(&mut part.events);
            part.append_of(events)
        }))
    }

    /// An append without events, which checks whether the streams still have the versions at which a command was
    /// rejected.
    pub(super) fn check(&self) -> Append {
        append_of(self.parts.iter().map(|part| part.append_of(Vec::new())))
    }

    /// The same for the streams whose state may be outdated, and which `are_appended` does not check: with it, those without
    /// events.
    pub(crate) fn check_outdated(&self, are_appended: bool) -> Append {
        let unchecked = |part: &&Part| !(part.access.is_fresh() || are_appended && !part.events.is_empty());
        append_of(self.parts.iter().filter(unchecked).map(|part| part.append_of(Vec::new())))
    }

    /// Ends the access.
    pub(crate) fn end(self, how: End) {
        for part in self.parts {
            part.access.end(how);
        }
    }
}

async fn load(
    stream: StreamId,
    locked: Box<dyn AnyLocked>,
    store: &dyn EventStore,
) -> Result<Part, ReadError> {
    Ok(Part { stream, events: Vec::new(), access: locked.load(store).await? })
}

impl Part {
    /// The state after all events so far.
    pub(crate) fn state<A: Aggregate>(&mut self) -> Result<&A, Undecided> {
        match self.access.as_any().downcast_mut::<Exclusive<A>>() {
            Some(access) => Ok(access.state()),
            None => Err(Undecided::SharedStream(self.stream.clone())),
        }
    }

    /// Adds events, and applies them to the state.
    pub(crate) fn record<A: Aggregate>(
        &mut self,
        decided: &[A::Event],
        metadata: &Metadata,
    ) -> Result<(), Undecided> {
        let Some(access) = self.access.as_any().downcast_mut::<Exclusive<A>>() else {
            return Err(Undecided::SharedStream(self.stream.clone()));
        };
        let events = encode(decided, metadata).map_err(Undecided::Encode)?;
        access.decided(&events).map_err(Undecided::Unreadable)?;
        self.events.extend(events);
        Ok(())
    }

    /// Whether the stream has events, those that are to be appended among them.
    pub(crate) fn exists(&self) -> bool {
        self.access.before() > Version::EMPTY || !self.events.is_empty()
    }

    fn append_of(&self, events: Vec<NewEvent>) -> StreamAppend {
        let expected = ExpectedVersion::Exact(self.access.before());
        StreamAppend { stream: self.stream.clone(), expected, events }
    }
}

fn append_of(streams: impl Iterator<Item = StreamAppend>) -> Append {
    Append { streams: streams.collect(), idempotency_key: None, request: None }
}

/// [`Locked`] without the type of its aggregate.
#[async_trait]
pub(crate) trait AnyLocked: Send {
    async fn load(self: Box<Self>, store: &dyn EventStore) -> Result<Box<dyn AnyExclusive>, ReadError>;
}

#[async_trait]
impl<A: Aggregate> AnyLocked for Locked<A> {
    async fn load(self: Box<Self>, store: &dyn EventStore) -> Result<Box<dyn AnyExclusive>, ReadError> {
        Ok(Box::new(Locked::load(*self, store).await?))
    }
}

/// [`Exclusive`] without the type of its aggregate.
pub(crate) trait AnyExclusive: Send + Sync {
    fn before(&self) -> Version;
    fn is_fresh(&self) -> bool;
    fn end(self: Box<Self>, how: End);
    fn as_any(&mut self) -> &mut dyn Any;
}

impl<A: Aggregate> AnyExclusive for Exclusive<A> {
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
