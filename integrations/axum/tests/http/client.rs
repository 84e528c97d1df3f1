//! Clients of the service.

use std::pin::Pin;

use eventsource::{Position, store::ReadModelStore};
use eventsource_conformance::waiting::in_time;
use futures_util::{Stream, StreamExt};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use crate::bank::Service;

/// A client of server-sent events, as a browser is one.
pub(crate) struct Page {
    bytes: Pin<Box<dyn Stream<Item = reqwest::Result<axum::body::Bytes>> + Send>>,
    buffer: String,
    /// The id with which a browser would connect again.
    pub(crate) last_id: Option<String>,
}

impl Page {
    pub(crate) async fn open<S: ReadModelStore>(service: &Service<S>, user: &str, query: &str) -> Self {
        Self::again(service, user, query, None).await
    }

    pub(crate) async fn again<S: ReadModelStore>(
        service: &Service<S>,
        user: &str,
        query: &str,
        last_id: Option<&str>,
    ) -> Self {
        let mut request = get(service, &format!("/live/balances{query}")).header("user", user);
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = sent(request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let bytes = Box::pin(response.bytes_stream());
        Self { bytes, buffer: String::new(), last_id: last_id.map(str::to_owned) }
    }

    /// The next event with data, as a browser would report it.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                let (mut event, mut data) = (String::new(), String::new());
                for (field, value) in block.lines().filter_map(|line| line.split_once(':')) {
                    let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
                    match field {
                        "event" => event = value,
                        "data" => data = value,
                        "id" => self.last_id = Some(value).filter(|id| !id.is_empty()),
                        _ => {}
                    }
                }
                if !data.is_empty() {
                    return (event, serde_json::from_str(&data).expect("JSON"));
                }
                continue;
            }
            let bytes =
                in_time("an event", self.bytes.next()).await.expect("it does not end").expect("bytes");
            self.buffer.push_str(&String::from_utf8(bytes.into()).expect("UTF-8"));
        }
    }

    /// What is reported up to `caught-up` at or above a position.
    pub(crate) async fn until(&mut self, position: Position) -> Vec<String> {
        let mut reported = Vec::new();
        loop {
            let (event, data) = self.next().await;
            if event == "caught-up" {
                if data["position"].as_u64() >= Some(position.get()) {
                    return reported;
                }
                continue;
            }
            reported.push(shown(&event, &data));
        }
    }
}

/// A message in short.
pub(crate) fn shown(event: &str, data: &Value) -> String {
    match event {
        "row" => format!("{}={}", data["account"].as_str().expect("an account"), data["balance"]),
        "gone" => format!("{} gone", data.as_str().expect("a key")),
        other => other.to_owned(),
    }
}

pub(crate) fn get<S: ReadModelStore>(service: &Service<S>, path: &str) -> RequestBuilder {
    reqwest::Client::new().get(service.url(path))
}

pub(crate) fn post<S: ReadModelStore>(
    service: &Service<S>,
    path: &str,
    body: &'static str,
) -> RequestBuilder {
    reqwest::Client::new().post(service.url(path)).header("content-type", "application/json").body(body)
}

pub(crate) async fn sent(request: RequestBuilder) -> Response {
    in_time("an answer", request.send()).await.expect("an answer")
}

/// Asserts that the answer is a problem with this status, and returns it.
pub(crate) async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = response.json().await.expect("JSON");
    assert_eq!(problem["status"], status);
    problem
}
