//! A spike of orders, while one consumer is slow and another one down: nobody who orders has to wait for them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eventsource::{AnyStore, EventId, EventSource};
use tokio::sync::Semaphore;

use crate::{
    Outcome,
    books::Books,
    consumers::{CONSUMERS, Outside},
    domain::ITEMS,
    http::NewOrder,
    outside::{Conduct, MailCatcher, PaymentService},
    shop::{Customer, Shop},
};

/// As many as a proxy in front of the shop would open. A customer who waits for one waits for the answer.
const CONNECTIONS: usize = 256;
const LEASE: Duration = Duration::from_secs(10);

/// Runs the spike twice: with consumers that keep up, and with payments that take 200 per second while loyalty is down.
///
/// # Errors
///
/// If something was lost or doubled.
pub async fn run(store: &AnyStore, orders: u32, seconds: u32) -> Outcome {
    let (payments, mail) = (PaymentService::start(Conduct::default()).await?, MailCatcher::start(0).await?);
    let spike = Spike { store, orders, seconds, payments, mail };
    let healthy = spike.run(0, &[]).await?;
    // The consumer makes 64 calls at the same time.
    let unhealthy = spike.run(320, &["loyalty"]).await?;
    println!("an order is answered within   median   99 of 100    longest");
    for (name, times) in [("with consumers that keep up", healthy), ("with one slow and one down", unhealthy)]
    {
        let at = |share: usize| times[(times.len() - 1) * share / 100];
        println!("{name:28} {:>8.1?} {:>10.1?} {:>10.1?}", at(50), at(99), at(100));
    }
    Ok(())
}

struct Spike<'a> {
    store: &'a AnyStore,
    orders: u32,
    seconds: u32,
    payments: PaymentService,
    mail: MailCatcher,
}

impl Spike<'_> {
    /// Returns the times until the orders were answered, the shortest first.
    async fn run(&self, delay: u64, down: &[&str]) -> Outcome<Vec<Duration>> {
        let Self { store, orders, seconds, payments, mail } = self;
        payments.set_delay(delay);
        let outside = Outside { payments: payments.url.clone(), mail: mail.address };
        let names = CONSUMERS.map(|(name, _)| name);
        let up = names.into_iter().filter(|name| !down.contains(name)).collect::<Vec<_>>();
        let shop = Shop::open(store, 0, &outside, &up, None).await?;
        let since = shop.furnish(orders * seconds).await?;
        let workers = shop.work(LEASE).await?;

        println!("{orders} orders per second for {seconds} s; how many events each consumer is behind:");
        println!("{:>8} {}", "", names.map(|name| format!("{name:>14}")).concat());
        let start = Instant::now();
        let chart = tokio::spawn(chart(shop.es.clone(), start));
        let customer = Customer::default();
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / *orders);
        let (mut requests, connections) = (Vec::new(), Arc::new(Semaphore::new(CONNECTIONS)));
        for number in 0..orders * seconds {
            ticks.tick().await;
            let (customer, url, order) = (customer.clone(), shop.url.clone(), some_order(number));
            let (start, connections) = (Instant::now(), connections.clone());
            requests.push(tokio::spawn(async move {
                let _connection = connections.acquire().await?;
                customer.order(|| url.clone(), &order).await.map(|_| start.elapsed())
            }));
        }
        let mut times = Vec::new();
        for request in requests {
            times.push(request.await??);
        }
        println!("{:>7.1}s all orders are answered", start.elapsed().as_secs_f64());
        payments.set_delay(0);
        let late = Shop::open(store, 0, &outside, down, None).await?;
        let late_workers = late.work(LEASE).await?;
        shop.settled().await?;
        chart.abort();
        println!(
            "{:>7.1}s {}",
            start.elapsed().as_secs_f64(),
            Books::check(&shop.es, since, payments, mail).await?
        );
        late_workers.shutdown().await?;
        workers.shutdown().await?;
        times.sort();
        Ok(times)
    }
}

fn some_order(number: u32) -> NewOrder {
    let (item, _) = ITEMS[number as usize % ITEMS.len()];
    let customer = format!("customer-{}", number % 500);
    let email = format!("{customer}@shop.example");
    let (order, item, card) = (EventId::new().to_string(), item.to_owned(), "on file".to_owned());
    NewOrder { order, customer, email, item, quantity: 1, card }
}

/// Prints twice a second how far behind each consumer is, with a bar.
async fn chart(es: EventSource<AnyStore>, start: Instant) {
    let mut most = 1;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let Ok(status) = es.status().await else { continue };
        let lags = CONSUMERS.map(|(name, _)| status.live(name).map_or(0, |it| it.lag));
        most = lags.into_iter().fold(most, u64::max);
        let bars = lags.map(|lag| {
            let bar = "▏▎▍▌▋▊▉█"
                .chars()
                .zip(1..)
                .take_while(|(_, part)| lag * 8 >= most * part)
                .last()
                .map_or(' ', |(bar, _)| bar);
            format!("{lag:>12} {bar}")
        });
        println!("{:>7.1}s {}", start.elapsed().as_secs_f64(), bars.concat());
    }
}
