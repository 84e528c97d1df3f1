//! What a changed schema means for stored events, and for the programs of the release before.

use uuid::Uuid;

use super::{
    ahead::{Ahead, Unread, ahead},
    snapshot::{Category, Snapshot},
};
use crate::schema::{
    EventSchema, Finding, Shape, TypeState, Verdict, accepts, accepts_stored_beyond, render,
};

/// How a schema differs from the accepted one.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Changes that stored events, or programs that must be able to read new ones, are not compatible with.
    pub(super) worse: Vec<Change>,
    /// Compatible changes, in words.
    pub(super) compatible: Vec<String>,
    /// What programs of the release before cannot read, in words.
    pub(super) ahead: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Change {
    /// The events are in streams of another category.
    Category {
        accepted: Snapshot,
        present: String,
    },
    /// The stream of an example id has another name.
    Stream {
        stream: String,
        present: Vec<String>,
    },
    /// None of the types in the accepted schema is a type of the set.
    OtherSet {
        accepted: Snapshot,
    },
    TypeGone {
        old: EventSchema,
    },
    AliasGone {
        name: String,
        alias: String,
    },
    VersionGone {
        name: String,
        version: u32,
        stored: Shape,
    },
    Shape {
        schema: EventSchema,
        version: u32,
        stored: Shape,
        verdict: Verdict,
        /// Whether events that only an earlier form of the version covers are concerned.
        formerly: bool,
    },
    /// A new form does not read all that it writes.
    Itself {
        name: String,
        version: u32,
        shape: Shape,
        findings: Vec<Finding>,
    },
    /// The release before could not read what is written, and must.
    Ahead {
        name: String,
        version: u32,
        shape: Shape,
        reason: Ahead,
    },
}

impl Change {
    /// Whether stored events are read, but as something else.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self, Self::Shape { verdict: Verdict::Silent(_), .. } | Self::Ahead { .. })
    }

    /// Identifies this change: another change of the same type has another id, and so has the same one if it is made
    /// again. `accepted` are the lines about changes that were accepted before.
    pub(super) fn id(&self, accepted: &[String]) -> String {
        let (subject, content) = match self {
            Self::Category { accepted, present } => (format!("category {present}"), accepted.render()),
            Self::Stream { stream, present } => (format!("stream {stream}"), present.join(" ")),
            Self::OtherSet { accepted } => (format!("types of {}", accepted.names()), accepted.render()),
            Self::TypeGone { old } => (format!("{} gone", old.name), render(std::slice::from_ref(old))),
            Self::AliasGone { name, alias } => (format!("{name} was {alias}"), String::new()),
            Self::VersionGone { name, version, stored } => {
                (format!("{name} v{version} gone"), stored.to_string())
            }
            Self::Shape { schema, version, stored, .. } => {
                (format!("{} v{version}", schema.name), format!("{stored}{}", schema.versions[version]))
            }
            Self::Itself { name, version, shape, .. } => {
                (format!("{name} v{version} itself"), shape.to_string())
            }
            Self::Ahead { name, version, shape, .. } => {
                (format!("{name} v{version} ahead"), shape.to_string())
            }
        };
        let hash = Uuid::new_v5(
            &Uuid::NAMESPACE_OID,
            format!("{subject}\n{content}\n{}", accepted.len()).as_bytes(),
        );
        let plain = |c: char| if c.is_control() { '?' } else { c };
        let subject: String = subject.chars().map(plain).collect();
        format!("{subject} {}", &hash.simple().to_string()[..8])
    }
}

/// Compares the present schema with the accepted one, which may be that of another category.
pub(super) fn compare(accepted: &Snapshot, present: &Snapshot) -> Changes {
    let mut changes = Changes::default();
    let has_moved = !accepted.categories.is_empty() && !accepted.shares_category(present);
    if has_moved {
        let (accepted, present) = (accepted.clone(), present.names());
        changes.worse.push(Change::Category { accepted, present });
    }
    let reader = |name: &str| present.events.iter().find(|new| new.reads(name));
    let mut live = accepted.events.iter().filter(|old| old.state != TypeState::Gone).peekable();
    let is_other_set = live.peek().is_some() && !live.any(|old| reader(&old.name).is_some());
    if is_other_set && !has_moved {
        changes.worse.push(Change::OtherSet { accepted: accepted.clone() });
    }
    categories(accepted, present, &mut changes);
    for old in &accepted.events {
        let own = reader(&old.name);
        match own {
            None if is_other_set && !has_moved || old.state == TypeState::Gone => {}
            None if present.categories.iter().all(|it| it.partial) => {
                changes.compatible.push(format!("`{}` is skipped from now on", old.name));
            }
            None => changes.worse.push(Change::TypeGone { old: old.clone() }),
            Some(new) => event_type(old, new, &mut changes),
        }
        for alias in &old.aliases {
            match (own, reader(alias)) {
                (Some(own), None) => {
                    let (name, alias) = (own.name.clone(), alias.clone());
                    changes.worse.push(Change::AliasGone { name, alias });
                }
                (own, Some(new)) if own.is_none_or(|own| own.name != new.name) => {
                    changes.compatible.push(format!("`{alias}` is read as `{}`", new.name));
                    versions(old, new, &mut changes);
                }
                _ => {}
            }
        }
    }
    for new in &present.events {
        let mut known = accepted.events.iter().filter(|old| old.state != TypeState::Gone);
        let of_name = known.clone().find(|old| old.name == new.name);
        let known = of_name.or_else(|| known.find(|old| new.reads(&old.name)));
        if known.is_none() {
            changes.compatible.push(match new.state {
                TypeState::Removed => format!("`{}` is ignored from now on", new.name),
                _ => format!("`{}` is new", new.name),
            });
            let is_partial = present.categories.iter().all(|it| it.partial);
            if new.state == TypeState::Read && !is_partial {
                changes.ahead.push(format!(
                    "they stop before events of the new type `{}`, until they are replaced",
                    new.name
                ));
            }
        }
        itself(known, new, &mut changes);
        if let Some(Unread { version, shape, reason, text }) = known.and_then(|old| ahead(old, new)) {
            changes.ahead.push(text);
            if present.full.contains(&new.name) {
                changes.worse.push(Change::Ahead { name: new.name.clone(), version, shape, reason });
            }
        }
    }
    changes
}

/// What a first schema says about itself.
pub(super) fn first(present: &Snapshot) -> Changes {
    let mut changes = Changes::default();
    for new in &present.events {
        itself(None, new, &mut changes);
    }
    changes
}

/// Stored events of types of the set that it could not read, by what other sets of the same categories say. They may
/// have other reasons to say less or more about a type, so nothing else is compared.
pub(super) fn unreadable(others: &[Snapshot], present: &Snapshot) -> Vec<Change> {
    let mut changes = Changes::default();
    for old in others.iter().flat_map(|other| &other.events) {
        if let Some(new) = present.events.iter().find(|new| new.reads(&old.name)) {
            versions(old, new, &mut changes);
        }
    }
    let is_breaking = |change: &Change| matches!(change, Change::Shape { verdict: Verdict::Breaking(_), .. });
    changes.worse.into_iter().filter(is_breaking).collect()
}

fn categories(accepted: &Snapshot, present: &Snapshot, changes: &mut Changes) {
    for old in &accepted.categories {
        let Some(new) = present.categories.iter().find(|new| new.name == old.name) else { continue };
        for stream in old.streams.iter().filter(|stream| !new.streams.contains(stream)) {
            changes.worse.push(Change::Stream { stream: stream.clone(), present: new.streams.clone() });
        }
        let Category { name, .. } = new;
        if old.enums != new.enums {
            let enums: Vec<_> = new.enums.iter().map(|it| format!("`{it}`")).collect();
            changes.compatible.push(format!("the events of `{name}` are declared in {}", enums.join(", ")));
        }
        if old.partial != new.partial {
            let are = if new.partial { "only some of its" } else { "all its" };
            changes.compatible.push(format!("of the category `{name}`, {are} types are read"));
        }
        if old.full != new.full {
            let must = if new.full { "must be able to" } else { "need no longer be able to" };
            changes.compatible.push(format!("programs of the release before {must} read events of `{name}`"));
        }
        if new.streams.iter().any(|stream| !old.streams.contains(stream))
            && old.streams.len() < new.streams.len()
        {
            changes.compatible.push(format!("`{name}` has more examples of streams"));
        }
    }
    if accepted.categories.is_empty() && !present.categories.is_empty() {
        changes.compatible.push("the category is part of the schema from now on".to_owned());
    }
}

/// A type that was accepted, and what reads its events now.
fn event_type(old: &EventSchema, new: &EventSchema, changes: &mut Changes) {
    if new.name != old.name && old.state != TypeState::Gone {
        changes.compatible.push(format!("`{}` is stored as `{}` from now on", old.name, new.name));
    }
    if new.state == TypeState::Read && old.state == TypeState::Removed {
        changes.compatible.push(format!("`{}` is read again", old.name));
    }
    if new.state == TypeState::Removed && old.state == TypeState::Read {
        changes.compatible.push(format!("`{}` is removed: its events are ignored from now on", old.name));
    }
    for alias in new.aliases.iter().filter(|alias| **alias != old.name && !old.aliases.contains(alias)) {
        changes.compatible.push(format!("`{}` also reads what is stored as `{alias}`", new.name));
    }
    versions(old, new, changes);
    let written = new.written().filter(|version| old.versions.contains_key(version));
    if let Some(version) = written.filter(|_| new.written() != old.written()) {
        changes.compatible.push(format!("`{}` is written at version {version} from now on", new.name));
    }
}

/// The versions of a type that was accepted, read as those of another.
fn versions(old: &EventSchema, new: &EventSchema, changes: &mut Changes) {
    if new.state == TypeState::Removed {
        return;
    }
    for (&version, stored) in old.versions.iter().filter(|(version, _)| !new.versions.contains_key(version)) {
        let (name, stored) = (new.name.clone(), stored.clone());
        changes.worse.push(Change::VersionGone { name, version, stored });
    }
    for (&version, shape) in &new.versions {
        let Some(Compared { verdict, stored, formerly }) = compared(old, version, shape) else {
            if old.state == TypeState::Read {
                changes.compatible.push(format!("`{}` has a new version {version}", new.name));
            }
            continue;
        };
        match verdict {
            Verdict::Compatible if !formerly && is_new_form(new, version, shape, stored) => {
                changes.compatible.push(format!("`{}` version {version} reads what is stored", new.name));
            }
            Verdict::Compatible => {}
            verdict => changes.worse.push(Change::Shape {
                schema: new.clone(),
                version,
                stored: stored.clone(),
                verdict,
                formerly,
            }),
        }
    }
}

/// Whether a version has another form than the accepted one, which is not kept in its place.
fn is_new_form(new: &EventSchema, version: u32, shape: &Shape, stored: &Shape) -> bool {
    let newest = new.versions.keys().copied().max();
    [newest, new.written()].contains(&Some(version)) && shape.clone().with_names() != *stored
}

/// The verdict on one version, and the stored shape that decided it.
struct Compared<'a> {
    verdict: Verdict,
    /// The accepted shape; for a type that was not read, what was accepted last.
    stored: &'a Shape,
    formerly: bool,
}

/// What a shape does with all that is stored of a version; `None` if nothing is.
fn compared<'a>(old: &'a EventSchema, version: u32, shape: &Shape) -> Option<Compared<'a>> {
    let current = old.versions.get(&version);
    let formerly = old.formerly.get(&version).into_iter().flatten();
    let mut worst = current.map(|stored| Compared { verdict: reads(shape, stored), stored, formerly: false });
    for stored in formerly {
        let verdict = accepts_stored_beyond(shape, stored, current.unwrap_or(stored));
        let is_worse = worst.as_ref().is_none_or(|worst| rank(&worst.verdict) < rank(&verdict));
        if is_worse {
            worst = Some(Compared { verdict, stored: current.unwrap_or(stored), formerly: true });
        }
    }
    worst
}

fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Compatible => 0,
        Verdict::Silent(_) => 1,
        Verdict::Breaking(_) => 2,
    }
}

/// The verdict on reading stored payloads with a shape, without the findings of the accepted shape.
pub(super) fn reads(shape: &Shape, stored: &Shape) -> Verdict {
    accepts_stored_beyond(shape, stored, stored)
}

/// New shapes of the type, and whether they read all that they write.
fn itself(old: Option<&EventSchema>, new: &EventSchema, changes: &mut Changes) {
    for (&version, shape) in &new.versions {
        let before = old.and_then(|old| old.versions.get(&version));
        let verdict = match before {
            None => accepts(shape, shape),
            Some(before) if *before == shape.clone().with_names() => continue,
            // What the accepted one does not read either was reported then.
            Some(before) => worse_itself(shape, before),
        };
        match verdict {
            Verdict::Compatible => {}
            Verdict::Silent(findings) => {
                for finding in findings {
                    changes.compatible.push(format!(
                        "`{}` version {version} does not read all that it writes: {finding}",
                        new.name
                    ));
                }
            }
            Verdict::Breaking(findings) => changes.worse.push(Change::Itself {
                name: new.name.clone(),
                version,
                shape: shape.clone(),
                findings,
            }),
        }
    }
}

/// What a shape does not read of what it writes, without what is true of the one before as well.
fn worse_itself(shape: &Shape, before: &Shape) -> Verdict {
    let known = accepts(before, before);
    let new = |findings: Vec<Finding>| -> Vec<Finding> {
        findings.into_iter().filter(|finding| !known.findings().contains(finding)).collect()
    };
    match accepts(shape, shape) {
        Verdict::Breaking(findings) => match new(findings) {
            findings if findings.is_empty() => Verdict::Compatible,
            findings => Verdict::Breaking(findings),
        },
        // A loss of the form before is one still.
        _ => Verdict::Compatible,
    }
}
