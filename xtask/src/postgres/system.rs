//! The system's package manager, if we may install packages: `apt-get`, as root.

use std::process::Command;

use eventsource_harness::{Account, Binaries};

use crate::command::{find, run};
use crate::failure::{Failure, Outcome};

pub(super) fn provide() -> Outcome<Binaries> {
    install("postgresql")?;
    Ok(Binaries::find()?)
}

/// Installs a package. The index is fetched first: a fresh machine has none.
pub(super) fn install(package: &str) -> Outcome {
    if find("apt-get").is_none() {
        return Err(Failure::new(format!("{package} cannot be installed here: only apt-get is supported")));
    }
    if !Account::is_root() {
        return Err(Failure::new(format!("{package} is not installed: `sudo apt-get install {package}`")));
    }
    run(&mut apt_get(&["update", "-qq"]))?;
    run(&mut apt_get(&["install", "-qq", "--no-install-recommends", package]))
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .args(["-y", "-o", "DPkg::Lock::Timeout=120"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}
