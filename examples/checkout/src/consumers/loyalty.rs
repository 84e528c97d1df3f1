//! Loyalty: a point for each euro of an order that was sent.

use eventsource::{
    prelude::*,
    reacting::{Policy, Reactions},
    store::StartAt,
};

use super::{Builder, Outside};
use crate::domain::{Award, OrderEvent};

pub(super) fn register(shop: Builder, _: &Outside) -> Builder {
    shop.policy(Points, StartAt::Beginning)
}

struct Points;

impl Policy for Points {
    type Event = OrderEvent;
    const NAME: &'static str = "loyalty";

    fn react(&self, event: &Recorded<OrderEvent>) -> Reactions {
        let OrderEvent::Shipped { customer, total, .. } = &event.event else { return Reactions::none() };
        let order = event.aggregate_id().to_owned();
        Reactions::execute(Award { customer: customer.clone(), order, points: total / 100 })
    }
}
