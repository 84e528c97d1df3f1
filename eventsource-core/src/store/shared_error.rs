//! One error for several callers whose calls a store has batched.

use std::{error::Error, fmt, sync::Arc};

use super::StoreError;

impl StoreError {
    /// Copies the error of a batched call for one of its callers: the same kind, with the same source.
    #[must_use]
    pub fn shared(error: &Arc<Self>) -> Self {
        let source = || Box::new(SharedSource(Arc::clone(error)));
        match **error {
            Self::Exhausted { action, waited } => Self::Exhausted { action, waited },
            Self::Overloaded { action, limit, waited } => Self::Overloaded { action, limit, waited },
            Self::TimedOut { action, limit, waiting_for } => Self::TimedOut { action, limit, waiting_for },
            Self::Unsupported { action, capability } => Self::Unsupported { action, capability },
            Self::MissingIndex { action, create } => Self::MissingIndex { action, create },
            Self::Unavailable { action, .. } => Self::Unavailable { action, source: source() },
            Self::Cancelled { action, .. } => Self::Cancelled { action, source: source() },
            Self::Contended { action, .. } => Self::Contended { action, source: source() },
            Self::Denied { action, .. } => Self::Denied { action, source: source() },
            Self::Corrupt { action, .. } => Self::Corrupt { action, source: source() },
            Self::Backend { action, .. } => Self::Backend { action, source: source() },
        }
    }
}

/// The source of an error that several callers receive.
#[derive(Debug)]
struct SharedSource(Arc<StoreError>);

impl SharedSource {
    fn original(&self) -> &(dyn Error + 'static) {
        self.0.source().unwrap_or(&*self.0)
    }
}

impl fmt::Display for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.original(), f)
    }
}

impl Error for SharedSource {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.original().source()
    }
}
