//! Which user the servers run as: ourselves, or, because PostgreSQL and pgbouncer refuse to run as root, an
//! unprivileged user when we are root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{User, geteuid};

use crate::HarnessError;
use crate::error::while_doing;

/// The user that servers run as.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    dropped_to: Option<(u32, u32)>,
}

impl Account {
    /// Ourselves; when that is root, `postgres` or else `nobody`.
    ///
    /// # Errors
    /// [`HarnessError::NoAccount`] if we are root and neither user exists.
    pub fn unprivileged() -> Result<Self, HarnessError> {
        if !Self::is_root() {
            return Ok(Self { dropped_to: None });
        }
        let user = ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten());
        let user = user.ok_or(HarnessError::NoAccount)?;
        Ok(Self { dropped_to: Some((user.uid.as_raw(), user.gid.as_raw())) })
    }

    /// Whether we are root.
    #[must_use]
    pub fn is_root() -> bool {
        geteuid().is_root()
    }

    /// A command that will run as this user, without input, in a process group of its own: a Ctrl-C that is
    /// meant for the test run, or a test runner that kills a group, does not take a shared server with it.
    ///
    /// Variables by which PostgreSQL's programs could pick up another server's settings are removed.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.dropped_to {
            command.uid(user).gid(group);
        }
        for variable in ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGOPTIONS"] {
            command.env_remove(variable);
        }
        command.env("LC_ALL", "C").stdin(Stdio::null()).process_group(0);
        command
    }

    /// Gives a file or folder of ours to this user.
    pub(crate) fn own(&self, path: &Path) -> Result<(), HarnessError> {
        match self.dropped_to {
            Some((user, group)) => chown(path, Some(user), Some(group))
                .map_err(while_doing(format!("give {} to the user the server runs as", path.display()))),
            None => Ok(()),
        }
    }
}
