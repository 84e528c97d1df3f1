//! The payment of one order, as the payment service has answered. Its id is that of the order.

use std::convert::Infallible;

use eventsource::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "payment")]
pub enum PaymentEvent {
    /// The customer has to confirm it with the bank, within so many seconds.
    Asked {
        expires_in: u64,
    },
    Captured {
        amount: u64,
    },
    Declined,
    /// The order was cancelled: what was captured is given back, and nothing can be captured any more.
    Returned {
        amount: u64,
    },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = PaymentEvent, id = String)]
pub struct Payment(Option<PaymentEvent>);

impl Apply<PaymentEvent> for Payment {
    fn apply(&mut self, event: PaymentEvent) {
        self.0 = Some(event);
    }
}

/// Records an answer of the payment service. Answers may come twice, and late: one that changes nothing records nothing.
#[derive(Debug, Clone, PartialEq, Command)]
#[command(aggregate = Payment)]
pub struct Record {
    #[command(id)]
    pub order: String,
    pub answer: PaymentEvent,
}

impl Handle<Record> for Payment {
    type Error = Infallible;

    fn handle(&self, Record { answer, .. }: &Record) -> Result<Vec<PaymentEvent>, Infallible> {
        let is_news = match self.0 {
            None => true,
            Some(PaymentEvent::Asked { .. }) => !matches!(answer, PaymentEvent::Asked { .. }),
            Some(PaymentEvent::Captured { .. }) => matches!(answer, PaymentEvent::Returned { .. }),
            Some(PaymentEvent::Declined | PaymentEvent::Returned { .. }) => false,
        };
        Ok(Vec::from_iter(is_news.then(|| answer.clone())))
    }
}
