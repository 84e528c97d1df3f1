//! Forecasting: how many pieces of each item are wanted, and how many could not be had.

use eventsource::prelude::*;

use crate::domain::{OrderEvent, Reason};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "forecast")]
pub struct Forecast {
    #[read_model(key)]
    pub item: String,
    pub wanted: i64,
    pub missed: i64,
}

impl Fold<OrderEvent> for Forecast {
    fn key(event: &Recorded<OrderEvent>) -> Option<String> {
        match &event.event {
            OrderEvent::Placed(placed) => Some(placed.item.clone()),
            OrderEvent::Cancelled { item, .. } => Some(item.clone()),
            OrderEvent::Shipped { .. } => None,
        }
    }

    fn fold(row: Option<Self>, event: &Recorded<OrderEvent>) -> Change<Self> {
        let Some(item) = Self::key(event) else { return Change::Keep };
        let mut row = row.unwrap_or(Self { item, wanted: 0, missed: 0 });
        match &event.event {
            OrderEvent::Placed(placed) => row.wanted += i64::from(placed.quantity),
            OrderEvent::Cancelled { quantity, reason, .. } => {
                row.wanted -= i64::from(*quantity);
                row.missed += i64::from(*reason == Reason::OutOfStock) * i64::from(*quantity);
            }
            OrderEvent::Shipped { .. } => {}
        }
        Change::Put(row)
    }
}
