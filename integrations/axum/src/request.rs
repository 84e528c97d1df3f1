//! The request that a command is executed for, with its idempotency key.

mod key;
mod origin;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, OriginalUri, Request},
    http::HeaderName,
};
use eventsource::{
    Command, Handle,
    commands::{Atomically, Execute},
    store::EventStore,
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::Problem;

/// The header with the name that a client gives a request, the same for each repetition of it.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The JSON body of a request that asks for a command, and its `Idempotency-Key`, if it has one.
///
/// With a key, the command is executed [once](ForRequest::for_request). A key is a text as in the draft of the header, in
/// quotation marks, or without them; it has at most 219 bytes. Without a body, `T` is read from `null`, so that
/// `CommandRequest<()>` is a request without a body.
///
/// A body has to be declared as `Content-Type: application/json`; otherwise the answer is 415. Any page can let a browser send
/// other texts, with the cookies of the user. A request of a page of another origin with neither a body nor a key is refused
/// with 403, as far as the browser says where it comes from.
#[derive(Debug, Clone)]
pub struct CommandRequest<T> {
    /// The body.
    pub body: T,
    key: Option<String>,
    content: Vec<u8>,
}

impl<T> CommandRequest<T> {
    /// The idempotency key under which the command is executed.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Makes the key one of this user, or of whatever else chooses keys without knowing those of others: the same key of
    /// another user is another key.
    ///
    /// Without it the same request of another user under the same key is a repetition: it is answered with the receipt of
    /// the first user, and not executed. Do not change it while requests may still be repeated.
    #[must_use]
    pub fn by(mut self, user: impl AsRef<[u8]>) -> Self {
        let user = Uuid::new_v5(&Uuid::NAMESPACE_OID, user.as_ref());
        self.key = self.key.map(|key| format!("{user}/{key}"));
        // A key that a user has written in this form is not one of another user.
        self.content.splice(0..0, format!("{user} ").into_bytes());
        self
    }
}

/// Executing a command for a request.
pub trait ForRequest {
    /// Executes the command once under the idempotency key of the request, if it has one. A repetition of the request gets
    /// the first receipt. Another request under the same key, with another method, path or body, is an
    /// [error](eventsource::ExecuteError::ReusedKey), and never gets the first receipt.
    #[must_use = "a command is executed by `.await`"]
    fn for_request<T>(self, request: &CommandRequest<T>) -> Self;
}

impl<S: EventStore, C: Command> ForRequest for Execute<'_, S, C>
where
    C::Aggregate: Handle<C>,
{
    fn for_request<T>(self, request: &CommandRequest<T>) -> Self {
        match &request.key {
            Some(key) => self.idempotency_key(key).content(&request.content),
            None => self,
        }
    }
}

impl<S: EventStore> ForRequest for Atomically<'_, S> {
    fn for_request<T>(self, request: &CommandRequest<T>) -> Self {
        match &request.key {
            Some(key) => self.idempotency_key(key).content(&request.content),
            None => self,
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for CommandRequest<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let key = key::of(request.headers())?;
        let headers = request.headers().clone();
        let uri = match request.extensions().get::<OriginalUri>() {
            Some(OriginalUri(uri)) => uri.clone(),
            None => request.uri().clone(),
        };
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        let mut content = format!("{} {path}\n", request.method()).into_bytes();
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Problem::new(rejection.status()).detail(rejection.body_text()))?;
        origin::check(&headers, !body.is_empty(), key.is_some())?;
        content.extend_from_slice(&body);
        let json = if body.is_empty() { b"null" } else { &body[..] };
        let Json(body) = Json::from_bytes(json)
            .map_err(|rejection| Problem::new(rejection.status()).detail(rejection.body_text()))?;
        Ok(Self { body, key, content })
    }
}
