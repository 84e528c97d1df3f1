#![allow(missing_docs, clippy::all, clippy::print_stdout, clippy::unwrap_used)]
use eventsource_core::{EventId, Metadata, Position, StreamId, store::*};
use eventsource_sqlite::*;
fn event() -> NewEvent {
    NewEvent {
        id: EventId::new(),
        event_type: "account.deposited".into(),
        schema_version: 1,
        payload: serde_json::value::RawValue::from_string(format!("\"{}\"", "x".repeat(7000))).unwrap(),
        metadata: Metadata::new(),
    }
}
async fn count(s: &SqliteStore) -> usize {
    let mut a = Position::START;
    let mut n = 0;
    loop {
        let p = s.read_log(a, &LogFilter::all(), 500).await.unwrap();
        n += p.events.len();
        a = p.horizon;
        if p.at_head {
            return n;
        }
    }
}
#[tokio::main]
async fn main() {
    let dir = "/tmp/smallfs";
    for f in std::fs::read_dir(dir).unwrap() {
        std::fs::remove_file(f.unwrap().path()).unwrap();
    }
    let store = SqliteStore::open(format!("{dir}/s.db")).await.unwrap();
    std::fs::write(format!("{dir}/ballast"), vec![1u8; 1_500_000]).unwrap();
    let mut acked = 0;
    for round in 0..4 {
        let mut fails = 0;
        let mut last = String::new();
        let mut hs = vec![];
        for t in 0..300 {
            let s = store.clone();
            hs.push(tokio::spawn(async move {
                s.append(Append::to(
                    StreamId::new("a", format!("{t}")).unwrap(),
                    ExpectedVersion::Any,
                    vec![event()],
                ))
                .await
            }));
        }
        for h in hs {
            match h.await.unwrap() {
                Ok(_) => acked += 1,
                Err(e) => {
                    fails += 1;
                    last = format!("{e:?}");
                }
            }
        }
        println!(
            "round {round}: acked {acked} counted {} fails {fails} {}",
            count(&store).await,
            &last[..last.len().min(200)]
        );
        if round == 1 {
            std::fs::remove_file(format!("{dir}/ballast")).unwrap();
            println!("room");
        }
    }
    store.close().await;
    let store = SqliteStore::open(format!("{dir}/s.db")).await.unwrap();
    println!("after reopen {}", count(&store).await);
    for f in std::fs::read_dir(dir).unwrap() {
        let f = f.unwrap();
        println!("{:?} {}", f.path(), f.metadata().unwrap().len());
    }
}
