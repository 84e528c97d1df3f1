//! Rewards: a voucher for every third order of a customer. It was written when the shop had been running for a while, and
//! brings its own events.

use std::convert::Infallible;

use eventsource::{
    prelude::*,
    reacting::{Policy, Reactions},
    store::StartAt,
};

use super::{Builder, Outside};
use crate::domain::OrderEvent;

pub(super) fn register(shop: Builder, _: &Outside) -> Builder {
    shop.policy(Rewards, StartAt::Beginning)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "reward")]
enum RewardEvent {
    Counted { order: String },
    Granted { voucher: String },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = RewardEvent, id = String)]
struct Reward {
    orders: u64,
}

impl Apply<RewardEvent> for Reward {
    fn apply(&mut self, event: RewardEvent) {
        self.orders += u64::from(matches!(event, RewardEvent::Counted { .. }));
    }
}

#[derive(Debug, Clone, PartialEq, Command)]
#[command(aggregate = Reward)]
struct Count(#[command(id)] String, String);

impl Handle<Count> for Reward {
    type Error = Infallible;

    fn handle(&self, Count(_, order): &Count) -> Result<Vec<RewardEvent>, Infallible> {
        let mut events = vec![RewardEvent::Counted { order: order.clone() }];
        if (self.orders + 1).is_multiple_of(3) {
            events.push(RewardEvent::Granted { voucher: format!("5 euros for {order}") });
        }
        Ok(events)
    }
}

struct Rewards;

impl Policy for Rewards {
    type Event = OrderEvent;
    const NAME: &'static str = "rewards";

    fn react(&self, event: &Recorded<OrderEvent>) -> Reactions {
        let OrderEvent::Shipped { customer, .. } = &event.event else { return Reactions::none() };
        Reactions::execute(Count(customer.clone(), event.aggregate_id().to_owned()))
    }
}
