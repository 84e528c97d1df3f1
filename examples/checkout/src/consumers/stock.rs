//! Stock: reserves what is ordered, gives it back if the order is cancelled, and forgets it once it has left.

use eventsource::{
    prelude::*,
    reacting::{Policy, Reactions},
    store::StartAt,
};

use super::{Builder, Outside};
use crate::domain::{MoveStock, OrderEvent, StockEvent};

pub(super) fn register(shop: Builder, _: &Outside) -> Builder {
    shop.policy(Reservation, StartAt::Beginning)
}

struct Reservation;

impl Policy for Reservation {
    type Event = OrderEvent;
    const NAME: &'static str = "stock";

    fn react(&self, event: &Recorded<OrderEvent>) -> Reactions {
        let order = event.aggregate_id().to_owned();
        let (item, wanted) = match &event.event {
            OrderEvent::Placed(it) => (&it.item, StockEvent::Reserved { order, quantity: it.quantity }),
            OrderEvent::Shipped { item, .. } => (item, StockEvent::Dispatched { order }),
            OrderEvent::Cancelled { item, .. } => (item, StockEvent::Released { order }),
        };
        Reactions::execute(MoveStock(item.clone(), wanted))
    }
}
