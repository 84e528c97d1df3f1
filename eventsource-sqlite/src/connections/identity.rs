//! Notices that the file was moved, deleted or replaced while it is open.
//!
//! The connections would go on with the file that they have open, which nobody else finds under its path: receipts would be
//! returned for events that are lost with the process. SQLite itself does not notice it in WAL mode:
//! <https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use>.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// How many links may lead to a file, one after the other: more of them are a circle.
const MAX_LINKS: usize = 40;

/// The file that the connections of a store have open.
#[derive(Debug)]
pub(crate) struct OpenFile {
    path: PathBuf,
    identity: Option<Identity>,
    /// The write-ahead log and its index, next to the file itself: the path may be that of a link.
    beside: [PathBuf; 2],
}

/// The write-ahead log and its index that a connection has open.
pub(super) type FilesBeside = [Option<Identity>; 2];

/// What distinguishes a file from another one of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

/// The file is no longer the one that the store has opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} was {} while this program had it open; what this program wrote since would be lost, so it writes nothing more; \
     stop the program, put the file back, and start the program",
    path.display(),
    if *replaced { "replaced by another file" } else { "moved or deleted" }
)]
pub(crate) struct FileFault {
    path: PathBuf,
    replaced: bool,
    /// Whether it was noticed after a commit, which may not be in the file of that name.
    pub(crate) is_after_commit: bool,
}

impl OpenFile {
    pub(crate) fn of(path: &Path) -> Self {
        let beside = ["-wal", "-shm"].map(|suffix| beside(path, suffix));
        Self { identity: identity_of(path).ok(), path: path.to_owned(), beside }
    }

    pub(super) fn log(&self) -> &Path {
        &self.beside[0]
    }

    pub(crate) fn check(&self) -> Result<(), FileFault> {
        Self::compare(&self.path, self.identity)
    }

    /// The current files beside the database. While a connection is open, they are neither deleted nor created again.
    pub(super) fn files_beside(&self) -> FilesBeside {
        [0, 1].map(|n| identity_of(&self.beside[n]).ok())
    }

    pub(super) fn check_beside(&self, opened: &FilesBeside) -> Result<(), FileFault> {
        self.beside.iter().zip(opened).try_for_each(|(path, opened)| Self::compare(path, *opened))
    }

    fn compare(path: &Path, opened: Option<Identity>) -> Result<(), FileFault> {
        let Some(opened) = opened else { return Ok(()) };
        let replaced = match identity_of(path) {
            Ok(found) if found == opened => return Ok(()),
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            // It may still be there.
            Err(_) => return Ok(()),
        };
        Err(FileFault { path: path.to_owned(), replaced, is_after_commit: false })
    }
}

/// The file that a path leads to, through links. It need not exist.
pub(crate) fn target_of(path: &Path) -> PathBuf {
    let mut file = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&file) else { break };
        file = file.with_file_name(target);
    }
    file
}

/// A file that SQLite keeps next to the database itself.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = target_of(path).into_os_string();
    name.push(suffix);
    name.into()
}

impl FileFault {
    pub(super) fn after_commit(self) -> Self {
        Self { is_after_commit: true, ..self }
    }

    /// The fault of a commit.
    pub(crate) fn found_in(error: &sqlx::Error) -> Option<&Self> {
        let sqlx::Error::Io(error) = error else { return None };
        error.get_ref()?.downcast_ref()
    }
}

impl From<FileFault> for sqlx::Error {
    fn from(fault: FileFault) -> Self {
        Self::Io(io::Error::other(fault))
    }
}

#[cfg(unix)]
fn identity_of(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path)?;
    Ok(Identity { device: found.dev(), inode: found.ino() })
}

/// Elsewhere an open file cannot be moved or deleted.
#[cfg(not(unix))]
fn identity_of(_: &Path) -> io::Result<Identity> {
    Err(io::ErrorKind::Unsupported.into())
}
