//! The parts of a stored event that decoding needs.

use super::Undecodable;
use crate::EventContext;

/// A stored event, borrowed and reduced to the parts that decoding needs.
#[derive(Debug, Clone, Copy)]
pub struct StoredEvent<'a> {
    /// The persisted type name, as it was when the event was written.
    pub event_type: &'a str,
    /// The version of the type's payload, as it was when the event was written; from 1.
    pub schema_version: u32,
    /// JSON text, byte for byte as it was written.
    pub payload: &'a str,
    context: Option<&'a EventContext>,
}

impl<'a> StoredEvent<'a> {
    /// An event whose context was not read, because decoding rarely needs it.
    #[must_use]
    pub fn new(event_type: &'a str, schema_version: u32, payload: &'a str) -> Self {
        Self { event_type, schema_version, payload, context: None }
    }

    /// An event with this context.
    pub(crate) fn of(context: &'a EventContext, payload: &'a str) -> Self {
        let EventContext { event_type, schema_version, .. } = context;
        Self { event_type, schema_version: *schema_version, payload, context: Some(context) }
    }

    /// The context of the event, for an upcaster that depends on it. Propagate the error with `?`: if the context was
    /// not read, the event is read again together with it.
    ///
    /// # Errors
    ///
    /// If it was not read.
    pub fn context(&self) -> Result<&'a EventContext, Undecodable> {
        self.context.ok_or(Undecodable::WithoutContext)
    }
}
