//! Whether the process is alive, and whether it can serve requests.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use eventsource::{EventSource, projections::ProjectionState, store::ProjectionStore};
use serde_json::json;

/// How long the store may take to answer.
const LIMIT: Duration = Duration::from_secs(3);

/// The routes `/live` and `/ready`, to be nested under `/health`.
///
/// `/live` answers 200 as long as the process answers at all. `/ready` answers 200 if the store can be reached, otherwise
/// 503. It says which live projections have stopped, without the reasons, which may have data of events: their read models
/// are still served, and taking all processes out of service would not start them.
pub fn health<S: ProjectionStore, T: Clone + Send + Sync + 'static>(es: &EventSource<S>) -> Router<T> {
    Router::new()
        .route("/live", get(|| async { Json(json!({ "live": true })) }))
        .route("/ready", get(ready::<S>))
        .with_state(es.clone())
}

async fn ready<S: ProjectionStore>(State(es): State<EventSource<S>>) -> Response {
    let not_ready = |body| (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    let status = match tokio::time::timeout(LIMIT, es.status()).await {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready: the store cannot be read");
            return not_ready(json!({ "ready": false, "store": "away" }));
        }
        Err(_) => return not_ready(json!({ "ready": false, "store": "slow" })),
    };
    let stopped = status.projections.iter().filter(|it| matches!(it.state, ProjectionState::Stopped(_)));
    let stopped: Vec<&str> = stopped.map(|it| it.name.as_str()).collect();
    Json(json!({ "ready": true, "stopped": stopped })).into_response()
}
