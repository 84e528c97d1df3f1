//! What a customer's program may send: each refusal says why, and nothing of it disturbs the others.

use std::time::Duration;

use checkout::{
    consumers::{CONSUMERS, Outside},
    outside::{Conduct, MailCatcher, PaymentService},
    shop::{self, Shop},
};
use eventsource::{
    EventId, Position,
    prelude::*,
    store::{Append, EventStore, ExpectedVersion, LogFilter, NewEvent},
};
use serde_json::{Value, json};

use crate::Fresh;

async fn open(url: &str) -> (Shop, MailCatcher) {
    let payments =
        PaymentService::start(Conduct { delay: 0, ..Conduct::default() }).await.expect("a service");
    let mail = MailCatcher::start(0).await.expect("a server");
    let outside = Outside { payments: payments.url.clone(), mail: mail.address };
    let store = shop::store(url).await.expect("a store");
    let shop = Shop::open(&store, 0, &outside, &CONSUMERS.map(|(name, _)| name), None).await.expect("a shop");
    shop.deliver(5).await.expect("a delivery");
    (shop, mail)
}

/// The status of the answer, and the detail of the problem.
async fn post(shop: &Shop, key: &str, body: &Value) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("{}/orders", shop.url)).header("idempotency-key", key);
    let answer = request.json(body).send().await.expect("an answer");
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap_or_default();
    (status, problem["detail"].as_str().unwrap_or_default().to_owned())
}

fn order(id: &str) -> Value {
    json!({
        "order": id, "customer": "ada", "email": "ada@shop.example", "item": "cup", "quantity": 1, "card": "on file",
    })
}

fn with(mut order: Value, name: &str, value: impl Into<Value>) -> Value {
    order[name] = value.into();
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_ordered_is_refused_and_says_why() {
    let fresh = Fresh::sqlite();
    let (shop, _) = open(&fresh.url).await;
    for (number, (name, value, status, detail)) in [
        ("item", json!("o'clock"), 422, "there is no such item, or none was ordered"),
        ("quantity", json!(0), 422, "there is no such item, or none was ordered"),
        ("quantity", json!(6), 422, "5 left of this item"),
        ("quantity", json!(u32::MAX), 422, "5 left of this item"),
        ("email", json!("ada"), 422, "this is not a mail address"),
        ("email", json!("ada@shop.example\r\nBcc: all@shop.example"), 422, "this is not a mail address"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("order-{number}");
        let answer = post(&shop, &id, &with(order(&id), name, value)).await;
        assert_eq!(answer, (status, detail.to_owned()), "{name}");
    }
    for (name, value) in [("quantity", json!(-1)), ("quantity", json!(1_u64 << 63)), ("order", json!(null))] {
        let (status, _) = post(&shop, name, &with(order("x"), name, value)).await;
        assert!((400..500).contains(&status), "{name}: {status}");
    }
    let (status, _) = post(&shop, "nul", &order("\0")).await;
    assert_eq!(status, 400, "an id that cannot name a stream");
    let page = shop.es.store().read_log(Position::START, &LogFilter::all(), 100).await.expect("read");
    assert!(page.events.iter().all(|event| event.context.event_type.starts_with("stock.")), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_order_gets_the_first_answer_after_the_stock_has_gone() {
    let fresh = Fresh::sqlite();
    let (shop, _) = open(&fresh.url).await;
    let all = with(order("first"), "quantity", 5);
    assert_eq!(post(&shop, "first", &all).await.0, 201);
    let workers = shop.work(Duration::from_secs(10)).await.expect("started");
    shop.settled().await.expect("settled");
    assert_eq!(post(&shop, "first", &all).await.0, 201, "it is the same request");
    assert_eq!(post(&shop, "second", &order("second")).await, (422, "0 left of this item".to_owned()));
    let (status, detail) = post(&shop, "first", &with(all, "customer", "bob")).await;
    assert!(
        status == 422 && detail.contains("Idempotency-Key"),
        "another request under this key: {status} {detail}"
    );
    workers.shutdown().await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_accepted_once_and_is_none_concerns_one_customer() {
    let fresh = Fresh::sqlite();
    let (shop, mail) = open(&fresh.url).await;
    let old = NewEvent {
        id: EventId::new(),
        event_type: "order.placed".into(),
        schema_version: 1,
        payload: serde_json::value::RawValue::from_string(
            r#"{"customer":"no address","item":"cup","price":700}"#.into(),
        )
        .expect("JSON"),
        metadata: eventsource::Metadata::new(),
    };
    let stream = StreamId::new("order", "old").expect("an id");
    shop.es.store().append(Append::to(stream, ExpectedVersion::NoStream, vec![old])).await.expect("stored");
    assert_eq!(post(&shop, "new", &order("new")).await.0, 201);
    let workers = shop.work(Duration::from_secs(10)).await.expect("started");
    eventsource_conformance::waiting::until("both mails to ada", async || {
        let received = mail.received().len();
        if received == 2 { Ok(()) } else { Err(received) }
    })
    .await;
    let parked = shop.es.status().await.expect("a status").live("notification").expect("it exists").parked;
    assert!(parked > 0, "the mails to nobody are parked");
    workers.shutdown().await.expect("ended");
}
