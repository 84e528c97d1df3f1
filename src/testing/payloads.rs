//! Payloads of every type and version, kept in files and decoded in every release.

mod orphans;

use std::{
    collections::BTreeMap,
    fmt::{Debug, Write},
    fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
};

use eventsource_core::engine::canonical;

use self::orphans::orphans;
use super::{
    files,
    given::{causes, recorded},
    schema::{or_fail, refused},
};
use crate::{
    DecodeError, Event, EventId, EventType, Metadata, Version,
    schema::{TypeSchema, may_be_stored, writes},
};

/// Identifies one payload: the stored type name, the schema version, and its number within the version.
type Key = (String, u32, u32);

/// The payloads of all types and versions of a set, as they are stored.
type Payloads = BTreeMap<Key, String>;

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
    let mut payloads = or_fail(read_all::<E>(&directory));
    let refused = or_fail(refused::<E>(manifest, written));
    let Examples { all, new } = or_fail(add_examples(&mut payloads, examples));
    if let Some((name, ..)) = new.iter().find(|(name, ..)| refused.contains(name)) {
        panic!(
            "stored events do not survive the present form of `{name}`, so no payload of it is written. \
             `assert_event_schema!` says what to do"
        );
    }
    let text = or_fail(decoded::<E>(&directory, &payloads, &new));

    let mut incomplete = Vec::new();
    if !may_write {
        incomplete.extend(new.iter().map(|key| {
            format!(
                "  {} is missing: run the test where files may be written (without CI and INSTA_UPDATE=no), and commit \
                 the file",
                files::payload(&directory, key).display()
            )
        }));
    }
    incomplete.extend(missing::<E>(&payloads));
    let faults = [
        section(&format!("not every version of `{name}` has a payload to test:"), &incomplete),
        section(UNDECLARED, &undeclared::<E>(&directory, &payloads, &all)),
        section(ORPHANS, &orphans::<E>(&directory, &name).iter().map(|it| orphan(it)).collect::<Vec<_>>()),
    ];
    let faults: Vec<_> = faults.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));

    // The snapshot lists the new files before they exist: by it, the test of another set knows whose they are.
    let outcome =
        catch_unwind(AssertUnwindSafe(|| files::settings(&directory).bind(|| assert(&name, &text))));
    for key in &new {
        or_fail(files::write_payload(&files::payload(&directory, key), &payloads[key]));
    }
    outcome.unwrap_or_else(|failure| resume_unwind(failure));
}

const UNDECLARED: &str = "some payloads are not as their type declares itself, so that `assert_event_schema!` compares \
                          something else than what is stored; correct `#[schema(as = \"…\")]` or the `Schema` that is \
                          written by hand:";

const ORPHANS: &str = "some payloads are of an event type that no set of this crate has:";

fn orphan(folder: &str) -> String {
    format!(
        "  event-payloads/{folder}: if such events may be stored, restore the variant, name the type in \
         `was(\"{folder}\")` of the variant that replaced it, or write `removed(\"{folder}\")` on the enum, for its events \
         to be ignored; if none is stored anywhere, delete the folder"
    )
}

fn section(heading: &str, faults: &[String]) -> Option<String> {
    (!faults.is_empty()).then(|| format!("{heading}\n\n{}", faults.join("\n")))
}

/// The payloads of the examples.
#[derive(Default)]
struct Examples {
    all: Vec<Key>,
    /// Those that have no file yet.
    new: Vec<Key>,
}

/// Adds each example whose payload no file of its type and version has, with the next free number.
fn add_examples<E: Event>(
    payloads: &mut Payloads,
    examples: impl IntoIterator<Item = E>,
) -> Result<Examples, String> {
    let mut found = Examples::default();
    for event in examples {
        let EventType { name, writes: version, .. } = event.event_type();
        let payload = event.encode().map_err(|error| causes(&error))?;
        let key = |number| ((*name).to_owned(), *version, number);
        let mut of_version = payloads.range(key(0)..=key(u32::MAX));
        let same = content(payload.get());
        if let Some((key, _)) = of_version.clone().find(|(_, stored)| content(stored) == same) {
            found.all.push(key.clone());
            continue;
        }
        // The examples of a partial set may have fewer fields than its category has.
        if !E::CATEGORIES.contains(&E::CATEGORY) {
            continue;
        }
        let key = key(of_version.next_back().map_or(0, |(last, _)| last.2) + 1);
        payloads.insert(key.clone(), payload.get().to_owned());
        found.all.push(key.clone());
        found.new.push(key);
    }
    Ok(found)
}

/// A text that two payloads share if they differ only in spaces and in the order of fields.
fn content(payload: &str) -> String {
    canonical(payload, 0).unwrap_or_else(|_| payload.to_owned())
}

/// The text of the snapshot: each payload, and the events that it decodes to.
fn decoded<E: Event + Debug>(directory: &Path, payloads: &Payloads, new: &[Key]) -> Result<String, String> {
    let mut text = String::new();
    for (key, payload) in payloads {
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
            Err(error) if new.contains(key) => {
                return Err(format!(
                    "an example of `{event_type}` is written as JSON that it does not read: {}\n\n  {payload}",
                    causes(&error)
                ));
            }
            Err(error) => {
                return Err(format!(
                    "{} can no longer be read: {}\n\n  {payload}\n\nIf events of this form were never stored, delete the file.",
                    files::payload(directory, key).display(),
                    causes(&error)
                ));
            }
        }
    }
    Ok(text.trim_end().to_owned())
}

/// The payloads that are not as the shape of their version says. An example must be as it is written, and others may also
/// be as they are read.
fn undeclared<E: Event>(directory: &Path, payloads: &Payloads, examples: &[Key]) -> Vec<String> {
    let schemas = E::schema();
    let mut faults = Vec::new();
    for (key, payload) in payloads {
        let (event_type, version, _) = key;
        let is_named =
            |schema: &&TypeSchema| schema.name == event_type || schema.aliases.contains(&&**event_type);
        let versions = schemas.iter().find(is_named).map_or(&[][..], |schema| &schema.versions);
        let Some(shape) = (*version as usize).checked_sub(1).and_then(|index| versions.get(index)) else {
            continue;
        };
        let Ok(value) = serde_json::from_str(payload) else { continue };
        let belongs =
            if examples.contains(key) { writes(shape, &value) } else { may_be_stored(shape, &value) };
        if let Err(finding) = belongs {
            faults.push(format!("  {}: {finding}\n    {payload}", files::payload(directory, key).display()));
        }
    }
    faults
}

fn read_all<E: Event>(directory: &Path) -> Result<Payloads, String> {
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
fn missing<E: Event>(payloads: &Payloads) -> Vec<String> {
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

fn numbers(file: &Path) -> Option<(u32, u32)> {
    let (version, number) =
        file.file_name()?.to_str()?.strip_suffix(".json")?.strip_prefix('v')?.split_once('-')?;
    Some((version.parse().ok()?, number.parse().ok()?))
}
