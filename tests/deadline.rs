//! The example `deadline`, run as its users run it: twice on one file.

#[expect(dead_code, reason = "the test calls what is below `main`")]
#[path = "../examples/deadline/main.rs"]
mod deadline;

use eventsource::{
    Position,
    store::{EventStore, LogFilter},
};

#[tokio::test(flavor = "multi_thread")]
async fn each_run_pays_one_order_and_misses_the_deadline_of_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("orders.db").display());
    for run in 1..=2 {
        deadline::run(&store).await.expect("it runs");
        let kept = eventsource::open(&store).await.expect("opened");
        let page = kept.read_log(Position::START, &LogFilter::all(), 1_000).await.expect("read");
        let count =
            |name: &str| page.events.iter().filter(|event| *event.context.event_type == *name).count();
        let of =
            ["order.placed", "order.paid", "order.cancelled", "deadline.missed", "deadline.met"].map(count);
        assert_eq!(of, [2, 1, 1, 1, 1].map(|once| once * run), "{:?}", page.events);
    }
}
