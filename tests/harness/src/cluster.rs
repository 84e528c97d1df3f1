//! A throw-away PostgreSQL server: initialised, started, crashed, restarted, removed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use nix::sys::signal::Signal;

use crate::error::while_doing;
use crate::ports::free_port;
use crate::processes::{any_runs, children, end, ended, length, not_ready, signal, wait_for};
use crate::{Account, Binaries, HarnessError, Settings, guard};

/// A PostgreSQL server of our own, on 127.0.0.1 and on a unix socket, with one superuser `postgres` who needs
/// no password. Dropping it ends the server and removes its files; if the process is killed before that, a
/// guard process does the same within seconds.
#[derive(Debug)]
pub struct Cluster {
    binaries: Binaries,
    account: Account,
    settings: Settings,
    folder: PathBuf,
    port: u16,
    postmaster: Option<Child>,
    /// Whether the guard alone ends the server, because other processes use it too.
    shared: bool,
}

impl Cluster {
    /// Starts a server from the binaries found on this machine, and waits until it accepts connections.
    ///
    /// # Errors
    /// Those of [`Binaries::find`]; [`HarnessError::Ended`] with the end of the server's log if it does not
    /// start, for instance because of a setting that it does not know.
    pub fn start(settings: Settings) -> Result<Self, HarnessError> {
        Self::start_from(Binaries::find()?, settings)
    }

    /// Starts a server from these binaries.
    ///
    /// # Errors
    /// Those of [`Cluster::start`].
    pub fn start_from(binaries: Binaries, settings: Settings) -> Result<Self, HarnessError> {
        Self::create(binaries, settings, 0, false)
    }

    /// Starts a server that outlives this process: it ends `linger_seconds` after the last of its users.
    #[cfg(feature = "databases")]
    pub(crate) fn start_shared(
        binaries: Binaries,
        settings: Settings,
        linger_seconds: u32,
    ) -> Result<Self, HarnessError> {
        Self::create(binaries, settings, linger_seconds, true)
    }

    fn create(
        binaries: Binaries,
        settings: Settings,
        linger_seconds: u32,
        shared: bool,
    ) -> Result<Self, HarnessError> {
        let account = Account::unprivileged()?;
        let folder = tempfile::Builder::new()
            .prefix("eventsource-pg-")
            .tempdir()
            .map_err(while_doing("create a temporary folder for a server"))?
            .keep();
        let mut cluster = Self { binaries, account, settings, folder, port: 0, postmaster: None, shared };
        account.own(&cluster.folder)?;
        // Before there is anything that would be left behind if this process were killed.
        guard::start(&cluster.folder, linger_seconds)?;
        cluster.initialise()?;
        // Another process can take the port before the server binds it.
        let mut tries = 0;
        loop {
            cluster.port = free_port()?;
            match cluster.launch() {
                Err(HarnessError::Ended { output, .. }) if tries < 5 && output.contains("in use") => {
                    tries += 1
                }
                started => return started.map(|()| cluster),
            }
        }
    }

    /// A URL of one of its databases, over TCP. `postgres` always exists.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The TCP port on 127.0.0.1. It stays the same over [`kill`](Self::kill) and [`restart`](Self::restart).
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the unix socket, for use as a host name.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// The binaries that it runs from.
    #[must_use]
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Crashes the server: SIGKILL to the postmaster and all its processes, and waits until they have ended.
    ///
    /// The backends are killed too and not left to notice that their parent is dead: one of them could
    /// otherwise still commit, and answer, after this call.
    pub fn kill(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        // A stopped postmaster cannot fork further processes.
        signal(postmaster.id(), Signal::SIGSTOP);
        let backends = children(postmaster.id());
        let _ = postmaster.kill();
        for backend in &backends {
            signal(*backend, Signal::SIGKILL);
        }
        let _ = postmaster.wait();
        let _ = wait_for(|| (), || (!any_runs(&backends)).then_some(()));
        self.forget_postmaster();
    }

    /// Starts the server again on its data and its port, after a [`kill`](Self::kill) or a
    /// [`stop`](Self::stop) (a running server is stopped first), and waits until it has recovered.
    ///
    /// # Errors
    /// [`HarnessError::Ended`] or [`HarnessError::NotReady`] with the end of the server's log.
    pub fn restart(&mut self) -> Result<(), HarnessError> {
        self.stop();
        self.launch()
    }

    /// Stops the server cleanly: open transactions are rolled back, connections are closed.
    pub fn stop(&mut self) {
        self.end_with(Signal::SIGINT);
    }

    fn end_with(&mut self, signal: Signal) {
        if let Some(mut postmaster) = self.postmaster.take() {
            end(&mut postmaster, signal);
            self.forget_postmaster();
        }
    }

    fn initialise(&self) -> Result<(), HarnessError> {
        let program = self.binaries.program("initdb");
        let output = self
            .account
            .command(&program)
            .current_dir(&self.folder)
            .arg("--pgdata")
            .arg(self.data())
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8"])
            .output()
            .map_err(while_doing(format!("run {}", program.display())))?;
        if output.status.success() {
            return Ok(());
        }
        Err(HarnessError::Ended {
            program: program.display().to_string(),
            status: output.status.to_string(),
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn launch(&mut self) -> Result<(), HarnessError> {
        let program = self.binaries.program("postgres");
        let log = self.folder.join("log");
        let writes = File::create(&log).map_err(while_doing(format!("create {}", log.display())))?;
        let mut postmaster = self
            .account
            .command(&program)
            .current_dir(&self.folder)
            .arg("-D")
            .arg(self.data())
            .args(["-c", "listen_addresses=127.0.0.1", "-c"])
            .arg(format!("port={}", self.port))
            .arg("-c")
            .arg(format!("unix_socket_directories={}", self.folder.display()))
            .args(self.settings.arguments())
            .stdout(Stdio::null())
            .stderr(writes)
            .spawn()
            .map_err(while_doing(format!("run {}", program.display())))?;
        let running = self.folder.join("running");
        fs::write(&running, postmaster.id().to_string())
            .map_err(while_doing(format!("write {}", running.display())))?;
        let state = wait_for(
            || length(&log),
            || match postmaster.try_wait() {
                Ok(Some(status)) => Some(Err(ended("postgres", status, &log))),
                _ => self.is_ready(postmaster.id()).then_some(Ok(())),
            },
        );
        match state.unwrap_or_else(|| Err(not_ready("postgres", &log))) {
            Ok(()) => self.postmaster = Some(postmaster),
            Err(error) => {
                end(&mut postmaster, Signal::SIGQUIT);
                self.forget_postmaster();
                return Err(error);
            }
        }
        Ok(())
    }

    /// The server reports it, in the eighth line of its pid file; `pg_ctl` waits for the same line. Only
    /// a file written by this process counts: after a crash the old file still exists.
    fn is_ready(&self, pid: u32) -> bool {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = file.lines();
        lines.next().is_some_and(|first| first.trim() == pid.to_string())
            && lines.nth(6).is_some_and(|state| ["ready", "standby"].contains(&state.trim()))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Tells the guard that there is no process to end; the system may reuse the process id.
    fn forget_postmaster(&self) {
        let _ = fs::remove_file(self.folder.join("running"));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.shared && self.postmaster.is_some() {
            return;
        }
        // Immediate shutdown: these files are not read again.
        self.end_with(Signal::SIGQUIT);
        let _ = fs::remove_dir_all(&self.folder);
    }
}
