//! Notification: tells the customer by mail. A mail goes out at most once: rather none than two.

use std::{error::Error, io, time::Duration};

use eventsource::{
    AnyStore, Delivery, FailurePolicy, OnFailure, async_trait, prelude::*, reacting::Once, store::StartAt,
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, address::AddressError, transport::smtp,
};

use super::{Builder, Outside};
use crate::domain::{Order, OrderEvent};

pub(super) fn register(shop: Builder, outside: &Outside) -> Builder {
    let (host, port) = (outside.mail.ip().to_string(), outside.mail.port());
    let server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host).port(port).build();
    shop.handler_with(|es| Notification { es, server }, StartAt::Beginning)
}

struct Notification {
    es: EventSource<AnyStore>,
    server: AsyncSmtpTransport<Tokio1Executor>,
}

#[async_trait]
impl EventHandler for Notification {
    type Event = OrderEvent;
    const NAME: &'static str = "notification";
    const CONCURRENCY: usize = 64;

    async fn handle(&self, event: Delivery<'_, OrderEvent>) -> Result<(), ProjectionError> {
        let order = event.aggregate_id().to_owned();
        let Some(placed) = self.es.load::<Order>(&order).await?.state.placed else { return Ok(()) };
        let text = match event.event {
            OrderEvent::Placed(_) => format!("We have received your order {order}."),
            OrderEvent::Shipped { .. } => format!("Your order {order} is on its way."),
            OrderEvent::Cancelled { reason, .. } => {
                format!("Your order {order} was cancelled ({reason:?}). What you have paid is given back.")
            }
        };
        let mail = Message::builder()
            .from("shop@shop.example".parse()?)
            .to(placed.email.parse()?)
            .message_id(Some(format!("<{}@shop.example>", event.idempotency_key)))
            .subject(&*event.context.event_type)
            .body(text)?;
        // What was begun and not reported may have been sent.
        let Once::Fresh(attempt) = event.once::<()>("mail").await? else { return Ok(()) };
        match self.server.send(mail).await {
            Ok(_) => attempt.done(()).await?,
            Err(error) if was_refused(&error) => {
                attempt.not_done().await?;
                return Err(error.into());
            }
            // The answer was lost.
            Err(_) => {}
        }
        Ok(())
    }

    /// An address that cannot be one concerns one customer. Everything else is about the server, and so about all.
    fn on_error(&self, error: &ProjectionError) -> FailurePolicy {
        if error.inner().is::<AddressError>() {
            return FailurePolicy::default().attempts(1).then(OnFailure::Park);
        }
        FailurePolicy::default().again(Duration::from_secs(1), Duration::from_secs(60))
    }
}

/// Whether it is sure that the server did not take the mail.
fn was_refused(error: &smtp::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    error.status().is_some() || cause.is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}
