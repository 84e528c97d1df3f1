//! The books: what has to be true once everything has settled, whatever went wrong on the way.

use std::{collections::BTreeMap, fmt};

use eventsource::{AnyStore, prelude::*};
use futures_util::TryStreamExt;

use crate::{
    Outcome,
    domain::{LoyaltyEvent, OrderEvent, Placed, ShopEvent, Stock, StockEvent},
    outside::{MailCatcher, PaymentService},
};

/// What happened to an order.
#[derive(Debug, Default)]
struct Entry {
    placed: Option<(Position, Placed)>,
    shipped: u64,
    cancelled: u64,
    reserved: i64,
    points: Vec<u64>,
}

/// The sums, after every order was checked.
#[derive(Debug, Default, PartialEq)]
pub struct Books {
    pub shipped: u64,
    pub cancelled: u64,
    pub money: u64,
    pub points: u64,
    pub mails: u64,
}

impl Books {
    /// Reads all events, and compares them with each other, and those of orders that were placed after a position with the
    /// payment service and with the mail.
    ///
    /// # Errors
    ///
    /// What does not add up.
    pub async fn check(
        es: &EventSource<AnyStore>,
        since: Position,
        payments: &PaymentService,
        mail: &MailCatcher,
    ) -> Outcome<Self> {
        let (mut orders, mut stock) = (BTreeMap::<String, Entry>::new(), BTreeMap::<String, i64>::new());
        let mut nothing = 0;
        let mut log = es.replay::<ShopEvent>(Position::START);
        while let Some(event) = log.try_next().await? {
            let (id, position) = (event.aggregate_id().to_owned(), event.context.position);
            match event.event {
                ShopEvent::Order(OrderEvent::Placed(it)) => {
                    orders.entry(id).or_default().placed = Some((position, it))
                }
                ShopEvent::Order(OrderEvent::Shipped { .. }) => orders.entry(id).or_default().shipped += 1,
                ShopEvent::Order(OrderEvent::Cancelled { .. }) => {
                    orders.entry(id).or_default().cancelled += 1
                }
                ShopEvent::Payment(_) => {}
                ShopEvent::Loyalty(LoyaltyEvent::Awarded { order, points }) => {
                    orders.entry(order).or_default().points.push(points)
                }
                ShopEvent::Stock(event) => {
                    let order =
                        event.order().map(|order| &mut orders.entry(order.clone()).or_default().reserved);
                    let (available, reserved) = (stock.entry(id).or_default(), order.unwrap_or(&mut nothing));
                    match event {
                        StockEvent::Received { quantity } => *available += i64::from(quantity),
                        StockEvent::Reserved { quantity, .. } => {
                            *reserved += i64::from(quantity);
                            *available -= i64::from(quantity);
                        }
                        StockEvent::Refused { .. } => {}
                        StockEvent::Released { .. } => *available += std::mem::take(reserved),
                        StockEvent::Dispatched { .. } => *reserved = 0,
                    }
                }
            }
        }
        let (held, mails) = (payments.held(), mail.received());
        let mut books = Self { mails: mails.len() as u64, ..Self::default() };
        for (order, entry) in &orders {
            let Some((position, placed)) = &entry.placed else {
                return Err(format!("{order} was not placed: {entry:?}").into());
            };
            let total = placed.total * entry.shipped;
            let points = Vec::from_iter((entry.shipped == 1).then_some(total / 100));
            ensure(entry.shipped + entry.cancelled == 1, || {
                format!("{order} has not ended once: {entry:?}")
            })?;
            ensure(entry.reserved == 0, || format!("{order} still has stock: {entry:?}"))?;
            ensure(entry.points == points, || format!("{order} has other points: {entry:?}"))?;
            if *position <= since {
                continue;
            }
            let money = held.get(order).copied().unwrap_or(0);
            ensure(money == total, || format!("{order}: {money} were paid and kept: {entry:?}"))?;
            books.shipped += entry.shipped;
            books.cancelled += entry.cancelled;
            books.money += money;
            books.points += entry.points.iter().sum::<u64>();
        }
        ensure(held.keys().all(|order| orders.contains_key(order)), || {
            "money was paid for orders that do not exist".into()
        })?;
        for (item, pieces) in &stock {
            let now = es.load::<Stock>(item).await?.state;
            let is_right = now.reserved.is_empty() && i64::from(now.available) == *pieces;
            ensure(is_right, || format!("{pieces} pieces of {item} should be left: {now:?}"))?;
        }
        let twice = mails.iter().find(|(_, times)| **times > 1);
        ensure(twice.is_none(), || format!("a mail was sent more than once: {twice:?}"))?;
        Ok(books)
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shipped, cancelled, money, points, mails } = self;
        write!(
            f,
            "{shipped} orders shipped, {cancelled} cancelled, {money} cents kept, {points} points, {mails} mails"
        )
    }
}
