//! The loyalty account of one customer.

use std::convert::Infallible;

use eventsource::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "loyalty")]
pub enum LoyaltyEvent {
    Awarded { order: String, points: u64 },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = LoyaltyEvent, id = String)]
pub struct LoyaltyAccount {
    pub points: u64,
}

impl Apply<LoyaltyEvent> for LoyaltyAccount {
    fn apply(&mut self, LoyaltyEvent::Awarded { points, .. }: LoyaltyEvent) {
        self.points += points;
    }
}

#[derive(Debug, Clone, PartialEq, Command)]
#[command(aggregate = LoyaltyAccount)]
pub struct Award {
    #[command(id)]
    pub customer: String,
    pub order: String,
    pub points: u64,
}

impl Handle<Award> for LoyaltyAccount {
    type Error = Infallible;

    fn handle(&self, Award { order, points, .. }: &Award) -> Result<Vec<LoyaltyEvent>, Infallible> {
        Ok(vec![LoyaltyEvent::Awarded { order: order.clone(), points: *points }])
    }
}
