//! What happens when a projection fails on an event.

use std::time::Duration;

/// How often an event is tried that a projection fails on, at what distance, and what happens then.
///
/// By default 5 attempts, waiting 50 ms to 5 s, and then the projection stops. What the store is to blame for,
/// such as a server that is away, is tried until it is back and counts for nothing.
///
/// ```
/// use eventsource::{FailurePolicy, OnFailure};
/// let policy = FailurePolicy { then: OnFailure::Park, ..FailurePolicy::default() };
/// assert_eq!(policy.attempts, 5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailurePolicy {
    /// How often an event is tried in all; 0 is taken as 1.
    pub attempts: usize,
    /// The first wait.
    pub min_delay: Duration,
    /// The longest wait, before a random share is added.
    pub max_delay: Duration,
    /// What happens when the last attempt has failed.
    pub then: OnFailure,
}

/// What happens to a projection that failed on an event each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnFailure {
    /// It stops before the event, says why, and waits to be resumed: by `resume`, or by the next start of a
    /// program that has it.
    #[default]
    Stop,
    /// The event is parked with all later ones of its key, in order, and the rest goes on. An event that
    /// cannot be decoded stops the projection all the same: nobody knows its key. An inline projection follows the
    /// log until nothing of it is parked, and commits with the events only then; once it does, its failure fails the
    /// command.
    Park,
}

impl Default for FailurePolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            min_delay: Duration::from_millis(50),
            max_delay: Duration::from_secs(5),
            then: OnFailure::Stop,
        }
    }
}
