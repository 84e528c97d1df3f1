//! Waiting until a read model includes a position.

use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header::HeaderValue, request::Parts},
};
use eventsource::{EventSource, Position, store::ProjectionStore};

use crate::Problem;

/// The header with the position that a read model must include before it is read.
pub const EVENTSOURCE_AFTER: HeaderName = HeaderName::from_static("eventsource-after");

const PREFER: HeaderName = HeaderName::from_static("prefer");
/// How long a request waits that does not say so.
const WAIT: Duration = Duration::from_secs(1);
/// How long a request waits at most.
const MOST: Duration = Duration::from_secs(30);

/// The position that a read model must include before it is read, from the header `Eventsource-After`; with
/// `Prefer: wait=5` the request waits for up to five seconds, at most 30. Without the header it does not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterPosition {
    position: Option<Position>,
    wait: Duration,
}

impl AfterPosition {
    /// The position.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Waits until a read model includes the position.
    ///
    /// # Errors
    ///
    /// 503 with `Retry-After` if it does not in time, or has stopped.
    pub async fn included_in<S: ProjectionStore>(
        &self,
        es: &EventSource<S>,
        read_model: &str,
    ) -> Result<(), Problem> {
        match self.position {
            Some(position) => Ok(es.wait_for(read_model, position).timeout(self.wait).await?),
            None => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AfterPosition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let position = parts.headers.get(EVENTSOURCE_AFTER).map(|value| {
            let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
            number.map(Position::new).ok_or_else(|| {
                Problem::bad_request("the header Eventsource-After is not a position, which is a number")
            })
        });
        Ok(Self { position: position.transpose()?, wait: wait_of(&parts.headers) })
    }
}

/// The preference `wait`, in seconds, among others. One that cannot be read is ignored, as RFC 7240 has it.
fn wait_of(headers: &HeaderMap) -> Duration {
    let preferences = headers.get_all(PREFER).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let mut preferences = preferences.flat_map(|value| value.split(','));
    let seconds = preferences.find_map(|preference| {
        let preference = preference.split(';').next().unwrap_or_default();
        let (name, value) = preference.split_once('=')?;
        let is_wait = name.trim().eq_ignore_ascii_case("wait");
        is_wait.then(|| value.trim().trim_matches('"').parse::<u64>().ok()).flatten()
    });
    seconds.map_or(WAIT, |seconds| Duration::from_secs(seconds).min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_wait_is_found_among_other_preferences() {
        let of = |values: &[&'static str]| {
            let values = values.iter().map(|value| (PREFER, HeaderValue::from_static(value)));
            wait_of(&values.collect()).as_secs()
        };
        assert_eq!(of(&[]), 1);
        assert_eq!(of(&["wait=5"]), 5);
        assert_eq!(of(&["respond-async, WAIT = 7;x=1"]), 7);
        assert_eq!(of(&["return=minimal", "wait=\"3\""]), 3);
        assert_eq!(of(&["wait=0"]), 0);
        assert_eq!(of(&["wait=100000"]), 30, "at most");
        assert_eq!(of(&["wait=soon"]), 1);
    }
}
