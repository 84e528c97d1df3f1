//! An event handler as a consumer.

mod effects;

use std::{borrow::Cow, sync::Arc};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use self::effects::Effects;
use super::{
    BufferedEvents, Consumer, Deliver, DeliveryOptions, Fault, Job, Known, Share, Work, buffer::Buffer,
};
use crate::projections::ProjectionEngine;
use crate::{
    Delivery, EventContext, EventHandler, FailurePolicy, ProjectionError, Recorded, RecordedEvent,
    store::{Definition, EventTypes, GenerationId, LogFilter, ProjectionKind, ProjectionStore, StartAt},
};

/// The namespace of idempotency keys, a random UUID.
const KEYS: Uuid = Uuid::from_u128(0x6f1c_70f7_5e0b_4b6e_9d2c_3a8b_51d4_97e2);

pub(crate) struct HandlerConsumer<H> {
    handler: H,
    definition: Definition,
    filter: LogFilter,
}

impl<H: EventHandler> HandlerConsumer<H> {
    pub(crate) fn new(handler: H, start: StartAt) -> Self {
        let definition = Definition {
            name: H::NAME.to_owned(),
            version: 1,
            partitions: H::PARTITIONS.max(1),
            kind: ProjectionKind::Handler,
            start,
            event_types: EventTypes::of::<H::Event>(),
        };
        Self { handler, definition, filter: LogFilter::of::<H::Event>() }
    }
}

/// The idempotency key of the nth event that was upcast from a stored event.
pub(crate) fn idempotency_key<H: EventHandler>(event: &EventContext, nth: usize) -> Uuid {
    let name = format!("{}/{}/{nth}", oldest_name::<H>(), event.id);
    Uuid::new_v5(&KEYS, name.as_bytes())
}

/// The name that what is kept about deliveries belongs to: it stays when the handler is renamed.
fn oldest_name<H: EventHandler>() -> &'static str {
    H::WAS.first().copied().unwrap_or(H::NAME)
}

#[async_trait]
impl<S: ProjectionStore, H: EventHandler> Consumer<S> for HandlerConsumer<H> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn on_failure(&self) -> FailurePolicy {
        self.handler.on_failure()
    }

    fn former_names(&self) -> &'static [&'static str] {
        H::WAS
    }

    fn policy_for(&self, fault: &Fault) -> FailurePolicy {
        match fault {
            Fault::Failed(error) => self.handler.on_error(error),
            Fault::Undecodable(_) | Fault::Panicked(_) => self.handler.on_failure(),
        }
    }

    fn delivery(&self) -> Option<DeliveryOptions> {
        Some(DeliveryOptions { concurrency: H::CONCURRENCY.max(1), commit_every: H::COMMIT_EVERY })
    }

    fn filter(&self) -> &LogFilter {
        &self.filter
    }

    fn known(&self, event_type: &str) -> Known {
        Known::of::<H::Event>(event_type)
    }

    async fn setup(&self, _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Ok(())
    }

    async fn check(&self, _: &S, _: GenerationId) -> Result<(), ProjectionError> {
        Ok(())
    }

    fn work(self: Arc<Self>, engine: &Arc<ProjectionEngine<S>>) -> Box<dyn Work<S>> {
        Box::new(HandlerWork { consumer: self, engine: Arc::clone(engine), buffer: Buffer::default() })
    }

    async fn apply_inline(&self, _: &[RecordedEvent], _: &mut S::Transaction) -> Result<(), ProjectionError> {
        Err(ProjectionError::new("an event handler cannot be inline"))
    }
}

struct HandlerWork<S, H: EventHandler> {
    consumer: Arc<HandlerConsumer<H>>,
    engine: Arc<ProjectionEngine<S>>,
    buffer: Buffer<H::Event>,
}

#[async_trait]
impl<S: ProjectionStore, H: EventHandler> Work<S> for HandlerWork<S, H> {
    fn take(&mut self, event: Cow<'_, RecordedEvent>, share: &Share<'_>) -> Result<(), Fault> {
        let key =
            |event: &Recorded<_>| self.consumer.handler.key(event).map(Cow::into_owned).into_iter().collect();
        self.buffer.take(event, share, key)
    }

    fn buffered(&self) -> &dyn BufferedEvents {
        &self.buffer
    }

    fn jobs(&mut self) -> Vec<Job> {
        let Self { consumer, engine, buffer } = self;
        let job = |(key, nth, event): (String, usize, Recorded<H::Event>)| {
            let (consumer, engine) = (Arc::clone(consumer), Arc::clone(engine));
            let idempotency_key = idempotency_key::<H>(&event.context, nth);
            let effects = Effects { engine, consumer: oldest_name::<H>(), event: event.context.id, nth };
            Job { key, event: Arc::new(Delivered { consumer, event, idempotency_key, effects }) }
        };
        buffer.drain().map(job).collect()
    }

    async fn apply(
        &mut self,
        _: usize,
        _: usize,
        _: Option<&str>,
        _: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        Err(ProjectionError::new("an event handler does not write within a transaction"))
    }

    fn transaction_ended(&mut self, _: bool) {}

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

/// An event, and the handler that it is for.
struct Delivered<S, H: EventHandler> {
    consumer: Arc<HandlerConsumer<H>>,
    event: Recorded<H::Event>,
    idempotency_key: Uuid,
    effects: Effects<S>,
}

impl<S: ProjectionStore, H: EventHandler> Deliver for Delivered<S, H> {
    fn context(&self) -> &EventContext {
        &self.event.context
    }

    fn deliver(self: Arc<Self>) -> BoxFuture<'static, Result<(), ProjectionError>> {
        Box::pin(async move {
            let delivery = Delivery::new(&self.event, self.idempotency_key);
            self.consumer.handler.handle(delivery.keeping(&self.effects)).await
        })
    }
}

#[cfg(test)]
mod tests;
