//! The process under test: it captures a payment for an order, and gives up after a while.

use std::{convert::Infallible, time::Duration};

use eventsource::{
    prelude::*,
    reacting::{Correlate, Due, Effects, Fx, Input, On, OnRejected, OnTimer, Process},
};

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "order")]
pub(crate) enum OrderEvent {
    Placed {
        total: u64,
        #[serde(skip)]
        weight: u64,
    },
    Moved,
    Cancelled,
    /// Each is shown to the instance twice.
    #[event(version = 2, from(NotedV1), upcast(1 = twice))]
    Noted,
}

#[derive(Deserialize, Schema)]
pub(crate) struct NotedV1 {}

fn twice(_: NotedV1, _: &EventContext) -> [OrderEvent; 2] {
    [OrderEvent::Noted, OrderEvent::Noted]
}

/// As a program of the release before has stored it.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "order", partial)]
pub(crate) enum OldOrderEvent {
    #[event(name = "order.noted")]
    Noted {},
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "payment")]
pub(crate) enum PaymentEvent {
    Made { order: String },
    Refunded { order: String },
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "visit")]
pub(crate) enum VisitEvent {
    Came,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = PaymentEvent, id = String)]
pub(crate) struct Payment;

impl Apply<PaymentEvent> for Payment {
    fn apply(&mut self, _: PaymentEvent) {}
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the payment was declined")]
pub(crate) struct Declined;

#[derive(Debug, PartialEq, Command)]
#[command(aggregate = Payment)]
pub(crate) struct Capture(#[command(id)] pub(crate) String, pub(crate) u64);

#[derive(Debug, PartialEq, Command)]
#[command(aggregate = Payment)]
pub(crate) struct Release(#[command(id)] pub(crate) String);

#[derive(Debug, PartialEq, Command)]
#[command(aggregate = Payment)]
pub(crate) struct Refund(#[command(id)] pub(crate) String);

macro_rules! handles {
    ($command:ident, $error:ty) => {
        impl Handle<$command> for Payment {
            type Error = $error;

            fn handle(&self, _: &$command) -> Result<Vec<PaymentEvent>, $error> {
                Ok(Vec::new())
            }
        }
    };
}
handles!(Capture, Declined);
handles!(Release, Infallible);
handles!(Refund, Declined);

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "checkout")]
pub(crate) enum CheckoutEvent {
    PaymentRequested { order: String, total: u64 },
    WaitsLonger,
    Noted,
    Declined { times: u64 },
    TimedOut { timer: String, late_by: u64 },
    Paid,
    Refunded,
    Cancelled,
}

#[derive(Debug, Default, Aggregate, Process)]
#[aggregate(event = CheckoutEvent, id = String)]
#[process(name = "checkout", on(OrderEvent, PaymentEvent))]
pub(crate) struct Checkout {
    order: String,
    declined: u64,
    is_over: bool,
}

impl Apply<CheckoutEvent> for Checkout {
    fn apply(&mut self, event: CheckoutEvent) {
        match event {
            CheckoutEvent::PaymentRequested { order, .. } => self.order = order,
            CheckoutEvent::Declined { .. } => self.declined += 1,
            CheckoutEvent::Paid | CheckoutEvent::Cancelled => self.is_over = true,
            CheckoutEvent::TimedOut { timer, .. } => self.is_over = timer == "payment",
            _ => {}
        }
    }
}

impl On<OrderEvent> for Checkout {
    fn correlate(input: Input<'_, OrderEvent>) -> Correlate<String> {
        let id = input.context.metadata.value("checkout").unwrap_or(input.aggregate_id()).to_owned();
        match input.event {
            OrderEvent::Placed { .. } => Correlate::Start(id),
            OrderEvent::Moved | OrderEvent::Noted => Correlate::Continue(id),
            OrderEvent::Cancelled => Correlate::ContinueIfStarted(id),
        }
    }

    fn on(&self, input: Input<'_, OrderEvent>) -> Vec<CheckoutEvent> {
        let order = input.aggregate_id().to_owned();
        match input.event {
            OrderEvent::Placed { total, weight } => {
                vec![CheckoutEvent::PaymentRequested { order, total: total + weight }]
            }
            OrderEvent::Moved => vec![CheckoutEvent::WaitsLonger],
            OrderEvent::Noted => vec![CheckoutEvent::Noted],
            OrderEvent::Cancelled => vec![CheckoutEvent::Cancelled],
        }
    }
}

impl On<PaymentEvent> for Checkout {
    fn correlate(input: Input<'_, PaymentEvent>) -> Correlate<String> {
        match input.event {
            PaymentEvent::Made { order } => Correlate::Continue(order.clone()),
            PaymentEvent::Refunded { order } if order.is_empty() => Correlate::Ignore,
            PaymentEvent::Refunded { order } => Correlate::StartOrContinue(order.clone()),
        }
    }

    fn on(&self, input: Input<'_, PaymentEvent>) -> Vec<CheckoutEvent> {
        match input.event {
            PaymentEvent::Made { .. } => vec![CheckoutEvent::Paid],
            PaymentEvent::Refunded { .. } => vec![CheckoutEvent::Refunded],
        }
    }
}

impl OnTimer for Checkout {
    fn on_timer(&self, timer: Due<'_>) -> Vec<CheckoutEvent> {
        vec![CheckoutEvent::TimedOut { timer: timer.name.to_owned(), late_by: timer.late_by.as_secs() }]
    }
}

impl OnRejected<Capture> for Checkout {
    fn on_rejected(&self, _: &Capture, error: &Declined) -> Vec<CheckoutEvent> {
        assert_eq!(error, &Declined);
        vec![CheckoutEvent::Declined { times: self.declined + 1 }]
    }
}

impl Effects for Checkout {
    fn effects(event: &CheckoutEvent, fx: &mut Fx<'_, Self>) {
        match event {
            CheckoutEvent::PaymentRequested { order, total } => {
                fx.execute(Capture(order.clone(), *total));
                fx.timer("payment", minutes(30));
                fx.timer("reminder", minutes(10));
            }
            CheckoutEvent::WaitsLonger => fx.timer("payment", minutes(60)),
            CheckoutEvent::Noted => {}
            CheckoutEvent::Declined { times } if *times < 2 => {
                fx.execute(Capture("again".to_owned(), *times));
                fx.timer("retry", minutes(1));
            }
            CheckoutEvent::Declined { .. } => fx.must_execute(Release("a".to_owned())),
            CheckoutEvent::TimedOut { timer, .. } if timer == "again" => fx.timer("again", minutes(0)),
            CheckoutEvent::TimedOut { timer, .. } if timer == "reminder" => fx.timer("second", minutes(5)),
            CheckoutEvent::TimedOut { .. } => fx.must_execute(Release("a".to_owned())),
            CheckoutEvent::Paid => fx.cancel("reminder"),
            CheckoutEvent::Refunded => {
                fx.must_execute(Refund("a".to_owned()));
                fx.timer("again", at(0));
            }
            CheckoutEvent::Cancelled => {}
        }
    }

    fn is_completed(&self) -> bool {
        self.is_over
    }
}

pub(crate) fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(seconds * 1_000_000).expect("a year near 1970")
}

pub(crate) fn placed() -> OrderEvent {
    OrderEvent::Placed { total: 5, weight: 0 }
}

pub(crate) fn requested(order: &str) -> CheckoutEvent {
    CheckoutEvent::PaymentRequested { order: order.to_owned(), total: 5 }
}

pub(crate) fn capture(order: &str) -> Capture {
    Capture(order.to_owned(), 5)
}

pub(crate) fn timed_out(timer: &str, late_by: u64) -> CheckoutEvent {
    CheckoutEvent::TimedOut { timer: timer.to_owned(), late_by }
}

pub(crate) fn made(order: &str) -> PaymentEvent {
    PaymentEvent::Made { order: order.to_owned() }
}

pub(crate) fn refunded(order: &str) -> PaymentEvent {
    PaymentEvent::Refunded { order: order.to_owned() }
}
