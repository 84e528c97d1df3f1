//! An event set of event sets, with generic events inside.

use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent<T> {
    Placed(T),
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "payment")]
enum PaymentEvent {
    Made,
    Refunded,
}

#[derive(EventSet)]
enum ShopEvent {
    Order(OrderEvent<Vec<u8>>),
    Payment(PaymentEvent),
}

#[derive(Serialize, Deserialize, Event)]
#[event(category = "shipment")]
enum ShipmentEvent {
    Sent,
}

#[derive(EventSet)]
enum CompanyEvent {
    Shop(ShopEvent),
    Shipment(ShipmentEvent),
}

#[derive(EventSet)]
enum Everything {
    Company(Box2),
}

type Box2 = CompanyEvent;

#[test]
fn sets_of_sets_have_the_types_of_all() {
    let names: Vec<_> = Everything::TYPES.iter().map(|ty| ty.name).collect();
    assert_eq!(names, ["order.placed", "payment.made", "payment.refunded", "shipment.sent"]);
    assert_eq!(Everything::schema().len(), 4);
}
