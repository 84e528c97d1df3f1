//! Payment: charges the card when an order is placed, and gives the money back when it is cancelled.

use std::time::Duration;

use eventsource::{
    AnyStore, Delivery, FailurePolicy, async_trait,
    prelude::*,
    reacting::{Inbox, Reactions},
    store::StartAt,
};
use serde_json::{Value, json};

use super::{Builder, Outside};
use crate::domain::{Order, OrderEvent, PaymentEvent, Record};

pub(super) fn register(shop: Builder, outside: &Outside) -> Builder {
    let service = outside.payments.clone();
    let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap_or_default();
    shop.handler_with(|es| Payments { es, service, http }, StartAt::Beginning)
}

struct Payments {
    es: EventSource<AnyStore>,
    service: String,
    http: reqwest::Client,
}

#[async_trait]
impl EventHandler for Payments {
    type Event = OrderEvent;
    const NAME: &'static str = "payment";
    const CONCURRENCY: usize = 64;

    async fn handle(&self, event: Delivery<'_, OrderEvent>) -> Result<(), ProjectionError> {
        let order = event.aggregate_id().to_owned();
        let answer = match event.event {
            // The order may be cancelled already, if the service was away.
            OrderEvent::Placed(_) if self.es.load::<Order>(&order).await?.state.is_ended => return Ok(()),
            OrderEvent::Placed(it) => {
                self.call("charges", json!({ "id": order, "amount": it.total, "card": it.card })).await?
            }
            OrderEvent::Cancelled { .. } => self.call("returns", json!({ "id": order })).await?,
            OrderEvent::Shipped { .. } => return Ok(()),
        };
        self.es.execute(Record { order, answer }).idempotency_key(event.idempotency_key).await?;
        Ok(())
    }

    /// If the service is away, it is so for all orders: they wait.
    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().again(Duration::from_secs(1), Duration::from_secs(60))
    }
}

impl Payments {
    /// The service knows a request by the id of the order: one that is repeated gets the first answer.
    async fn call(&self, what: &str, request: Value) -> reqwest::Result<PaymentEvent> {
        let answer = self.http.post(format!("{}/{what}", self.service)).json(&request).send().await?;
        answer.error_for_status()?.json().await
    }
}

/// What the service tells later: the customer has confirmed the payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Confirmation {
    pub id: String,
    pub amount: u64,
}

/// The service repeats a confirmation until it is acknowledged.
#[derive(Debug)]
pub struct Confirmations;

impl Inbox for Confirmations {
    type Message = Confirmation;
    const NAME: &'static str = "payment-confirmations";

    fn id(&self, message: &Confirmation) -> String {
        message.id.clone()
    }

    fn receive(&self, Confirmation { id, amount }: &Confirmation) -> Reactions {
        Reactions::execute(Record { order: id.clone(), answer: PaymentEvent::Captured { amount: *amount } })
    }
}
