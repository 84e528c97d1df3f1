//! The lines that give an event type its next version, before anything is changed.

use std::{fmt::Write, fs, path::Path};

use super::{
    explain::{self, About},
    files,
    rust::{Old, Written},
    sample::sample,
};
use crate::schema::EventSchema;

/// The environment variable with the types to be changed, separated by commas, or `all`.
pub(super) const VARIABLE: &str = "EVENTSOURCE_BUMP";

/// What to write for the next version of the chosen types; `None` if the set has none of them. The present form is kept,
/// and a payload of it is written if there is none.
pub(super) fn bump(
    chosen: &str,
    present: &[EventSchema],
    about: &About<'_>,
    manifest: &str,
    may_write: bool,
) -> Option<String> {
    let payloads = Path::new(manifest).join("event-payloads");
    let chosen: Vec<&str> = chosen.split(',').map(str::trim).collect();
    let is_chosen = |schema: &&EventSchema| chosen.iter().any(|it| *it == "all" || schema.reads(it));
    let (mut text, mut written) = (String::new(), Written::default());
    for schema in present.iter().filter(is_chosen) {
        let Some((&version, shape)) = schema.versions.last_key_value() else { continue };
        let (event, program) = (&schema.name, about.program());
        let old = Old { event, version, stored: shape, present: shape, program, exact: true };
        if !text.is_empty() {
            text.push('\n');
        }
        let place = old.place().map_or_else(String::new, |place| format!(", in {place}"));
        let _ = writeln!(
            text,
            "the next version of `{}` is {}{place}. Keep the form of version {version}:\n",
            schema.name,
            version + 1
        );
        explain::next_version(&mut text, &old, &mut written);
        if !has_payload(&payloads, schema, version) {
            text.push_str(&fixture(&payloads, schema, version, may_write));
        }
    }
    if text.is_empty() {
        return None;
    }
    text.push_str(
        "\nThen change the variant, and what the conversion makes of the old fields. If programs of the release before \
         run meanwhile, add `write = …` and `downcast = …` to the attribute.\n",
    );
    Some(text)
}

/// Whether a payload of the version is kept, under any name of the type.
fn has_payload(payloads: &Path, schema: &EventSchema, version: u32) -> bool {
    let start = format!("v{version}-");
    let mut names = schema.aliases.iter().chain([&schema.name]);
    names.any(|name| {
        let entries = fs::read_dir(payloads.join(name)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with(&start))
    })
}

/// Writes a payload of the present form, if one can be made up.
fn fixture(payloads: &Path, schema: &EventSchema, version: u32, may_write: bool) -> String {
    let file = files::payload(payloads, &(schema.name.clone(), version, 1));
    match sample(&schema.versions[&version]).filter(|_| may_write) {
        None => format!("\nWrite a payload of this version to {}, as it is stored.\n", file.display()),
        Some(value) => match files::write_payload(&file, &value.to_string()) {
            Ok(()) => format!(
                "\nA payload of this version was written to {}. Correct it to what is stored:\n\n    {value}\n",
                file.display()
            ),
            Err(fault) => format!("\n{fault}\n"),
        },
    }
}
