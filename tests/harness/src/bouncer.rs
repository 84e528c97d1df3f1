//! A throw-away pgbouncer in transaction mode.

use std::env;
use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::error::while_doing;
use crate::ports::free_port;
use crate::processes::{end, ended, length, not_ready, wait_for};
use crate::{Account, HarnessError};

/// Where packages install it, for users whose `PATH` lacks the system folders.
const USUAL: [&str; 4] = ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];

/// A pgbouncer in transaction mode in front of a server, ended and removed when dropped.
#[derive(Debug)]
pub struct PgBouncer {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts a pgbouncer in front of the server and the database of this URL, and waits until it accepts connections.
    ///
    /// It has four server connections, so that a test with more clients sees them shared.
    ///
    /// # Errors
    /// [`HarnessError::NoBouncer`] says what to install; [`HarnessError::Ended`] has the end of its log.
    pub fn start(url: &str) -> Result<Self, HarnessError> {
        let program = find()?;
        let account = Account::unprivileged()?;
        let folder = tempfile::Builder::new()
            .prefix("eventsource-bouncer-")
            .tempdir()
            .map_err(while_doing("create a temporary folder for pgbouncer"))?;
        account.own(folder.path())?;
        let target = Target::parse(url);
        let mut tries = 0;
        // Another process can take the port before pgbouncer binds it.
        let (process, port) = loop {
            let port = free_port()?;
            match launch(&program, account, folder.path(), &target, port) {
                Err(HarnessError::Ended { .. }) if tries < 3 => tries += 1,
                started => break (started?, port),
            }
        };
        let url = format!("postgres://bouncer@127.0.0.1:{port}/{}", target.database);
        Ok(Self { process, url, _folder: folder })
    }

    /// The URL of the same database, through pgbouncer.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // SIGTERM is its immediate shutdown; SIGINT would wait for clients.
        end(&mut self.process, Signal::SIGTERM);
    }
}

fn find() -> Result<PathBuf, HarnessError> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(USUAL.map(PathBuf::from))
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.is_file())
        .ok_or(HarnessError::NoBouncer)
}

fn launch(
    program: &Path,
    account: Account,
    folder: &Path,
    target: &Target,
    port: u16,
) -> Result<Child, HarnessError> {
    let (ini, log) = (folder.join("pgbouncer.ini"), folder.join("log"));
    fs::write(&ini, target.configuration(port)).map_err(while_doing(format!("write {}", ini.display())))?;
    let writes = File::create(&log).map_err(while_doing(format!("create {}", log.display())))?;
    let mut process = account
        .command(program)
        .current_dir(folder)
        .arg(&ini)
        .stdout(Stdio::null())
        .stderr(writes)
        .spawn()
        .map_err(while_doing(format!("run {}", program.display())))?;
    let state = wait_for(
        || length(&log),
        || match process.try_wait() {
            Ok(Some(status)) => Some(Err(ended("pgbouncer", status, &log))),
            _ => TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(Ok(())),
        },
    );
    match state.unwrap_or_else(|| Err(not_ready("pgbouncer", &log))) {
        Ok(()) => Ok(process),
        Err(error) => {
            end(&mut process, Signal::SIGKILL);
            Err(error)
        }
    }
}

/// The parts of a server's URL, which pgbouncer needs separately.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    host: String,
    port: String,
    user: String,
    password: Option<String>,
    database: String,
}

impl Target {
    fn parse(url: &str) -> Self {
        let url = url.split_once("://").map_or(url, |(_, rest)| rest);
        let url = url.split_once('?').map_or(url, |(base, _)| base);
        let (authority, database) = url.split_once('/').unwrap_or((url, "postgres"));
        let (login, address) = authority.rsplit_once('@').unwrap_or(("postgres", authority));
        let (user, password) = login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)));
        let (host, port) = address.rsplit_once(':').unwrap_or((address, "5432"));
        Self {
            host: host.to_owned(),
            port: port.to_owned(),
            user: user.to_owned(),
            password: password.map(ToOwned::to_owned),
            database: database.to_owned(),
        }
    }

    /// `auth_type = any`: whatever name a client gives, the server sees the one configured here.
    /// `extra_float_digits` is set by sqlx on every connection, which pgbouncer otherwise refuses.
    fn configuration(&self, port: u16) -> String {
        let Self { host, port: server, user, database, .. } = self;
        let password = self.password.as_ref().map(|p| format!(" password={p}")).unwrap_or_default();
        format!(
            "[databases]\n{database} = host={host} port={server} dbname={database} user={user}{password}\n\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 500\n\
             ignore_startup_parameters = extra_float_digits\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_parsed_with_the_usual_defaults() {
        let full = Target::parse("postgres://u:p@h:1/db?sslmode=disable");
        let words = [full.host.as_str(), &full.port, &full.user, &full.database];
        assert_eq!(words, ["h", "1", "u", "db"]);
        assert_eq!(full.password.as_deref(), Some("p"));
        let short = Target::parse("postgres://h");
        assert_eq!([short.port.as_str(), &short.user, &short.database], ["5432", "postgres", "postgres"]);
        assert_eq!(short.password, None);
    }
}
