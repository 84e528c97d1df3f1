//! The example `bank`, run as its users run it: twice on one file.

#[expect(dead_code, reason = "the test calls what is below `main`")]
#[path = "../examples/bank/main.rs"]
mod bank;

use eventsource::{
    Position,
    store::{EventStore, LogFilter},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_second_run_finds_what_the_first_has_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("bank.db").display());
    let mut log = Vec::new();
    for run in 1..=2 {
        bank::start(&store).await.expect("it runs");
        let kept = eventsource::open(&store).await.expect("opened");
        let page = kept.read_log(Position::START, &LogFilter::all(), 1_000).await.expect("read");
        assert_eq!(page.events.len(), 12 * run);
        assert_eq!(page.events[..log.len()], log, "the events of the first run are still stored");
        log = page.events;
    }
}
