//! Shipping: an order that is paid and reserved is sent. One that cannot be, or is not paid in time, is cancelled.

use std::time::Duration;

use eventsource::{
    prelude::*,
    reacting::{Correlate, Due, Effects, Fx, Input, On, OnTimer, Process},
    store::StartAt,
};

use super::{Builder, Outside};
use crate::domain::{Cancel, Complete, OrderEvent, PaymentEvent, Reason, Ship, StockEvent};

pub(super) fn register(shop: Builder, _: &Outside) -> Builder {
    shop.process::<Shipping>(StartAt::Beginning)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "shipping")]
enum ShippingEvent {
    Began { order: String, customer: String },
    Reserved,
    AskedToPay { expires_in: u64 },
    Paid,
    Ready { order: String, customer: String },
    GaveUp { order: String, reason: Reason },
}

#[derive(Debug, Default, Aggregate, Process)]
#[aggregate(event = ShippingEvent, id = String)]
#[process(name = "shipping", on(OrderEvent, PaymentEvent, StockEvent))]
struct Shipping {
    order: String,
    customer: String,
    is_reserved: bool,
    is_paid: bool,
    is_over: bool,
}

impl Apply<ShippingEvent> for Shipping {
    fn apply(&mut self, event: ShippingEvent) {
        match event {
            ShippingEvent::Began { order, customer } => (self.order, self.customer) = (order, customer),
            ShippingEvent::Reserved => self.is_reserved = true,
            ShippingEvent::AskedToPay { .. } => {}
            ShippingEvent::Paid => self.is_paid = true,
            ShippingEvent::Ready { .. } | ShippingEvent::GaveUp { .. } => self.is_over = true,
        }
    }
}

impl Shipping {
    fn give_up(&self, reason: Reason) -> Vec<ShippingEvent> {
        vec![ShippingEvent::GaveUp { order: self.order.clone(), reason }]
    }

    fn ready_after(&self, event: ShippingEvent, has_the_other: bool) -> Vec<ShippingEvent> {
        let ready = ShippingEvent::Ready { order: self.order.clone(), customer: self.customer.clone() };
        if has_the_other { vec![event, ready] } else { vec![event] }
    }
}

impl On<OrderEvent> for Shipping {
    fn correlate(input: Input<'_, OrderEvent>) -> Correlate<String> {
        match input.event {
            OrderEvent::Placed(_) => Correlate::Start(input.aggregate_id().to_owned()),
            _ => Correlate::Ignore,
        }
    }

    fn on(&self, input: Input<'_, OrderEvent>) -> Vec<ShippingEvent> {
        let OrderEvent::Placed(placed) = input.event else { return vec![] };
        let (order, customer) = (input.aggregate_id().to_owned(), placed.customer.clone());
        vec![ShippingEvent::Began { order, customer }]
    }
}

impl On<PaymentEvent> for Shipping {
    fn correlate(input: Input<'_, PaymentEvent>) -> Correlate<String> {
        Correlate::Continue(input.aggregate_id().to_owned())
    }

    fn on(&self, input: Input<'_, PaymentEvent>) -> Vec<ShippingEvent> {
        match *input.event {
            PaymentEvent::Asked { expires_in } => vec![ShippingEvent::AskedToPay { expires_in }],
            PaymentEvent::Captured { .. } => self.ready_after(ShippingEvent::Paid, self.is_reserved),
            PaymentEvent::Declined => self.give_up(Reason::Declined),
            PaymentEvent::Returned { .. } => vec![],
        }
    }
}

impl On<StockEvent> for Shipping {
    fn correlate(input: Input<'_, StockEvent>) -> Correlate<String> {
        match input.event {
            StockEvent::Reserved { order, .. } | StockEvent::Refused { order } => {
                Correlate::Continue(order.clone())
            }
            _ => Correlate::Ignore,
        }
    }

    fn on(&self, input: Input<'_, StockEvent>) -> Vec<ShippingEvent> {
        match input.event {
            StockEvent::Reserved { .. } => self.ready_after(ShippingEvent::Reserved, self.is_paid),
            _ => self.give_up(Reason::OutOfStock),
        }
    }
}

impl OnTimer for Shipping {
    fn on_timer(&self, _: Due<'_>) -> Vec<ShippingEvent> {
        self.give_up(Reason::Unpaid)
    }
}

impl Effects for Shipping {
    fn effects(event: &ShippingEvent, fx: &mut Fx<'_, Self>) {
        match event {
            ShippingEvent::AskedToPay { expires_in } => fx.timer("payment", Duration::from_secs(*expires_in)),
            ShippingEvent::Paid => fx.cancel("payment"),
            ShippingEvent::Ready { order, customer } => {
                fx.must_execute(Ship { order: order.clone(), to: customer.clone() });
                fx.must_execute(Complete(order.clone()));
            }
            ShippingEvent::GaveUp { order, reason } => fx.must_execute(Cancel(order.clone(), *reason)),
            ShippingEvent::Began { .. } | ShippingEvent::Reserved => {}
        }
    }

    fn is_completed(&self) -> bool {
        self.is_over
    }
}
