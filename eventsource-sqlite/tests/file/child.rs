//! Processes of their own that write to a file: this test binary once more, told by its environment.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread::JoinHandle,
};

use eventsource_conformance::waiting::LIMIT;
use eventsource_core::{
    EventId, Position, Version,
    store::{Append, Direction, EventStore, ExpectedVersion, Receipt},
};
use eventsource_sqlite::{OpenError, SqliteStore};

use crate::support::{append_to, event, stream};

const ROLE: &str = "EVENTSOURCE_TEST_ROLE";
const FILE: &str = "EVENTSOURCE_TEST_FILE";
const NAME: &str = "EVENTSOURCE_TEST_NAME";

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It appends from many tasks until it is killed, and tells of each receipt.
    Writes,
    /// The same, so often; then it ends.
    WritesSome,
    /// It opens the file as a user without rights, and tells what comes of it.
    OpensWithoutRights,
}

const ROLES: [Role; 3] = [Role::Writes, Role::WritesSome, Role::OpensWithoutRights];

/// How many tasks of one process append.
pub(crate) const TASKS: u64 = 8;
/// How often each of them does, if it ends.
pub(crate) const TURNS: u64 = 60;

/// What a process was told: the event at a place of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: EventId,
    pub(crate) stream: String,
    pub(crate) version: Version,
    pub(crate) position: Position,
}

/// A process that lives until it has done what it does, is killed, or this process ends.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Option<JoinHandle<Vec<String>>>,
    tells: Receiver<()>,
}

impl Process {
    /// The name is part of those of its streams.
    pub(crate) fn start(role: Role, file: &Path, name: &str) -> Self {
        Self::start_in(Path::new("."), role, file, name)
    }

    /// The same in another directory, which a relative name of the file begins from.
    pub(crate) fn start_in(directory: &Path, role: Role, file: &Path, name: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let module = module_path!().split_once("::").expect("a module").1;
        let mut child = Command::new(program)
            .args([
                "--exact",
                &format!("{module}::is_a_process_of_its_own"),
                "--nocapture",
                "--test-threads=1",
            ])
            .env(ROLE, format!("{role:?}"))
            .env(FILE, file)
            .env(NAME, name)
            .current_dir(directory)
            // Its end tells the child that this process is gone.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let lines = output.lines().map_while(Result::ok);
        let (told, tells) = channel();
        let lines = std::thread::spawn(move || {
            let lines = lines.filter_map(|line| line.strip_prefix("told: ").map(str::to_owned));
            // Of no interest to most.
            lines
                .inspect(|_| {
                    let _ = told.send(());
                })
                .collect()
        });
        Self { child, lines: Some(lines), tells }
    }

    /// Waits until it has told something.
    pub(crate) fn wait_until_it_tells(&self) {
        self.tells.recv_timeout(LIMIT).expect("the process lives, and tells of an append");
    }

    /// SIGKILL: not one instruction more. What it told before is heard to the end.
    pub(crate) fn kill(mut self) -> Vec<Told> {
        let ended = self.child.try_wait().expect("a child");
        assert!(ended.is_none(), "the process ended by itself: {ended:?}");
        self.child.kill().and_then(|()| self.child.wait()).expect("a child can be killed");
        self.lines().iter().filter_map(|line| Told::parse(line)).collect()
    }

    /// Waits for its end, which has to be a good one.
    pub(crate) fn wait(mut self) -> Vec<String> {
        let lines = self.lines();
        let ended = self.child.wait().expect("a child");
        assert!(ended.success(), "{ended}: {lines:?}");
        lines
    }

    fn lines(&mut self) -> Vec<String> {
        let lines = self.lines.take().expect("heard once");
        lines.join().expect("whoever listens does not panic")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Told {
    fn new(id: EventId, receipt: &Receipt) -> Self {
        let stream = receipt.stream.id().to_owned();
        Self { id, stream, version: receipt.version, position: receipt.position }
    }

    fn line(&self) -> String {
        let Self { id, stream, version, position } = self;
        format!("{} {stream} {} {} .", id.as_uuid(), version.get(), position.get())
    }

    /// Nothing of a line that was cut off.
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
fn tell(line: &str) {
    // On a line of its own: the test harness leaves one unended.
    let line = format!("\ntold: {line}\n");
    let mut output = std::io::stdout().lock();
    output.write_all(line.as_bytes()).and_then(|()| output.flush()).expect("somebody listens");
}

/// Nothing, unless it was started by [`Process::start`].
#[test]
fn is_a_process_of_its_own() {
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
            Role::WritesSome => write(Path::new(&file), &name, TURNS).await,
            Role::OpensWithoutRights => open_without_rights(Path::new(&file)).await,
        }
    });
}

async fn write(file: &Path, name: &str, turns: u64) {
    let store = SqliteStore::open(file).await.expect("the file can be opened");
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| tokio::spawn(append_in_turn(store.clone(), format!("{name}-{task}"), turns)))
        .collect();
    for task in tasks {
        task.await.expect("the task ends");
    }
    store.close().await;
}

/// To a stream of its own and to one that all share.
async fn append_in_turn(store: SqliteStore, own: String, turns: u64) {
    let last = store.read_stream(&stream(&own), Direction::Backward { before: Version::MAX }, 1).await;
    let last = last.expect("the stream can be read");
    let mut version = last.first().map_or(Version::EMPTY, |event| event.version);
    for turn in 0..turns {
        let append = match turn % 2 {
            0 => append_to("common"),
            _ => Append::to(stream(&own), ExpectedVersion::Exact(version), vec![event(), event()]),
        };
        let id = append.streams[0].events.last().expect("there are events").id;
        let receipts = store.append(append).await.expect("appended");
        if turn % 2 == 1 {
            version = receipts[0].version;
        }
        tell(&Told::new(id, &receipts[0]).line());
    }
}

async fn open_without_rights(file: &Path) {
    let nobody = nix::unistd::User::from_name("nobody").ok().flatten();
    if nix::unistd::geteuid().is_root() {
        let nobody = nobody.expect("every system has it");
        nix::unistd::setuid(nobody.uid).expect("root may be anybody");
    }
    tell(match SqliteStore::open(file).await {
        Ok(_) => "opened",
        Err(OpenError::ReadOnly { .. }) => "read-only",
        Err(OpenError::CannotOpen { .. }) => "cannot open",
        Err(error) => panic!("{error:?}"),
    });
}
