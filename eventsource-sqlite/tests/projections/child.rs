//! Child processes that run projections: this test binary again, with a role in its environment.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::channel,
    time::Duration,
};

use eventsource_conformance::waiting::LIMIT;

use crate::domain::{Add, options, program};

const ROLE: &str = "EVENTSOURCE_TEST_ROLE";
const FILE: &str = "EVENTSOURCE_TEST_FILE";
const NAME: &str = "EVENTSOURCE_TEST_NAME";

/// The line that a process prints once one of its commands was accepted.
const APPENDS: &str = "it appends";

/// The role of a child process, until it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It runs the projections.
    Projects,
    /// It also executes commands, and rebuilds a read model continuously.
    ProjectsAndWrites,
}

/// A process that runs until it is killed, or this process ends.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(role: Role, file: &Path, name: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let module = module_path!().split_once("::").expect("a module").1;
        let child = Command::new(program)
            .args(["--exact", &format!("{module}::is_a_child_process"), "--nocapture", "--test-threads=1"])
            .env(ROLE, format!("{role:?}"))
            .env(FILE, file)
            .env(NAME, name)
            // Closing the pipe receiver the child that this process has ended.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        Self(child)
    }

    /// Waits until one of its commands was accepted.
    pub(crate) fn wait_until_it_appends(&mut self) {
        let output = BufReader::new(self.0.stdout.take().expect("a pipe"));
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut lines = output.lines().map_while(Result::ok);
            // The receiver may have timed out.
            let _ = sender.send(lines.any(|line| line == APPENDS));
        });
        let appends = receiver.recv_timeout(LIMIT).expect("the process reports an append, or ends");
        assert!(appends, "the process has ended");
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) {
        let ended = self.0.try_wait().expect("a child");
        assert!(ended.is_none(), "the process ended before it was killed: {ended:?}");
        self.0.kill().and_then(|()| self.0.wait()).expect("a child can be killed");
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
fn is_a_child_process() {
    let (Ok(role), Ok(file), Ok(name)) = (std::env::var(ROLE), std::env::var(FILE), std::env::var(NAME))
    else {
        return;
    };
    let roles = [Role::Projects, Role::ProjectsAndWrites];
    let role = roles.into_iter().find(|it| format!("{it:?}") == role).expect("a role");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(run(role, Path::new(&file), &name));
}

async fn run(role: Role, file: &Path, name: &str) {
    let program = program(file).await;
    let _workers = program.start_with(options(name)).await.expect("the projections start");
    if role == Role::ProjectsAndWrites {
        while let Err(error) = program.execute(Add("t-0".to_owned(), 1)).await {
            let _ = writeln!(std::io::stderr(), "{error}");
        }
        // On a line of its own: the test harness leaves one unended.
        writeln!(std::io::stdout(), "\n{APPENDS}").expect("the parent reads");
        for task in 0..4_u64 {
            let program = program.clone();
            tokio::spawn(async move {
                for turn in 0_u64.. {
                    let tally = format!("t-{}", (task * 7 + turn) % 10);
                    // A concurrent swap makes the store refuse the command; the next one is accepted.
                    if let Err(error) = program.execute(Add(tally, 1 + turn % 5)).await {
                        let _ = writeln!(std::io::stderr(), "{error}");
                    }
                }
            });
        }
        loop {
            if let Err(error) = program.rebuild("entries").await {
                let _ = writeln!(std::io::stderr(), "{error}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
    std::future::pending().await
}
