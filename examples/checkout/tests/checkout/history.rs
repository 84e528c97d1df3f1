//! The orders that version 1 has left, and a consumer that starts later.

use std::time::Duration;

use checkout::{
    books::Books,
    consumers::{CONSUMERS, Forecast, Outside},
    outside::{Conduct, MailCatcher, PaymentService},
    shop::Shop,
};
use eventsource::{
    AnyStore, Position,
    store::{EventStore, LogFilter},
};

const LEASE: Duration = Duration::from_secs(10);

/// Opens a shop with its fakes, and waits until everything is carried out.
async fn carried_out(store: &AnyStore, names: &[&str]) -> (Shop, Books) {
    let payments = PaymentService::start(Conduct::default()).await.expect("a service");
    let mail = MailCatcher::start(0).await.expect("a server");
    let outside = Outside { payments: payments.url.clone(), mail: mail.address };
    let shop = Shop::open(store, 0, &outside, names, None).await.expect("a shop");
    let since = shop.furnish(10).await.expect("furnished");
    let workers = shop.work(LEASE).await.expect("started");
    shop.settled().await.expect("settled");
    let books = Books::check(&shop.es, since, &payments, &mail).await.expect("the books");
    workers.shutdown().await.expect("ended");
    (shop, books)
}

async fn types(store: &AnyStore) -> Vec<String> {
    let page = store.read_log(Position::START, &LogFilter::all(), 10_000).await.expect("read");
    page.events.iter().map(|event| event.context.event_type.to_string()).collect()
}

pub(crate) async fn is_carried_out(store: &AnyStore) {
    let names = CONSUMERS.map(|(name, _)| name);
    let (shop, books) = carried_out(store, &names).await;
    assert_eq!((books.shipped, books.cancelled), (4, 0));
    assert_eq!((books.money, books.points, books.mails), (7_700, 77, 8));
    let cups = shop.es.find::<Forecast>(&"cup".to_owned()).await.expect("a query").expect("a row");
    assert_eq!((cups.wanted, cups.missed), (2, 0));
    assert_eq!(types(store).await.iter().filter(|it| *it == "reward.counted").count(), 4);
}

pub(crate) async fn rewards_start_later(store: &AnyStore) {
    let names = CONSUMERS.map(|(name, _)| name);
    let (without, all) = (&names[..names.len() - 1], &names[..]);
    carried_out(store, without).await;
    assert!(!types(store).await.iter().any(|it| it.starts_with("reward.")));
    carried_out(store, all).await;
    let rewards = types(store).await.into_iter().filter(|it| it.starts_with("reward.")).collect::<Vec<_>>();
    assert_eq!(rewards.iter().filter(|it| *it == "reward.counted").count(), 4, "three of ada, one of grace");
    assert_eq!(rewards.iter().filter(|it| *it == "reward.granted").count(), 1, "for the third of ada");
}
