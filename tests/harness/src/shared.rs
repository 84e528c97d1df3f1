//! The server that all test processes of a run share.
//!
//! `DATABASE_URL` if it is set. Otherwise the first process that needs a server starts one, the other processes find
//! it through a file in the temporary folder, and its guard ends it some seconds after the last of them.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use nix::unistd::geteuid;

use crate::error::while_doing;
use crate::{Binaries, Cluster, HarnessError, Settings, guard};

/// Cargo runs one test binary after the other; between two of them there is no user.
const LINGER_SECONDS: u32 = 10;

/// The URL of the server's maintenance database.
pub(crate) fn server_url() -> Result<String, HarnessError> {
    static URL: Mutex<Option<String>> = Mutex::new(None);
    let mut known = URL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(url) = known.as_ref() {
        return Ok(url.clone());
    }
    let url = match std::env::var("DATABASE_URL") {
        Ok(url) if !url.is_empty() => url,
        _ => find_or_start(&registry_folder()?, &Binaries::find()?)?,
    };
    *known = Some(url.clone());
    Ok(url)
}

/// The entry of the registry file: the server that was started last.
struct Entry {
    folder: PathBuf,
    binaries: PathBuf,
    url: String,
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (folder, binaries, url) = (lines.next()?, lines.next()?, lines.next()?);
        Some(Self { folder: folder.into(), binaries: binaries.into(), url: url.to_owned() })
    }

    /// Registers this process as a user, and returns whether that was in time and the server is alive.
    fn join(&self, binaries: &Binaries) -> bool {
        let address = self.url.split(['@', '/']).find(|part| part.starts_with("127.0.0.1:"));
        self.binaries == binaries.folder()
            && guard::register(&self.folder).is_ok()
            && address.is_some_and(|address| TcpStream::connect(address).is_ok())
    }
}

fn find_or_start(registry: &Path, binaries: &Binaries) -> Result<String, HarnessError> {
    let path = registry.join("server");
    let doing = || format!("use {}", path.display());
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(while_doing(doing()))?;
    // Held until the file is closed, so only one process starts a server and the other processes wait for it.
    file.lock().map_err(while_doing(doing()))?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(while_doing(doing()))?;
    if let Some(entry) = Entry::parse(&text).filter(|entry| entry.join(binaries)) {
        return Ok(entry.url);
    }
    let cluster = Cluster::start_shared(binaries.clone(), Settings::fast(), LINGER_SECONDS)?;
    let url = cluster.url("postgres");
    let text = format!("{}\n{}\n{url}\n", cluster.socket_folder().display(), binaries.folder().display());
    file.set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| file.write_all(text.as_bytes()))
        .map_err(while_doing(doing()))?;
    Ok(url)
}

/// A folder of this user's own: in a temporary folder that other users can write to, a file of theirs
/// could otherwise direct our tests to their server.
fn registry_folder() -> Result<PathBuf, HarnessError> {
    let user = geteuid().as_raw();
    let folder = std::env::temp_dir().join(format!("eventsource-tests-{user}"));
    let doing = || format!("use {} as a folder of our own", folder.display());
    match fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(while_doing(doing())(error));
        }
        _ => {}
    }
    let owner = fs::symlink_metadata(&folder).map_err(while_doing(doing()))?;
    if owner.is_dir() && owner.uid() == user {
        Ok(folder)
    } else {
        Err(while_doing(doing())(std::io::Error::other("it belongs to another user")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn concurrent_processes_share_one_server_and_late_ones_get_another() {
        let registry = tempfile::tempdir().expect("a temporary folder");
        let binaries = Binaries::find().expect("a server");
        let find = || find_or_start(registry.path(), &binaries).expect("a server");
        let urls: BTreeSet<String> = std::thread::scope(|scope| {
            let finding: Vec<_> = (0..4).map(|_| scope.spawn(find)).collect();
            finding.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(urls.len(), 1, "{urls:?}");

        let entry = fs::read_to_string(registry.path().join("server")).expect("the registry");
        let entry = Entry::parse(&entry).expect("a complete entry");
        fs::rename(entry.folder.join("users"), entry.folder.join("retired")).expect("as the guard does");
        assert!(!urls.contains(&find()), "the old server is being stopped");
    }

    #[test]
    fn a_server_of_another_version_is_not_joined() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let users = folder.path().join("users");
        fs::create_dir(&users).expect("a folder");
        let binaries = Binaries::find().expect("a server");
        let entry = Entry { folder: folder.path().into(), binaries: "/elsewhere".into(), url: String::new() };
        assert!(!entry.join(&binaries));
        let registered = fs::read_dir(&users).expect("a folder").count();
        assert_eq!(registered, 0, "this process is not its user");
    }
}
