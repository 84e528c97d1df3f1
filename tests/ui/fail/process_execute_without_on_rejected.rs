use eventsource::{
    prelude::*,
    reacting::{Correlate, Effects, Fx, Input, On, OnRejected, Process},
};

impl Effects for Checkout {
    fn effects(_: &CheckoutEvent, fx: &mut Fx<'_, Self>) {
        fx.execute(Cancel("1".to_owned()));
    }
}

#[derive(Default, Aggregate, Process)]
#[aggregate(event = CheckoutEvent, id = String)]
#[process(name = "checkout", on(OrderEvent))]
struct Checkout;

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

#[derive(Default, Aggregate)]
#[aggregate(event = OrderEvent, id = String)]
struct Order;

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, _: OrderEvent) {}
}

#[derive(Command)]
#[command(aggregate = Order)]
struct Cancel(#[command(id)] String);

impl Handle<Cancel> for Order {
    type Error = std::fmt::Error;

    fn handle(&self, _: &Cancel) -> Result<Vec<OrderEvent>, Self::Error> {
        Ok(vec![])
    }
}

#[derive(Command)]
#[command(aggregate = Order)]
struct Ship(#[command(id)] String);

impl Handle<Ship> for Order {
    type Error = std::fmt::Error;

    fn handle(&self, _: &Ship) -> Result<Vec<OrderEvent>, Self::Error> {
        Ok(vec![])
    }
}

impl OnRejected<Ship> for Checkout {
    fn on_rejected(&self, _: &Ship, _: &std::fmt::Error) -> Vec<CheckoutEvent> {
        vec![]
    }
}

fn main() {}
