//! Whether the process is alive, and whether it can serve requests.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use eventsource::{
    EventSource,
    projections::{ProjectionState, Status},
    store::{ProjectionStore, StoreError},
};
use serde_json::json;

/// How long the store may take to answer.
const LIMIT: Duration = Duration::from_secs(3);

/// The routes `/live` and `/ready`, to be nested under `/health`.
///
/// `/live` answers 200 as long as the process answers at all. `/ready` answers 200 if the store can be reached, otherwise
/// 503, with `"store": "away"`, or `"no answer"` after three seconds, in which a store may still try to connect. It says which live projections have stopped, without the reasons, which may have data of events: their read models
/// are still served, and taking all processes out of service would not start them.
pub fn health<S: ProjectionStore, T: Clone + Send + Sync + 'static>(es: &EventSource<S>) -> Router<T> {
    Router::new()
        .route("/live", get(|| async { Json(json!({ "live": true })) }))
        .route("/ready", get(ready::<S>))
        .with_state(es.clone())
}

async fn ready<S: ProjectionStore>(State(es): State<EventSource<S>>) -> Response {
    answer(tokio::time::timeout(LIMIT, es.status()).await.ok())
}

/// `None` if the store has not answered in time.
fn answer(status: Option<Result<Status, StoreError>>) -> Response {
    let not_ready = |store: &str| {
        let body = json!({ "ready": false, "store": store });
        (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
    };
    let status = match status {
        Some(Ok(status)) => status,
        Some(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready: the store cannot be read");
            return not_ready("away");
        }
        None => return not_ready("no answer"),
    };
    let stopped = status.projections.iter().filter(|it| matches!(it.state, ProjectionState::Stopped(_)));
    let stopped: Vec<&str> = stopped.map(|it| it.name.as_str()).collect();
    Json(json!({ "ready": true, "stopped": stopped })).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn not_ready(status: Option<Result<Status, StoreError>>) -> String {
        let answer = answer(status);
        assert_eq!(answer.status(), 503);
        let body = to_bytes(answer.into_body(), 1_000).await.expect("a body");
        String::from_utf8(body.into()).expect("a text")
    }

    #[tokio::test]
    async fn a_service_is_not_ready_while_its_store_is_away_or_does_not_answer() {
        let away = StoreError::Unavailable { action: "reading", source: "the password is 1234".into() };
        assert_eq!(not_ready(Some(Err(away))).await, r#"{"ready":false,"store":"away"}"#);
        assert_eq!(not_ready(None).await, r#"{"ready":false,"store":"no answer"}"#);
    }
}
