//! Processes of their own that work read models: this test binary once more, told by its environment.

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

/// What a process that executes commands says once one of them was accepted.
const APPENDS: &str = "it appends";

/// What a process does until it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It works read models.
    Works,
    /// It executes commands too, and makes a read model anew all the while.
    WorksAndWrites,
}

/// A process that lives until it is killed, or this process ends.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(role: Role, file: &Path, name: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let module = module_path!().split_once("::").expect("a module").1;
        let child = Command::new(program)
            .args([
                "--exact",
                &format!("{module}::is_a_process_of_its_own"),
                "--nocapture",
                "--test-threads=1",
            ])
            .env(ROLE, format!("{role:?}"))
            .env(FILE, file)
            .env(NAME, name)
            // Its end tells the child that this process is gone.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        Self(child)
    }

    /// Waits until a command of it was accepted.
    pub(crate) fn wait_until_it_appends(&mut self) {
        let output = BufReader::new(self.0.stdout.take().expect("a pipe"));
        let (told, tells) = channel();
        std::thread::spawn(move || {
            let mut lines = output.lines().map_while(Result::ok);
            // Nobody may be listening any more.
            let _ = told.send(lines.any(|line| line == APPENDS));
        });
        let appends = tells.recv_timeout(LIMIT).expect("the process tells of an append, or ends");
        assert!(appends, "the process has ended");
    }

    /// SIGKILL: not one instruction more.
    pub(crate) fn kill(mut self) {
        let ended = self.0.try_wait().expect("a child");
        assert!(ended.is_none(), "the process ended by itself: {ended:?}");
        self.0.kill().and_then(|()| self.0.wait()).expect("a child can be killed");
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
fn is_a_process_of_its_own() {
    let (Ok(role), Ok(file), Ok(name)) = (std::env::var(ROLE), std::env::var(FILE), std::env::var(NAME))
    else {
        return;
    };
    let roles = [Role::Works, Role::WorksAndWrites];
    let role = roles.into_iter().find(|it| format!("{it:?}") == role).expect("a role");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(work(role, Path::new(&file), &name));
}

async fn work(role: Role, file: &Path, name: &str) {
    let program = program(file).await;
    let _workers = program.start_with(options(name)).await.expect("the projections start");
    if role == Role::WorksAndWrites {
        while let Err(error) = program.execute(Add("t-0".to_owned(), 1)).await {
            let _ = writeln!(std::io::stderr(), "{error}");
        }
        // On a line of its own: the test harness leaves one unended.
        writeln!(std::io::stdout(), "\n{APPENDS}").expect("somebody listens");
        for task in 0..4_u64 {
            let program = program.clone();
            tokio::spawn(async move {
                for turn in 0_u64.. {
                    let tally = format!("t-{}", (task * 7 + turn) % 10);
                    // A read model that takes its place just then refuses the command; the next one is accepted.
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
