//! The page, in a real browser: it shows what is known, and what is pending as pending.

use std::{path::Path, time::Duration};

use checkout::{
    consumers::{CONSUMERS, Outside},
    outside::{Conduct, MailCatcher, PaymentService},
    shop::{self, Shop},
};
use eventsource::{
    Position,
    store::{EventStore, LogFilter},
};
use eventsource_harness::{Direction, Proxy, TestDatabase};

use crate::{Fresh, browser::Browser};

const LEASE: Duration = Duration::from_secs(10);

/// A shop without orders, and the payment service that it uses.
async fn open(url: &str) -> (Shop, PaymentService) {
    let payments =
        PaymentService::start(Conduct { delay: 0, ..Conduct::default() }).await.expect("a service");
    let mail = MailCatcher::start(0).await.expect("a server").address;
    let outside = Outside { payments: payments.url.clone(), mail };
    let store = shop::store(url).await.expect("a store");
    let shop = Shop::open(&store, 0, &outside, &CONSUMERS.map(|(name, _)| name), None).await.expect("a shop");
    shop.deliver(2).await.expect("a delivery");
    payments.set_shops(vec![shop.url.clone()]);
    (shop, payments)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_agree_and_what_is_pending_is_shown_as_pending() {
    let fresh = Fresh::sqlite();
    let (shop, payments) = open(&fresh.url).await;
    let workers = shop.work(LEASE).await.expect("started");
    let browser = Browser::start().await;
    payments.set_away(true);
    browser.client.goto(&shop.url).await.expect("the page");
    browser.order("on file").await;
    let pending = ["accepted, payment pending, reserved"];
    browser.shows(&pending).await;
    browser.another_tab().await;
    browser.client.goto(&shop.url).await.expect("the page");
    browser.shows(&pending).await;
    browser.client.refresh().await.expect("reloaded");
    browser.shows(&pending).await;
    payments.set_away(false);
    for tab in [0, 1] {
        browser.tab(tab).await;
        browser.shows(&["paid and shipped"]).await;
    }
    workers.shutdown().await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_of_an_order_is_told_as_it_is() {
    let fresh = Fresh::sqlite();
    let (shop, _payments) = open(&fresh.url).await;
    let workers = shop.work(LEASE).await.expect("started");
    let browser = Browser::start().await;
    browser.client.goto(&shop.url).await.expect("the page");
    browser.order("on file").await;
    browser.shows(&["paid and shipped"]).await;
    browser.order("declined").await;
    browser.shows(&["cancelled: declined", "paid and shipped"]).await;
    browser.order("to confirm").await;
    let asked = "accepted, waiting for you to confirm the payment, reserved";
    browser.shows(&[asked, "cancelled: declined", "paid and shipped"]).await;
    let screenshot = browser.client.screenshot().await.expect("a picture");
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("page.png"), screenshot).expect("written");
    browser.click("#orders button").await;
    let ended = ["paid and shipped", "cancelled: declined", "paid and shipped"];
    browser.shows(&ended).await;
    // There were two cups.
    browser.order("on file").await;
    eventsource_conformance::waiting::until("the refusal", async || {
        let answer = browser.client.find(fantoccini::Locator::Css("#answer")).await.expect("the answer");
        let text = answer.text().await.expect("its text");
        if text == "not ordered: 0 left of this item" { Ok(()) } else { Err(text) }
    })
    .await;
    browser.shows(&ended).await;
    workers.shutdown().await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_no_consumer_has_seen_yet_is_not_listed_before() {
    let fresh = Fresh::sqlite();
    let (shop, _payments) = open(&fresh.url).await;
    let browser = Browser::start().await;
    browser.client.goto(&shop.url).await.expect("the page");
    browser.order("on file").await;
    browser.shows(&["accepted, not listed yet"]).await;
    browser.client.refresh().await.expect("reloaded");
    browser.shows(&["accepted, not listed yet"]).await;
    let workers = shop.work(LEASE).await.expect("started");
    browser.shows(&["paid and shipped"]).await;
    workers.shutdown().await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_an_answer_is_sent_again_after_a_reload_and_happens_once() {
    let database = TestDatabase::create();
    let port = reqwest::Url::parse(database.url()).expect("a URL").port().expect("a port");
    let proxy = Proxy::start(port).expect("a proxy");
    let (shop, _payments) = open(&proxy.url(database.url())).await;
    let workers = shop.work(LEASE).await.expect("started");
    let browser = Browser::start().await;
    browser.client.goto(&shop.url).await.expect("the page");
    proxy.stall(Direction::ToClient);
    browser.order("on file").await;
    browser.shows(&["sending …"]).await;
    browser.client.refresh().await.expect("reloaded");
    browser.shows(&["sending …"]).await;
    proxy.heal();
    browser.shows(&["paid and shipped"]).await;
    let store = shop::store(database.url()).await.expect("a store");
    let page = store.read_log(Position::START, &LogFilter::all(), 1_000).await.expect("read");
    let placed = page.events.iter().filter(|event| *event.context.event_type == *"order.placed").count();
    assert_eq!(placed, 1);
    drop(workers);
}
