//! The independent consumers. None knows another: each knows the events that it reacts to, and what it causes.

mod forecast;
mod loyalty;
mod notification;
mod orders;
mod payment;
mod rewards;
mod shipping;
mod stock;

use std::net::SocketAddr;

use eventsource::{AnyStore, EventSourceBuilder, ReadModel};

pub use self::{
    forecast::Forecast,
    orders::OrderView,
    payment::{Confirmation, Confirmations},
};

pub type Builder = EventSourceBuilder<AnyStore>;

/// The services that the shop uses.
#[derive(Debug, Clone)]
pub struct Outside {
    /// The URL of the payment service.
    pub payments: String,
    /// Where mail is handed over, by SMTP.
    pub mail: SocketAddr,
}

type Register = fn(Builder, &Outside) -> Builder;

/// The consumers by name. The last one starts on the history that exists by then.
pub const CONSUMERS: [(&str, Register); 8] = [
    ("orders", |shop, _| shop.projection(OrderView::projection())),
    ("payment", payment::register),
    ("stock", stock::register),
    ("shipping", shipping::register),
    ("notification", notification::register),
    ("loyalty", loyalty::register),
    ("forecast", |shop, _| shop.projection(Forecast::projection())),
    ("rewards", rewards::register),
];

/// Registers the consumers with these names.
#[must_use]
pub fn register(shop: Builder, outside: &Outside, names: &[&str]) -> Builder {
    let chosen = CONSUMERS.iter().filter(|(name, _)| names.contains(name));
    chosen.fold(shop, |shop, (_, register)| register(shop, outside))
}
