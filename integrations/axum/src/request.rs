//! The request that a command is executed for, with its idempotency key.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, OriginalUri, Request, rejection::BytesRejection},
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use eventsource::{
    Command, Handle,
    commands::Execute,
    store::{Append, EventStore},
};
use serde::de::DeserializeOwned;

use crate::Problem;

/// The header with the name that a client gives a request, the same for each repetition of it.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The JSON body of a request that asks for a command, and its `Idempotency-Key`, if it has one.
///
/// With a key, the command is executed [once](ForRequest::for_request). A key is a text as in the draft of the header, in
/// quotation marks, or without them. Without a body, `T` is read from
/// `null`, so that `CommandRequest<()>` is a request without a body.
#[derive(Debug, Clone)]
pub struct CommandRequest<T> {
    /// The body.
    pub body: T,
    key: Option<String>,
    content: Vec<u8>,
}

impl<T> CommandRequest<T> {
    /// The idempotency key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
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

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for CommandRequest<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let mut keys = request.headers().get_all(IDEMPOTENCY_KEY).iter();
        let key = match (keys.next(), keys.next()) {
            (None, _) => None,
            (Some(key), None) => Some(parsed(key).map_err(IntoResponse::into_response)?),
            (Some(_), Some(_)) => return Err(invalid("there are several").into_response()),
        };
        let uri = match request.extensions().get::<OriginalUri>() {
            Some(OriginalUri(uri)) => uri.clone(),
            None => request.uri().clone(),
        };
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        let mut content = format!("{} {path}\n", request.method()).into_bytes();
        let body = Bytes::from_request(request, state).await.map_err(BytesRejection::into_response)?;
        content.extend_from_slice(&body);
        let json = if body.is_empty() { b"null" } else { &body[..] };
        let Json(body) = Json::from_bytes(json).map_err(IntoResponse::into_response)?;
        Ok(Self { body, key, content })
    }
}

fn invalid(reason: &str) -> Problem {
    Problem::bad_request(format!("the header Idempotency-Key is invalid: {reason}"))
}

/// The text of a key: a structured field string, or the value as it is.
fn parsed(value: &HeaderValue) -> Result<String, Problem> {
    let text = value.to_str().map_err(|_| invalid("it has characters other than visible ASCII"))?.trim();
    let key = match text.strip_prefix('"') {
        None => text.to_owned(),
        Some(quoted) => {
            unquoted(quoted).ok_or_else(|| invalid("its quotation marks or escapes are wrong"))?
        }
    };
    match key.len() {
        0 => Err(invalid("it is empty")),
        length if length > Append::MAX_KEY_BYTES => Err(invalid("it is too long")),
        _ => Ok(key),
    }
}

/// What is between the quotation marks, of which the first is removed already.
fn unquoted(quoted: &str) -> Option<String> {
    let (mut key, mut chars) = (String::with_capacity(quoted.len()), quoted.chars());
    loop {
        match chars.next()? {
            '"' => return chars.as_str().is_empty().then_some(key),
            '\\' => key.push(chars.next().filter(|char| matches!(char, '"' | '\\'))?),
            char => key.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_and_without_quotation_marks() {
        for (value, key) in [
            ("8e03978e-40d5", Some("8e03978e-40d5")),
            (r#""8e03978e-40d5""#, Some("8e03978e-40d5")),
            (r#""a \"b\" \\ c""#, Some(r#"a "b" \ c"#)),
            ("", None),
            (r#""""#, None),
            (r#""a"#, None),
            (r#""a"b"#, None),
            (r#""a\b""#, None),
        ] {
            let value = HeaderValue::from_str(value).expect("a header");
            assert_eq!(parsed(&value).ok().as_deref(), key, "{value:?}");
        }
        let long = |length: usize| parsed(&HeaderValue::from_str(&"k".repeat(length)).expect("a header"));
        assert!(long(Append::MAX_KEY_BYTES).is_ok() && long(Append::MAX_KEY_BYTES + 1).is_err());
    }
}
