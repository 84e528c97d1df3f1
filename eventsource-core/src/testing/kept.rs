//! What an accepted schema keeps of the schemas before it.

use std::collections::BTreeMap;

use super::{changes::reads, snapshot::Snapshot};
use crate::schema::{EventSchema, Shape, TypeState, Verdict, accepts_stored};

/// The schema to accept: the present one, and all that stored events may still need.
///
/// A version that is no longer written keeps its accepted shape if its type can still read it: the snapshot has the form that was
/// written, and an old type may say less about it. Shapes that the present ones do not read unchanged, and types that
/// are gone, are kept as what they were, so that a later change is compared with them too.
pub(super) fn kept(accepted: Snapshot, mut present: Snapshot) -> Snapshot {
    for new in &mut present.events {
        let present = [new.versions.keys().copied().max(), new.written()];
        let by_alias = |old: &EventSchema| old.aliases.iter().any(|alias| new.reads(alias));
        let read: Vec<(&EventSchema, bool)> = accepted
            .events
            .iter()
            .map(|old| (old, new.reads(&old.name)))
            .filter(|(old, is_own)| *is_own || by_alias(old))
            .collect();
        for (old, is_own) in read {
            for (&version, stored) in &old.versions {
                match new.versions.get_mut(&version) {
                    Some(shape) if reads(shape, stored) == Verdict::Compatible => {
                        if is_own && !present.contains(&Some(version)) {
                            shape.clone_from(stored);
                        }
                    }
                    _ => once(&mut new.formerly, version, stored),
                }
            }
            for (&version, shapes) in &old.formerly {
                for stored in shapes {
                    let covered = |shape: &Shape| accepts_stored(shape, stored) == Verdict::Compatible;
                    if !new.versions.get(&version).is_some_and(covered) {
                        once(&mut new.formerly, version, stored);
                    }
                }
            }
        }
    }
    let mut gone = Vec::new();
    for old in &accepted.events {
        let new = present.events.iter().find(|new| new.reads(&old.name));
        if new.is_none() {
            gone.push(as_gone(&old.name, old));
        }
        for alias in &old.aliases {
            if !present.events.iter().any(|it| it.reads(alias)) {
                gone.push(as_gone(alias, old));
            }
        }
    }
    present.events.extend(gone);
    present
}

fn as_gone(name: &str, old: &EventSchema) -> EventSchema {
    let mut gone = EventSchema::new(name, TypeState::Gone);
    gone.formerly.clone_from(&old.formerly);
    for (&version, shape) in &old.versions {
        once(&mut gone.formerly, version, shape);
    }
    gone
}

fn once(formerly: &mut BTreeMap<u32, Vec<Shape>>, version: u32, shape: &Shape) {
    let shapes = formerly.entry(version).or_default();
    if !shapes.contains(shape) {
        shapes.push(shape.clone());
    }
}
