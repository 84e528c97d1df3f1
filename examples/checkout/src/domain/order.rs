//! An order. It is placed, and ends in exactly one way: shipped, or cancelled.

use eventsource::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "order")]
pub enum OrderEvent {
    #[event(version = 2, from(PlacedV1))]
    Placed(Placed),
    Shipped {
        customer: String,
        item: String,
        total: u64,
    },
    Cancelled {
        item: String,
        quantity: u32,
        reason: Reason,
    },
}

/// What was ordered. The total is in cents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Placed {
    pub customer: String,
    pub email: String,
    pub item: String,
    pub quantity: u32,
    pub total: u64,
    pub card: String,
}

/// In version 1 a customer was a mail address, and orders were for a single piece, paid with the card on file.
#[derive(Debug, Deserialize, Schema)]
pub struct PlacedV1 {
    customer: String,
    item: String,
    price: u64,
}

impl From<PlacedV1> for OrderEvent {
    fn from(old: PlacedV1) -> Self {
        let PlacedV1 { customer: email, item, price: total } = old;
        let customer = email.split('@').next().unwrap_or_default().to_owned();
        Self::Placed(Placed { customer, email, item, quantity: 1, total, card: "on file".to_owned() })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Declined,
    OutOfStock,
    Unpaid,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = OrderEvent, id = String)]
pub struct Order {
    pub placed: Option<Placed>,
    pub is_ended: bool,
}

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, event: OrderEvent) {
        match event {
            OrderEvent::Placed(placed) => self.placed = Some(placed),
            OrderEvent::Shipped { .. } | OrderEvent::Cancelled { .. } => self.is_ended = true,
        }
    }
}

impl Order {
    fn open(&self) -> Result<&Placed, Refusal> {
        self.placed.as_ref().filter(|_| !self.is_ended).ok_or(Refusal::NotOpen)
    }
}

/// Why a command about an order is rejected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("the order was placed already")]
    PlacedAlready,
    #[error("the order is not open")]
    NotOpen,
    #[error("there is no such item, or none was ordered")]
    Nothing,
    #[error("this is not a mail address")]
    NoAddress,
    #[error("{left} left of this item")]
    OutOfStock { left: u32 },
}

/// Places an order, if the stock has as much as it says when the customer asks. The stock is reserved later: until then
/// somebody else may have got the last one.
#[derive(Debug, Command)]
#[command(aggregate = Order)]
pub struct Place {
    #[command(id)]
    pub order: String,
    pub placed: Placed,
    pub in_stock: u32,
}

impl Handle<Place> for Order {
    type Error = Refusal;

    fn handle(&self, place: &Place) -> Result<Vec<OrderEvent>, Refusal> {
        match place.placed.quantity {
            _ if self.placed.is_some() => Err(Refusal::PlacedAlready),
            _ if place.placed.total == 0 => Err(Refusal::Nothing),
            _ if place.placed.email.parse::<lettre::Address>().is_err() => Err(Refusal::NoAddress),
            quantity if quantity > place.in_stock => Err(Refusal::OutOfStock { left: place.in_stock }),
            _ => Ok(vec![OrderEvent::Placed(place.placed.clone())]),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Command)]
#[command(aggregate = Order)]
pub struct Complete(#[command(id)] pub String);

impl Handle<Complete> for Order {
    type Error = Refusal;

    fn handle(&self, _: &Complete) -> Result<Vec<OrderEvent>, Refusal> {
        let Placed { customer, item, total, .. } = self.open()?.clone();
        Ok(vec![OrderEvent::Shipped { customer, item, total }])
    }
}

#[derive(Debug, Clone, PartialEq, Command)]
#[command(aggregate = Order)]
pub struct Cancel(#[command(id)] pub String, pub Reason);

impl Handle<Cancel> for Order {
    type Error = Refusal;

    fn handle(&self, Cancel(_, reason): &Cancel) -> Result<Vec<OrderEvent>, Refusal> {
        let Placed { item, quantity, .. } = self.open()?.clone();
        Ok(vec![OrderEvent::Cancelled { item, quantity, reason: *reason }])
    }
}
