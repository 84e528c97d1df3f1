//! What a message has caused, and how it is kept.

use eventsource_core::engine::without_values;
use serde::{Deserialize, Serialize, de::Error as _};
use uuid::Uuid;

use super::ReceiveError;
use crate::{Position, StreamId, Version, store::Receipt};

/// What [`InboxHandle::receive`](super::InboxHandle::receive) returns. In both cases the message can be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Its commands were executed now.
    New(MessageReceipt),
    /// It was received before. This is the receipt of that time, and nothing was executed.
    Again(MessageReceipt),
}

/// What a message has caused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageReceipt {
    /// One receipt for each stream that has got events, in the order in which the commands named them.
    pub receipts: Vec<Receipt>,
    /// The commands that were rejected, which the inbox has accepted.
    pub rejected: Vec<RejectedReaction>,
}

/// A command that was rejected, and was not executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RejectedReaction {
    /// The name of the command.
    pub command: String,
    /// The text of the domain's error.
    pub reason: String,
}

impl Received {
    /// The receipt.
    #[must_use]
    pub fn receipt(&self) -> &MessageReceipt {
        match self {
            Self::New(receipt) | Self::Again(receipt) => receipt,
        }
    }
}

impl MessageReceipt {
    /// The position of the last event that the message has caused, to [wait for](crate::EventSource::wait_for);
    /// [`Position::START`] if there is none.
    #[must_use]
    pub fn position(&self) -> Position {
        self.receipts.iter().map(|receipt| receipt.position).max().unwrap_or(Position::START)
    }
}

/// What is kept about a message of a queue, or about a shard of a log.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Kept {
    Shard { attempt: Uuid, next: u64 },
    Message { attempt: Uuid, streams: Vec<Stream>, rejected: Vec<RejectedReaction> },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Stream {
    category: String,
    id: String,
    version: Version,
    position: Position,
}

impl Kept {
    pub(super) fn message(attempt: Uuid, receipt: &MessageReceipt) -> Self {
        let stream = |receipt: &Receipt| Stream {
            category: receipt.stream.category().to_owned(),
            id: receipt.stream.id().to_owned(),
            version: receipt.version,
            position: receipt.position,
        };
        let streams = receipt.receipts.iter().map(stream).collect();
        Self::Message { attempt, streams, rejected: receipt.rejected.clone() }
    }

    pub(super) fn parse(content: &str) -> Result<Self, ReceiveError> {
        serde_json::from_str(content).map_err(|error| ReceiveError::Outcome(without_values(error)))
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("names and numbers can be written as JSON")
    }

    pub(super) fn attempt(&self) -> Uuid {
        match self {
            Self::Shard { attempt, .. } | Self::Message { attempt, .. } => *attempt,
        }
    }
}

impl TryFrom<Stream> for Receipt {
    type Error = ReceiveError;

    fn try_from(stream: Stream) -> Result<Self, ReceiveError> {
        let Stream { category, id, version, position } = stream;
        let stream = StreamId::new(category, id)
            .map_err(|error| ReceiveError::Outcome(serde_json::Error::custom(error)))?;
        Ok(Self { stream, version, position, repeated: true, request: None })
    }
}

/// The next offset of a shard.
pub(super) fn next_offset(content: &str) -> Result<Option<u64>, ReceiveError> {
    match Kept::parse(content)? {
        Kept::Shard { next, .. } => Ok(Some(next)),
        Kept::Message { .. } => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back_whatever_a_later_program_adds() {
        let attempt = Uuid::nil();
        let stream = StreamId::new("account", "a/b").expect("an id");
        let (version, position) = (Version::new(3), Position::new(7));
        let receipts = vec![Receipt { stream, version, position, repeated: false, request: None }];
        let rejected = vec![RejectedReaction { command: "Close".to_owned(), reason: "closed".to_owned() }];
        let text = Kept::message(attempt, &MessageReceipt { receipts, rejected }).text();
        assert_eq!(
            text,
            r#"{"attempt":"00000000-0000-0000-0000-000000000000","streams":[{"category":"account","id":"a/b","version":3,"position":7}],"rejected":[{"command":"Close","reason":"closed"}]}"#
        );
        assert!(matches!(Kept::parse(&text), Ok(Kept::Message { .. })));
        let shard = Kept::Shard { attempt, next: 8 }.text();
        assert_eq!(shard, r#"{"attempt":"00000000-0000-0000-0000-000000000000","next":8}"#);
        assert_eq!(next_offset(&shard.replace('}', r#","more":1}"#)).ok(), Some(Some(8)));
        assert!(matches!(next_offset("{}"), Err(ReceiveError::Outcome(_))));
    }
}
