//! Payloads of every type and version, kept in files and decoded in every release.

use std::{
    collections::BTreeMap,
    fmt::{Debug, Write},
    fs,
    path::{Path, PathBuf},
};

use super::{
    files,
    given::{causes, recorded},
};
use crate::{DecodeError, Event, EventId, EventType, Metadata, Version, schema::TypeSchema};

/// Identifies one payload: the stored type name, the schema version, and its number within the version.
type Key = (String, u32, u32);

/// Implements [`assert_event_payloads!`](crate::assert_event_payloads). `assert` is insta's assertion, which must be
/// in the crate of the test, because insta derives its file paths from there.
#[track_caller]
pub fn check_payloads<E: Event + Debug>(
    manifest: &str,
    written: &str,
    examples: impl IntoIterator<Item = E>,
    may_write: bool,
    assert: impl FnOnce(&str, &str),
) {
    let name = files::name_of::<E>(written);
    let directory = Path::new(manifest).join("event-payloads");
    let mut faults = Vec::new();
    if let Err(fault) = write_missing(&directory, examples, may_write, &mut faults) {
        panic!("{fault}");
    }
    let payloads = read_all::<E>(&directory).unwrap_or_else(|fault| panic!("{fault}"));
    faults.extend(missing::<E>(&payloads));
    assert!(
        faults.is_empty(),
        "not every version of `{}` has a payload to test:\n\n{}",
        files::set_name(written),
        faults.join("\n")
    );

    let mut text = String::new();
    for (key, payload) in &payloads {
        let (event_type, version, number) = key;
        let _ = writeln!(text, "{event_type}/v{version}-{number}.json\n  {payload}");
        match decode::<E>(key, payload) {
            Ok(events) if events.is_empty() => text.push_str("  is dropped\n"),
            Ok(events) => {
                for event in events {
                    for (index, line) in format!("{event:#?}").lines().enumerate() {
                        let _ = writeln!(text, "  {}{line}", if index == 0 { "=> " } else { "   " });
                    }
                }
            }
            Err(error) => panic!(
                "{} can no longer be read: {}\n\n  {payload}",
                path(&directory, key).display(),
                causes(&error)
            ),
        }
    }
    files::settings(&directory).bind(|| assert(&name, text.trim_end()));
}

/// Writes a file for each example that has none: the n-th example of a type is the n-th payload of its version.
fn write_missing<E: Event>(
    directory: &Path,
    examples: impl IntoIterator<Item = E>,
    may_write: bool,
    faults: &mut Vec<String>,
) -> Result<(), String> {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    for event in examples {
        let EventType { name, writes: version, .. } = event.event_type();
        let number = numbers.entry(name).or_default();
        *number += 1;
        let file = path(directory, &((*name).to_owned(), *version, *number));
        if file.exists() {
            continue;
        }
        if !may_write {
            faults.push(format!(
                "  {} is missing: run the test where files may be written (without CI and INSTA_UPDATE=no), \
                 and commit the file",
                file.display()
            ));
            continue;
        }
        let payload = event.encode().map_err(|error| causes(&error))?;
        let parent = file.parent().unwrap_or(directory);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&file, format!("{}\n", payload.get())))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    Ok(())
}

fn read_all<E: Event>(directory: &Path) -> Result<BTreeMap<Key, String>, String> {
    let mut payloads = BTreeMap::new();
    for name in E::TYPES.iter().flat_map(EventType::names).chain(E::REMOVED.iter().copied()) {
        let folder = directory.join(name);
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let file = entry.map_err(|error| format!("cannot read {}: {error}", folder.display()))?.path();
            let Some((version, number)) = numbers(&file) else {
                return Err(format!("{} is not named `v<version>-<number>.json`", file.display()));
            };
            let payload = fs::read_to_string(&file)
                .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
            payloads.insert((name.to_owned(), version, number), payload.trim_end().to_owned());
        }
    }
    Ok(payloads)
}

/// The payloads that must be written so that every version of every type has one.
fn missing<E: Event>(payloads: &BTreeMap<Key, String>) -> Vec<String> {
    let mut missing = Vec::new();
    for (event_type, TypeSchema { versions, .. }) in E::TYPES.iter().zip(E::schema()) {
        // A version that is not written yet has no stored payloads.
        for (version, shape) in (1..=event_type.writes).zip(versions) {
            let mut names = event_type.names();
            if names.any(|name| payloads.keys().any(|key| key.0 == name && key.1 == version)) {
                continue;
            }
            let name = event_type.name;
            let fault = if version == event_type.writes {
                format!("  `{name}`: add an event of this type to the list in the test")
            } else {
                let shape = shape.to_string();
                let shape = shape.lines().skip(1).fold(String::new(), |text, line| text + "\n  " + line);
                format!(
                    "  `{name}` version {version}: write event-payloads/{name}/v{version}-1.json, as this \
                     version was stored:{shape}"
                )
            };
            missing.push(fault);
        }
    }
    missing
}

fn decode<E: Event>((event_type, version, _): &Key, payload: &str) -> Result<Vec<E>, DecodeError> {
    let id = EventId::from(uuid::Uuid::nil());
    let stored =
        recorded(E::CATEGORY, event_type, *version, Version::new(1), payload, (id, Metadata::default()));
    Ok(stored.decode::<E>()?.map(|recorded| recorded.event).collect())
}

fn path(directory: &Path, (event_type, version, number): &Key) -> PathBuf {
    directory.join(event_type).join(format!("v{version}-{number}.json"))
}

fn numbers(file: &Path) -> Option<(u32, u32)> {
    let (version, number) =
        file.file_name()?.to_str()?.strip_suffix(".json")?.strip_prefix('v')?.split_once('-')?;
    Some((version.parse().ok()?, number.parse().ok()?))
}
