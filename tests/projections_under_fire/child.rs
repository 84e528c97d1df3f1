//! Child processes that run projections. A child is this test binary, with its task in environment variables.

use std::{
    ffi::OsStr,
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
    bank::{Amounts, Awards, Delivered, Eighths, Former, Inline, Next, Quartered, Seen, Whole},
    savings::Savings,
    support::{LEASE, patient, pool, quick, store},
    writers::Writers,
};

const ROLE: &str = "EVENTSOURCE_TEST_ROLE";
const URL: &str = "EVENTSOURCE_TEST_URL";

/// The projections of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A projection of every kind. It also executes commands.
    All,
    /// One read model of eight partitions, and the record of seen events.
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
                .handler(Delivered(pool(url)), StartAt::Beginning)
                .policy(Awards, StartAt::Beginning)
                .process::<Savings>(StartAt::Beginning),
            Self::Eighths => es.projection(Eighths::projection()).projection(Seen),
            Self::Quartered => es.projection(Quartered::projection()),
            Self::Former => es.projection(Former::projection()),
            Self::Next => es.projection(Next::projection()),
        }
        .build()
    }

    fn options(self) -> WorkerOptions {
        match self {
            // Small batches, so that a rebuild takes many of them and can be killed in between.
            Self::Quartered => quick().batch_events(100),
            _ => quick(),
        }
    }
}

/// A process that runs projections until it is killed or this process ends.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(role: Role, url: &str) -> Self {
        Self::start_with(role, url, &[])
    }

    /// With these environment variables.
    pub(crate) fn start_with(role: Role, url: &str, variables: &[(&str, &OsStr)]) -> Self {
        let program = std::env::current_exe().expect("this program");
        let this = format!(
            "{}::runs_projections_in_a_child_process",
            module_path!().split_once("::").expect("a module").1
        );
        let child = Command::new(program)
            .args(["--exact", &this, "--nocapture", "--test-threads=1"])
            .env(ROLE, format!("{role:?}"))
            .env(URL, url)
            .envs(variables.iter().copied())
            // The end of this pipe tells the child that this process has ended.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        Self(child.expect("a process"))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(&mut self) {
        let ended = self.0.try_wait().expect("a child");
        assert!(ended.is_none(), "the process ended by itself: {ended:?}");
        self.0.kill().and_then(|()| self.0.wait()).expect("a child can be killed");
    }

    /// Suspends it (SIGSTOP), with its leases and transactions.
    pub(crate) fn stall(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Continues it (SIGCONT).
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

/// Does nothing, unless it was started by [`Process::start`].
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
    // Concurrent starts, or a start while another process is killed, may conflict.
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
