//! Comparing the schema of a set of events with the accepted one.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
};

use super::{
    explain::{self, Change, Changes},
    files,
};
use crate::{
    EventSet,
    schema::{self, EventSchema, Shape, Verdict, accepts_stored},
};

/// Implements [`assert_event_schema!`](crate::assert_event_schema). `assert` is insta's assertion, which must be in
/// the crate of the test, because insta derives its file paths from there.
#[track_caller]
pub fn check_schema<E: EventSet>(manifest: &str, written: &str, assert: impl FnOnce(&str, &str)) {
    let name = files::set_name(written);
    let directory = Path::new(manifest).join("event-schemas");
    let file = files::snapshot(&directory, &name);
    let present = EventSchema::of::<E>();
    let accepted = files::accepted(&directory, &name).map(|text| {
        schema::parse(&text)
            .unwrap_or_else(|error| panic!("{} was changed by hand; restore it: {error}", file.display()))
    });

    let changes = accepted.as_ref().map(|accepted| compare(accepted, &present)).unwrap_or_default();
    let text = schema::render(&kept(accepted.unwrap_or_default(), present));
    // Insta runs first: it leaves the snapshot that can be accepted, whatever the message here says.
    let outcome =
        catch_unwind(AssertUnwindSafe(|| files::settings(&directory).bind(|| assert(&name, &text))));
    let Err(failure) = outcome else { return };
    match explain::explain(&changes, &name, &E::schema(), &file) {
        Some(explanation) => panic!("{explanation}"),
        None => resume_unwind(failure),
    }
}

fn compare(accepted: &[EventSchema], present: &[EventSchema]) -> Changes {
    let mut changes = Changes::default();
    for old in accepted {
        let named = |new: &&EventSchema| new.name == old.name || new.aliases.contains(&old.name);
        let Some(new) = present.iter().find(named) else {
            changes.worse.push(Change::TypeRemoved { name: old.name.clone() });
            continue;
        };
        for alias in &old.aliases {
            let is_removed = present.iter().any(|it| it.name == *alias && it.versions.is_empty());
            if *alias != new.name && !new.aliases.contains(alias) && !is_removed {
                changes.worse.push(Change::AliasRemoved { name: new.name.clone(), alias: alias.clone() });
            }
        }
        if new.name != old.name {
            changes.compatible.push(format!("`{}` is stored as `{}` from now on", old.name, new.name));
        }
        if new.versions.is_empty() {
            if !old.versions.is_empty() {
                changes
                    .compatible
                    .push(format!("`{}` is removed: its events are ignored from now on", old.name));
            }
            continue;
        }
        let gone = old.versions.keys().find(|version| !new.versions.contains_key(version));
        if let Some(&version) = gone {
            // The other versions have most likely moved within the chain.
            changes.worse.push(Change::VersionRemoved { name: new.name.clone(), version });
            continue;
        }
        for (&version, stored) in &old.versions {
            let shape = &new.versions[&version];
            match verdict(shape, stored) {
                Verdict::Compatible if shape.clone().with_names() != *stored => {
                    changes.compatible.push(format!("`{}` version {version} reads what is stored", new.name));
                }
                Verdict::Compatible => {}
                verdict => changes.worse.push(Change::Shape {
                    schema: new.clone(),
                    version,
                    stored: stored.clone(),
                    verdict,
                }),
            }
        }
        for version in new.versions.keys().filter(|version| !old.versions.contains_key(version)) {
            changes.compatible.push(format!("`{}` has a new version {version}", new.name));
        }
    }
    let known = |new: &EventSchema| {
        accepted.iter().any(|old| old.name == new.name || new.aliases.contains(&old.name))
    };
    for new in present.iter().filter(|new| !known(new)) {
        changes.compatible.push(format!("`{}` is new", new.name));
    }
    changes
}

/// The verdict on reading stored payloads with a shape, without the findings of the accepted shape.
fn verdict(shape: &Shape, stored: &Shape) -> Verdict {
    accepts_stored(shape, stored).beyond(&accepts_stored(stored, stored))
}

/// The current schema. An older version keeps its accepted shape if its type can still read it: the snapshot has the
/// form that was written, and an old type may say less about it.
fn kept(accepted: Vec<EventSchema>, mut present: Vec<EventSchema>) -> Vec<EventSchema> {
    for new in &mut present {
        let named = |old: &&EventSchema| new.name == old.name || new.aliases.contains(&old.name);
        let Some(old) = accepted.iter().find(named) else { continue };
        let newest = new.versions.keys().copied().max();
        for (version, shape) in &mut new.versions {
            if let Some(stored) = old.versions.get(version)
                && Some(*version) != newest
                && verdict(shape, stored) == Verdict::Compatible
            {
                shape.clone_from(stored);
            }
        }
    }
    present
}
