//! The metadata of an event: its origin, and free entries.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::json::without_values;

/// Correlation, causation, the trace, and free key/value entries of an event.
///
/// All events with the same origin share a correlation id. The causation id identifies the event or the execution
/// that led to this one. Executing a command sets both.
///
/// ```
/// use eventsource::Metadata;
/// let metadata = Metadata::new().with("channel", "web");
/// assert_eq!(metadata.value("channel"), Some("web"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The id that all events of one origin share.
    pub correlation_id: Option<Uuid>,
    /// The id of the event, or of the execution, that led to this event.
    pub causation_id: Option<Uuid>,
    /// The W3C trace context in which the command was executed.
    pub traceparent: Option<Traceparent>,
    /// Free entries. Keys and values hold any text; only the keys
    /// [`TRACEPARENT`](Self::TRACEPARENT), [`REACTIONS`](Self::REACTIONS) and [`TIMER`](Self::TIMER) are reserved.
    pub entries: BTreeMap<String, String>,
}

/// A W3C `traceparent`, such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
///
/// The form is that of version 00 of <https://www.w3.org/TR/trace-context/#traceparent-header>.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Traceparent(String);

/// A text that is not a W3C `traceparent` of version 00.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a W3C traceparent; the format is 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, in lower case"
)]
pub struct InvalidTraceparent(String);

impl Metadata {
    /// The key under which [`encode_entries`](Self::encode_entries) writes the trace context.
    pub const TRACEPARENT: &'static str = "traceparent";

    /// The key of the entry with the policies by whose reactions an event came about: their number, and the last of
    /// their names. It ends cycles of reactions.
    pub const REACTIONS: &'static str = "eventsource.reactions";

    /// The key of the entry with the process and the timer by which an event came about, with `>` between them.
    pub const TIMER: &'static str = "eventsource.timer";

    /// No metadata.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry. It replaces an entry with the same key.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.entries.insert(key.into(), value.into());
        self
    }

    /// The value of this key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(String::as_str)
    }

    /// The entries and the trace context as one flat JSON object, as a store keeps it. The two ids have columns of
    /// their own.
    #[must_use]
    pub fn encode_entries(&self) -> String {
        let mut all: BTreeMap<&str, &str> =
            self.entries.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        if let Some(traceparent) = &self.traceparent {
            all.insert(Self::TRACEPARENT, traceparent.as_str());
        }
        serde_json::to_string(&all).expect("a map of texts is JSON")
    }

    /// Reads the output of [`encode_entries`](Self::encode_entries).
    ///
    /// # Errors
    ///
    /// If the text is not a flat JSON object of strings.
    pub fn decode_entries(text: &str) -> Result<Self, serde_json::Error> {
        if text == "{}" {
            return Ok(Self::default());
        }
        let mut entries: BTreeMap<String, String> = serde_json::from_str(text).map_err(without_values)?;
        // An entry written by another program that only resembles the trace context stays an entry.
        let traceparent = entries.get(Self::TRACEPARENT).and_then(|text| text.parse().ok());
        if traceparent.is_some() {
            entries.remove(Self::TRACEPARENT);
        }
        Ok(Self { traceparent, entries, ..Self::default() })
    }
}

impl Traceparent {
    /// The text, in the format of the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Traceparent {
    type Err = InvalidTraceparent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceparent> {
        let hex = |part: &str, digits: usize| {
            part.len() == digits && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let parts: Vec<&str> = text.split('-').collect();
        match parts[..] {
            ["00", trace, parent, flags]
                if hex(trace, 32)
                    && hex(parent, 16)
                    && hex(flags, 2)
                    && trace.bytes().any(|b| b != b'0')
                    && parent.bytes().any(|b| b != b'0') =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidTraceparent(text.chars().take(80).collect())),
        }
    }
}

impl TryFrom<String> for Traceparent {
    type Error = InvalidTraceparent;

    fn try_from(text: String) -> Result<Self, InvalidTraceparent> {
        text.parse()
    }
}

impl From<Traceparent> for String {
    fn from(traceparent: Traceparent) -> Self {
        traceparent.0
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn values_and_trace_round_trip() {
        let metadata =
            Metadata { traceparent: TRACE.parse().ok(), ..Metadata::new().with("a \"b\"", "ü\u{1F980}\n") };
        let text = metadata.encode_entries();
        assert_eq!(Metadata::decode_entries(&text).expect("decodes"), metadata);
        assert_eq!(Metadata::decode_entries("{}").expect("decodes"), Metadata::new());
    }

    #[test]
    fn a_malformed_traceparent_is_refused() {
        for wrong in
            ["", "00", &TRACE.to_uppercase(), &TRACE.replace("00-4", "01-4"), &TRACE.replace('b', "g")]
        {
            assert!(wrong.parse::<Traceparent>().is_err(), "{wrong}");
        }
        assert!(format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)).parse::<Traceparent>().is_err());
        assert!(TRACE.replace("00f067aa0ba902b7", &"0".repeat(16)).parse::<Traceparent>().is_err());
        // One part is wrong, and the others are right.
        for part in ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "01"] {
            for wrong in [&part[1..], &format!("0{part}"), &part.replace(|_| true, "g")] {
                let text = TRACE.replace(&format!("-{part}"), &format!("-{wrong}"));
                assert!(text != TRACE && text.parse::<Traceparent>().is_err(), "{text}");
            }
        }
        assert_eq!(TRACE.parse::<Traceparent>().expect("valid").to_string(), TRACE);
    }
}
