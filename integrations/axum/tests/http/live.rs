use eventsource::store::ReadModelStore;
use eventsource_conformance::waiting::in_time;
use futures_util::StreamExt;
use serde_json::Value;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest};

use crate::{
    bank::{Balance, Service},
    client::{Page, get, problem, sent, shown},
};
use eventsource::ReadModel;

pub(crate) async fn rows_are_sent_as_they_change<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    let last = service.deposited("a", 1).await;
    service.included(last).await;
    let mut page = Page::open(&service, "all", "").await;
    assert_eq!(page.until(last).await, ["reset", "a=1"]);
    assert_eq!(page.until(service.deposited("a", 4).await).await, ["a=5"]);
    assert_eq!(page.until(service.deposited("b", 1).await).await, ["b=1"]);
    assert_eq!(page.until(service.closed("a").await).await, ["a gone"]);
    workers.shutdown().await.expect("they end");
}

pub(crate) async fn a_client_that_connects_again_gets_what_has_changed<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    for account in ["a", "b", "c"] {
        service.deposited(account, 1).await;
    }
    let mut page = Page::open(&service, "all", "").await;
    page.until(service.deposited("a", 1).await).await;
    let id = page.last_id.clone().expect("it has caught up");
    drop(page);
    service.deposited("b", 1).await;
    let last = service.deposited("c", 1).await;
    service.included(last).await;
    for (query, header, missed) in
        [("", Some(&*id), &["b=2", "c=2"][..]), (&*format!("?after={id}"), None, &["a=2", "b=2", "c=2"])]
    {
        let mut page = Page::again(&service, "all", query, header).await;
        assert_eq!(page.until(last).await, missed);
        assert_eq!(page.until(service.deposited("a", 0).await).await, ["a=2"]);
    }
    // What is not a token is none.
    let mut page = Page::again(&service, "all", "", Some("yesterday")).await;
    assert_eq!(page.until(last).await, ["reset", "a=2", "b=2", "c=2"]);
    workers.shutdown().await.expect("they end");
}

/// The id of a row alone would let a browser resume without the rows that it has not received yet.
pub(crate) async fn a_client_that_is_interrupted_before_it_has_all_rows_begins_again<S: ReadModelStore>(
    store: S,
) {
    let (service, workers) = Service::started(store).await;
    service.deposited("a", 1).await;
    let last = service.deposited("b", 1).await;
    service.included(last).await;
    // A token from long ago: the generation is another one by now.
    let mut page = Page::again(&service, "all", "", Some("1000000.1")).await;
    for expected in ["reset", "a=1", "b=1"] {
        let (event, data) = page.next().await;
        assert_eq!((shown(&event, &data), page.last_id.as_deref()), (expected.to_owned(), Some("none")));
    }
    page.until(last).await;
    let (before, _) = (page.last_id.clone().expect("it has caught up"), service.deposited("a", 1).await);
    assert_eq!(page.next().await.0, "row");
    assert_eq!(page.last_id.as_ref(), Some(&before), "a row is nothing to resume after");
    workers.shutdown().await.expect("they end");
}

pub(crate) async fn a_user_gets_the_rows_that_the_user_may_see<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    assert_eq!(sent(get(&service, "/live/balances")).await.status(), 401);
    service.deposited("ada-1", 1).await;
    let last = service.deposited("bob-1", 1).await;
    service.included(last).await;
    let (mut ada, mut bob) = (Page::open(&service, "ada", "").await, Page::open(&service, "bob", "").await);
    assert_eq!(ada.until(last).await, ["reset", "ada-1=1"]);
    assert_eq!(bob.until(last).await, ["reset", "bob-1=1"]);
    service.deposited("bob-2", 1).await;
    service.closed("bob-1").await;
    let last = service.deposited("ada-2", 1).await;
    assert_eq!(ada.until(last).await, ["ada-2=1"]);
    let mut of_bob = bob.until(last).await;
    of_bob.dedup();
    assert!(
        of_bob.contains(&"bob-2=1".to_owned()) && of_bob.contains(&"bob-1 gone".to_owned()),
        "{of_bob:?}"
    );
    // Nor by name.
    let mut named = Page::open(&service, "ada", "?key=bob-2").await;
    assert_eq!(named.until(last).await, ["reset"]);
    workers.shutdown().await.expect("they end");
}

pub(crate) async fn a_client_selects_rows_by_their_keys<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    service.deposited("a", 1).await;
    let last = service.deposited("b", 1).await;
    service.included(last).await;
    let mut page = Page::open(&service, "all", "?key=b&key=c%20d").await;
    assert_eq!(page.until(last).await, ["reset", "b=1"]);
    service.deposited("a", 1).await;
    assert_eq!(page.until(service.deposited("c d", 1).await).await, ["c d=1"]);
    for invalid in ["key=a%00b".to_owned(), "key=a&".repeat(257)] {
        let request = get(&service, &format!("/live/balances?{invalid}")).header("user", "all");
        problem(sent(request).await, 400).await;
    }
    let mut page = Page::open(&service, "all", &format!("?{}", "key=a&".repeat(256))).await;
    assert_eq!(page.until(last).await, ["reset", "a=2"]);
    workers.shutdown().await.expect("they end");
}

pub(crate) async fn a_web_socket_gets_the_same_messages<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    let last = service.deposited("a", 1).await;
    service.included(last).await;
    let request = |query: &str| {
        let mut request = format!("ws://{}/live/balances{query}", service.address)
            .into_client_request()
            .expect("a request");
        request.headers_mut().insert("user", "all".parse().expect("a header"));
        request
    };
    let (mut socket, _) = tokio_tungstenite::connect_async(request("")).await.expect("it connects");
    let mut id = None;
    let mut until = async |socket: &mut tokio_tungstenite::WebSocketStream<_>,
                           position: eventsource::Position| {
        let mut reported = Vec::new();
        loop {
            let message = in_time("a message", socket.next()).await.expect("a message").expect("a message");
            let Message::Text(text) = message else { continue };
            let message: Value = serde_json::from_str(&text).expect("JSON");
            let event = message["event"].as_str().expect("an event");
            if event != "caught-up" {
                reported.push(shown(event, &message["data"]));
            } else if message["data"]["position"].as_u64() >= Some(position.get()) {
                id = message["id"].as_str().map(str::to_owned);
                return (reported, id.clone().expect("a token"));
            }
        }
    };
    let (reported, _) = until(&mut socket, last).await;
    assert_eq!(reported, ["reset", "a=1"]);
    let last = service.deposited("b", 1).await;
    let (reported, id) = until(&mut socket, last).await;
    assert_eq!(reported, ["b=1"]);
    drop(socket);
    let last = service.closed("a").await;
    service.included(last).await;
    let (mut socket, _) =
        tokio_tungstenite::connect_async(request(&format!("?after={id}"))).await.expect("it connects");
    // Whether the page had shown a row that is deleted now is not known of a user who may not see all rows.
    assert_eq!(until(&mut socket, last).await.0, ["reset", "b=1"]);
    workers.shutdown().await.expect("they end");
}

pub(crate) async fn a_web_socket_of_a_page_elsewhere_is_refused<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    for (origin, accepted) in
        [(format!("http://{}", service.address), true), ("https://evil.example".to_owned(), false)]
    {
        let mut request =
            format!("ws://{}/live/balances", service.address).into_client_request().expect("a request");
        request.headers_mut().insert("user", "all".parse().expect("a header"));
        request.headers_mut().insert("origin", origin.parse().expect("a header"));
        match tokio_tungstenite::connect_async(request).await {
            Ok(_) => assert!(accepted),
            Err(Error::Http(response)) => assert!(!accepted && response.status() == 403),
            Err(error) => panic!("{error}"),
        }
    }
    workers.shutdown().await.expect("they end");
}

pub(crate) async fn a_hundred_clients_see_each_command<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    let mut pages = Vec::new();
    for n in 0..100 {
        let query = if n % 2 == 0 { String::new() } else { format!("?key=a-{n}") };
        pages.push(Page::open(&service, "a", &query).await);
    }
    let mut last = eventsource::Position::START;
    for n in 0..100 {
        last = service.deposited(&format!("a-{n}"), n + 100).await;
    }
    for (n, page) in pages.iter_mut().enumerate() {
        let mut reported = page.until(last).await;
        reported.sort_unstable();
        reported.dedup();
        match n % 2 {
            0 => assert_eq!(reported.len(), 101, "{reported:?}"),
            _ => assert_eq!(reported, [format!("a-{n}={}", n + 100), "reset".to_owned()]),
        }
    }
    workers.shutdown().await.expect("they end");
}

pub(crate) async fn a_rebuilt_read_model_is_sent_again<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    let last = service.deposited("a", 1).await;
    let mut page = Page::open(&service, "all", "").await;
    page.until(last).await;
    let before = page.last_id.clone();
    service.es.rebuild(Balance::TABLE).await.expect("it is rebuilt");
    let mut again = Page::again(&service, "all", "", before.as_deref()).await;
    assert_eq!(again.until(last).await, ["reset", "a=1"]);
    assert_eq!(shown(&page.next().await.0, &Value::Null), "reset");
    assert_eq!(page.until(last).await, ["a=1"]);
    workers.shutdown().await.expect("they end");
}
