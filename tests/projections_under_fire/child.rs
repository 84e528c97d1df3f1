//! Processes of their own that work projections: this test binary once more, told by its environment.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    time::Duration,
};

use eventsource::{WorkerOptions, postgres::PostgresStore, prelude::*, store::StartAt};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    bank::{Amounts, Delivered, Eighths, Former, Inline, Next, Quartered, Seen, Whole},
    support::{LEASE, patient, pool, quick, store},
    writers::Writers,
};

const ROLE: &str = "EVENTSOURCE_TEST_ROLE";
const URL: &str = "EVENTSOURCE_TEST_URL";

/// What a program has the code of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A projection of every kind, and it executes commands.
    All,
    /// One read model of eight partitions, and what was seen.
    Eighths,
    /// One read model of four partitions, in small batches.
    Quartered,
    /// The first version.
    Former,
    /// The second version.
    Next,
}

const ROLES: [Role; 5] = [Role::All, Role::Eighths, Role::Quartered, Role::Former, Role::Next];

impl Role {
    /// A program of this kind on a store.
    pub(crate) fn program(self, store: PostgresStore, url: &str) -> EventSource<PostgresStore> {
        let es = EventSource::builder(store).retry(patient());
        match self {
            Self::All => es
                .projection(Whole::projection())
                .projection(Quartered::projection())
                .projection(Amounts::projection())
                .projection(Seen)
                .inline(Inline::projection())
                .handler(Delivered(pool(url)), StartAt::Beginning),
            Self::Eighths => es.projection(Eighths::projection()).projection(Seen),
            Self::Quartered => es.projection(Quartered::projection()),
            Self::Former => es.projection(Former::projection()),
            Self::Next => es.projection(Next::projection()),
        }
        .build()
    }

    fn options(self) -> WorkerOptions {
        match self {
            // A long way to go, to be killed on.
            Self::Quartered => WorkerOptions { batch_events: 100, ..quick() },
            _ => quick(),
        }
    }
}

/// A process that works projections until it is killed, or this process ends.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(role: Role, url: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let this = format!(
            "{}::runs_projections_in_a_child_process",
            module_path!().split_once("::").expect("a module").1
        );
        let child = Command::new(program)
            .args(["--exact", &this, "--nocapture", "--test-threads=1"])
            .env(ROLE, format!("{role:?}"))
            .env(URL, url)
            // Its end tells the child that this process is gone.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        Self(child.expect("a process"))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// SIGKILL: not one instruction more.
    pub(crate) fn kill(&mut self) {
        let ended = self.0.try_wait().expect("a child");
        assert!(ended.is_none(), "the process ended by itself: {ended:?}");
        self.0.kill().and_then(|()| self.0.wait()).expect("a child can be killed");
    }

    /// Lets it stand still, with all it holds.
    pub(crate) fn stall(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on as if nothing had been.
    pub(crate) fn go_on(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.0.id()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("the child takes a signal");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Nothing, unless it was started by [`Process::start`].
#[test]
fn runs_projections_in_a_child_process() {
    let (Ok(role), Ok(url)) = (std::env::var(ROLE), std::env::var(URL)) else { return };
    let role = ROLES.into_iter().find(|it| format!("{it:?}") == role).expect("a role");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(work(role, &url));
}

async fn work(role: Role, url: &str) {
    let es = role.program(store(url).await, url);
    // Two that start at once, or whose fellow is just killed, may get in each other's way.
    let _workers = loop {
        match es.start_with(role.options()).await {
            Ok(workers) => break workers,
            Err(_) => tokio::time::sleep(LEASE / 10).await,
        }
    };
    let mut writers = Writers::default();
    if role == Role::All {
        writers.tell(&es, 2, Duration::from_millis(10));
    }
    std::future::pending::<()>().await;
}
