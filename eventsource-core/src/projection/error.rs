//! The error of a projection or event handler: any error.

use std::{error::Error, fmt};

use crate::store::{BoxError, Escaped};

/// Why a projection or event handler failed. Any error converts into it with `?`.
///
/// ```
/// use eventsource::ProjectionError;
///
/// fn parse(text: &str) -> Result<u32, ProjectionError> {
///     Ok(text.parse::<u32>()?)
/// }
/// assert_eq!(parse("x").unwrap_err().to_string(), "invalid digit found in string");
/// ```
///
/// Its `Display` shows the error with its causes, on one line: control characters are
/// [escaped](crate::store::Escaped); [`inner`](Self::inner) returns the error. It does not implement
/// `Error` itself, so that every error can be converted into it.
pub struct ProjectionError(BoxError);

impl ProjectionError {
    /// Creates an error from a message.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into().into())
    }

    /// The original error.
    #[must_use]
    pub fn inner(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }

    /// The original error, boxed.
    #[must_use]
    pub fn into_inner(self) -> BoxError {
        self.0
    }
}

/// The text of an error with those of its causes, on one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = Escaped(error).to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&Escaped(error).to_string());
        cause = error.source();
    }
    text
}

impl<E: Error + Send + Sync + 'static> From<E> for ProjectionError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for ProjectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_causes(&*self.0))
    }
}

impl fmt::Debug for ProjectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
