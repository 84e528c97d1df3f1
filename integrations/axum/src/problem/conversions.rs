//! The problems of the errors of an event source.

use std::time::Duration;

use axum::http::StatusCode;
use eventsource::{
    ExecuteError, ReadError,
    projections::{RowsError, WaitError, WatchError},
    reacting::ReceiveError,
    store::StoreError,
};

use super::{Problem, Rejection};

impl<E: Rejection + 'static> From<ExecuteError<E>> for Problem {
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Rejected(rejection) => rejection.problem(),
            ExecuteError::Conflict { .. } => Self::new(StatusCode::CONFLICT)
                .detail("other requests have changed the same thing at the same time; nothing was recorded, try again"),
            ExecuteError::Load(error) => error.into(),
            ExecuteError::Store(error) => error.into(),
            ExecuteError::ReusedKey(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY)
                .kind("urn:eventsource:idempotency-key-reused")
                .title("The idempotency key was used for another request")
                .detail("nothing was recorded; give each request an Idempotency-Key of its own"),
            ExecuteError::OutcomeUnknown { append, source } => {
                tracing::warn!(error = %source, "the outcome of a command is unknown");
                Self::outcome_unknown(append.idempotency_key.is_some())
            }
            error => Self::internal(&error),
        }
    }
}

/// A message that another system delivers by HTTP: with any of these answers it has to be delivered again.
impl From<ReceiveError> for Problem {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Rejected { rejection, .. } => Self::rejected(&rejection),
            ReceiveError::Load(error) => error.into(),
            error if error.is_retryable() => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a message was not received");
                Self::unavailable("the store is away or busy; deliver the message again")
            }
            error => Self::internal(&error),
        }
    }
}

impl Problem {
    fn outcome_unknown(has_key: bool) -> Self {
        let detail = match has_key {
            true => {
                "the request may have been carried out or not; it is safe to repeat it with the same Idempotency-Key and \
                 the same content"
            }
            false => {
                "the request may have been carried out or not; it had no Idempotency-Key, so look at the result before you \
                 repeat it"
            }
        };
        Self::unavailable(detail).kind("urn:eventsource:outcome-unknown").title("The outcome is unknown")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error.is_retryable() {
            true => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the store could not answer a request"
                );
                Self::unavailable("the store is away or busy; nothing was recorded, try again")
            }
            false => Self::internal(&error),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::InvalidId(error) => Self::bad_request(error.to_string()),
            ReadError::Store(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<RowsError> for Problem {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Key(error) => Self::bad_request(error.to_string()),
            RowsError::OtherVersion(_) => {
                Self::unavailable("another version of the read model is in use; try again").retry_after(LATER)
            }
            RowsError::Store(error) => error.into(),
            RowsError::Events(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

/// When a person or a deploy has to do something first.
const LATER: Duration = Duration::from_secs(10);

impl From<WaitError> for Problem {
    fn from(error: WaitError) -> Self {
        match error {
            WaitError::TimedOut { at, wanted, .. } => {
                Self::unavailable("the read model does not include the position yet")
                    .kind("urn:eventsource:not-included-yet")
                    .title("Not included yet")
                    .with("position", at.get())
                    .with("wanted", wanted.get())
            }
            WaitError::Stopped { .. } | WaitError::OtherVersion(_) => {
                tracing::warn!(%error, "a read model does not reach a position");
                Self::unavailable("the read model does not advance at the moment").retry_after(LATER)
            }
            WaitError::Store(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<WatchError> for Problem {
    fn from(error: WatchError) -> Self {
        match &error {
            WatchError::Ended => Self::unavailable("the rows cannot be watched at the moment; try again"),
            WatchError::Rows(rows) => match &**rows {
                RowsError::Key(error) => Self::bad_request(error.to_string()),
                RowsError::OtherVersion(_) => {
                    Self::unavailable("another version of the read model is in use; try again")
                        .retry_after(LATER)
                }
                RowsError::Store(store) if store.is_retryable() => {
                    Self::unavailable("the store is away or busy")
                }
                _ => Self::internal(&error),
            },
            _ => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::{http::header, response::IntoResponse};
    use eventsource::{
        Position, StreamId, Version,
        store::{Append, ExpectedVersion},
    };

    use super::*;

    type Failed = ExecuteError<Infallible>;

    fn away() -> StoreError {
        StoreError::Unavailable { action: "appending", source: "the password is 1234".into() }
    }

    fn corrupt() -> StoreError {
        StoreError::Corrupt { action: "reading", source: "the password is 1234".into() }
    }

    fn unknown(key: Option<&str>) -> Failed {
        let append = Append { streams: Vec::new(), idempotency_key: key.map(str::to_owned), request: None };
        ExecuteError::OutcomeUnknown { append: Box::new(append), source: "the password is 1234".into() }
    }

    #[track_caller]
    fn assert_answer(problem: impl Into<Problem>, status: u16, retry_after: Option<&str>) -> String {
        let problem = problem.into();
        let detail = problem.detail.clone().unwrap_or_default().into_owned();
        assert!(!detail.contains("1234"), "{detail}");
        let response = problem.into_response();
        let header = response.headers().get(header::RETRY_AFTER).map(|it| it.to_str().expect("a text"));
        assert_eq!((response.status().as_u16(), header), (status, retry_after));
        detail
    }

    #[test]
    fn a_conflict_is_409_and_what_may_succeed_later_is_503() {
        let stream = StreamId::new("account", "a").expect("an id");
        let (expected, actual) = (ExpectedVersion::NoStream, Version::new(1));
        assert_answer(Failed::Conflict { stream, expected, actual, attempts: 3 }, 409, None);
        assert_answer(Failed::Store(away()), 503, Some("1"));
        assert_answer(Failed::Load(away().into()), 503, Some("1"));
        assert_answer(RowsError::Store(away()), 503, Some("1"));
        assert_answer(WaitError::Store(away()), 503, Some("1"));
        assert_answer(WatchError::from(away()), 503, Some("1"));
        assert_answer(WatchError::Ended, 503, Some("1"));
        let (at, wanted) = (Position::new(1), Position::new(2));
        let waited = Duration::from_secs(1);
        assert_answer(WaitError::TimedOut { name: String::new(), at, wanted, waited }, 503, Some("1"));
    }

    #[test]
    fn an_unknown_outcome_says_whether_the_request_can_be_repeated() {
        let with = assert_answer(unknown(Some("k")), 503, Some("1"));
        assert!(with.contains("it is safe to repeat it"), "{with}");
        let without = assert_answer(unknown(None), 503, Some("1"));
        assert!(without.contains("it had no Idempotency-Key"), "{without}");
    }

    #[test]
    fn what_the_client_can_do_nothing_about_is_500_without_details() {
        for problem in [
            Problem::from(Failed::Store(corrupt())),
            RowsError::Store(corrupt()).into(),
            WatchError::from(corrupt()).into(),
            WatchError::NotRegistered { table: "balances" }.into(),
        ] {
            assert_eq!(assert_answer(problem, 500, None), "");
        }
    }
}
