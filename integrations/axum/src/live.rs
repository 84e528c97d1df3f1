//! Live rows of a read model, for browsers.

mod events;
mod message;
mod socket;

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use axum::{
    Router,
    extract::{
        FromRequestParts, Query, Request,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use eventsource::{
    EventSource, ReadModel,
    projections::{Filter, Watch, WatchError, WatchToken, Watched},
    store::ReadModelStore,
};
use futures_util::{Stream, StreamExt, stream};
use serde::de::DeserializeOwned;

use crate::Problem;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// How long the answer waits for the first message, so that an error is one of the request.
const FIRST: Duration = Duration::from_secs(1);
/// After this time and up to as much again, a connection ends: the client connects again, and the user is authenticated
/// again.
const LIFE: Duration = Duration::from_secs(600);

/// How many rows a client may select by key: their rows are read one by one, while all other clients wait.
const MOST_KEYS: usize = 256;

/// Live rows of a read model, as a route to be nested: a stream of server-sent events, or a WebSocket with the same
/// messages.
///
/// The user is an extractor of yours, which refuses a request that is not authenticated; `()` if there is no user. The
/// closure says whether a user may see a row. It is asked each time a row is about to be sent.
///
/// | request | |
/// |---|---|
/// | `GET /` | all rows that the user may see |
/// | `GET /?key=12345` | the row with this key; several keys are repeated, at most 256. A key of several columns is a JSON array |
/// | `Last-Event-ID: 3.1042` | resumes: only what has changed since. A browser sends it by itself |
/// | `GET /?after=3.1042` | the same, for WebSockets, and for a page that has the rows already |
///
/// | event | data | |
/// |---|---|---|
/// | `reset` | `{}` | forget all rows; those that follow are complete |
/// | `row` | the row | as it is now |
/// | `gone` | the key | the row was deleted, or must not be seen any more |
/// | `caught-up` | `{"position": 1042}` | with the `id`: all rows are at least as new as the position, and none is missing |
///
/// When `caught-up` reaches the `Eventsource-Position` of a [command](crate::Accepted), its effect is among the rows, and a
/// page may drop "pending". A WebSocket message is an object with `event`, `data` and, for `caught-up`, `id`.
///
/// A connection ends after 10 to 20 minutes, so that the user is authenticated again. Browsers send cookies with a WebSocket
/// of any page, so one is accepted only from a page of the same host.
pub fn live<R, U, S, T>(
    es: &EventSource<S>,
    may_see: impl Fn(&U, &R) -> bool + Clone + Send + Sync + 'static,
) -> Router<T>
where
    R: ReadModel,
    U: FromRequestParts<T> + Send + Sync + 'static,
    S: ReadModelStore,
    T: Clone + Send + Sync + 'static,
{
    let es = es.clone();
    let answer = move |user: U,
                       query: Query<Vec<(String, String)>>,
                       socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
                       request: Request| {
        let (es, may_see) = (es.clone(), may_see.clone());
        async move {
            let filter =
                filter_of::<R>(&query).map_err(|invalid| Problem::bad_request(invalid).into_response())?;
            let filter = filter.only(move |row| may_see(&user, row));
            let watch = es.watch::<R>(filter).after(token_of(&query, request.headers()));
            if request.headers().contains_key(header::UPGRADE) {
                let socket = socket.map_err(IntoResponse::into_response)?;
                if !is_same_host(request.headers()) {
                    return Err(Problem::new(StatusCode::FORBIDDEN).into_response());
                }
                let messages = begun(watch).await.map_err(IntoResponse::into_response)?;
                return Ok(socket::upgrade(socket, messages));
            }
            let is_browser = is_event_source(request.headers());
            Ok::<Response, Response>(match begun(watch).await {
                Ok(messages) => events::response(messages),
                Err(problem) => match problem.try_again_after().filter(|_| is_browser) {
                    Some(time) => events::later(time),
                    None => problem.into_response(),
                },
            })
        }
    };
    Router::new().route("/", get(answer))
}

/// The rows that the query selects, or what is wrong with it.
fn filter_of<R: ReadModel>(query: &[(String, String)]) -> Result<Filter<R>, &'static str> {
    let keys = query.iter().filter(|(name, _)| name == "key");
    if keys.clone().count() > MOST_KEYS {
        return Err("too many keys are selected");
    }
    let keys = keys.map(|(_, value)| key_of(value)).collect::<Option<Vec<R::Key>>>();
    let keys = keys.ok_or("a key of the query is not a key of these rows")?;
    Ok(if keys.is_empty() { Filter::all() } else { Filter::keys(keys) })
}

/// A key is a text, or else the JSON of a number or of several columns.
fn key_of<K: DeserializeOwned>(value: &str) -> Option<K> {
    let text = serde_json::from_value(serde_json::Value::from(value));
    text.or_else(|_| serde_json::from_str(value)).ok()
}

/// A text that is not a token is none: the watch begins with all rows.
fn token_of(query: &[(String, String)], headers: &HeaderMap) -> Option<WatchToken> {
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    let after = || query.iter().find(|(name, _)| name == "after").map(|(_, value)| value.as_str());
    last.or_else(after)?.parse().ok()
}

/// Whether a browser sends the request for an `EventSource`.
fn is_event_source(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/event-stream")
}

/// Whether the request does not come from a page of another host.
fn is_same_host(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| Some(origin.split_once("://")?.1));
    host.is_some() && origin == host
}

/// The messages of a watch, once the first one is known, or the error if that is one. They end with the life of the
/// connection.
async fn begun<R: ReadModel>(
    mut watch: Watch<R>,
) -> Result<impl Stream<Item = Result<Watched<R>, WatchError>> + Send + 'static, Problem> {
    let first = match tokio::time::timeout(FIRST, watch.next()).await {
        Ok(Some(Err(error))) => return Err(error.into()),
        Ok(first) => first,
        Err(_) => None,
    };
    let life = Box::pin(tokio::time::sleep(LIFE + spread(LIFE)));
    Ok(stream::iter(first).chain(watch).take_until(life))
}

/// A time of chance up to this one, so that many clients do not connect at the same moment.
fn spread(up_to: Duration) -> Duration {
    let chance = RandomState::new().hash_one(0_u8) % 1_000;
    up_to * u32::try_from(chance).unwrap_or(0) / 1_000
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use eventsource::prelude::*;
    use tokio::time::Instant;

    use super::*;

    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    enum AccountEvent {
        Opened,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
    #[read_model(table = "accounts")]
    pub(super) struct Opened {
        #[read_model(key)]
        account: String,
    }

    impl Fold<AccountEvent> for Opened {
        fn key(event: &Recorded<AccountEvent>) -> Option<String> {
            Some(event.context.aggregate_id().to_owned())
        }

        fn fold(_: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
            Change::Put(Self { account: event.context.aggregate_id().to_owned() })
        }
    }

    /// It is checked again then whether the user is still one.
    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_after_a_time() {
        let es = EventSource::builder(MemoryStore::new()).projection(Opened::projection()).build();
        let begin = Instant::now();
        let messages = begun(es.watch::<Opened>(Filter::all())).await;
        let messages = messages.unwrap_or_else(|problem| panic!("{problem:?}")).collect::<Vec<_>>();
        let messages = tokio::time::timeout(LIFE * 3, messages).await.expect("it ends");
        assert!(messages.is_empty(), "it is not started: {messages:?}");
        assert!((LIFE..LIFE * 2 + FIRST).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    }

    #[test]
    fn a_key_is_a_text_or_json() {
        assert_eq!(key_of::<String>("12345"), Some("12345".to_owned()));
        assert_eq!(key_of::<u64>("12345"), Some(12_345));
        assert_eq!(key_of::<(String, u8)>(r#"["a",1]"#), Some(("a".to_owned(), 1)));
        assert_eq!(key_of::<u64>("a"), None);
    }

    #[test]
    fn a_page_of_another_host_is_not_the_same_host() {
        let of = |origin: Option<&'static str>| {
            let mut headers =
                HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("bank.example:8080"))]);
            headers.extend(origin.map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))));
            is_same_host(&headers)
        };
        assert!(of(None) && of(Some("https://bank.example:8080")));
        for other in
            ["https://bank.example", "https://evil.example", "null", "https://bank.example:8080.evil.example"]
        {
            assert!(!of(Some(other)), "{other}");
        }
    }
}
