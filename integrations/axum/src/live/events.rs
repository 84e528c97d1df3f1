//! Live rows as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use eventsource::{
    ReadModel,
    projections::{WatchError, Watched},
};
use futures_util::{Stream, StreamExt, stream};

use super::{
    message::{Id, Message},
    spread,
};

/// How soon a client connects again, and up to twice that.
const RETRY: Duration = Duration::from_secs(1);

/// The answer to an `EventSource` that has to try again after this time. After a status other than 200 it never would.
pub(super) fn later(time: Duration) -> Response {
    let retry = Event::default().retry(time + spread(time));
    Sse::new(stream::iter([Ok::<_, Infallible>(retry)])).into_response()
}

pub(super) fn response<R: ReadModel>(
    messages: impl Stream<Item = Result<Watched<R>, WatchError>> + Send + 'static,
) -> Response {
    let retry = Event::default().retry(RETRY + spread(RETRY));
    // After an error the connection ends, and the client connects again: then the error is that of a request.
    let events = messages.map(|message| -> Result<Event, axum::Error> {
        let message = message.map_err(axum::Error::new)?;
        let Message { event, data, id } = Message::of(&message).map_err(axum::Error::new)?;
        let event = Event::default().event(event).data(data);
        Ok(match id {
            Id::Keep => event,
            Id::None => event.id("none"),
            Id::Token(token) => event.id(token.to_string()),
        })
    });
    let events = stream::iter([Ok(retry)]).chain(events);
    let mut response = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    // Otherwise nginx collects the events before it passes them on.
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

#[cfg(test)]
mod tests {
    use super::{super::tests::Opened, *};

    /// A proxy or a firewall would end a connection without traffic.
    #[tokio::test(start_paused = true)]
    async fn a_connection_without_messages_is_kept_alive() {
        let mut body = response::<Opened>(stream::pending()).into_body().into_data_stream();
        let mut next = async || {
            let bytes = tokio::time::timeout(Duration::from_secs(30), body.next()).await.expect("a message");
            bytes.expect("it does not end").expect("bytes")
        };
        assert!(next().await.starts_with(b"retry:"));
        assert!(next().await.starts_with(b":"), "a comment");
    }
}
