//! A projection as a consumer.

use std::{borrow::Cow, slice, sync::Arc};

use async_trait::async_trait;
use eventsource_core::engine::{Session, folding};

use super::{
    BufferedEvents, Consumer, DeliveryOptions, Fault, Job, Known, Share, Work, buffer::Buffer, guarded_now,
};
use crate::projections::ProjectionEngine;
use crate::{
    FailurePolicy, Projection, ProjectionError, Recorded, RecordedEvent,
    store::{Definition, EventTypes, GenerationId, LogFilter, ProjectionKind, ProjectionStore, StartAt},
};

pub(crate) struct ProjectionConsumer<P> {
    projection: P,
    definition: Definition,
    filter: LogFilter,
}

impl<P> ProjectionConsumer<P> {
    pub(crate) fn new<S: ProjectionStore>(projection: P, kind: ProjectionKind) -> Self
    where
        P: Projection<S>,
    {
        let definition = Definition {
            name: P::NAME.to_owned(),
            version: P::VERSION,
            partitions: if kind == ProjectionKind::Inline { 1 } else { P::PARTITIONS.max(1) },
            kind,
            start: StartAt::Beginning,
            event_types: EventTypes::of::<P::Event>(),
        };
        Self { projection, definition, filter: LogFilter::of::<P::Event>() }
    }
}

#[async_trait]
impl<S: ProjectionStore, P: Projection<S>> Consumer<S> for ProjectionConsumer<P> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn on_failure(&self) -> FailurePolicy {
        self.projection.on_failure()
    }

    fn former_names(&self) -> &'static [&'static str] {
        &[]
    }

    fn policy_for(&self, _: &Fault) -> FailurePolicy {
        self.projection.on_failure()
    }

    fn delivery(&self) -> Option<DeliveryOptions> {
        None
    }

    fn filter(&self) -> &LogFilter {
        &self.filter
    }

    fn known(&self, event_type: &str) -> Known {
        Known::of::<P::Event>(event_type)
    }

    fn names_rows(&self) -> bool {
        folding::<S, P>(&self.projection).is_some()
    }

    fn row_keys(&self, event: &RecordedEvent) -> Result<Vec<String>, Fault> {
        guarded_now(|| {
            let events = RecordedEvent::decode_shared::<P::Event>(Cow::Borrowed(event));
            let keys = |event| keys_of::<S, P>(&self.projection, &event);
            Ok(events.map_err(Fault::Undecodable)?.flat_map(keys).collect())
        })
    }

    async fn setup(&self, transaction: &mut S::Transaction) -> Result<(), ProjectionError> {
        self.projection.setup(transaction).await
    }

    async fn check(&self, store: &S, generation: GenerationId) -> Result<(), ProjectionError> {
        self.projection.check(store, generation).await
    }

    fn work(self: Arc<Self>, _: &Arc<ProjectionEngine<S>>) -> Box<dyn Work<S>> {
        let session = folding::<S, P>(&self.projection).map(|rows| rows.session());
        Box::new(ProjectionWork { consumer: self, session, buffer: Buffer::default() })
    }

    async fn apply_inline(
        &self,
        events: &[RecordedEvent],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let mut wanted = Vec::with_capacity(events.len());
        for event in events.iter().filter(|event| self.filter.admits(&event.context)) {
            let decoded = RecordedEvent::decode_shared::<P::Event>(Cow::Borrowed(event))?;
            wanted.extend(decoded.filter(|event| !keys_of::<S, P>(&self.projection, event).is_empty()));
        }
        if wanted.is_empty() {
            return Ok(());
        }
        self.projection.apply(&wanted, transaction).await
    }
}

/// The partition keys of an event.
fn keys_of<S: ProjectionStore, P: Projection<S>>(projection: &P, event: &Recorded<P::Event>) -> Vec<String> {
    match folding::<S, P>(projection) {
        Some(rows) => rows.keys(event),
        None => projection.key(event).map(Cow::into_owned).into_iter().collect(),
    }
}

struct ProjectionWork<S: ProjectionStore, P: Projection<S>> {
    consumer: Arc<ProjectionConsumer<P>>,
    session: Option<Box<dyn Session<S, P::Event>>>,
    buffer: Buffer<P::Event>,
}

#[async_trait]
impl<S: ProjectionStore, P: Projection<S>> Work<S> for ProjectionWork<S, P> {
    fn take(&mut self, event: Cow<'_, RecordedEvent>, share: &Share<'_>) -> Result<(), Fault> {
        self.buffer.take(event, share, |event| keys_of::<S, P>(&self.consumer.projection, event))
    }

    fn buffered(&self) -> &dyn BufferedEvents {
        &self.buffer
    }

    fn jobs(&mut self) -> Vec<Job> {
        Vec::new()
    }

    async fn apply(
        &mut self,
        from: usize,
        to: usize,
        only: Option<&str>,
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let (events, keys) = (&self.buffer.events[from..to], &self.buffer.keys[from..to]);
        match (&mut self.session, only) {
            (Some(session), None) => session.apply(events, keys, transaction).await,
            (Some(session), Some(only)) => {
                let has = |keys: &Vec<String>| keys.iter().filter(|key| *key == only).cloned().collect();
                let keys: Vec<Vec<String>> = keys.iter().map(has).collect();
                session.apply(events, &keys, transaction).await
            }
            (None, None) => self.consumer.projection.apply(events, transaction).await,
            (None, Some(only)) => {
                for (event, _) in
                    events.iter().zip(keys).filter(|(_, keys)| keys.iter().any(|key| key == only))
                {
                    self.consumer.projection.apply(slice::from_ref(event), transaction).await?;
                }
                Ok(())
            }
        }
    }

    fn transaction_ended(&mut self, committed: bool) {
        if let Some(session) = &mut self.session {
            session.transaction_ended(committed);
        }
    }

    fn park(&mut self, index: usize, key: &str, error: Option<String>, attempts: usize) {
        self.buffer.park(index, key, error, attempts);
    }

    fn remove(&mut self, index: usize) {
        self.buffer.remove(index);
    }

    fn clear(&mut self) {
        self.buffer.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        EventSource, MemoryStore, Recorded,
        memory::MemoryTransaction,
        projections::sample::{Word, event},
    };

    struct WithoutKey;

    #[async_trait]
    impl Projection<MemoryStore> for WithoutKey {
        type Event = Word;
        const NAME: &'static str = "pages";

        async fn apply(
            &self,
            _: &[Recorded<Word>],
            _: &mut MemoryTransaction,
        ) -> Result<(), ProjectionError> {
            Ok(())
        }
    }

    #[test]
    fn the_key_of_an_event_is_its_stream_by_default() {
        let consumer = ProjectionConsumer::new(WithoutKey, ProjectionKind::Following);
        let engine = EventSource::new(MemoryStore::new()).projections;
        let mut work = Arc::new(consumer).work(&engine);
        let share = Share { partition: 0, of: 1, parked: &|_| false };
        work.take(Cow::Owned(event(1, "a")), &share).expect("decoded");
        assert_eq!((work.buffered().len(), work.buffered().keys(0)), (1, &["page/1".to_owned()][..]));
    }
}
