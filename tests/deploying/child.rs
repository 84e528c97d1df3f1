//! The program of a release as a process of its own, that does what it is told.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use eventsource::{
    WorkerOptions, Workers, postgres::PostgresStore, prelude::*, sqlite::SqliteStore, store::ReadModelStore,
};
use eventsource_conformance::waiting::LIMIT;

use super::{
    program::Program,
    releases::{RELEASES, Release},
};

const RELEASE: &str = "EVENTSOURCE_TEST_RELEASE";
const STORE: &str = "EVENTSOURCE_TEST_STORE";
const MAIL: &str = "EVENTSOURCE_TEST_MAIL";

/// Answers begin with it, because the test harness prints to the same output.
const MARK: &str = "answer: ";

/// A process that runs the program of a release, until it is killed or this process ends.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
}

impl Process {
    /// It has opened its store when this returns, and does not run workers yet.
    pub(crate) fn launch(release: Release, store: &str, mail: &Path) -> Self {
        let module = module_path!().split_once("::").expect("a module").1;
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                &format!("{module}::is_the_program_of_a_release"),
                "--nocapture",
                "--test-threads=1",
            ])
            .env(RELEASE, format!("{release:?}"))
            .env(STORE, store)
            .env(MAIL, mail)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let (requests, output) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // The receiver may have ended.
                let _ = line.strip_prefix(MARK).map(|answer| sender.send(answer.to_owned()));
            }
        });
        let process = Self { child, requests, answers };
        assert_eq!(process.answer("opening the store"), "opened");
        process
    }

    fn answer(&self, to: &str) -> String {
        self.answers.recv_timeout(LIMIT).unwrap_or_else(|error| panic!("no answer to `{to}`: {error}"))
    }

    /// Sends a request, and returns the answer.
    pub(crate) fn ask(&mut self, request: &str) -> String {
        writeln!(self.requests, "{request}").expect("the process runs");
        self.answer(request)
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) {
        let ended = self.child.try_wait().expect("a child");
        assert!(ended.is_none(), "the process ended before it was killed: {ended:?}");
        self.child.kill().and_then(|()| self.child.wait()).expect("a child can be killed");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does nothing, unless it was started by [`Process::launch`].
#[test]
fn is_the_program_of_a_release() {
    let (Ok(release), Ok(store), Ok(mail)) =
        (std::env::var(RELEASE), std::env::var(STORE), std::env::var(MAIL))
    else {
        return;
    };
    let release = RELEASES.into_iter().find(|it| format!("{it:?}") == release).expect("a release");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mail = PathBuf::from(mail);
        match store.strip_prefix("sqlite:") {
            Some(file) => {
                let store = SqliteStore::open(file).await.expect("opened");
                serve(release, release.program(store, mail)).await;
            }
            None => {
                PostgresStore::migrate(&store).await.expect("migrated");
                let store = PostgresStore::connect(&store).await.expect("connected");
                serve(release, release.program(store, mail)).await;
            }
        }
    });
}

fn answer(text: &str) {
    // On a line of its own: the test harness leaves one unended.
    writeln!(std::io::stdout(), "\n{MARK}{}", text.replace('\n', " ")).expect("the parent reads");
}

async fn serve<S: ReadModelStore + Clone>(release: Release, program: Box<dyn Program<S>>) {
    let (sender, mut requests) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
        // The parent has ended.
        std::process::exit(0);
    });
    answer("opened");
    let mut workers = None;
    while let Some(request) = requests.recv().await {
        let words: Vec<&str> = request.split(' ').collect();
        let outcome = perform(release, &*program, &mut workers, &words).await;
        answer(&outcome.unwrap_or_else(|error| format!("failed: {error}")));
    }
}

/// An error with its causes.
fn full(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

async fn perform<S: ReadModelStore + Clone>(
    release: Release,
    program: &dyn Program<S>,
    workers: &mut Option<Workers>,
    request: &[&str],
) -> Result<String, String> {
    let es = program.source();
    match *request {
        ["start"] => {
            let options = WorkerOptions::default()
                .lease(Duration::from_secs(1))
                .poll(Duration::from_millis(20))
                .application(format!("{release:?}"));
            *workers = Some(es.start_with(options).await.map_err(full)?);
            Ok("started".into())
        }
        ["stop"] => {
            if let Some(workers) = workers.take() {
                workers.shutdown().await.map_err(full)?;
            }
            Ok("stopped".into())
        }
        ["record", event, id] => program.record(event, id).await.map(|position| position.to_string()),
        ["find", id] => Ok(row(program.find(id).await?)),
        ["tally", id] => Ok(row(program.tally(id).await?)),
        ["wait", projection, position] => {
            let position = Position::new(position.parse().map_err(full)?);
            es.wait_for(projection, position).timeout(LIMIT).await.map_err(full)?;
            Ok("included".into())
        }
        ["look", projection, position] => {
            let position = Position::new(position.parse().map_err(full)?);
            es.wait_for(projection, position).timeout(Duration::from_millis(50)).await.map_err(full)?;
            Ok("included".into())
        }
        ["status", projection] => {
            let status = es.status().await.map_err(full)?;
            let of = status.projections.iter().filter(|it| it.name == projection);
            let text = of.map(|it| format!("v{} {:?}: {:?}", it.version, it.role, it.state));
            Ok(text.collect::<Vec<_>>().join("; "))
        }
        ["rebuild", "beside", projection] => {
            // It ends when the workers of this program have caught up, and they are not started yet.
            let (es, projection) = (es.clone(), projection.to_owned());
            tokio::spawn(async move { es.rebuild(&projection).without_swap().await });
            Ok("begun".into())
        }
        ["rebuild", "keeping", projection] => {
            let (es, projection) = (es.clone(), projection.to_owned());
            tokio::spawn(async move { es.rebuild(&projection).keep_old().await });
            Ok("begun".into())
        }
        ["swap", projection] => Ok(format!("live: {}", es.swap(projection).await.map_err(full)?.live)),
        ["restore", projection] => Ok(format!("live: {}", es.restore(projection).await.map_err(full)?.live)),
        ["demote", projection] => es.demote(projection).await.map(|()| "demoted".into()).map_err(full),
        _ => Err("no such request".into()),
    }
}

fn row(found: Option<serde_json::Value>) -> String {
    found.map_or_else(|| "none".into(), |row| row.to_string())
}
