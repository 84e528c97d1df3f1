//! What of a stored event makes it a typed one.

use super::Undecodable;
use crate::EventContext;

/// An event as it stands in the store, borrowed, as far as it takes to decode it.
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
    /// One whose context was not read: hardly anything that decodes it asks for it.
    #[must_use]
    pub fn new(event_type: &'a str, schema_version: u32, payload: &'a str) -> Self {
        Self { event_type, schema_version, payload, context: None }
    }

    /// An event of this context.
    pub(crate) fn of(context: &'a EventContext, payload: &'a str) -> Self {
        let EventContext { event_type, schema_version, .. } = context;
        Self { event_type, schema_version: *schema_version, payload, context: Some(context) }
    }

    /// What else is known of the event, for an upcaster that goes by it. To be handed on with `?`: where it was not
    /// read, the event is read again together with it.
    ///
    /// # Errors
    ///
    /// If it was not read.
    pub fn context(&self) -> Result<&'a EventContext, Undecodable> {
        self.context.ok_or(Undecodable::WithoutContext)
    }
}
