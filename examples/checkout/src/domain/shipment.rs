//! What is sent for one order. Its id is that of the order.

use eventsource::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "shipment")]
pub enum ShipmentEvent {
    Sent { to: String },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = ShipmentEvent, id = String)]
pub struct Shipment {
    is_sent: bool,
}

impl Apply<ShipmentEvent> for Shipment {
    fn apply(&mut self, ShipmentEvent::Sent { .. }: ShipmentEvent) {
        self.is_sent = true;
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the order was sent already")]
pub struct SentAlready;

#[derive(Debug, Clone, PartialEq, Command)]
#[command(aggregate = Shipment)]
pub struct Ship {
    #[command(id)]
    pub order: String,
    pub to: String,
}

impl Handle<Ship> for Shipment {
    type Error = SentAlready;

    fn handle(&self, ship: &Ship) -> Result<Vec<ShipmentEvent>, SentAlready> {
        if self.is_sent {
            return Err(SentAlready);
        }
        Ok(vec![ShipmentEvent::Sent { to: ship.to.clone() }])
    }
}
