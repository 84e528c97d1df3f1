//! Live rows over a WebSocket.

use std::{pin::pin, time::Duration};

use axum::{
    extract::ws::{self, WebSocket, WebSocketUpgrade},
    response::Response,
};
use eventsource::{
    ReadModel,
    projections::{WatchError, Watched},
};
use futures_util::{Stream, StreamExt};

use super::message::Message;

/// How often a ping shows that the connection still exists.
const PING: Duration = Duration::from_secs(20);
/// The code with which the server asks the client to connect again.
const AGAIN: u16 = 1_012;

/// How long a message of the client may be, and its buffer.
const MOST_RECEIVED: usize = 4_096;

/// Accepts a client of which nothing is expected.
pub(super) fn upgrade<R: ReadModel>(
    socket: WebSocketUpgrade,
    messages: impl Stream<Item = Result<Watched<R>, WatchError>> + Send + 'static,
) -> Response {
    let socket = socket.read_buffer_size(MOST_RECEIVED).max_message_size(MOST_RECEIVED);
    socket.max_frame_size(MOST_RECEIVED).on_upgrade(|socket| send(socket, messages))
}

/// Sends the messages until they end or the client leaves. What it sends is read and ignored.
async fn send<R: ReadModel>(
    mut socket: WebSocket,
    messages: impl Stream<Item = Result<Watched<R>, WatchError>>,
) {
    let mut messages = pin!(messages);
    let mut pings = tokio::time::interval(PING);
    loop {
        let sent = tokio::select! {
            message = messages.next() => {
                let text = match &message {
                    Some(Ok(message)) => Message::of(message).and_then(|message| serde_json::to_string(&message)).ok(),
                    Some(Err(_)) | None => None,
                };
                let Some(text) = text else {
                    let frame = ws::CloseFrame { code: AGAIN, reason: "connect again".into() };
                    let _ = socket.send(ws::Message::Close(Some(frame))).await;
                    return;
                };
                socket.send(ws::Message::Text(text.into())).await
            }
            received = socket.recv() => match received {
                Some(Ok(_)) => Ok(()),
                Some(Err(_)) | None => return,
            },
            _ = pings.tick() => socket.send(ws::Message::Ping(axum::body::Bytes::new())).await,
        };
        if sent.is_err() {
            return;
        }
    }
}
