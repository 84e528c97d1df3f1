//! What the page shows of an order: what is known, and what is pending.

use eventsource::prelude::*;

use crate::domain::{OrderEvent, Reason, ShopEvent};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "orders")]
pub struct OrderView {
    #[read_model(key)]
    pub order: String,
    pub customer: String,
    pub item: String,
    pub quantity: u32,
    pub total: u64,
    /// `placed`, `shipped` or `cancelled`.
    pub state: String,
    pub reason: Option<Reason>,
    /// `pending`, or what is known: `asked`, `captured`, `declined` or `returned`.
    pub payment: String,
    /// `pending`, or what is known: `reserved`, `refused`, `released` or `dispatched`.
    pub stock: String,
}

impl Fold<ShopEvent> for OrderView {
    fn key(event: &Recorded<ShopEvent>) -> Option<String> {
        match &event.event {
            ShopEvent::Order(_) | ShopEvent::Payment(_) => Some(event.aggregate_id().to_owned()),
            ShopEvent::Stock(it) => it.order().cloned(),
            ShopEvent::Loyalty(_) => None,
        }
    }

    fn fold(row: Option<Self>, event: &Recorded<ShopEvent>) -> Change<Self> {
        if let ShopEvent::Order(OrderEvent::Placed(placed)) = &event.event {
            return Change::Put(Self {
                order: event.aggregate_id().to_owned(),
                customer: placed.customer.clone(),
                item: placed.item.clone(),
                quantity: placed.quantity,
                total: placed.total,
                state: "placed".to_owned(),
                reason: None,
                payment: "pending".to_owned(),
                stock: "pending".to_owned(),
            });
        }
        let Some(mut row) = row else { return Change::Keep };
        let (_, what) = event.context.event_type.split_once('.').unwrap_or_default();
        match &event.event {
            ShopEvent::Order(_) => row.state = what.to_owned(),
            ShopEvent::Payment(_) => row.payment = what.to_owned(),
            _ => row.stock = what.to_owned(),
        }
        if let ShopEvent::Order(OrderEvent::Cancelled { reason, .. }) = event.event {
            row.reason = Some(reason);
        }
        Change::Put(row)
    }
}
