//! Stream ids: a category (`account`) and an id within it (`acc-1`).

use std::{fmt, sync::Arc};

use crate::{Aggregate, Event, shown::Escaped};

/// The id of a stream: a category and an id within it. Cheap to clone.
///
/// Both parts are kept exactly as given, with any characters, and compared byte for byte. Refused are only ids that
/// no store can keep: an empty part, a NUL character, a category above
/// [`MAX_CATEGORY_BYTES`](Self::MAX_CATEGORY_BYTES) or an id above [`MAX_ID_BYTES`](Self::MAX_ID_BYTES).
///
/// ```
/// use eventsource::StreamId;
/// let stream = StreamId::new("account", "o'brien@example.org")?;
/// assert_eq!(stream.to_string(), "account/o'brien@example.org");
/// # Ok::<(), eventsource::event::InvalidStreamId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    category: Arc<str>,
    id: Arc<str>,
}

/// An invalid category or id of a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} {shown:?} of a stream {fault}")]
pub struct InvalidStreamId {
    part: &'static str,
    /// The beginning of the refused text: an id of a megabyte does not belong in a log.
    shown: String,
    fault: String,
}

impl StreamId {
    /// The longest category, in bytes.
    pub const MAX_CATEGORY_BYTES: usize = 128;
    /// The longest id within a category, in bytes. Together with the category it fits an index entry of every store.
    pub const MAX_ID_BYTES: usize = 1024;

    /// The stream with this id in this category.
    ///
    /// # Errors
    ///
    /// If either part is empty, too long or contains a NUL character.
    pub fn new(category: impl AsRef<str>, id: impl AsRef<str>) -> Result<Self, InvalidStreamId> {
        let (category, id) = (category.as_ref(), id.as_ref());
        check("category", category, Self::MAX_CATEGORY_BYTES)?;
        check("id", id, Self::MAX_ID_BYTES)?;
        Ok(Self { category: category.into(), id: id.into() })
    }

    /// Shares an existing category text.
    pub(crate) fn shared(category: Arc<str>, id: &str) -> Result<Self, InvalidStreamId> {
        check("category", &category, Self::MAX_CATEGORY_BYTES)?;
        check("id", id, Self::MAX_ID_BYTES)?;
        Ok(Self { category, id: id.into() })
    }

    /// The stream of the aggregate `A` with this id.
    ///
    /// # Errors
    ///
    /// If the `Display` of the id is not a valid id; see [`StreamId::new`].
    pub fn of<A: Aggregate>(id: &A::Id) -> Result<Self, InvalidStreamId> {
        Self::new(<A::Event as Event>::CATEGORY, id.to_string())
    }

    /// Category and id as one text, exactly as they are.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}", self.category, self.id)
    }

    /// The category: the kind of aggregate.
    #[must_use]
    pub fn category(&self) -> &str {
        &self.category
    }

    /// The id within the category.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// For people: control characters are [escaped](crate::store::Escaped).
impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Escaped(&self.category), Escaped(&self.id))
    }
}

fn check(part: &'static str, text: &str, max: usize) -> Result<(), InvalidStreamId> {
    let fault = if text.is_empty() {
        "is empty".to_owned()
    } else if text.len() > max {
        format!("has {} bytes, {max} are allowed", text.len())
    } else if text.contains('\0') {
        "holds a NUL character, which no store can keep".to_owned()
    } else {
        return Ok(());
    };
    Err(InvalidStreamId { part, shown: text.chars().take(40).collect(), fault })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_id_keeps_what_it_was_given() {
        for id in ["o'brien@x", "\"", "%_\\", "日本語", "🦀", " ", "x"] {
            assert_eq!(StreamId::new("account", id).expect("valid").id(), id);
        }
        assert!(StreamId::new("account", "x".repeat(StreamId::MAX_ID_BYTES)).is_ok());
    }

    #[test]
    fn a_stream_id_is_shown_without_control_characters() {
        let stream = StreamId::new("acc\nount", "a\u{1b}[2J\n\u{202e}'é").expect("valid");
        assert_eq!(stream.to_string(), "acc\\nount/a\\u{1b}[2J\\n\\u{202e}'é");
        assert_eq!(stream.key(), "acc\nount/a\u{1b}[2J\n\u{202e}'é");
    }

    #[test]
    fn an_invalid_stream_id_is_refused_with_the_reason() {
        let text = |category: &str, id: &str| StreamId::new(category, id).expect_err("refused").to_string();
        assert_eq!(text("account", ""), "id \"\" of a stream is empty");
        assert_eq!(text("", "1"), "category \"\" of a stream is empty");
        assert!(text("account", "a\0b").contains("NUL"));
        let long = text("account", &"x".repeat(1 << 20));
        assert!(long.len() < 200 && long.contains("1048576 bytes, 1024 are allowed"), "{long}");
    }
}
