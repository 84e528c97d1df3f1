//! The stock of one item: what is available, and what is reserved for an order.

use std::{collections::BTreeMap, convert::Infallible};

use eventsource::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "stock")]
pub enum StockEvent {
    Received { quantity: u32 },
    Reserved { order: String, quantity: u32 },
    Refused { order: String },
    Released { order: String },
    Dispatched { order: String },
}

impl StockEvent {
    /// The order that it is about.
    #[must_use]
    pub fn order(&self) -> Option<&String> {
        match self {
            Self::Received { .. } => None,
            Self::Reserved { order, .. }
            | Self::Refused { order }
            | Self::Released { order }
            | Self::Dispatched { order } => Some(order),
        }
    }
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = StockEvent, id = String)]
pub struct Stock {
    pub available: u32,
    pub reserved: BTreeMap<String, u32>,
}

impl Apply<StockEvent> for Stock {
    fn apply(&mut self, event: StockEvent) {
        match event {
            StockEvent::Received { quantity } => self.available += quantity,
            StockEvent::Reserved { order, quantity } => {
                self.available -= quantity;
                self.reserved.insert(order, quantity);
            }
            StockEvent::Refused { .. } => {}
            StockEvent::Released { order } => self.available += self.reserved.remove(&order).unwrap_or(0),
            StockEvent::Dispatched { order } => _ = self.reserved.remove(&order),
        }
    }
}

/// Moves stock of an item. What is reserved for an order is released or dispatched once. If there is not enough to be
/// reserved, that is an event and no error: others have to hear of it.
#[derive(Debug, Clone, PartialEq, Command)]
#[command(aggregate = Stock)]
pub struct MoveStock(#[command(id)] pub String, pub StockEvent);

impl Handle<MoveStock> for Stock {
    type Error = Infallible;

    fn handle(&self, MoveStock(_, wanted): &MoveStock) -> Result<Vec<StockEvent>, Infallible> {
        Ok(match wanted {
            StockEvent::Reserved { order, quantity } if *quantity > self.available => {
                vec![StockEvent::Refused { order: order.clone() }]
            }
            StockEvent::Released { order } | StockEvent::Dispatched { order }
                if !self.reserved.contains_key(order) =>
            {
                vec![]
            }
            possible => vec![possible.clone()],
        })
    }
}

/// Rejected if there is not enough of an item. It changes nothing.
#[derive(Debug, Clone, PartialEq, Command)]
#[command(aggregate = Stock)]
pub struct CheckStock(#[command(id)] pub String, pub u32);

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{left} left of this item")]
pub struct TooFew {
    pub left: u32,
}

impl Handle<CheckStock> for Stock {
    type Error = TooFew;

    fn handle(&self, CheckStock(_, quantity): &CheckStock) -> Result<Vec<StockEvent>, TooFew> {
        if *quantity > self.available {
            return Err(TooFew { left: self.available });
        }
        Ok(vec![])
    }
}
