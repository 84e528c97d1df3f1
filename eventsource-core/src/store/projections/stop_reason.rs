//! Why a partition of a projection stopped.

use serde::{Deserialize, Serialize};

use crate::{Position, shown::Escaped};

/// Why a partition stopped. It does not continue until it is resumed, unless it waits for a
/// [newer program](Self::NeedsNewerProgram).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// The projection failed on an event in every attempt.
    #[error(
        "it failed on {} in each of {attempts} attempts: {}; fix it and call `resume`",
        Escaped(unless_named(event, error)),
        Escaped(error)
    )]
    Failed {
        /// The event.
        event: String,
        /// Its position.
        position: Position,
        /// How often it was tried.
        attempts: usize,
        /// The error of the projection.
        error: String,
    },
    /// The code of the projection panicked on an event in every attempt.
    #[error(
        "it panicked on {} in each of {attempts} attempts: {}; fix it and call `resume`",
        Escaped(unless_named(event, message)),
        Escaped(message)
    )]
    Panicked {
        /// The event.
        event: String,
        /// Its position.
        position: Position,
        /// How often it was tried.
        attempts: usize,
        /// The message of the panic.
        message: String,
    },
    /// The program that processed it does not know the type of an event, or its schema version: a newer program has
    /// recorded it. A worker that knows both continues without a `resume`.
    #[error(
        "it needs a program that knows {}, which {application:?} does not; any worker that knows it continues from \
         there",
        needed(event_type, *schema_version, *known, category, *position)
    )]
    NeedsNewerProgram {
        /// The position of the event.
        position: Position,
        /// The category of its stream.
        category: String,
        /// Its persisted type name.
        event_type: String,
        /// Its schema version.
        schema_version: u32,
        /// The newest schema version of the type that the program knows; `None` if it does not know the type.
        known: Option<u32>,
        /// The program: its name, process id and host.
        application: String,
    },
    /// This program cannot decode an event, although it knows its type and schema version.
    #[error("it cannot decode an event: {}; once it can, call `resume`", Escaped(error))]
    Undecodable {
        /// Its position.
        position: Position,
        /// The error, which names the program and the event.
        error: String,
    },
}

/// The event, unless the error names it too.
fn unless_named<'a>(event: &'a str, error: &str) -> &'a str {
    match error.contains(event) {
        true => "an event",
        false => event,
    }
}

/// The event, as far as the program does not know it.
fn needed(
    event_type: &str,
    schema_version: u32,
    known: Option<u32>,
    category: &str,
    position: Position,
) -> String {
    let (event_type, category) = (Escaped(event_type), Escaped(category));
    match known {
        Some(known) => format!(
            "version {schema_version} of the event type `{event_type}` (position {position}; known up to {known})"
        ),
        None => format!("the event type `{event_type}` of category `{category}` (position {position})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_stop_names_the_event_once() {
        let event = "`order.placed` v1 at order/a version 2 (position 3)".to_owned();
        let stop = |error: &str| StopReason::Failed {
            event: event.clone(),
            position: Position::new(3),
            attempts: 2,
            error: error.to_owned(),
        };
        assert_eq!(
            stop("no such row").to_string(),
            format!("it failed on {event} in each of 2 attempts: no such row; fix it and call `resume`")
        );
        let named = stop(&format!("cannot fold {event}")).to_string();
        assert_eq!(named.matches("position 3").count(), 1, "{named}");
        assert!(named.starts_with("it failed on an event in each of 2 attempts: cannot fold"), "{named}");
    }
}
