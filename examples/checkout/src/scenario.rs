//! What may happen to an order, from its beginning to its end.

use std::time::Duration;

use clap::ValueEnum;
use eventsource::{AnyStore, EventId, prelude::*, reacting::TestClock};
use futures_util::TryStreamExt;

use crate::{
    Outcome,
    books::Books,
    consumers::{CONSUMERS, OrderView, Outside},
    domain::{Reason, ShopEvent, Stock},
    http::NewOrder,
    outside::{Conduct, MailCatcher, PaymentService},
    shop::{Customer, Shop},
};

const LEASE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Scenario {
    /// Paid, reserved, shipped.
    HappyPath,
    /// The card is declined: the order is cancelled, and the stock given back.
    Declined,
    /// Two customers pay for the last pieces: one gets the money back.
    OutOfStock,
    /// Nobody confirms the payment for half an hour: cancelled.
    Unpaid,
    /// The customer confirms the payment in time.
    Confirmed,
    /// The payment service is away for an hour: orders wait.
    PaymentAway,
}

impl Scenario {
    /// Plays it on a store.
    ///
    /// # Errors
    ///
    /// If it ends in another way than it should, or the books do not add up.
    pub async fn play(self, store: &AnyStore) -> Outcome {
        let clock = TestClock::new();
        let (payments, mail) =
            (PaymentService::start(Conduct::default()).await?, MailCatcher::start(0).await?);
        let outside = Outside { payments: payments.url.clone(), mail: mail.address };
        let names = CONSUMERS.map(|(name, _)| name);
        let (late, others) = names.into_iter().partition::<Vec<_>, _>(|name| *name == "stock");
        let shop = Shop::open(store, 0, &outside, &others, Some(&clock)).await?;
        // A program of its own, as every consumer could be.
        let stock = Shop::open(store, 0, &outside, &late, Some(&clock)).await?;
        let since = shop.furnish(10).await?;
        payments.set_shops(vec![shop.url.clone()]);
        let all = shop.es.load::<Stock>(&"kettle".to_owned()).await?.state.available;

        let (card, quantity, ends) = match self {
            Self::HappyPath | Self::PaymentAway => ("on file", 1, &[None][..]),
            Self::Declined => ("declined", 1, &[Some(Reason::Declined)][..]),
            Self::OutOfStock => ("on file", all, &[None, Some(Reason::OutOfStock)][..]),
            Self::Unpaid => ("to confirm", 1, &[Some(Reason::Unpaid)][..]),
            Self::Confirmed => ("to confirm", 1, &[None][..]),
        };
        payments.set_away(matches!(self, Self::PaymentAway));
        let mut orders = Vec::new();
        for customer in ["ada", "grace"].iter().take(ends.len()) {
            let order = EventId::new().to_string();
            let (customer, email) = ((*customer).to_owned(), format!("{customer}@shop.example"));
            let (item, card) = ("kettle".to_owned(), card.to_owned());
            let request = NewOrder { order: order.clone(), customer, email, item, quantity, card };
            Customer::default().order(|| shop.url.clone(), &request).await?;
            println!("ordered          {order}: {quantity} of the kettle, card {:?}", request.card);
            orders.push(order);
        }
        let workers = shop.work(LEASE).await?;
        let paid = async || Ok(orders.iter().all(|order| payments.held().contains_key(order)));
        if let Self::OutOfStock = self {
            until(paid).await?;
        }
        let stock_workers = stock.work(LEASE).await?;
        match self {
            Self::Unpaid => {
                until(async || {
                    Ok(!shop.es.timers_of("shipping", &orders[0]).await.is_ok_and(|it| it.is_empty()))
                })
                .await?;
                clock.advance(Duration::from_secs(30 * 60));
            }
            Self::Confirmed => {
                let confirm = format!("{}/confirm/{}", payments.url, orders[0]);
                until(async || Ok(reqwest::Client::new().post(&confirm).send().await?.status().is_success()))
                    .await?;
            }
            Self::PaymentAway => {
                let failing = async || {
                    Ok(shop.es.status().await?.live("payment").is_some_and(|it| it.last_error.is_some()))
                };
                until(failing).await?;
                clock.advance(Duration::from_secs(3_600));
                println!(
                    "an hour later    {}",
                    shop.es.status().await?.live("payment").map(ToString::to_string).unwrap_or_default()
                );
                payments.set_away(false);
            }
            _ => {}
        }
        shop.settled().await?;
        self.tell(&shop, &orders).await?;
        for (order, reason) in orders.iter().zip(ends) {
            let view = shop.es.find::<OrderView>(order).await?.ok_or("the order is not shown")?;
            if view.reason != *reason || (view.state == "shipped") != reason.is_none() {
                return Err(format!("{order} should have ended with {reason:?}: {view:?}").into());
            }
        }
        let books = Books::check(&shop.es, since, &payments, &mail).await?;
        println!("the books        {books}");
        // The mail server loses nothing here.
        if books.mails != 2 * (books.shipped + books.cancelled) {
            return Err("each customer should have been told twice: at the beginning and at the end".into());
        }
        stock_workers.shutdown().await?;
        Ok(workers.shutdown().await?)
    }

    async fn tell(self, shop: &Shop, orders: &[String]) -> Outcome {
        let mut log = shop.es.replay::<ShopEvent>(Position::START);
        while let Some(Recorded { context, event }) = log.try_next().await? {
            let text = format!("{event:?}");
            if orders.iter().any(|order| context.aggregate_id() == order || text.contains(order)) {
                println!("{:>6}  {:18} {}", context.position, context.event_type, text);
            }
        }
        Ok(())
    }
}

/// Asks again and again until it is so.
async fn until(is_so: impl AsyncFn() -> Outcome<bool>) -> Outcome {
    while !is_so().await? {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
