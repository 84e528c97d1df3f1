//! What an accepted schema keeps of the schemas before it.

use std::collections::BTreeMap;

use super::{changes::reads, snapshot::Snapshot};
use crate::schema::{EventSchema, Shape, TypeState, Verdict, covers};

/// The schema to accept: the present one, and all that stored events may still need.
///
/// A version that is no longer written keeps its accepted shape if its type can still read it: the snapshot has the form
/// that was written, and an old type may say less about it. Shapes that this does not cover, and types that are gone, are
/// kept as what they were, so that a later change is compared with them too.
pub(super) fn kept(accepted: Snapshot, mut present: Snapshot) -> Snapshot {
    for new in &mut present.events {
        let (newest, written) = (new.versions.keys().copied().max(), new.written());
        let reads_alias = |old: &EventSchema| old.aliases.iter().any(|alias| new.reads(alias));
        let is_read = |old: &&EventSchema| new.reads(&old.name) || reads_alias(old);
        let (own, merged): (Vec<_>, Vec<_>) =
            accepted.events.iter().filter(is_read).partition(|old| old.name == new.name);
        // The type of the same name first: only its shapes replace present ones.
        let own = own.first().copied().or_else(|| merged.iter().find(|old| new.reads(&old.name)).copied());
        for (&version, stored) in own.iter().flat_map(|own| &own.versions) {
            if let Some(shape) = new.versions.get_mut(&version)
                && ![newest, written].contains(&Some(version))
                && reads(shape, stored) == Verdict::Compatible
            {
                shape.clone_from(stored);
            }
        }
        let olds: Vec<&EventSchema> = own.into_iter().chain(merged).collect();
        for old in olds {
            let formerly =
                old.formerly.iter().flat_map(|(version, shapes)| shapes.iter().map(move |it| (version, it)));
            for (&version, stored) in old.versions.iter().chain(formerly) {
                if !new.versions.get(&version).is_some_and(|shape| covers(shape, stored)) {
                    once(&mut new.formerly, version, stored);
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
