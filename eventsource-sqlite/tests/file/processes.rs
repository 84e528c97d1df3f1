//! Several processes on one file.

use std::collections::HashSet;

use eventsource::{Position, store::EventStore};

use crate::{
    child::{APPENDS, Process, Reported, Role, TASKS},
    support::{append_to, directory, log_after, open},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_append_concurrently_store_every_event_once() {
    let directory = directory();
    let path = directory.path().join("store.db");
    // They also create the file at the same time.
    let processes: Vec<_> =
        (0..3).map(|n| Process::start(Role::WritesSome, &path, &format!("writer-{n}"))).collect();
    let store = open(&path).await;
    for _ in 0..200 {
        store.append(append_to("here")).await.expect("appended");
    }
    let reported: Vec<Vec<String>> = processes.into_iter().map(Process::wait).collect();
    let log = log_after(&store, Position::START).await;
    let positions: Vec<_> = log.iter().map(|event| event.context.position.get()).collect();
    let expected: Vec<_> = (1..=log.len() as u64).collect();
    assert_eq!(positions, expected, "without gaps");
    let appends = 3 * TASKS * APPENDS;
    // Every second append has two events.
    assert_eq!(log.len() as u64, 200 + appends / 2 * 3);
    let ids: HashSet<_> = log.iter().map(|event| event.context.id).collect();
    assert_eq!(ids.len(), log.len());
    let reported: Vec<_> = reported.iter().flatten().filter_map(|line| Reported::parse(line)).collect();
    assert_eq!(reported.len() as u64, appends);
    for reported in reported {
        let index = usize::try_from(reported.position.get()).expect("a short log") - 1;
        let stored = &log[index];
        assert_eq!(
            (stored.context.id, stored.context.stream.id(), stored.context.version),
            (reported.id, &*reported.stream, reported.version)
        );
    }
}
