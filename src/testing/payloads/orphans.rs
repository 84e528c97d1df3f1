//! Folders of payloads that no test reads.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{Event, EventType};

/// The folders that have payloads of an event type that neither `E` nor another set of the crate has. `snapshot` is the
/// name of the snapshot of `E`; those of the other sets list the payloads of these.
pub(super) fn orphans<E: Event>(directory: &Path, snapshot: &str) -> Vec<String> {
    let names = E::TYPES.iter().flat_map(EventType::names).chain(E::REMOVED.iter().copied());
    let mut known: BTreeSet<String> = names.map(str::to_owned).collect();
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut folders = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = name.strip_suffix(".new").unwrap_or(name);
        match name.strip_suffix(".snap") {
            Some(set) if set != snapshot => known.extend(listed(&path)),
            Some(_) => {}
            None if has_payloads(&path) => folders.push(name.to_owned()),
            None => {}
        }
    }
    folders.sort();
    // The name of a type may have a slash.
    let is_known = |folder: &String| {
        known.iter().any(|name| {
            name.strip_prefix(&**folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    folders.retain(|folder| !is_known(folder));
    folders
}

/// The event types of which a snapshot lists payloads, each in a line such as `account.opened/v1-1.json`.
fn listed(snapshot: &Path) -> Vec<String> {
    let text = fs::read_to_string(snapshot).unwrap_or_default();
    let files = text.lines().filter(|line| !line.starts_with(' ') && line.ends_with(".json"));
    files.filter_map(|file| Some(file.rsplit_once("/v")?.0.to_owned())).collect()
}

fn has_payloads(folder: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else { return false };
    entries.any(|entry| entry.is_ok_and(|entry| entry.path().extension().is_some_and(|it| it == "json")))
}
