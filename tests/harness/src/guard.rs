//! A small shell process beside every server that outlives the test process and cleans up after it.
//!
//! `Drop` does not run when a test is killed, and a server that many processes share has no last owner that
//! could know of being the last. The shell is the one interpreter that is on every machine with PostgreSQL.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::HarnessError;
use crate::error::while_doing;

const SCRIPT: &str = include_str!("guard.sh");

/// Starts the guard of the server in `folder`, with this process as its first user.
pub(crate) fn start(folder: &Path, linger_seconds: u32) -> Result<(), HarnessError> {
    let users = folder.join("users");
    fs::create_dir(&users).map_err(while_doing(format!("create {}", users.display())))?;
    register(folder)?;
    // The outer shell ends at once and leaves the guard to the system, so that it is nobody's zombie.
    let status = Command::new("sh")
        .args(["-c", r#"sh -c "$1" guard "$2" "$3" &"#, "sh", SCRIPT])
        .arg(folder)
        .arg(linger_seconds.to_string())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .status()
        .map_err(while_doing("run sh"))?;
    if status.success() {
        Ok(())
    } else {
        Err(HarnessError::Ended { program: "sh".into(), status: status.to_string(), output: String::new() })
    }
}

/// Makes this process a user of the server in `folder`, until it ends. Fails if the server is being stopped.
pub(crate) fn register(folder: &Path) -> Result<(), HarnessError> {
    let file = folder.join("users").join(std::process::id().to_string());
    File::create(&file).map_err(while_doing(format!("register as a user of {}", folder.display())))?;
    Ok(())
}
