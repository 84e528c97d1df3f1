use std::sync::Arc;

use axum::Router;
use eventsource::{prelude::*, store::ReadModelStore};
use eventsource_axum::live;
use eventsource_conformance::waiting::in_time;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

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

pub(crate) async fn a_client_that_connects_before_the_first_start_gets_the_rows_after_it<
    S: ReadModelStore,
>(
    store: S,
) {
    let service = Service::new(store).await;
    let last = service.deposited("a", 1).await;
    let mut page = Page::open(&service, "all", "").await;
    let workers = service.es.start().await.expect("the projections can be started");
    let mut reported = page.until(last).await;
    // A row may have been read before the position includes its last event.
    reported.dedup();
    assert_eq!(reported, ["reset", "a=1"]);
    workers.shutdown().await.expect("they end");
}

/// A proxy that collects the answer before it passes it on would show nothing, and clients that are all told the same time
/// come back at the same moment.
pub(crate) async fn a_stream_is_not_buffered_and_says_when_to_connect_again<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    let mut answer = sent(get(&service, "/live/balances").header("user", "all")).await;
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    assert_eq!(answer.headers()["cache-control"], "no-cache");
    let first = in_time("the first event", answer.chunk()).await.expect("bytes").expect("it does not end");
    let first = String::from_utf8(first.into()).expect("UTF-8");
    let retry = first.lines().next().and_then(|line| line.strip_prefix("retry:"));
    let retry: u64 = retry.expect("it comes first").trim().parse().expect("a number");
    assert!((1_000..=2_000).contains(&retry), "{first}");
    workers.shutdown().await.expect("they end");
}

pub(crate) async fn clients_are_asked_to_connect_again_when_another_version_is_live<S: ReadModelStore>(
    store: S,
) {
    let store = Arc::new(store);
    let (service, workers) = Service::started(Arc::clone(&store)).await;
    service.included(service.deposited("a", 1).await).await;
    let mut page = sent(get(&service, "/live/balances").header("user", "all")).await;
    let mut socket = socket(&service).await;
    let first = in_time("a message", socket.next()).await.expect("a message").expect("a message");
    assert!(matches!(first, Message::Ping(_) | Message::Text(_)), "{first:?}");
    let next = EventSource::builder(store).projection(Next::projection()).build();
    let next_workers = next.start().await.expect("it starts");
    while let Ok(Some(_)) = in_time("the end of the stream", page.chunk()).await {}
    let mut pings = usize::from(first.is_ping());
    let closed = loop {
        match in_time("the end", socket.next()).await {
            Some(Ok(Message::Close(frame))) => break frame.expect("a reason"),
            Some(Ok(message)) => pings += usize::from(message.is_ping()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((u16::from(closed.code), &*closed.reason), (1_012, "connect again"));
    assert!(pings > 0, "a client that has vanished is noticed by pings");
    next_workers.shutdown().await.expect("they end");
    workers.shutdown().await.expect("they end");
}

async fn socket<S: ReadModelStore>(service: &Service<S>) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let address = format!("ws://{}/live/balances", service.address);
    let mut request = address.into_client_request().expect("a request");
    request.headers_mut().insert("user", "all".parse().expect("a header"));
    tokio_tungstenite::connect_async(request).await.expect("it connects").0
}

/// What a client sends has no meaning, so there is no reason to keep much of it in memory.
pub(crate) async fn a_web_socket_that_sends_a_long_message_is_closed<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    let mut socket = socket(&service).await;
    socket.send(Message::text("short")).await.expect("it is read");
    assert!(matches!(in_time("a message", socket.next()).await, Some(Ok(_))));
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
