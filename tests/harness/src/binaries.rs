//! Finding a PostgreSQL server on this machine.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::while_doing;
use crate::{Account, HarnessError};

/// Folders that hold one folder per major version, as (parent, what the name starts with before the version).
/// Debian and Ubuntu; the PostgreSQL project's packages for Red Hat; Homebrew on ARM and on Intel.
const VERSIONED: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
];

/// A folder that holds `initdb` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The first of: `PGBIN`, a folder of `PATH`, the newest version in the usual places.
    ///
    /// # Errors
    /// [`HarnessError::NoServer`] says what to install; [`HarnessError::WrongPgbin`] if `PGBIN` is set and
    /// wrong, because running on another version than the requested one would be worse.
    pub fn find() -> Result<Self, HarnessError> {
        let usual = VERSIONED.map(|(parent, prefix)| (Path::new(parent), prefix));
        search(env::var_os("PGBIN").as_deref(), env::var_os("PATH").as_deref(), &usual)
    }

    /// The binaries in this folder, if it holds both.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Option<Self> {
        let folder = folder.into();
        let complete = ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
        complete.then_some(Self { folder })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of one program.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The output of `postgres --version`, run as the user the server will run as: a folder that this user cannot
    /// access is detected here and not in the middle of a test.
    ///
    /// # Errors
    /// [`HarnessError::Io`] if the program cannot be run, [`HarnessError::Ended`] if it fails.
    pub fn version(&self) -> Result<String, HarnessError> {
        let program = self.program("postgres");
        let output = Account::unprivileged()?
            .command(&program)
            .current_dir("/")
            .arg("--version")
            .output()
            .map_err(while_doing(format!("run {} as an unprivileged user", program.display())))?;
        if !output.status.success() {
            return Err(HarnessError::Ended {
                program: program.display().to_string(),
                status: output.status.to_string(),
                output: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

fn search(
    pgbin: Option<&OsStr>,
    path: Option<&OsStr>,
    versioned: &[(&Path, &str)],
) -> Result<Binaries, HarnessError> {
    if let Some(folder) = pgbin.filter(|folder| !folder.is_empty()) {
        return Binaries::at(folder).ok_or_else(|| HarnessError::WrongPgbin { folder: folder.into() });
    }
    path.into_iter()
        .flat_map(env::split_paths)
        .chain(versioned.iter().flat_map(|(parent, prefix)| newest_first(parent, prefix)))
        .find_map(Binaries::at)
        .ok_or_else(|| {
            let places =
                versioned.iter().map(|(parent, prefix)| format!("{}/{prefix}*/bin", parent.display()));
            let searched = ["PATH".to_owned()].into_iter().chain(places).collect::<Vec<_>>().join(", ");
            HarnessError::NoServer { searched }
        })
}

/// The `bin` folders below `parent`, by version number and not by name: 9.6 is older than 15.
fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?;
            let numbers = version.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
            Some((numbers, entry.path().join("bin")))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(parent: &Path, name: &str) -> PathBuf {
        let folder = parent.join(name).join("bin");
        fs::create_dir_all(&folder).expect("a temporary folder can be written");
        for program in ["initdb", "postgres"] {
            fs::write(folder.join(program), "").expect("a temporary folder can be written");
        }
        folder
    }

    #[test]
    fn without_a_server_the_message_says_what_to_install() {
        let empty = tempfile::tempdir().expect("a temporary folder");
        let error = search(None, Some(empty.path().as_os_str()), &[(empty.path(), "pg-")])
            .expect_err("an empty folder holds no server");
        let text = error.to_string();
        for help in
            ["cargo xtask test", "apt-get install postgresql", "brew install", "PGBIN", "DATABASE_URL"]
        {
            assert!(text.contains(help), "{help} is missing in: {text}");
        }
        assert!(text.contains(&format!("{}/pg-*/bin", empty.path().display())), "{text}");
    }

    #[test]
    fn the_newest_version_is_taken_by_number_and_not_by_name() {
        let root = tempfile::tempdir().expect("a temporary folder");
        for version in ["16", "9.6", "13", "18", "9.10", "14", "10", "17"] {
            installed(root.path(), version);
        }
        fs::create_dir_all(root.path().join("99/bin")).expect("a folder without binaries");
        let newest_first = newest_first(root.path(), "");
        let folders: Vec<_> =
            newest_first.iter().filter_map(|bin| bin.parent()?.file_name()?.to_str()).collect();
        assert_eq!(folders, ["99", "18", "17", "16", "14", "13", "10", "9.10", "9.6"]);
        let found = search(None, None, &[(root.path(), "")]).expect("eight versions are there");
        assert_eq!(found.folder(), root.path().join("18/bin"), "the first that is complete");
    }

    #[test]
    fn path_comes_before_the_usual_places_and_pgbin_before_path() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (usual, path, pgbin) =
            (installed(root.path(), "15"), installed(root.path(), "a"), installed(root.path(), "b"));
        let places = [(root.path(), "")];
        let find = |pgbin: Option<&Path>, path: Option<&Path>| {
            search(pgbin.map(Path::as_os_str), path.map(Path::as_os_str), &places)
                .map(|found| found.folder().to_owned())
                .ok()
        };
        assert_eq!(find(None, None), Some(usual));
        assert_eq!(find(None, Some(&path)), Some(path.clone()));
        assert_eq!(find(Some(&pgbin), Some(&path)), Some(pgbin));
    }

    #[test]
    fn a_wrong_pgbin_is_an_error_and_not_skipped() {
        let root = tempfile::tempdir().expect("a temporary folder");
        installed(root.path(), "15");
        let error = search(Some(OsStr::new("/nowhere")), None, &[(root.path(), "")])
            .expect_err("PGBIN points to nothing");
        assert!(error.to_string().contains("PGBIN is /nowhere"), "{error}");
    }
}
