//! Imports that are interrupted by a lost connection, a server crash or a killed process, and then repeated.

use std::{
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use eventsource::{
    EventSource, Position,
    store::{EventStore, ImportError, ImportEvent, LogFilter},
};
use eventsource_conformance::torture;
use eventsource_harness::{Cluster, Proxy, Settings, TestDatabase};
use eventsource_postgres::{PostgresOptions, PostgresStore};

use super::{history, ids, imported_ids};
use crate::support::{SeededRandom, database, database_on, open, port_of, stored, wait_until};

/// A store with one connection that can be interrupted, and this acquire timeout.
async fn unreliable_store(timeout: Duration) -> (TestDatabase, Proxy, PostgresStore) {
    let database = database().await;
    let proxy = Proxy::start(port_of(database.url())).expect("a proxy");
    let options = PostgresOptions::new(&proxy.url(database.url())).expect("a URL");
    let options = options.max_connections(1).acquire_timeout(timeout);
    let store = options.connect().await.expect("a store");
    (database, proxy, store)
}

#[tokio::test]
async fn an_import_whose_answer_is_lost_is_repeated() {
    let (database, proxy, store) = unreliable_store(Duration::from_secs(10)).await;
    let chunk: Vec<_> = history("lost", 400).collect();
    proxy.lose_next_answer();
    let imported = store.import(&chunk).await.expect("repeated");
    assert_eq!(proxy.answers_lost(), 1);
    assert_eq!((imported.stored, imported.skipped), (0, 400), "it was stored before the answer was lost");
    assert_eq!(imported_ids(database.url(), "lost").await, ids(chunk));
}

#[tokio::test]
async fn an_import_into_an_unreachable_server_is_interrupted_and_can_be_repeated() {
    let (database, proxy, store) = unreliable_store(Duration::from_millis(200)).await;
    let chunk: Vec<_> = history("gone", 400).collect();
    proxy.lose_next_answer();
    proxy.refuse();
    let error = store.import(&chunk).await.expect_err("the server does not answer");
    assert!(matches!(error, ImportError::Store(_)) && error.is_retryable(), "{error:?}");
    assert!(error.to_string().contains("repeat it"), "{error}");
    proxy.heal();
    assert_eq!(store.import(&chunk).await.expect("repeated").skipped, 400);
    assert_eq!(imported_ids(database.url(), "gone").await, ids(chunk));
}

/// How often a connection is cut, and how often the server crashes.
const CUTS: usize = 40;
const CRASHES: usize = 3;

#[tokio::test]
async fn a_connection_that_is_cut_at_any_point_leaves_a_chunk_stored_whole_or_not_at_all() {
    let (database, proxy, store) = unreliable_store(Duration::from_millis(400)).await;
    let mut random = SeededRandom(11);
    for round in 0..torture::at_least(10, CUTS) {
        let name = format!("cut{round}");
        let chunk: Vec<_> = history(&name, 200).collect();
        wait_until("a connection", || async { store.announce().await.is_ok() }).await;
        proxy.cut_after(usize::try_from(random.below(30_000)).expect("small"));
        // A new connection for a repetition is refused.
        proxy.refuse();
        let outcome = store.import(&chunk).await;
        proxy.cut_after(usize::MAX);
        proxy.heal();
        let kept = imported_ids(database.url(), &name).await;
        assert!(kept.is_empty() || kept.len() == 200, "{} of 200 events", kept.len());
        match outcome {
            Ok(imported) => assert_eq!((imported.events(), kept.len()), (200, 200)),
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
        // On a slow machine a connection may take longer than the acquire timeout.
        let repeated = || async {
            match store.import(&chunk).await {
                Ok(imported) => imported.events() == 200,
                Err(error) if error.is_retryable() => false,
                Err(error) => panic!("{error:?}"),
            }
        };
        wait_until("the import to be repeated", repeated).await;
        assert_eq!(imported_ids(database.url(), &name).await, ids(chunk));
    }
    assert!(proxy.cuts() >= torture::at_least(10, CUTS) / 2, "{} cuts", proxy.cuts());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_can_be_resumed_after_its_server_has_crashed() {
    let crashes = torture::times(CRASHES) as u64;
    let events = 8_000 + crashes * 4_000;
    let mut cluster = Cluster::start(Settings::durable()).expect("a server");
    let database = database_on(&cluster.url("postgres")).await;
    let options = PostgresOptions::new(database.url()).expect("a URL");
    let store = options.acquire_timeout(Duration::from_millis(100)).connect().await.expect("a store");
    let done = &AtomicU64::new(0);
    let importing = async {
        let es = EventSource::new(store.clone());
        let mut interruptions = 0;
        loop {
            let import = es.import().chunk(200);
            let import = import.with_progress(|so_far| done.store(so_far.events(), Ordering::SeqCst));
            match import.events(history("crash", events)).await {
                Ok(imported) => return (imported, interruptions),
                Err(error) => {
                    assert!(error.is_retryable(), "{error:?}");
                    interruptions += 1;
                    done.store(0, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    };
    let crashing = async {
        for crash in 1..=crashes {
            let advanced = || async {
                let done = done.load(Ordering::SeqCst);
                if done >= crash * 4_000 { Ok(()) } else { Err(done) }
            };
            wait_until("the import to advance", advanced).await;
            cluster.kill();
            let noticed = || async { done.load(Ordering::SeqCst) == 0 };
            wait_until("the import to be interrupted", noticed).await;
            cluster.restart().expect("the server recovers");
        }
    };
    let ((imported, interruptions), ()) = tokio::join!(importing, crashing);
    assert!(interruptions >= crashes, "{interruptions}");
    assert_eq!(imported.events(), events);
    assert!(imported.skipped >= crashes * 4_000, "{imported:?}");
    assert!(imported_ids(database.url(), "crash").await == ids(history("crash", events)));
}

const URL: &str = "EVENTSOURCE_TEST_IMPORT_INTO";
const FOR_THE_PROCESS: u64 = 40_000;

/// Events without ids or versions, whose ids are derived from the name of their source.
fn events_without_ids() -> impl Iterator<Item = ImportEvent> + Send {
    history("process", FOR_THE_PROCESS).map(|event| {
        let payload = event.event.payload.get().to_owned();
        ImportEvent::raw(event.stream, "account.noted", 1, payload).expect("still JSON")
    })
}

/// Starts a process that imports until it is killed.
fn start_process(url: &str) -> Child {
    let this =
        format!("{}::imports_as_a_process_of_its_own", module_path!().split_once("::").expect("a module").1);
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", &this, "--nocapture", "--test-threads=1"])
        .env(URL, url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("a process")
}

/// The other process, if started by [`start_process`]; otherwise it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_as_a_process_of_its_own() {
    let Ok(url) = std::env::var(URL) else { return };
    let es = EventSource::new(open(&url).await);
    es.import().from("a process").chunk(100).events(events_without_ids()).await.expect("imported");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_can_be_resumed_after_its_process_was_killed() {
    let database = database().await;
    for kill in 1..=3 {
        let mut process = start_process(database.url());
        let advanced = || async {
            let stored = stored(database.url()).await.len();
            if stored >= kill * 2_000 { Ok(()) } else { Err(stored) }
        };
        wait_until("the process to import", advanced).await;
        process.kill().expect("the process runs");
        process.wait().expect("it ends");
    }
    let before = u64::try_from(stored(database.url()).await.len()).expect("few events");
    assert!(before < FOR_THE_PROCESS, "it was killed during the import");
    let es = EventSource::new(open(database.url()).await);
    let imported = es.import().from("a process").events(events_without_ids()).await.expect("resumed");
    // A chunk that the last process had sent may have been stored since.
    assert!(
        imported.skipped >= before && imported.events() == FOR_THE_PROCESS,
        "{imported:?} after {before}"
    );
    let (all, start) = (LogFilter::all(), Position::START);
    let page = es.store().read_log(start, &all, 100_000).await.expect("the log can be read");
    let payloads: Vec<u64> =
        page.events.iter().map(|event| event.payload().parse().expect("a number")).collect();
    assert!(payloads == (0..FOR_THE_PROCESS).collect::<Vec<_>>(), "each once, in order");
}
