//! Outcomes of messages and of effects outside the store, kept so that neither is repeated.

use crate::Timestamp;

/// The name of a message: the consumer that receives it, and its id, which is unique for that consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageName<'a> {
    /// The consumer.
    pub consumer: &'a str,
    /// The id.
    pub id: &'a str,
}

/// What is kept about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What its consumer keeps, as JSON.
    pub content: String,
    /// When it was last written, on the store's clock.
    pub kept_at: Timestamp,
}
