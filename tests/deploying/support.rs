//! The stores of the tests, and what they ask of the programs.

use std::path::PathBuf;

use eventsource_conformance::waiting::wait_for;
use eventsource_harness::TestDatabase;
use tempfile::TempDir;

use super::{child::Process, releases::Release};

/// A store, and the file to which the event handlers send their mails.
pub(crate) struct Deploy {
    store: String,
    folder: TempDir,
    /// Dropped with this value.
    _database: Option<TestDatabase>,
}

impl Deploy {
    pub(crate) fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            store: format!("sqlite:{}", folder.path().join("store.db").display()),
            folder,
            _database: None,
        }
    }

    pub(crate) fn on_postgres() -> Self {
        let database = TestDatabase::create();
        let folder = tempfile::tempdir().expect("a folder");
        Self { store: database.url().to_owned(), folder, _database: Some(database) }
    }

    fn mail(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// The program of a release, whose workers are not started.
    pub(crate) fn launch(&self, release: Release) -> Process {
        Process::launch(release, &self.store, &self.mail())
    }

    /// The same, with its workers.
    pub(crate) fn start(&self, release: Release) -> Process {
        let mut process = self.launch(release);
        assert_eq!(process.ask("start"), "started");
        process
    }

    /// The types of the events about which a mail was sent for a shipment, in order.
    pub(crate) fn mails(&self, id: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.mail()).unwrap_or_default();
        let of = text.lines().filter_map(|line| line.split_once(' ')).filter(|(of, _)| *of == id);
        of.map(|(_, event_type)| event_type.to_owned()).collect()
    }
}

/// Records an event and returns its position.
pub(crate) fn recorded(process: &mut Process, event: &str, id: &str) -> u64 {
    let answer = process.ask(&format!("record {event} {id}"));
    answer.parse().unwrap_or_else(|_| panic!("{answer}"))
}

/// Waits in this process until the projections include the position.
pub(crate) fn included(process: &mut Process, projections: &[&str], position: u64) {
    for projection in projections {
        assert_eq!(process.ask(&format!("wait {projection} {position}")), "included");
    }
}

/// Repeats a request until the answer contains each of these texts.
pub(crate) async fn answers(process: &mut Process, request: &str, texts: &[&str]) {
    wait_for(&format!("`{request}` to answer {texts:?}"), || {
        let answer = process.ask(request);
        async move { if texts.iter().all(|text| answer.contains(text)) { Ok(()) } else { Err(answer) } }
    })
    .await;
}

/// Asserts that the answer contains each of these texts.
#[track_caller]
pub(crate) fn assert_answers(process: &mut Process, request: &str, texts: &[&str]) {
    let answer = process.ask(request);
    for text in texts {
        assert!(answer.contains(text), "{request}: no `{text}` in `{answer}`");
    }
}

/// The row of a shipment with these events.
pub(crate) fn seen(id: &str, types: &[&str]) -> String {
    serde_json::json!({ "shipment": id, "seen": types }).to_string()
}

/// Each test on a file of SQLite, and on a database of Postgres.
macro_rules! on_each_store {
    ($($(#[$doc:meta])* async fn $name:ident($deploy:ident: Deploy) $body:block)*) => {
        $(
            $(#[$doc])*
            async fn $name($deploy: Deploy) $body
        )*

        mod on_sqlite {
            use super::*;
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(Deploy::on_sqlite()).await;
                }
            )*
        }

        mod on_postgres {
            use super::*;
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(Deploy::on_postgres()).await;
                }
            )*
        }
    };
}
pub(crate) use on_each_store;
