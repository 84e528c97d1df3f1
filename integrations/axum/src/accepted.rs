//! The answer to a command that was executed.

use std::convert::Infallible;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use eventsource::{Position, store::Receipt};

/// The header with the position of what a command has recorded.
pub const EVENTSOURCE_POSITION: HeaderName = HeaderName::from_static("eventsource-position");

/// The answer `202 Accepted` to a command that was executed: what it has recorded is stored, and read models include it a
/// moment later.
///
/// The header `Location` is where to read it. `Eventsource-Position` is its position: the client sends it in
/// `Eventsource-After` to [wait for a read model](crate::AfterPosition), or compares it with the positions of
/// [live rows](crate::live()). A page of another origin can read both only if they are exposed by the CORS headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    position: Position,
    location: Option<HeaderValue>,
}

impl Accepted {
    /// With a location, which is a URI reference: characters other than those of URIs are percent-encoded. If an id is part
    /// of it, see [`in_path`](Self::in_path).
    pub fn at(receipt: &Receipt, location: impl AsRef<str>) -> Self {
        Self::at_position(receipt.position, location)
    }

    /// With a path of these segments, such as `["accounts", id]`: an id may have any characters, and each segment is encoded as
    /// one.
    pub fn in_path<'s>(receipt: &Receipt, segments: impl IntoIterator<Item = &'s str>) -> Self {
        Self::at(receipt, path(segments))
    }

    /// The same as [`at`](Self::at) for the position of several commands that were executed as one.
    pub fn at_position(position: Position, location: impl AsRef<str>) -> Self {
        Self { position, location: Some(encoded(location.as_ref())) }
    }
}

fn path<'s>(segments: impl IntoIterator<Item = &'s str>) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        for byte in segment.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    path.push(char::from(byte))
                }
                _ => path.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    path
}

/// A header has visible ASCII only: an id from a request must neither be refused nor begin another header.
fn encoded(location: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(location.len());
    for &byte in location.as_bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                encoded.push_str(&format!("%{byte:02X}"))
            }
            0x21..=0x7e => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    HeaderValue::from_str(&encoded).unwrap_or_else(|_| HeaderValue::from_static("/"))
}

impl From<&Receipt> for Accepted {
    fn from(receipt: &Receipt) -> Self {
        Self { position: receipt.position, location: None }
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, self, ()).into_response()
    }
}

/// The two headers, as a part of another answer: `(StatusCode::CREATED, Accepted::at(&receipt, location), Json(order))`.
impl IntoResponseParts for Accepted {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let headers = parts.headers_mut();
        headers.insert(EVENTSOURCE_POSITION, HeaderValue::from(self.position.get()));
        if let Some(location) = self.location {
            headers.insert(header::LOCATION, location);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_of_a_path_is_one_segment_whatever_it_has() {
        for (segments, expected) in [
            (&["accounts", "acc-1_~."][..], "/accounts/acc-1_~."),
            (&["a", "b/c?d#e%20"], "/a/b%2Fc%3Fd%23e%2520"),
            (&["o'brien", "日\r\n"], "/o%27brien/%E6%97%A5%0D%0A"),
        ] {
            assert_eq!(encoded(&path(segments.iter().copied())), expected);
        }
    }

    #[test]
    fn a_location_is_a_header_whatever_the_id_is() {
        for (location, expected) in [
            ("/orders/1?a=b#c", "/orders/1?a=b#c"),
            ("/orders/a b\r\nX: y", "/orders/a%20b%0D%0AX:%20y"),
            ("/orders/日", "/orders/%E6%97%A5"),
            ("/orders/%20", "/orders/%20"),
        ] {
            assert_eq!(encoded(location), expected);
        }
    }
}
