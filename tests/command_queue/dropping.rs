//! Callers that drop their commands.

use std::{pin::pin, sync::Arc};

use eventsource::{AggregateCache, Retry, prelude::*};
use eventsource_conformance::waiting::in_time;

use crate::{
    chance::polled,
    page::note,
    watched::{Watched, begun},
};

#[tokio::test]
async fn a_command_that_is_dropped_at_any_moment_counts_whole_or_not_at_all_and_disturbs_no_other() {
    for cache in [AggregateCache::OFF, AggregateCache::default()] {
        let (mut lost, mut counted, mut answered) = (0, 0, 0);
        for polls in 0..30 {
            let store = Watched::new();
            let source = EventSource::builder(Arc::clone(&store)).cache(cache).retry(Retry::NEVER).build();
            if polls % 2 == 0 {
                source.execute(note("a", 100)).await.unwrap();
            }
            store.slow_down(2);
            let dropped = polled(polls, source.execute(note("a", 1).times(2)).into_future());
            let (first, dropped, last) = tokio::join!(
                source.execute(note("a", 0)).into_future(),
                dropped,
                source.execute(note("a", 2)).into_future(),
            );
            first.unwrap();
            last.unwrap();
            source.execute(note("a", 3)).await.unwrap();
            let numbers = store.numbers("a").await;
            let times = numbers.iter().filter(|number| **number == 1).count();
            match (dropped, times) {
                (Some(outcome), 2) => {
                    outcome.unwrap();
                    answered += 1;
                }
                (None, 2) => counted += 1,
                (None, 0) => lost += 1,
                (dropped, times) => panic!("{dropped:?} although it counts {times} times"),
            }
            assert!([0, 2, 3].iter().all(|it| numbers.iter().filter(|number| *number == it).count() == 1));
        }
        assert!(lost > 0 && counted > 0 && answered > 0, "{lost} {counted} {answered}");
    }
}

#[tokio::test]
async fn a_pending_append_of_a_dropped_command_is_appended_without_a_waiting_caller() {
    let store = Watched::new();
    let source = EventSource::new(Arc::clone(&store));
    let mut gate = store.hold();
    let first = begun(source.execute(note("a", 0)));
    let held = gate.arrival().await;
    let second = begun(source.execute(note("a", 1)));
    drop((first, second));
    held.pass();
    gate.arrival().await.pass();
    drop(gate);
    source.execute(note("a", 2)).await.unwrap();
    assert_eq!(store.numbers("a").await, [0, 1, 2]);
    assert_eq!(store.reads(), [0]);
}

#[tokio::test]
async fn a_command_that_is_not_polled_for_a_while_blocks_no_other() {
    for cache in [AggregateCache::OFF, AggregateCache::default()] {
        for polls in 1..12 {
            let store = Watched::new();
            let source = EventSource::builder(Arc::clone(&store)).cache(cache).retry(Retry::NEVER).build();
            store.slow_down(2);
            let mut left_alone = pin!(source.execute(note("a", 1)).into_future());
            let answered = polled(polls, left_alone.as_mut()).await;
            // As in a branch of `select!` whose body executes another command.
            let mut others = Vec::new();
            for number in [2, 3] {
                let other = source.execute(note("a", number)).into_future();
                others.push(in_time("a command that is not to wait for the other", other).await.unwrap());
            }
            let receipt = match answered {
                Some(answer) => answer,
                None => left_alone.await,
            };
            receipt.unwrap();
            let mut numbers = store.numbers("a").await;
            numbers.sort_unstable();
            assert_eq!(numbers, [1, 2, 3], "after {polls} polls");
        }
    }
}
