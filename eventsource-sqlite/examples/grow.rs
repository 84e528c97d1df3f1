#![allow(missing_docs, clippy::all, clippy::print_stdout, clippy::unwrap_used)]
use eventsource_core::{EventId, Metadata, Position, StreamId, store::*};
use eventsource_sqlite::*;
use std::time::{Duration, Instant};
fn event() -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: "account.deposited".into(),
        schema_version: 1,
        payload: serde_json::value::RawValue::from_string(format!("\"{}\"", "x".repeat(700))).unwrap(),
        metadata: Metadata::new(),
    }
}
#[tokio::main]
async fn main() {
    let path = std::env::args().nth(1).unwrap();
    for f in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{path}{f}"));
    }
    let store = SqliteStore::open(&path).await.unwrap();
    let begin = Instant::now();
    let over = move || begin.elapsed() > Duration::from_secs(12);
    let mut hs = vec![];
    for t in 0..64 {
        let s = store.clone();
        hs.push(tokio::spawn(async move {
            let mut n = 0;
            while !over() {
                s.append(Append::to(
                    StreamId::new("a", format!("{t}")).unwrap(),
                    ExpectedVersion::Any,
                    vec![event()],
                ))
                .await
                .unwrap();
                n += 1;
            }
            n
        }));
    }
    for _ in 0..4 {
        let s = store.clone();
        hs.push(tokio::spawn(async move {
            while !over() {
                let mut a = Position::START;
                loop {
                    let p = s.read_log(a, &LogFilter::all(), 1000).await.unwrap();
                    a = p.horizon;
                    if p.at_head || over() {
                        break;
                    }
                }
            }
            0
        }));
    }
    while !over() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        println!(
            "wal {} MB db {} MB",
            std::fs::metadata(format!("{path}-wal")).unwrap().len() >> 20,
            std::fs::metadata(&path).unwrap().len() >> 20
        );
    }
    let mut n = 0;
    for h in hs {
        n += h.await.unwrap();
    }
    println!("{n} appends");
}
