//! An empty store for one test.

use std::{any::Any, fmt, future::Future, pin::Pin, sync::Arc};

use eventsource::store::{BoxError, EventStore};

/// An empty store that only one test uses, with a value that must stay alive until the test has ended.
///
/// Every store converts into this type (`Fresh: From<S>`), so it is needed only to keep another value alive.
pub struct Fresh {
    // Fields are dropped in this order: the store closes its connections before its database is removed.
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) opening: Option<Opening>,
    pub(crate) kept: Option<Box<dyn Any + Send>>,
}

/// Opens the store a second time.
pub(crate) type Opening = Arc<dyn Fn() -> Opened + Send + Sync>;
type Opened = Pin<Box<dyn Future<Output = Result<Arc<dyn EventStore>, BoxError>> + Send>>;

impl Fresh {
    /// Wraps this store, which must be empty.
    pub fn new(store: impl EventStore) -> Self {
        Self { store: Arc::new(store), opening: None, kept: None }
    }

    /// How the same store is opened again, as by another process. Needed for a store that declares
    /// [`Durable`](eventsource::store::Capability::Durable) or
    /// [`SeveralProcesses`](eventsource::store::Capability::SeveralProcesses); give it for any other store that has a
    /// name by which it can be opened, too: the suite then tests that it refuses what it does not declare.
    #[must_use]
    pub fn opened_again_by<S, E, F>(self, open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        S: EventStore,
        E: Into<BoxError>,
        F: Future<Output = Result<S, E>> + Send + 'static,
    {
        let opening = move || -> Opened {
            let opened = open();
            Box::pin(async move {
                let store: Arc<dyn EventStore> = Arc::new(opened.await.map_err(Into::into)?);
                Ok(store)
            })
        };
        Self { opening: Some(Arc::new(opening)), ..self }
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
