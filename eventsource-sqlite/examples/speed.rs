#![allow(missing_docs, clippy::all, clippy::print_stdout, clippy::unwrap_used)]
use eventsource_core::{EventId, Metadata, StreamId, store::*};
use eventsource_sqlite::*;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::{Duration, Instant};
fn event() -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: "account.deposited".into(),
        schema_version: 1,
        payload: serde_json::value::RawValue::from_string(
            r#"{"amount":100,"note":"a deposit of some sort"}"#.into(),
        )
        .unwrap(),
        metadata: Metadata::new(),
    }
}
#[tokio::main]
async fn main() {
    let path = std::env::args().nth(1).unwrap();
    let tasks: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let secs: u64 = std::env::args().nth(3).unwrap().parse().unwrap();
    let mut o = SqliteOptions::new();
    if std::env::args().nth(4).as_deref() == Some("normal") {
        o = o.synchronous(Synchronous::Normal);
    }
    if std::env::var("KEEP").is_err() {
        for f in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{path}{f}"));
        }
    }
    let store = SqliteStore::open_with(&path, o).await.unwrap();
    let n = Arc::new(AtomicU64::new(0));
    let worst = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let mut hs = vec![];
    for t in 0..tasks {
        let (store, n, worst) = (store.clone(), n.clone(), worst.clone());
        hs.push(tokio::spawn(async move {
            let mut i = 0u64;
            while begin.elapsed() < Duration::from_secs(secs) {
                let s = StreamId::new("account", format!("{}-{}-{}", std::process::id(), t, i % 16)).unwrap();
                let v = i / 16;
                i += 1;
                let at = Instant::now();
                store
                    .append(Append::to(
                        s,
                        ExpectedVersion::Exact(eventsource_core::Version::new(v)),
                        vec![event()],
                    ))
                    .await
                    .unwrap();
                n.fetch_add(1, Ordering::Relaxed);
                worst.fetch_max(at.elapsed().as_micros() as u64, Ordering::Relaxed);
            }
        }));
    }
    for h in hs {
        h.await.unwrap();
    }
    let el = begin.elapsed();
    let n = n.load(Ordering::Relaxed);
    println!("{tasks} tasks: {n} appends in {el:?} = {:.0}/s", n as f64 / el.as_secs_f64());
    let t = Instant::now();
    let mut after = eventsource_core::Position::START;
    let mut c = 0;
    loop {
        let p = store.read_log(after, &LogFilter::all(), 1000).await.unwrap();
        c += p.events.len();
        after = p.horizon;
        if p.at_head {
            break;
        }
    }
    println!("read log {c} in {:?} = {:.0}/s", t.elapsed(), c as f64 / t.elapsed().as_secs_f64());
    store.close().await;
}
