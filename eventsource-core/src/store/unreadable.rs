//! The error of an event that a store cannot decode.

use super::{BoxError, Escaped};

/// The maximum length of each name in the error, in characters: a name that is too long may be why it is unreadable.
const SHOWN: usize = 200;

/// For stores: an event that cannot be decoded, and which one it is, as far as its other columns tell. A reader of the log
/// cannot go on after it, so somebody has to find it.
///
/// ```
/// use eventsource::store::UnreadableEvent;
/// let error = UnreadableEvent::new(3, ["account", "b", "account.noted"], "the metadata is not an object").at(7);
/// assert_eq!(
///     error.to_string(),
///     "could not decode the event that is version 3 of account/b, of type account.noted, at position 7"
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[error(
    "could not decode the event that is version {version} of {}/{}, of type {}{}",
    Escaped(category),
    Escaped(stream_id),
    Escaped(event_type),
    position.map(|position| format!(", at position {position}")).unwrap_or_default()
)]
pub struct UnreadableEvent {
    position: Option<u64>,
    version: u64,
    category: String,
    stream_id: String,
    event_type: String,
    source: BoxError,
}

impl UnreadableEvent {
    /// The event with this version, and with this category, aggregate id and event type.
    #[must_use]
    pub fn new(version: u64, names: [&str; 3], source: impl Into<BoxError>) -> Self {
        let [category, stream_id, event_type] = names.map(|name| name.chars().take(SHOWN).collect());
        Self { position: None, version, category, stream_id, event_type, source: source.into() }
    }

    /// With the position of the event.
    #[must_use]
    pub fn at(self, position: u64) -> Self {
        Self { position: Some(position), ..self }
    }
}
