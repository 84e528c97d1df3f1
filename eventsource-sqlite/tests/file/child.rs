//! Child processes that write to a file: this test binary again, with a role in its environment.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread::JoinHandle,
};

use eventsource::{
    EventId, Position, Version,
    store::{Append, Direction, EventStore, ExpectedVersion, Receipt},
};
use eventsource_conformance::waiting::LIMIT;
use eventsource_sqlite::{OpenError, SqliteStore};

use crate::support::{append_to, event, stream};

const ROLE: &str = "EVENTSOURCE_TEST_ROLE";
const FILE: &str = "EVENTSOURCE_TEST_FILE";
const NAME: &str = "EVENTSOURCE_TEST_NAME";

/// The role of a child process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It appends from many tasks until it is killed, and reports each receipt.
    Writes,
    /// It appends a fixed number of times from each task, and ends.
    WritesSome,
    /// It opens the file as a user without rights, and reports the outcome.
    OpensWithoutRights,
}

const ROLES: [Role; 3] = [Role::Writes, Role::WritesSome, Role::OpensWithoutRights];

/// How many tasks of one process append.
pub(crate) const TASKS: u64 = 8;
/// How often each task appends, in a process that ends.
pub(crate) const APPENDS: u64 = 60;

/// A receipt that a process has reported: an event with its stream, version and position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(crate) id: EventId,
    pub(crate) stream: String,
    pub(crate) version: Version,
    pub(crate) position: Position,
}

/// A process that runs until its role is finished, it is killed, or this process ends.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Option<JoinHandle<Vec<String>>>,
    reports: Receiver<()>,
}

impl Process {
    /// Starts a process. The name is part of the names of its streams.
    pub(crate) fn start(role: Role, file: &Path, name: &str) -> Self {
        Self::start_in(Path::new("."), role, file, name)
    }

    /// Starts it in another directory, which a relative name of the file refers to.
    pub(crate) fn start_in(directory: &Path, role: Role, file: &Path, name: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let module = module_path!().split_once("::").expect("a module").1;
        let mut child = Command::new(program)
            .args(["--exact", &format!("{module}::is_a_child_process"), "--nocapture", "--test-threads=1"])
            .env(ROLE, format!("{role:?}"))
            .env(FILE, file)
            .env(NAME, name)
            .current_dir(directory)
            // Closing the pipe reports the child that this process has ended.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let lines = output.lines().map_while(Result::ok);
        let (reported, reports) = channel();
        let lines = std::thread::spawn(move || {
            let lines = lines.filter_map(|line| line.strip_prefix("reported: ").map(str::to_owned));
            // Most tests do not wait for it.
            lines
                .inspect(|_| {
                    let _ = reported.send(());
                })
                .collect()
        });
        Self { child, lines: Some(lines), reports }
    }

    /// Waits until it has reported something.
    pub(crate) fn wait_for_a_report(&self) {
        self.reports.recv_timeout(LIMIT).expect("the process reports an append");
    }

    /// Kills it with SIGKILL, and returns everything that it had reported.
    pub(crate) fn kill(mut self) -> Vec<Reported> {
        let ended = self.child.try_wait().expect("a child");
        assert!(ended.is_none(), "the process ended before it was killed: {ended:?}");
        self.child.kill().and_then(|()| self.child.wait()).expect("a child can be killed");
        self.lines().iter().filter_map(|line| Reported::parse(line)).collect()
    }

    /// Waits until it ends successfully.
    pub(crate) fn wait(mut self) -> Vec<String> {
        let lines = self.lines();
        let ended = self.child.wait().expect("a child");
        assert!(ended.success(), "{ended}: {lines:?}");
        lines
    }

    fn lines(&mut self) -> Vec<String> {
        let lines = self.lines.take().expect("read once");
        lines.join().expect("the reading thread does not panic")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reported {
    fn new(id: EventId, receipt: &Receipt) -> Self {
        let stream = receipt.stream.id().to_owned();
        Self { id, stream, version: receipt.version, position: receipt.position }
    }

    fn line(&self) -> String {
        let Self { id, stream, version, position } = self;
        format!("{} {stream} {} {} .", id.as_uuid(), version.get(), position.get())
    }

    /// `None` for a line that was cut off.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let [id, stream, version, position, "."] = line.split(' ').collect::<Vec<_>>()[..] else {
            return None;
        };
        Some(Self {
            id: id.parse::<uuid::Uuid>().ok()?.into(),
            stream: stream.to_owned(),
            version: Version::new(version.parse().ok()?),
            position: Position::new(position.parse().ok()?),
        })
    }
}

/// In one write to the pipe, so that lines of several tasks do not mix.
fn report(line: &str) {
    // On a line of its own: the test harness leaves one unended.
    let line = format!("\nreported: {line}\n");
    let mut output = std::io::stdout().lock();
    output.write_all(line.as_bytes()).and_then(|()| output.flush()).expect("the parent reads");
}

/// Does nothing, unless it was started by [`Process::start`].
#[test]
fn is_a_child_process() {
    let (Ok(role), Ok(file), Ok(name)) = (std::env::var(ROLE), std::env::var(FILE), std::env::var(NAME))
    else {
        return;
    };
    let role = ROLES.into_iter().find(|it| format!("{it:?}") == role).expect("a role");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        match role {
            Role::Writes => write(Path::new(&file), &name, u64::MAX).await,
            Role::WritesSome => write(Path::new(&file), &name, APPENDS).await,
            Role::OpensWithoutRights => open_without_rights(Path::new(&file)).await,
        }
    });
}

async fn write(file: &Path, name: &str, appends: u64) {
    let store = SqliteStore::open(file).await.expect("the file can be opened");
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| tokio::spawn(append_alternately(store.clone(), format!("{name}-{task}"), appends)))
        .collect();
    for task in tasks {
        task.await.expect("the task ends");
    }
    store.close().await;
}

/// Appends to a stream of its own and to a shared one, alternately.
async fn append_alternately(store: SqliteStore, own: String, appends: u64) {
    let last = store.read_stream(&stream(&own), Direction::Backward { before: Version::MAX }, 1).await;
    let last = last.expect("the stream can be read");
    let mut version = last.first().map_or(Version::EMPTY, |event| event.context.version);
    for number in 0..appends {
        let append = match number % 2 {
            0 => append_to("common"),
            _ => Append::to(stream(&own), ExpectedVersion::Exact(version), vec![event(), event()]),
        };
        let id = append.streams[0].events.last().expect("there are events").id;
        let receipts = store.append(append).await.expect("appended");
        if number % 2 == 1 {
            version = receipts[0].version;
        }
        report(&Reported::new(id, &receipts[0]).line());
    }
}

async fn open_without_rights(file: &Path) {
    let nobody = nix::unistd::User::from_name("nobody").ok().flatten();
    if nix::unistd::geteuid().is_root() {
        let nobody = nobody.expect("every system has it");
        nix::unistd::setuid(nobody.uid).expect("root may become any user");
    }
    report(match SqliteStore::open(file).await {
        Ok(_) => "opened",
        Err(OpenError::ReadOnly { .. }) => "read-only",
        Err(OpenError::CannotOpen { .. }) => "cannot open",
        Err(error) => panic!("{error:?}"),
    });
}
