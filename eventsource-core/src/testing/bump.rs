//! The lines that give an event type its next version, before anything is changed.

use std::{fmt::Write, fs, path::Path};

use super::{
    explain::{self, About},
    payloads,
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
    manifest: &Path,
) -> Option<String> {
    let chosen: Vec<&str> = chosen.split(',').map(str::trim).collect();
    let is_chosen = |schema: &&EventSchema| chosen.contains(&"all") || chosen.contains(&schema.name.as_str());
    let (mut text, mut written) = (String::new(), Written::default());
    for schema in present.iter().filter(is_chosen) {
        let Some((&version, shape)) = schema.versions.last_key_value() else { continue };
        let old =
            Old { event: &schema.name, version, stored: shape, present: shape, program: about.program() };
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
        let file = payloads::path(&manifest.join("event-payloads"), &(schema.name.clone(), version, 1));
        text.push_str(&fixture(&file, shape));
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

/// Writes a payload of the present form, unless one is there.
fn fixture(file: &Path, shape: &crate::schema::Shape) -> String {
    let folder = file.parent().unwrap_or(file);
    let version = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('-').next());
    let is_there = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.file_name().to_str().is_some_and(|name| name.split('-').next() == version));
    if is_there {
        return String::new();
    }
    let Some(value) = sample(shape) else {
        return format!("\nWrite a payload of this version to {}, as it is stored.\n", file.display());
    };
    match payloads::write(file, &value.to_string()) {
        Ok(()) => format!(
            "\nA payload of this version was written to {}. Correct it to what is stored:\n\n    {value}\n",
            file.display()
        ),
        Err(fault) => format!("\n{fault}\n"),
    }
}
