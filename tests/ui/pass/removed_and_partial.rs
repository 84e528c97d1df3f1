//! Sets that have removed some types, and sets that list only some types of a category.

use eventsource::prelude::*;

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "order", removed("order.legacy", "order.older"))]
enum OrderEvent {
    Placed,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "payment", partial, removed("payment.lost"))]
enum Payments<T> {
    Made(T),
}

#[derive(Debug, PartialEq, EventSet)]
#[event(removed("shipment.sent"))]
enum ShopEvent {
    Order(OrderEvent),
    Payment(Payments<u8>),
}

#[derive(Default, Aggregate)]
#[aggregate(event = OrderEvent, id = str)]
struct Order;

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, _: OrderEvent) {}
}

#[test]
fn a_set_has_the_complete_categories_and_the_removed_types_of_its_members() {
    assert_eq!(OrderEvent::CATEGORIES, ["order"]);
    assert_eq!(Payments::<u8>::CATEGORIES, [""; 0]);
    assert_eq!(ShopEvent::CATEGORIES, ["order"]);
    let removed = ["order.legacy", "order.older", "payment.lost", "shipment.sent"];
    assert_eq!(ShopEvent::REMOVED, removed);
    assert!(ShopEvent::TYPES.iter().map(|ty| ty.category).eq(["order", "payment"]));
}
