use std::sync::Arc;

use axum::Router;
use eventsource::{prelude::*, store::ReadModelStore};
use eventsource_axum::live;
use eventsource_conformance::waiting::in_time;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::{
    bank::{AccountEvent, Balance, Service, served},
    client::{Page, get, problem, sent},
};

/// A page that has the rows already asks each time for what has changed since. After a reset that is not enough.
pub(crate) async fn a_page_that_is_interrupted_after_a_reset_gets_all_rows<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    service.deposited("a", 1).await;
    let last = service.deposited("b", 1).await;
    let mut page = Page::open(&service, "all", "").await;
    page.until(last).await;
    let query = format!("?after={}", page.last_id.expect("it has caught up"));
    service.es.rebuild(Balance::TABLE).keep_old().await.expect("it is rebuilt");
    let mut page = Page::open(&service, "all", &query).await;
    assert_eq!(page.next().await.0, "reset");
    service.es.restore(Balance::TABLE).await.expect("it is restored");
    let mut page = Page::again(&service, "all", &query, page.last_id.as_deref()).await;
    assert_eq!(page.until(last).await, ["reset", "a=1", "b=1"]);
    workers.shutdown().await.expect("they end");
}

/// The balance of the next release.
#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances", version = 2)]
struct Next {
    #[read_model(key)]
    account: String,
}

impl Fold<AccountEvent> for Next {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.context.aggregate_id().to_owned())
    }

    fn fold(_: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        Change::Put(Self { account: event.context.aggregate_id().to_owned() })
    }
}

pub(crate) async fn an_event_source_tries_again_while_another_version_is_live<S: ReadModelStore>(store: S) {
    let store = Arc::new(store);
    let (service, workers) = Service::started(Arc::clone(&store)).await;
    let next = EventSource::builder(store).projection(Next::projection()).build();
    let live = live::<Next, (), _, ()>(&next, |(), _| true);
    let (address, server) = served(Router::new().nest("/live/balances", live)).await;
    let request = |query: &str, accept: &str| {
        let url = format!("http://{address}/live/balances{query}");
        sent(reqwest::Client::new().get(url).header("accept", accept.to_owned()))
    };
    let refused = request("", "*/*").await;
    assert_eq!(refused.headers()["retry-after"], "10");
    problem(refused, 503).await;
    // After a status other than 200 it would never try again.
    let answer = request("", "text/event-stream").await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().expect("a text")),
        (200, "text/event-stream")
    );
    let text = answer.text().await.expect("it ends");
    let retry: u64 =
        text.trim().strip_prefix("retry:").expect("nothing else").trim().parse().expect("a number");
    assert!((10_000..=20_000).contains(&retry), "{text}");
    // What will be no better later is refused.
    problem(request("?key=a%00b", "text/event-stream").await, 400).await;
    let served = get(&service, "/live/balances").header("user", "all");
    assert_eq!(sent(served).await.status(), 200);
    server.abort();
    workers.shutdown().await.expect("they end");
}

/// What a client sends has no meaning, so there is no reason to keep much of it in memory.
pub(crate) async fn a_web_socket_that_sends_a_long_message_is_closed<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    let address = format!("ws://{}/live/balances", service.address);
    let mut request = address.into_client_request().expect("a request");
    request.headers_mut().insert("user", "all".parse().expect("a header"));
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("it connects");
    socket.send(Message::text("short")).await.expect("it is read");
    let mut next = async || in_time("a message", socket.next()).await;
    assert!(matches!(next().await, Some(Ok(Message::Text(_)))));
    let _ = socket.send(Message::text("x".repeat(100_000))).await;
    for _ in 0..100 {
        service.deposited("a", 1).await;
        match in_time("a message or the end", socket.next()).await {
            Some(Ok(message)) if !message.is_close() => {}
            _ => return workers.shutdown().await.expect("they end"),
        }
    }
    panic!("it is still open");
}
