//! Several processes on one file.

use std::collections::HashSet;

use eventsource_core::{Position, store::EventStore};

use crate::{
    child::{Process, Role, TASKS, TURNS, Told},
    support::{append_to, directory, log_after, open},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_append_at_once_store_everything_once() {
    let directory = directory();
    let path = directory.path().join("store.db");
    // They also make the file at the same time.
    let processes: Vec<_> =
        (0..3).map(|n| Process::start(Role::WritesSome, &path, &format!("writer-{n}"))).collect();
    let store = open(&path).await;
    for _ in 0..200 {
        store.append(append_to("here")).await.expect("appended");
    }
    let told: Vec<Vec<String>> = processes.into_iter().map(Process::wait).collect();
    let log = log_after(&store, Position::START).await;
    let positions: Vec<_> = log.iter().map(|event| event.position.get()).collect();
    let due: Vec<_> = (1..=log.len() as u64).collect();
    assert_eq!(positions, due, "without gaps");
    let appends = 3 * TASKS * TURNS;
    // Every second one has two events.
    assert_eq!(log.len() as u64, 200 + appends / 2 * 3);
    let ids: HashSet<_> = log.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), log.len());
    let told: Vec<_> = told.iter().flatten().filter_map(|line| Told::parse(line)).collect();
    assert_eq!(told.len() as u64, appends);
    for told in told {
        let index = usize::try_from(told.position.get()).expect("a short log") - 1;
        let kept = &log[index];
        assert_eq!((kept.id, kept.stream.id(), kept.version), (told.id, &*told.stream, told.version));
    }
}
