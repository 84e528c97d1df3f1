//! `name`, `on`, `partitions` and `restartable`, with and without timers, in every visibility.

use std::time::Duration;

use eventsource::{
    Timestamp,
    prelude::*,
    reacting::{Correlate, Due, Effects, Fx, Input, On, OnTimer, Process},
};

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed,
}

mod payments {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
    #[event(category = "payment")]
    pub enum PaymentEvent {
        Made,
    }

    /// Not visible outside of its module, as a type of `on(…)`.
    #[derive(Serialize, Deserialize, Event)]
    #[event(category = "refund")]
    enum RefundEvent {
        Made,
    }

    #[derive(Default, Aggregate, Process)]
    #[aggregate(event = PaymentEvent, id = u64)]
    #[process(name = "refunds", on(RefundEvent))]
    pub(super) struct Refunds;

    impl Apply<PaymentEvent> for Refunds {
        fn apply(&mut self, _: PaymentEvent) {}
    }

    impl On<RefundEvent> for Refunds {
        fn correlate(_: Input<'_, RefundEvent>) -> Correlate<u64> {
            Correlate::Ignore
        }

        fn on(&self, _: Input<'_, RefundEvent>) -> Vec<PaymentEvent> {
            vec![]
        }
    }

    impl Effects for Refunds {
        fn effects(_: &PaymentEvent, _: &mut Fx<'_, Self>) {}
    }

    /// A namesake of another module.
    #[derive(Serialize, Deserialize, Event)]
    #[event(category = "old_order")]
    pub enum OrderEvent {
        Bought,
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "checkout")]
pub enum CheckoutEvent {
    Begun,
    GaveUp,
}

#[derive(Debug, Default, Aggregate, Process)]
#[aggregate(event = CheckoutEvent, id = String)]
#[process(name = "checkout", on(OrderEvent, payments::PaymentEvent, payments::OrderEvent))]
#[process(partitions = 4, restartable)]
pub struct Checkout {
    begun: bool,
}

impl Apply<CheckoutEvent> for Checkout {
    fn apply(&mut self, _: CheckoutEvent) {
        self.begun = true;
    }
}

impl On<OrderEvent> for Checkout {
    fn correlate(input: Input<'_, OrderEvent>) -> Correlate<String> {
        Correlate::Start(input.aggregate_id().to_owned())
    }

    fn on(&self, _: Input<'_, OrderEvent>) -> Vec<CheckoutEvent> {
        vec![CheckoutEvent::Begun]
    }
}

impl On<payments::PaymentEvent> for Checkout {
    fn correlate(_: Input<'_, payments::PaymentEvent>) -> Correlate<String> {
        Correlate::Ignore
    }

    fn on(&self, _: Input<'_, payments::PaymentEvent>) -> Vec<CheckoutEvent> {
        vec![]
    }
}

impl On<payments::OrderEvent> for Checkout {
    fn correlate(_: Input<'_, payments::OrderEvent>) -> Correlate<String> {
        Correlate::Ignore
    }

    fn on(&self, _: Input<'_, payments::OrderEvent>) -> Vec<CheckoutEvent> {
        vec![]
    }
}

impl OnTimer for Checkout {
    fn on_timer(&self, _: Due<'_>) -> Vec<CheckoutEvent> {
        vec![CheckoutEvent::GaveUp]
    }
}

impl Effects for Checkout {
    fn effects(event: &CheckoutEvent, fx: &mut Fx<'_, Self>) {
        match event {
            CheckoutEvent::Begun => fx.timer("payment", Duration::from_secs(60)),
            CheckoutEvent::GaveUp => fx.timer("later", Timestamp::now()),
        }
    }
}

/// With another name of the crate, inside of a function, and without timers.
#[test]
fn a_process_has_its_options() {
    use eventsource as es;

    #[derive(Default, Aggregate, es::reacting::Process)]
    #[eventsource(crate = "es")]
    #[aggregate(event = CheckoutEvent, id = String)]
    #[process(name = "waits", on(OrderEvent))]
    struct Waits;

    impl Apply<CheckoutEvent> for Waits {
        fn apply(&mut self, _: CheckoutEvent) {}
    }

    impl On<OrderEvent> for Waits {
        fn correlate(_: Input<'_, OrderEvent>) -> Correlate<String> {
            Correlate::Ignore
        }

        fn on(&self, _: Input<'_, OrderEvent>) -> Vec<CheckoutEvent> {
            vec![CheckoutEvent::Begun]
        }
    }

    impl Effects for Waits {
        fn effects(_: &CheckoutEvent, _: &mut Fx<'_, Self>) {}
    }

    assert_eq!((Checkout::NAME, Checkout::PARTITIONS, Checkout::RESTARTABLE), ("checkout", 4, true));
    assert_eq!((Waits::NAME, Waits::PARTITIONS, Waits::RESTARTABLE), ("waits", 1, false));
    let types = <<Checkout as Process>::Input as EventSet>::TYPES.iter().map(|ty| ty.name);
    assert_eq!(types.collect::<Vec<_>>(), ["order.placed", "payment.made", "old_order.bought"]);
}
