//! Released migrations that were changed.
//!
//! A database records the checksum of each migration that it has, and a store refuses a database whose checksums are not
//! its own. So the text of a released migration, comments included, must never change.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::failure::{Failure, Outcome};

use super::Finding;

/// The folders with migrations, relative to the root.
pub(super) const FOLDERS: [&str; 2] = ["eventsource-postgres/migrations", "eventsource-sqlite/migrations"];

/// The released migrations of a folder, in the format of `sha256sum`, so that `sha256sum -c` checks it too.
pub(super) const LIST: &str = "released.sha256";

/// Violations in the released migrations of a folder. The line numbers refer to the list.
pub(super) fn changed(folder: &Path) -> Outcome<Vec<Finding>> {
    let doing = |name: &str| format!("read {}", folder.join(name).display());
    let list = fs::read_to_string(folder.join(LIST)).map_err(Failure::while_doing(doing(LIST)))?;
    let mut found = Vec::new();
    let mut released = Vec::new();
    for (line, number) in list.lines().zip(1..) {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let Some((hash, name)) = line.split_once("  ") else {
            found.push(Finding::new(
                number,
                "write the output of `sha256sum`: a hash, two spaces, a file name",
            ));
            continue;
        };
        released.push(name);
        match fs::read(folder.join(name)) {
            Err(error) => {
                found.push(Finding::new(number, format!("{name} was released and is missing: {error}")))
            }
            Ok(text) if hash_of(&text) != hash => {
                let advice = "restore it, and make the change in a new migration";
                found.push(Finding::new(number, format!("{name} was released and has changed: {advice}")));
            }
            Ok(_) => {}
        }
    }
    for entry in fs::read_dir(folder).map_err(Failure::while_doing(doing("")))? {
        let name = entry.map_err(Failure::while_doing(doing("")))?.file_name().to_string_lossy().into_owned();
        let is_new = name.ends_with(".sql") && !released.contains(&&*name);
        if let Some(last) = released.iter().max().filter(|last| is_new && *name < ***last) {
            let advice = "give it a number above those of all released ones";
            found.push(Finding::new(1, format!("{name} is new, and {last} was released: {advice}")));
        }
    }
    Ok(found)
}

fn hash_of(text: &[u8]) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// The findings in a folder with these files and this list.
    fn findings(files: &[(&str, &str)], list: &str) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files.iter().chain([&(LIST, list)]) {
            fs::write(folder.path().join(name), text).expect("written");
        }
        let found = changed(folder.path()).expect("the folder can be read");
        found.into_iter().map(|finding| finding.at(LIST)).collect()
    }

    #[test]
    fn unchanged_and_unreleased_migrations_pass() {
        let list = format!("# A comment.\n\n{EMPTY}  0001_a.sql\n");
        assert_eq!(findings(&[("0001_a.sql", ""), ("0002_b.sql", "select 1")], &list), [""; 0]);
        assert_eq!(findings(&[("0001_a.sql", "select 1")], "# None yet.\n"), [""; 0]);
    }

    #[test]
    fn a_changed_and_a_missing_migration_are_found() {
        let list = format!("# A comment.\n{EMPTY}  0001_a.sql\n{EMPTY}  0002_b.sql\n");
        let found = findings(&[("0001_a.sql", "\n")], &list);
        assert_eq!(found.len(), 2, "{found:?}");
        let start = "released.sha256:2: 0001_a.sql was released and has changed";
        assert!(found[0].starts_with(start), "{found:?}");
        assert!(
            found[1].starts_with("released.sha256:3: 0002_b.sql was released and is missing"),
            "{found:?}"
        );
    }

    #[test]
    fn a_new_migration_before_a_released_one_is_found() {
        let list = format!("{EMPTY}  0002_b.sql\n");
        let found = findings(&[("0001_a.sql", ""), ("0002_b.sql", ""), ("0003_c.sql", "")], &list);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("0001_a.sql is new, and 0002_b.sql was released"), "{found:?}");
    }

    #[test]
    fn a_line_without_a_hash_and_a_file_is_found() {
        let found = findings(&[], "0001_a.sql\n");
        assert!(found[0].starts_with("released.sha256:1: write the output of `sha256sum`"), "{found:?}");
    }

    #[test]
    fn a_folder_without_a_list_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(changed(folder.path()).is_err());
    }
}
