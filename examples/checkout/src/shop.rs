//! The shop put together: a store, the consumers, the routes.

use std::time::{Duration, Instant};

use eventsource::{AnyStore, WorkerOptions, Workers, prelude::*, reacting::TestClock, store::ImportEvent};
use reqwest::StatusCode;
use tokio::net::TcpListener;

use crate::{
    Outcome,
    consumers::{self, OrderView, Outside},
    domain::{ITEMS, MoveStock, Order, OrderEvent, StockEvent},
    http::{self, NewOrder},
};

/// The orders of version 1 of the shop, when they were carried out by hand: a line each, as they were stored.
const HISTORY: &str = include_str!("history.v1.jsonl");

/// A shop that is open.
#[derive(Debug)]
pub struct Shop {
    pub es: EventSource<AnyStore>,
    pub url: String,
}

/// Opens a store, after its schema was migrated.
///
/// # Errors
///
/// If it cannot be opened.
pub async fn store(url: &str) -> Outcome<AnyStore> {
    eventsource::migrate(url).await?;
    Ok(eventsource::open(url).await?)
}

impl Shop {
    /// Opens a shop on a store and a port. Its consumers wait for [`work`](Self::work).
    ///
    /// # Errors
    ///
    /// If the port is taken.
    pub async fn open(
        store: &AnyStore,
        port: u16,
        outside: &Outside,
        consumers: &[&str],
        clock: Option<&TestClock>,
    ) -> Outcome<Self> {
        let builder = EventSource::builder(store.clone());
        let builder = consumers::register(builder, outside, consumers);
        let es = clock.into_iter().fold(builder, |builder, clock| builder.clock(clock)).build();
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let routes = http::routes(es.clone(), &outside.payments);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { es, url })
    }

    /// Delivers some pieces of each item. Returns the end of the log before that.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn deliver(&self, pieces: u32) -> Outcome<Position> {
        let since = self.es.status().await?.horizon;
        for (item, _) in ITEMS {
            self.es.execute(MoveStock(item.to_owned(), StockEvent::Received { quantity: pieces })).await?;
        }
        Ok(since)
    }

    /// Delivers some pieces, and imports the history of version 1 if that was not done before.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn furnish(&self, pieces: u32) -> Outcome<Position> {
        let since = self.deliver(pieces).await?;
        let events = HISTORY.lines().map(|line| {
            let (order, payload) = line.split_once('\t').unwrap_or_default();
            Ok(ImportEvent::raw(StreamId::of::<Order>(&order.to_owned())?, "order.placed", 1, payload)?)
        });
        let events = events.collect::<Outcome<Vec<_>>>()?;
        self.es.import().from("version 1").readable_as::<OrderEvent>().events(events).await?;
        Ok(since)
    }

    /// Starts the consumers.
    ///
    /// # Errors
    ///
    /// If the store fails, or one of them does not fit what is stored.
    pub async fn work(&self, lease: Duration) -> Outcome<Workers> {
        Ok(self.es.start_with(WorkerOptions::default().lease(lease)).await?)
    }

    /// Waits until every consumer has reacted to everything, and every order has ended.
    ///
    /// # Errors
    ///
    /// If an event is parked, or nothing happens for a minute.
    pub async fn settled(&self) -> Outcome {
        let (mut last, mut since) = (None, Instant::now());
        loop {
            let status = self.es.status().await?;
            let at = status.projections.iter().map(|it| (it.position, it.parked, it.lag)).collect::<Vec<_>>();
            let is_idle = at.iter().all(|(_, _, lag)| *lag == 0);
            if is_idle && last.as_ref() == Some(&at) {
                let orders = self.es.all::<OrderView>().await?;
                if orders.iter().all(|order| order.state != "placed") {
                    return Ok(());
                }
            }
            if last.as_ref() != Some(&at) {
                (last, since) = (Some(at), Instant::now());
            }
            if since.elapsed() > Duration::from_secs(60) || status.projections.iter().any(|it| it.parked > 0)
            {
                return Err(format!("the shop does not advance:\n{status}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A customer.
#[derive(Debug, Clone, Default)]
pub struct Customer(reqwest::Client);

impl Customer {
    /// Orders a number of pieces of an item. A request that is not answered is repeated, at the next of the shops.
    ///
    /// # Errors
    ///
    /// If the shop refuses the order.
    pub async fn order(&self, shops: impl Fn() -> String, order: &NewOrder) -> Outcome<StatusCode> {
        loop {
            let request = self.0.post(format!("{}/orders", shops())).header("idempotency-key", &order.order);
            match request.json(order).send().await {
                Ok(answer) if answer.status() == StatusCode::CREATED || answer.status().is_client_error() => {
                    return Ok(answer.status());
                }
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}
