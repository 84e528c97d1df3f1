//! What the shop knows: five aggregates, each with its events and commands.

pub mod loyalty;
pub mod order;
pub mod payment;
pub mod shipment;
pub mod stock;

use eventsource::prelude::*;

pub use self::{
    loyalty::{Award, LoyaltyEvent},
    order::{Cancel, Complete, Order, OrderEvent, Place, Placed, Reason, Refusal},
    payment::{PaymentEvent, Record},
    shipment::{Ship, ShipmentEvent},
    stock::{CheckStock, MoveStock, Stock, StockEvent, TooFew},
};

/// The items, each with its price in cents. How many there are is the business of the [stock](Stock).
pub const ITEMS: [(&str, u64); 3] = [("teapot", 2_900), ("cup", 700), ("kettle", 4_500)];

/// The events of the shop, for those who read several kinds.
#[derive(Debug, Clone, EventSet)]
pub enum ShopEvent {
    Order(OrderEvent),
    Payment(PaymentEvent),
    Stock(StockEvent),
    Loyalty(LoyaltyEvent),
}
