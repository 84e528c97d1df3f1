//! Two event sources and a third process on the same pages, with every fault, checked against the final content of
//! the streams.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use eventsource::{AggregateCache, Retry, prelude::*, store::Receipt};
use eventsource_conformance::torture;
use futures_util::FutureExt;

use crate::{
    chance::{Chance, polled},
    page::{Full, Trick, fingerprint, note},
    watched::{Watched, page},
};

const PAGES: [&str; 3] = ["a", "b", "c"];
const TASKS: u64 = 10;
const COMMANDS: u64 = 12;
/// How many runs there are, on one thread and on several.
const SEEDS: usize = 150;
const SEEDS_ON_THREADS: usize = 60;

/// The outcome of a command.
struct Told {
    page: &'static str,
    number: u64,
    times: usize,
    key: Option<u64>,
    /// The versions of the stream when the command was called and when it returned.
    between: (u64, u64),
    answer: Answer,
}

enum Answer {
    Receipt(Receipt),
    Rejected(Full),
    /// Reported as not stored.
    Failed,
    /// Dropped, or with an unknown outcome.
    Open,
}

async fn tell(
    source: EventSource<Arc<Watched>>,
    store: Arc<Watched>,
    mut chance: Chance,
    task: u64,
) -> Vec<Told> {
    let mut told = Vec::new();
    for n in 0..COMMANDS {
        let name = PAGES[usize::try_from(chance.below(3)).expect("an index")];
        let number = task * 1_000 + n;
        if chance.below(8) == 0 {
            store.intrude_if_it_fits(name, number + 500).await;
            continue;
        }
        let times = usize::try_from(chance.below(8).min(2)).expect("a few");
        let mut command = note(name, number).times(times);
        if chance.below(3) == 0 {
            let below = store.version(name).await.get() + chance.below(3);
            command = command.below(usize::try_from(below).expect("a few"));
        }
        match chance.below(20) {
            0 => command = command.with(Trick::Unwritable),
            1 => command = command.with(Trick::HandlePanics),
            _ => {}
        }
        let key = (chance.below(4) == 0).then(|| chance.below(6));
        let mut executing = source.execute(command);
        if let Some(key) = key {
            executing = executing.idempotency_key(key.to_string());
        }
        let polls = if chance.below(6) == 0 { chance.below(5) } else { u64::MAX };
        let before = store.version(name).await.get();
        let caught = AssertUnwindSafe(executing.into_future()).catch_unwind();
        let answer = match polled(usize::try_from(polls).expect("64 bits"), caught).await {
            None | Some(Ok(Err(ExecuteError::OutcomeUnknown { .. }))) => Answer::Open,
            Some(Ok(Ok(receipt))) => Answer::Receipt(receipt),
            Some(Ok(Err(ExecuteError::Rejected(full)))) => Answer::Rejected(full),
            Some(Err(_) | Ok(Err(_))) => Answer::Failed,
        };
        let between = (before, store.version(name).await.get());
        told.push(Told { page: name, number, times, key, between, answer });
    }
    told
}

async fn play(seed: u64) {
    let store = Watched::new();
    store.leave_to(Chance::new(seed));
    let retry = Retry::default().min_delay(Duration::from_micros(50)).max_delay(Duration::from_millis(1));
    let source = |cache| EventSource::builder(Arc::clone(&store)).retry(retry).cache(cache).build();
    let caches = [AggregateCache::default(), AggregateCache::entries(seed as usize % 3)];
    let sources = caches.map(source);
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let source = sources[task as usize % 2].clone();
            tokio::spawn(tell(source, Arc::clone(&store), Chance::new(seed ^ (task << 32)), task))
        })
        .collect();
    let mut told = Vec::new();
    for task in tasks {
        told.extend(task.await.expect("a task completes"));
    }
    store.leave_in_peace();
    for name in PAGES {
        for (number, source) in (1_000_000..).zip(&sources) {
            // A dropped command may still be queued; if so, it is processed before this one.
            source.execute(note(name, number)).await.expect("no fault is injected any more");
        }
    }
    let mut pages = HashMap::new();
    for name in PAGES {
        let numbers = store.numbers(name).await;
        assert_eq!(page(&sources[0], name).await.numbers, numbers);
        pages.insert(name, numbers);
    }
    for command in &told {
        explain(command, &told, &pages[command.page]);
    }
}

/// Whether the content of the page explains the outcome.
fn explain(command: &Told, told: &[Told], page: &[u64]) {
    let Told { number, times, key, between: (from, to), answer, .. } = command;
    let count = page.iter().filter(|it| *it == number).count();
    assert!(count == 0 || count == *times, "{number} is on the page {count} times, not {times}");
    match answer {
        Answer::Receipt(receipt) if receipt.repeated && key.is_some() => {
            let at = receipt.version.get() as usize;
            let by = |number: u64| told.iter().find(|it| it.number == number).and_then(|it| it.key);
            // A command that was stored without events leaves no record.
            assert!(
                at == 0 || by(page[at - 1]) == *key || told.iter().any(|it| it.key == *key && it.times == 0)
            );
            assert!(
                count == 0 || page[at - 1] == *number,
                "{number} was stored in addition to its repetition"
            );
        }
        Answer::Receipt(receipt) => {
            assert_eq!(count, *times, "{number} was acknowledged");
            let at = receipt.version.get() as usize;
            assert!(*times == 0 || page[at - 1] == *number, "the receipt of {number} names another event");
            assert!(*times > 0 || (*from..=*to).contains(&receipt.version.get()));
        }
        Answer::Rejected(Full { count: seen, on }) => {
            assert_eq!(count, 0, "{number} was rejected");
            assert_eq!(
                *on,
                fingerprint(&page[..*seen]),
                "{number} was rejected on a state that never existed"
            );
            assert!((*from..=*to).contains(&(*seen as u64)), "{number} was rejected on an outdated state");
        }
        Answer::Failed => assert_eq!(count, 0, "{number} was reported as failed"),
        Answer::Open => {}
    }
}

#[tokio::test]
async fn every_outcome_is_explained_by_the_content_of_the_streams() {
    for seed in 0..torture::times(SEEDS) as u64 {
        let played = AssertUnwindSafe(play(seed)).catch_unwind().await;
        assert!(played.is_ok(), "with the seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn every_outcome_on_several_threads_is_explained_by_the_content_of_the_streams() {
    for seed in (1_000..).take(torture::times(SEEDS_ON_THREADS)) {
        let played = AssertUnwindSafe(play(seed)).catch_unwind().await;
        assert!(played.is_ok(), "with the seed {seed}");
    }
}
