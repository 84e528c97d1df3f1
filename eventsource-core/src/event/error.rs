//! Errors of encoding and decoding events.

use std::error::Error;

use crate::{EventContext, json::without_values};

/// A stored event that this program cannot decode. It is never skipped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The event set does not contain the type.
    #[error(
        "cannot decode {context}: the type is unknown to this program; deploy the program that knows it; or add a variant, \
         or name the type in `was(…)` of the variant that replaced it, or in `removed(…)` if it is to be ignored"
    )]
    UnknownType {
        /// The event.
        context: Box<EventContext>,
    },
    /// The payload was written by a newer program, or its version is 0.
    #[error(
        "cannot decode {context}: this program knows {}; deploy a program that knows the version",
        versions(*known)
    )]
    UnknownVersion {
        /// The event.
        context: Box<EventContext>,
        /// The newest version this program knows.
        known: u32,
    },
    /// The payload does not have the shape of its version.
    #[error("cannot decode {context}: the payload is broken at `{path}`")]
    Payload {
        /// The event.
        context: Box<EventContext>,
        /// Where in the payload, as a JSON path such as `lines[3].amount`, which has the keys of maps; `.` is the whole
        /// payload.
        path: String,
        /// The error of serde, without values; see [`show_values_in_errors`](crate::show_values_in_errors).
        source: serde_json::Error,
    },
}

/// Why [`EventSet::decode`](crate::EventSet::decode) cannot decode an event. It does not identify the event: the
/// [`DecodeError`] that it is converted to does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Undecodable {
    /// The event set does not contain the type.
    #[error("the type is unknown to this program")]
    UnknownType,
    /// The payload was written by a newer program, or its version is 0.
    #[error("this program knows {}", versions(*known))]
    UnknownVersion {
        /// The newest version this program knows.
        known: u32,
    },
    /// The payload does not have the shape of its version.
    #[error("the payload is broken at `{path}`")]
    Payload {
        /// Where in the payload, as a JSON path such as `lines[3].amount`, which has the keys of maps; `.` is the whole
        /// payload.
        path: String,
        /// The error of serde, without values; see [`show_values_in_errors`](crate::show_values_in_errors).
        source: serde_json::Error,
    },
    /// Decoding needs the context of the event, which was not read; see
    /// [`StoredEvent::context`](crate::StoredEvent::context).
    #[error("the context of the event was not read")]
    WithoutContext,
}

/// An event that cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Serde could not write the event.
    #[error("cannot encode an event of type `{event_type}`")]
    Json {
        /// The type of the event.
        event_type: &'static str,
        /// The error of serde, without values; see [`show_values_in_errors`](crate::show_values_in_errors).
        source: serde_json::Error,
    },
    /// This program writes an older version than the newest one that it knows, and the older one cannot express the
    /// event: its `downcast` function returned an error.
    #[error(
        "cannot encode an event of type `{event_type}`: version {writes}, which this program writes, cannot express \
         it; reject such commands until all running programs read version {version}, and then deploy a release \
         without `write = {writes}`"
    )]
    Downcast {
        /// The type of the event.
        event_type: &'static str,
        /// The version that this program writes.
        writes: u32,
        /// The newest version that this program knows.
        version: u32,
        /// The error of the function, unchanged: it shows what the function puts into it.
        source: Box<dyn Error + Send + Sync>,
    },
}

fn versions(known: u32) -> String {
    match known {
        1 => "version 1".to_owned(),
        known => format!("versions 1 to {known}"),
    }
}

impl DecodeError {
    /// The context of the event.
    #[must_use]
    pub fn context(&self) -> &EventContext {
        match self {
            Self::UnknownType { context }
            | Self::UnknownVersion { context, .. }
            | Self::Payload { context, .. } => context,
        }
    }
}

impl Undecodable {
    /// The same without the values that the error of a set that is implemented by hand may show.
    #[doc(hidden)]
    #[must_use]
    pub fn without_values(self) -> Self {
        match self {
            Self::Payload { path, source } => Self::Payload { path, source: without_values(source) },
            other => other,
        }
    }

    /// Adds the context of the event.
    #[doc(hidden)]
    #[must_use]
    #[cold]
    pub fn of(self, context: &EventContext) -> DecodeError {
        let context = Box::new(context.clone());
        match self {
            Self::UnknownType => DecodeError::UnknownType { context },
            Self::UnknownVersion { known } => DecodeError::UnknownVersion { context, known },
            // Of a set that is implemented by hand, the error may show values.
            Self::Payload { path, source } => {
                DecodeError::Payload { context, path, source: without_values(source) }
            }
            // Possible only if a set passes on the error of decoding another event.
            Self::WithoutContext => DecodeError::Payload {
                context,
                path: ".".to_owned(),
                source: serde::de::Error::custom(Self::WithoutContext),
            },
        }
    }
}
