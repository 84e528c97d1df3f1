//! Watching rows while the store fails.

use std::{collections::BTreeMap, sync::Arc};

use eventsource::{
    prelude::*,
    projections::{Filter, Watch, Watched},
};
use eventsource_conformance::waiting::in_time;
use futures_util::StreamExt;

use crate::{
    domain::{Row, for_each_failure, note_some, started},
    faulty::Call,
};

/// What a watch shows once it has caught up with a position.
async fn shown(
    watch: &mut Watch<Row>,
    rows: &mut BTreeMap<String, Vec<u64>>,
    position: Position,
) -> BTreeMap<String, Vec<u64>> {
    loop {
        let report = in_time("a report", watch.next()).await.expect("an outage does not end a watch");
        match report.expect("an outage is no error of a watch") {
            Watched::Reset => rows.clear(),
            Watched::Row(row) => _ = rows.insert(row.page.clone(), row.numbers.clone()),
            Watched::Gone(page) => _ = rows.remove(&page),
            Watched::CaughtUp(token) if token.position() >= position => return rows.clone(),
            Watched::CaughtUp(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_misses_no_change_whichever_call_fails() {
    let calls = [Call::Generations, Call::ReadLog, Call::AllRows, Call::FindRow];
    for_each_failure(&calls, |store, fails| async move {
        let program = EventSource::builder(Arc::clone(&store)).projection(Row::projection()).build();
        let workers = started(&program).await;
        let first = note_some(&program, 0..3).await;
        program.wait_for("pages", first).await.expect("included");
        store.fail(fails);
        // Three times all rows, and one by one.
        for _ in 0..3 {
            let (mut watch, mut rows) = (program.watch::<Row>(Filter::all()), BTreeMap::new());
            shown(&mut watch, &mut rows, first).await;
            let last = note_some(&program, 3..6).await;
            let shown = shown(&mut watch, &mut rows, last).await;
            for (page, numbers) in shown {
                let stored = program.find::<Row>(&page).await.expect("readable").expect("a row");
                assert_eq!(numbers, stored.numbers, "{fails:?}");
            }
        }
        workers.shutdown().await.expect("they end in time");
    })
    .await;
}
