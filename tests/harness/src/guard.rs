//! A small shell process per server that outlives the test process and cleans up after it.
//!
//! `Drop` does not run when a test is killed, and of the processes that share a server, none knows that it is the
//! last one. The shell is an interpreter that every machine with PostgreSQL has.

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
    let script = folder.join("guard.sh");
    fs::write(&script, SCRIPT).map_err(while_doing(format!("write {}", script.display())))?;
    // The outer shell ends immediately, so that the guard is adopted by init and does not become a zombie.
    let status = Command::new("sh")
        .args(["-c", r#"sh "$0" "$1" "$2" &"#])
        .arg(script)
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

#[cfg(test)]
mod tests {
    use std::process::Child;

    use super::*;
    use crate::processes::wait_for;

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").spawn().expect("sleep is on every machine")
    }

    #[test]
    fn when_the_last_user_was_killed_the_server_is_ended_and_its_folder_removed() {
        let folder = tempfile::tempdir().expect("a temporary folder").keep();
        let (mut user, mut server) = (sleeper(), sleeper());
        fs::write(folder.join("running"), server.id().to_string()).expect("a file");
        fs::create_dir(folder.join("data")).expect("a folder");
        start(&folder, 0).expect("a guard");
        let users = folder.join("users");
        fs::write(users.join(user.id().to_string()), "").expect("another user registers");
        fs::remove_file(users.join(std::process::id().to_string()))
            .expect("this process is no longer a user");

        user.kill().and_then(|()| user.wait()).expect("the user is killed");
        assert!(wait_for(|| (), || (!folder.exists()).then_some(())).is_some(), "the folder still exists");
        let status = server.wait().expect("the server has ended");
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status),
            Some(2),
            "by the signal for a fast stop"
        );
    }

    #[test]
    fn a_late_process_cannot_register() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("retired")).expect("a folder");
        register(folder.path()).expect_err("the server is being stopped");
    }
}
