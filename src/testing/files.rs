//! The files of the accepted schemas and payloads, and the snapshots among them.

use std::{
    collections::BTreeSet,
    env,
    fmt::Write,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::EventSet;

/// The name of a set of events, as used in file names: `crate::bank::AccountEvent` is `AccountEvent`.
pub(super) fn set_name(written: &str) -> String {
    let compact: String = written.chars().filter(|c| !c.is_whitespace()).collect();
    let (path, arguments) = compact.split_at(compact.find('<').unwrap_or(compact.len()));
    let last = path.rsplit("::").next().unwrap_or(path);
    let arguments = arguments.replace(|c: char| !c.is_alphanumeric(), "_");
    format!("{last}{arguments}").trim_end_matches('_').to_owned()
}

/// Settings for a snapshot file with this name in this directory, wherever the test is.
pub(super) fn settings(directory: &Path) -> insta::Settings {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(directory);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// The name of the snapshot of a set of events: its categories, because those are stored; for a set that has only some
/// types of a category, with the name of the set.
pub(super) fn name_of<E: EventSet>(written: &str) -> String {
    let types = E::TYPES.iter().map(|ty| ty.category);
    let categories: BTreeSet<&str> = types.chain(E::CATEGORIES.iter().copied()).collect();
    let names: Vec<String> = categories.iter().map(|name| in_file_name(name)).collect();
    let mut name = names.join("+");
    if name.len() > MAX_NAME {
        let mut end = MAX_NAME;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let hash = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).simple().to_string();
        name = format!("{}~{}", &name[..end], &hash[..8]);
    }
    let is_complete = categories.iter().all(|name| E::CATEGORIES.contains(name));
    if is_complete { name } else { format!("{name}.{}", set_name(written)) }
}

/// In bytes; a file name has 255 at most.
const MAX_NAME: usize = 120;

/// A category in a file name. Other characters than letters, digits, `-`, `_` and a `.` in the middle are written as
/// in a URL.
fn in_file_name(category: &str) -> String {
    let mut name = String::new();
    for (index, c) in category.char_indices() {
        if c.is_alphanumeric() || matches!(c, '-' | '_') || c == '.' && index > 0 {
            name.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(name, "%{byte:02X}");
            }
        }
    }
    name
}

/// The content of an accepted snapshot, if there is one.
///
/// # Errors
///
/// If the file cannot be read, or is not a snapshot of insta.
pub(super) fn accepted(file: &Path) -> Result<Option<String>, String> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot read {}: {error}", file.display())),
    };
    // An editor or a checkout may have changed the ends of the lines, or marked the text as UTF-8.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    // Insta writes a header before the content, between two lines of dashes.
    let content = text.strip_prefix("---\n").and_then(|head| head.split_once("\n---\n"));
    match content {
        Some((_, content)) => Ok(Some(content.to_owned())),
        None => Err(format!(
            "{} is not a snapshot: its header between two lines of `---` is missing. Restore the file from version \
             control",
            file.display()
        )),
    }
}

pub(super) fn snapshot(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.snap"))
}

/// Whether files may be written: not where they would not be committed.
pub fn may_write() -> bool {
    let is = |name: &str| env::var(name).unwrap_or_default();
    let ci = if is("CI").is_empty() { is("TF_BUILD") } else { is("CI") };
    may_write_where(&ci, &is("INSTA_UPDATE"))
}

/// Whether every snapshot is accepted as it is.
pub(super) fn accepts_all() -> bool {
    env::var("INSTA_UPDATE").is_ok_and(|update| update == "always")
}

fn may_write_where(ci: &str, update: &str) -> bool {
    matches!(ci, "" | "0" | "false") && update != "no"
}

/// The file of a payload: event type, version and number.
pub(super) fn payload(directory: &Path, (event_type, version, number): &(String, u32, u32)) -> PathBuf {
    directory.join(event_type).join(format!("v{version}-{number}.json"))
}

pub(super) fn write_payload(file: &Path, payload: &str) -> Result<(), String> {
    let parent = file.parent().unwrap_or(file);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(file, format!("{payload}\n")))
        .map_err(|error| format!("cannot write {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_written_where_it_would_not_be_committed() {
        assert!(may_write_where("", "") && may_write_where("false", "always"));
        assert!(!may_write_where("true", "") && !may_write_where("", "no"));
    }

    #[test]
    fn a_category_is_a_file_name() {
        assert_eq!(in_file_name("account"), "account");
        assert_eq!(in_file_name("../a b.c"), "%2E.%2Fa%20b.c");
        assert_eq!(in_file_name("größe%"), "größe%25");
    }

    #[test]
    fn a_set_is_named_by_the_last_part_of_its_path() {
        assert_eq!(set_name("AccountEvent"), "AccountEvent");
        assert_eq!(set_name("crate :: bank :: AccountEvent"), "AccountEvent");
        assert_eq!(set_name("Wrapped < bank :: Account >"), "Wrapped_bank__Account");
    }
}
