//! The files of the accepted schemas and payloads, and the snapshots among them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

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

/// The content of an accepted snapshot, if there is one.
pub(super) fn accepted(directory: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(snapshot(directory, name)).ok()?;
    // Insta writes a header before the content, between two lines of dashes.
    let head = text.strip_prefix("---\n")?;
    head.split_once("\n---\n").map(|(_, content)| content.to_owned())
}

pub(super) fn snapshot(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.snap"))
}

/// Whether files may be written: not where they would not be committed.
pub fn may_write() -> bool {
    let is = |name: &str| env::var(name).unwrap_or_default();
    may_write_where(&is("CI"), &is("INSTA_UPDATE"))
}

fn may_write_where(ci: &str, update: &str) -> bool {
    matches!(ci, "" | "0" | "false") && update != "no"
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
    fn a_set_is_named_by_the_last_part_of_its_path() {
        assert_eq!(set_name("AccountEvent"), "AccountEvent");
        assert_eq!(set_name("crate :: bank :: AccountEvent"), "AccountEvent");
        assert_eq!(set_name("Wrapped < bank :: Account >"), "Wrapped_bank__Account");
    }
}
