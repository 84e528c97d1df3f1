//! Rows with an entity tag.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use uuid::Uuid;

use crate::Problem;

/// What the client has already, from the header `If-None-Match`: the answer to a query is `304 Not Modified` if that is
/// still the row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// The row as JSON with its `ETag`; 304 if the client has it already, and 404 if there is none.
    ///
    /// # Errors
    ///
    /// 404, and 500 if the row cannot be written as JSON.
    pub fn json<T: Serialize>(&self, row: Option<T>) -> Result<Response, Problem> {
        let Some(row) = row else { return Err(Problem::new(StatusCode::NOT_FOUND)) };
        let json = serde_json::to_vec(&row).map_err(|error| {
            tracing::error!(%error, "a row cannot be written as JSON");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
        })?;
        // Weak, because a proxy may compress the answer.
        let tag = format!("\"{}\"", Uuid::new_v5(&Uuid::NAMESPACE_OID, &json).simple());
        let is_known = self.0.iter().any(|known| known == "*" || *known == tag);
        let mut headers = HeaderMap::new();
        if let Ok(tag) = HeaderValue::from_str(&format!("W/{tag}")) {
            headers.insert(header::ETAG, tag);
        }
        // Each use is preceded by a request, which is cheap.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if is_known {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok((headers, json).into_response())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let values =
            parts.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let tags = values.flat_map(|value| value.split(',')).map(|tag| {
            let tag = tag.trim();
            tag.strip_prefix("W/").unwrap_or(tag).to_owned()
        });
        Ok(Self(tags.collect()))
    }
}
