use eventsource::{
    prelude::*,
    reacting::{Correlate, Effects, Fx, Input, On, Process},
};

#[derive(Default, Aggregate, Process)]
#[aggregate(event = CheckoutEvent, id = String)]
#[process(name = "checkout", on(OrderEvent, ShopEvent))]
struct Checkout;

#[derive(EventSet)]
enum ShopEvent {
    Order(OrderEvent),
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed { lines: u32 },
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "checkout")]
enum CheckoutEvent {
    Begun,
}

impl Apply<CheckoutEvent> for Checkout {
    fn apply(&mut self, _: CheckoutEvent) {}
}

impl On<OrderEvent> for Checkout {
    fn correlate(input: Input<'_, OrderEvent>) -> Correlate<String> {
        Correlate::Start(input.aggregate_id().to_owned())
    }

    fn on(&self, _: Input<'_, OrderEvent>) -> Vec<CheckoutEvent> {
        vec![CheckoutEvent::Begun]
    }
}

impl On<ShopEvent> for Checkout {
    fn correlate(input: Input<'_, ShopEvent>) -> Correlate<String> {
        Correlate::Start(input.aggregate_id().to_owned())
    }

    fn on(&self, _: Input<'_, ShopEvent>) -> Vec<CheckoutEvent> {
        vec![CheckoutEvent::Begun]
    }
}

impl Effects for Checkout {
    fn effects(_: &CheckoutEvent, _: &mut Fx<'_, Self>) {}
}

fn main() {}
