use eventsource::{prelude::*, reacting::Process};

#[derive(Process)]
#[process(name = "checkout", on(OrderEvent))]
struct Checkout<T>(std::marker::PhantomData<T>);

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

fn main() {}
