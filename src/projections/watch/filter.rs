//! Which rows a watch reports.

use std::{fmt, sync::Arc};

use crate::ReadModel;

/// Which rows of a read model are watched.
pub struct Filter<R: ReadModel> {
    pub(super) keys: Option<Vec<R::Key>>,
    pub(super) only: Option<Predicate<R>>,
}

pub(super) type Predicate<R> = Arc<dyn Fn(&R) -> bool + Send + Sync>;

impl<R: ReadModel> Filter<R> {
    /// Every row.
    #[must_use]
    pub fn all() -> Self {
        Self { keys: None, only: None }
    }

    /// The row with this key, whether or not it exists yet.
    pub fn key(key: impl Into<R::Key>) -> Self {
        Self::keys([key.into()])
    }

    /// The rows with these keys.
    pub fn keys(keys: impl IntoIterator<Item = R::Key>) -> Self {
        Self { keys: Some(keys.into_iter().collect()), only: None }
    }

    /// Of these, only the rows for which this returns true, such as those that a user may see. It is asked each time a row
    /// is about to be reported. A row for which it returned true before, and does not any more, is reported as
    /// [`Gone`](super::Watched::Gone); of a row for which it never did, nothing is reported, not even its key.
    ///
    /// With a second call, both have to return true.
    #[must_use]
    pub fn only(mut self, only: impl Fn(&R) -> bool + Send + Sync + 'static) -> Self {
        self.only = Some(match self.only {
            None => Arc::new(only),
            Some(other) => Arc::new(move |row| other(row) && only(row)),
        });
        self
    }
}

impl<R: ReadModel> Clone for Filter<R> {
    fn clone(&self) -> Self {
        Self { keys: self.keys.clone(), only: self.only.clone() }
    }
}

impl<R: ReadModel> fmt::Debug for Filter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("table", &R::TABLE)
            .field("keys", &self.keys.as_ref().map(Vec::len))
            .field("only", &self.only.is_some())
            .finish()
    }
}
