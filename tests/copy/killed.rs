//! Copies made by processes that are killed. A child process is this test binary, with its task in environment
//! variables.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
};

use eventsource::history::{CopyStep, copy};
use eventsource_conformance::torture;

use crate::{
    assert_copied,
    stores::{Kind, Place, history, open},
};

const FROM: &str = "EVENTSOURCE_TEST_FROM";
const TO: &str = "EVENTSOURCE_TEST_TO";
const CHUNKS: &str = "EVENTSOURCE_TEST_CHUNKS";
/// How many chunks there are to be killed among.
const ALL_CHUNKS: usize = 60;
const CHUNK: usize = 50;

/// Does nothing, unless it was started by [`start`].
#[test]
fn copies_in_a_child_process() {
    let (Ok(from), Ok(to), Ok(chunks)) = (std::env::var(FROM), std::env::var(TO), std::env::var(CHUNKS))
    else {
        return;
    };
    let mut chunks: u64 = chunks.parse().unwrap();
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(async {
        let (from, to) = (open(&from).await, open(&to).await);
        let reported = copy(&*from, &*to).chunk(CHUNK).with_progress(|so_far| {
            if so_far.step == CopyStep::Storing {
                let line = format!("\nstored {}\n", so_far.events);
                std::io::stdout().write_all(line.as_bytes()).unwrap();
                chunks -= 1;
                if chunks == 0 {
                    loop {
                        std::thread::park();
                    }
                }
            }
        });
        reported.await.unwrap();
    });
}

/// A process that copies at most this many chunks until it is killed.
fn start(from: &Place, to: &Place, chunks: usize) -> Child {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::copies_in_a_child_process", "--nocapture", "--test-threads=1"])
        .env(FROM, &from.address)
        .env(TO, &to.address)
        .env(CHUNKS, chunks.to_string())
        // The end of this pipe tells the child that this process has ended.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    child.unwrap()
}

/// Kills it (SIGKILL) after it has stored this many chunks, during the next one. Returns how many events it had
/// reported as stored, or `None` if it completed before.
fn kill_after(chunks: usize, mut child: Child) -> Option<u64> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut stored = lines.filter_map(|line| line.strip_prefix("stored ")?.parse().ok());
    let reported = stored.nth(chunks - 1);
    child.kill().unwrap();
    child.wait().unwrap();
    reported
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_whose_process_is_killed_resumes() {
    let all = torture::at_least(12, ALL_CHUNKS);
    let events = (all * CHUNK) as u64;
    for (from, to) in [(Kind::Sqlite, Kind::Postgres), (Kind::Postgres, Kind::Sqlite)] {
        let (from, to) = (Place::of(from).await, Place::of(to).await);
        from.store.import(&history(events)).await.unwrap();
        let mut before = 0;
        for kills in 1.. {
            let chunks = 1 + kills % 4;
            // It stores at most one chunk more, however late this process kills it.
            let Some(reported) = kill_after(chunks, start(&from, &to, chunks + 1)) else {
                assert!(kills > all / 6, "it was killed only {kills} times");
                break;
            };
            assert!(reported > before, "{reported} events after {before}");
            before = reported;
        }
        let copied = assert_copied(&*from.store, &*to.store).await;
        assert!(copied.stored <= events - before, "stored events are not stored again");
    }
}
