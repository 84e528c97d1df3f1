//! What programs of the release before make of new events.

use std::fmt::Write;

use crate::schema::{EventSchema, Finding, Shape, TypeState, Verdict, accepts_beyond};

/// Why the release before cannot read what is written.
#[derive(Debug)]
pub(super) enum Ahead {
    /// It does not have the version.
    Version,
    /// It ignores events of the type.
    Ignored,
    Refused(Vec<Finding>),
}

/// A version of a type that programs of the release before cannot read.
pub(super) struct Unread {
    pub(super) version: u32,
    pub(super) shape: Shape,
    pub(super) reason: Ahead,
    /// What they make of its events, in words.
    pub(super) text: String,
}

/// What a program of the release before makes of new events, if it cannot read them.
pub(super) fn ahead(old: &EventSchema, new: &EventSchema) -> Option<Unread> {
    let version = new.written()?;
    let shape = &new.versions[&version];
    let reason = match old.versions.get(&version).filter(|_| old.reads(&new.name)) {
        None if old.state == TypeState::Removed => Ahead::Ignored,
        None => Ahead::Version,
        Some(reader) => match accepts_beyond(reader, shape, reader) {
            Verdict::Breaking(findings) => Ahead::Refused(findings),
            // Fields that it does not know are ignored, as they should be.
            Verdict::Silent(_) | Verdict::Compatible => return None,
        },
    };
    let mut text = match &reason {
        Ahead::Version if old.reads(&new.name) => {
            format!("they stop before events of `{}` version {version}, until they are replaced", new.name)
        }
        Ahead::Version => {
            format!("they stop before events of the name `{}`, until they are replaced", new.name)
        }
        Ahead::Ignored => format!(
            "they ignore events of `{}`, without an error, until they are replaced; a read model that they have built needs \
             a new version",
            new.name
        ),
        Ahead::Refused(_) => format!("they cannot decode events of `{}` version {version}", new.name),
    };
    if let Ahead::Refused(findings) = &reason {
        for finding in findings {
            let _ = write!(text, "\n    {finding}");
        }
    }
    Some(Unread { version, shape: shape.clone(), reason, text })
}
