//! Errors as `application/problem+json`.

mod conversions;

use std::{borrow::Cow, convert::Infallible, error::Error, fmt, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use eventsource::commands::RejectedCommand;
use serde::Serialize;
use serde_json::{Map, Value};

/// An error as the answer to a request: `application/problem+json`, as in RFC 9457.
///
/// The errors of commands, waits and queries convert into it with `?`:
///
/// | error | status |
/// |---|---|
/// | a [rejection](Rejection) | 422, or as it says |
/// | an idempotency key that was used for another request | 422 |
/// | a conflict in all attempts | 409 |
/// | the store is away or busy | 503 with `Retry-After` |
/// | the outcome is unknown | 503 with `Retry-After`; whether it may be repeated is said |
/// | a read model that does not include the position yet, or has stopped | 503 with `Retry-After` |
/// | an id that cannot name a stream | 400 |
/// | any other | 500, without details: these are logged |
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    kind: Cow<'static, str>,
    title: Cow<'static, str>,
    detail: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
    members: Map<String, Value>,
}

/// A rejection of the domain as a problem. Implement it for the errors of your commands:
///
/// ```
/// use eventsource_axum::{Problem, Rejection};
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("the balance is {0}")]
/// struct Overdrawn(u64);
///
/// impl Rejection for Overdrawn {
///     fn problem(&self) -> Problem {
///         Problem::rejected(self)
///             .kind("https://bank.example/problems/overdrawn")
///             .title("The account does not cover it")
///             .with("balance", self.0)
///     }
/// }
/// ```
pub trait Rejection: Error {
    /// The problem. By default it is [`Problem::rejected`], with the text of the error as its detail.
    fn problem(&self) -> Problem {
        Problem::rejected(self)
    }
}

impl Rejection for Infallible {}

/// Commands that are executed as one: the problem of the rejection is not known by its type.
impl Rejection for RejectedCommand {}

impl Problem {
    /// A problem with a status; its title is the name of the status.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            kind: Cow::Borrowed("about:blank"),
            title: Cow::Borrowed(status.canonical_reason().unwrap_or("Unknown")),
            detail: None,
            retry_after: None,
            members: Map::new(),
        }
    }

    /// A rejection: status 422, with the text of the error as its detail.
    pub fn rejected(error: &(impl fmt::Display + ?Sized)) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY)
            .title("The command was rejected")
            .detail(error.to_string())
    }

    /// Sets another status.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Sets the URI that identifies this kind of problem: the member `type`.
    #[must_use]
    pub fn kind(self, uri: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: uri.into(), ..self }
    }

    /// Sets the title, the same for each problem of this kind.
    #[must_use]
    pub fn title(self, title: impl Into<Cow<'static, str>>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// Sets what is particular to this occurrence.
    #[must_use]
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Sets the header `Retry-After`, in whole seconds.
    #[must_use]
    pub fn retry_after(self, time: Duration) -> Self {
        Self { retry_after: Some(time), ..self }
    }

    /// Adds a member of your own. One that cannot be written as JSON is left out.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.members.insert(name.into(), value);
        }
        self
    }

    /// When the client has to try again, if it has to.
    pub(crate) fn try_again_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Try again in a second.
    fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE).detail(detail).retry_after(Duration::from_secs(1))
    }

    /// An error that the client can do nothing about, and learns nothing of.
    fn internal(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST).detail(detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = self.members;
        body.insert("type".to_owned(), Value::from(self.kind));
        body.insert("title".to_owned(), Value::from(self.title));
        body.insert("status".to_owned(), Value::from(self.status.as_u16()));
        if let Some(detail) = self.detail {
            body.insert("detail".to_owned(), Value::from(detail));
        }
        let content_type = HeaderValue::from_static("application/problem+json");
        let body = Value::Object(body).to_string();
        let mut response = (self.status, [(header::CONTENT_TYPE, content_type)], body).into_response();
        if let Some(time) = self.retry_after {
            let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_not_asked_to_try_again_too_early() {
        for (millis, seconds) in [(0, "0"), (1, "1"), (1_000, "1"), (1_500, "2")] {
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE);
            let response = problem.retry_after(Duration::from_millis(millis)).into_response();
            assert_eq!(response.headers()[header::RETRY_AFTER], seconds);
        }
    }
}
