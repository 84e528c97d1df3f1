//! A projection that is promoted and demoted repeatedly during appends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use eventsource::prelude::*;

use super::{
    bank::{Deposit, Inline, Seen},
    support::{
        Chance, connect, database, figure, in_time, number, patient, quick, run, store, torture, until,
        until_followed, until_inline,
    },
    truth::Truth,
    writers::{Writers, account, append_by_hand},
};

/// How many times it is promoted and demoted, and how many times rebuilt.
const ROUNDS: usize = 20;
const REBUILDS: usize = 10;
const WRITERS: u64 = 8;

/// The outcomes of appends without an event source.
#[derive(Debug, Default)]
struct Past {
    over: AtomicBool,
    appended: AtomicUsize,
    refused: AtomicUsize,
}

impl Past {
    fn counts(&self) -> (usize, usize) {
        (self.appended.load(Ordering::SeqCst), self.refused.load(Ordering::SeqCst))
    }

    fn was_both(&self) -> bool {
        let (appended, refused) = self.counts();
        appended > 0 && refused > 0
    }
}

/// Appends without an event source, in transactions that stay open for a while, until it is stopped.
async fn append_past(url: String, past: Arc<Past>) {
    let mut connection = connect(&url).await;
    let mut chance = Chance(77);
    while !past.over.load(Ordering::SeqCst) {
        run(&mut connection, "begin").await;
        let outcome = append_by_hand(&mut connection, &account(&mut chance), &[1, 2]).await;
        chance.pause(Duration::from_millis(20)).await;
        match outcome {
            Ok(()) => {
                run(&mut connection, "commit").await;
                past.appended.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) => {
                let code =
                    error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
                // Refused; or a deadlock, or a race for a version, after which a caller retries.
                assert!(["ES001", "40P01", "23505"].contains(&&*code), "{error}");
                run(&mut connection, "rollback").await;
                past.refused.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_counts_once_however_often_it_is_promoted_and_demoted() {
    let database = database().await;
    let url = database.url();
    let program = async || {
        let builder = EventSource::builder(store(url).await).retry(patient());
        builder.inline(Inline::projection()).projection(Seen).build()
    };
    // Each event source caches which projections are inline, and learns of a change when it is refused.
    let (one, other) = (program().await, program().await);
    let workers = one.start_with(quick()).await.expect("started");
    let mut writers = Writers::default();
    writers.tell(&one, WRITERS / 2, Duration::from_millis(4));
    writers.tell(&other, WRITERS / 2, Duration::from_millis(4));
    let past = Arc::new(Past::default());
    let appending = tokio::spawn(append_past(url.to_owned(), Arc::clone(&past)));

    let mut connection = connect(url).await;
    let inline = "select count(*) from eventsource.generations where inline";
    let events = "select count(*) from eventsource.events";
    let mut took = Vec::new();
    let rounds = torture::times(ROUNDS);
    // More rounds, until an append was accepted and another one refused.
    while took.len() < rounds || (took.len() < 10 * ROUNDS && !past.was_both()) {
        let since = Instant::now();
        until_inline(url).await;
        took.push(since.elapsed());
        let before = number(&mut connection, events).await;
        until("appends to continue", async || {
            let now = number(&mut connection, events).await;
            if now > before + 10 { Ok(()) } else { Err(now) }
        })
        .await;
        in_time("the demotion", async {
            // It gives up if a transaction stays open for too long.
            while let Err(error) = one.demote("inline_balances").await {
                assert!(error.is_retryable(), "{error:?}");
            }
        })
        .await;
        let before = number(&mut connection, events).await;
        let goes_on = async || {
            let now = number(&mut connection, events).await;
            if now > before + 10 || number(&mut connection, inline).await == 1 { Ok(()) } else { Err(now) }
        };
        until("appends to continue", goes_on).await;
    }
    past.over.store(true, Ordering::SeqCst);
    appending.await.expect("no panic");
    let (appended, refused) = past.counts();
    writers.end().await;
    until_inline(url).await;
    until_followed(url).await;
    workers.shutdown().await.expect("ended");
    let mut truth = Truth::read(url).await;
    truth.assert_balances("inline_balances").await;
    truth.assert_seen().await;
    took.sort();
    figure(&format!(
        "{} promotions, {:?} to {:?}; {} events, {appended} appends past it, {refused} refused",
        took.len(),
        took[0],
        took[took.len() - 1],
        truth.events.len()
    ));
    assert!(appended > 0 && refused > 0, "there must be both accepted and refused appends");
}

/// The new generation is promoted at the moment in which it replaces an inline one.
#[tokio::test(flavor = "multi_thread")]
async fn each_event_counts_once_when_an_inline_projection_is_rebuilt() {
    let database = database().await;
    let url = database.url();
    let program = async || {
        let builder = EventSource::builder(store(url).await).retry(patient());
        builder.inline(Inline::projection()).projection(Seen).build()
    };
    let (one, other) = (program().await, program().await);
    let workers = one.start_with(quick()).await.expect("started");
    until_inline(url).await;
    let mut writers = Writers::default();
    writers.tell(&one, WRITERS / 2, Duration::from_millis(4));
    writers.tell(&other, WRITERS / 2, Duration::from_millis(4));
    let mut took = Vec::new();
    for n in 0..torture::at_least(5, REBUILDS) {
        let since = Instant::now();
        let rebuild = one.rebuild("inline_balances");
        let rebuild = if n % 2 == 0 { rebuild.keep_old() } else { rebuild };
        let rebuilt = in_time("a rebuild", rebuild.into_future()).await.expect("rebuilt");
        assert!(rebuilt.live, "{rebuilt:?}");
        took.push(since.elapsed());
        if n % 5 == 4 {
            // Restores the kept generation: it follows, and is then promoted.
            let kept = one.rebuild("inline_balances").keep_old();
            in_time("a rebuild", kept.into_future()).await.expect("rebuilt");
            in_time("the restore", one.restore("inline_balances")).await.expect("restored");
        }
    }
    writers.end().await;
    until_inline(url).await;
    until_followed(url).await;
    workers.shutdown().await.expect("ended");
    let mut truth = Truth::read(url).await;
    truth.assert_balances("inline_balances").await;
    truth.assert_seen().await;
    figure(&format!("{} events; rebuilt in {took:?}", truth.events.len()));
}

/// A transaction that ends releases its lock on the table first, and a moment later the one that holds the horizon
/// back. A demotion that assumes in between that the log ends at the horizon has a gap or repetitions.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_demoted_while_an_append_still_holds_the_horizon_back() {
    let database = database().await;
    let url = database.url();
    let es = EventSource::builder(store(url).await).retry(patient()).inline(Inline::projection()).build();
    let workers = es.start_with(quick()).await.expect("started");
    until_inline(url).await;
    let mut ending = connect(url).await;
    // The mark of an append that began before the first position.
    run(&mut ending, "select pg_advisory_lock_shared(4996180836614144000)").await;
    es.execute(Deposit("a", 1)).await.expect("accepted");
    let error = es.demote("inline_balances").await.expect_err("the end of the log is not known");
    assert!(error.is_retryable(), "{error:?}");
    run(&mut ending, "select pg_advisory_unlock_all()").await;
    es.demote("inline_balances").await.expect("demoted");
    es.execute(Deposit("a", 1)).await.expect("accepted");
    until_inline(url).await;
    workers.shutdown().await.expect("ended");
    Truth::read(url).await.assert_balances("inline_balances").await;
}
