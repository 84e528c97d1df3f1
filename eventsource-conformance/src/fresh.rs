//! An empty store for one test.

use std::{any::Any, fmt, sync::Arc};

use eventsource_core::store::EventStore;

/// An empty store that only one test uses, and what must stay alive until the test has ended.
///
/// Every store is one by itself (`Fresh: From<S>`), so this type is needed only to keep something beside it.
pub struct Fresh {
    // In the order of dropping: the store closes its connections before its database goes.
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) kept: Option<Box<dyn Any + Send>>,
}

impl Fresh {
    /// This store, which must be empty.
    pub fn new(store: impl EventStore) -> Self {
        Self { store: Arc::new(store), kept: None }
    }

    /// Keeps a value until the test has ended, such as the database of the store, that is removed when it is
    /// dropped. Only the last one is kept; give a tuple for several.
    #[must_use]
    pub fn keeping(self, kept: impl Any + Send) -> Self {
        Self { kept: Some(Box::new(kept)), ..self }
    }
}

impl<S: EventStore> From<S> for Fresh {
    fn from(store: S) -> Self {
        Self::new(store)
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh").field("keeps", &self.kept.is_some()).finish_non_exhaustive()
    }
}
