//! Server binaries from the Python package index: the package `pgserver`, one version, of PostgreSQL 16.

use std::fs;
use std::process::Command;

use eventsource_harness::Binaries;

use super::cache;
use super::npm::make_executable;
use crate::command::{find, run};
use crate::failure::{Failure, Outcome};

const RELEASE: &str = "0.1.4";

pub(super) fn provide() -> Outcome<Binaries> {
    let folder = cache()?.join(format!("pgserver-{RELEASE}"));
    let bin = folder.join("pgserver/pginstall/bin");
    // Written last, so that an interrupted installation is repeated.
    let complete = folder.join("complete");
    if !complete.exists() {
        let python = find("python3").ok_or_else(|| Failure::new("python3 is not installed"))?;
        run(Command::new(python)
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target"])
            .arg(&folder)
            .arg(format!("pgserver=={RELEASE}")))?;
        make_executable(&bin)?;
        fs::write(&complete, "").map_err(Failure::while_doing(format!("write {}", complete.display())))?;
    }
    Binaries::at(&bin).ok_or_else(|| Failure::new("pgserver does not hold a server"))
}
