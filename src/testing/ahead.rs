//! What programs of the release before make of new events.

use std::fmt::Write;

use super::changes::{Change, Changes};
use crate::schema::{EventSchema, Finding, TypeState, Verdict, accepts_beyond};

/// Why the release before cannot read what is written.
#[derive(Debug)]
pub(super) enum Ahead {
    /// It does not have the version.
    Version,
    /// It ignores events of the type.
    Ignored,
    Refused(Vec<Finding>),
}

/// What a program of the release before makes of new events.
pub(super) fn ahead(old: &EventSchema, new: &EventSchema, full: bool, changes: &mut Changes) {
    let Some(version) = new.written() else { return };
    let shape = &new.versions[&version];
    let reason = match old.versions.get(&version).filter(|_| old.reads(&new.name)) {
        None if old.state == TypeState::Removed => Ahead::Ignored,
        None => Ahead::Version,
        Some(reader) => match accepts_beyond(reader, shape, reader) {
            Verdict::Breaking(findings) => Ahead::Refused(findings),
            // Fields that it does not know are ignored, as they should be.
            Verdict::Silent(_) | Verdict::Compatible => return,
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
    changes.ahead.push(text);
    if full {
        let (name, shape) = (new.name.clone(), shape.clone());
        changes.worse.push(Change::Ahead { name, version, shape, reason });
    }
}
