//! An empty store for one test.

use std::{any::Any, fmt, sync::Arc};

use eventsource::store::EventStore;

/// An empty store that only one test uses, with a value that must stay alive until the test has ended.
///
/// Every store converts into this type (`Fresh: From<S>`), so it is needed only to keep another value alive.
pub struct Fresh {
    // Fields are dropped in this order: the store closes its connections before its database is removed.
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) kept: Option<Box<dyn Any + Send>>,
}

impl Fresh {
    /// Wraps this store, which must be empty.
    pub fn new(store: impl EventStore) -> Self {
        Self { store: Arc::new(store), kept: None }
    }

    /// Keeps a value alive until the test has ended, such as the database of the store, which is removed when it is
    /// dropped. Only the last value is kept; pass a tuple for several.
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
