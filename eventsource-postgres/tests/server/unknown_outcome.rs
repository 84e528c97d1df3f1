//! Appends whose answer is lost on the way: they are settled, or said to be unknown and can be repeated.

use std::time::Duration;

use eventsource_conformance::torture;
use eventsource_core::{
    Version,
    store::{Append, AppendError, EventStore, ExpectedVersion, Receipt, StoreError, StreamAppend},
};
use eventsource_harness::{Direction, Proxy, TestDatabase};
use eventsource_postgres::{PostgresOptions, PostgresStore};

use crate::support::{
    Chance, append_by_hand, append_to, assert_streams_are_whole, connect, database, event, open, port_of,
    run, stored, stream, wait_until_blocked,
};

/// A store that reaches its database through a network that can break.
struct Setting {
    database: TestDatabase,
    proxy: Proxy,
    store: PostgresStore,
}

impl Setting {
    async fn new() -> Self {
        let database = database().await;
        let proxy = Proxy::start(port_of(database.url())).expect("a proxy");
        let options = PostgresOptions::new(&proxy.url(database.url())).expect("a URL");
        // One connection, so that there is no other to turn to.
        let store = options.max_connections(1).connect().await.expect("a store");
        Self { database, proxy, store }
    }

    /// The versions and ids of what an append left behind.
    async fn kept(&self, append: &Append) -> Vec<(StreamAppend, Vec<u64>)> {
        let log = stored(self.database.url()).await;
        let kept = |part: &StreamAppend| {
            let of_part = log.iter().filter(|event| event.stream == part.stream);
            let ours = of_part.filter(|event| part.events.iter().any(|new| new.id == event.id));
            (part.clone(), ours.map(|event| event.version).collect())
        };
        append.streams.iter().map(kept).collect()
    }

    /// Every event of the append is stored once, where the receipts say.
    async fn assert_kept_once(&self, append: &Append, receipts: &[Receipt]) {
        assert_eq!(receipts.len(), append.streams.len());
        for ((part, versions), receipt) in self.kept(append).await.iter().zip(receipts) {
            let count = u64::try_from(part.events.len()).expect("few events");
            let last = receipt.version.get();
            assert_eq!(receipt.stream, part.stream);
            assert_eq!(*versions, (last + 1 - count..=last).collect::<Vec<_>>(), "of {}", part.stream);
        }
    }
}

/// One append of each kind. The stream `there` has two events.
async fn appends(setting: &Setting) -> Vec<(&'static str, Append)> {
    for _ in 0..2 {
        setting.store.append(append_to("there")).await.expect("appended");
    }
    let part =
        |id: &str, expected| StreamAppend { stream: stream(id), expected, events: vec![event(), event()] };
    let one = |id: &str, expected| Append { streams: vec![part(id, expected)], idempotency_key: None };
    let several = Append {
        streams: vec![part("several-b", ExpectedVersion::NoStream), part("several-a", ExpectedVersion::Any)],
        idempotency_key: None,
    };
    vec![
        ("to a new stream", one("new", ExpectedVersion::NoStream)),
        ("to an exact version", one("there", ExpectedVersion::Exact(Version::new(2)))),
        ("to any version", one("any", ExpectedVersion::Any)),
        ("to an existing stream", one("there", ExpectedVersion::StreamExists)),
        ("to several streams", several.clone()),
        ("under a key", one("keyed", ExpectedVersion::Any).with_idempotency_key("request-1")),
    ]
}

fn unknown(outcome: Result<Vec<Receipt>, AppendError>) -> Append {
    match outcome {
        Err(error @ AppendError::OutcomeUnknown { .. }) => {
            assert!(error.is_retryable());
            assert!(error.to_string().contains("repeat it with the same event ids"), "{error}");
            let AppendError::OutcomeUnknown { append, .. } = error else { unreachable!("matched above") };
            *append
        }
        other => panic!("expected an unknown outcome, not {other:?}"),
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    let setting = Setting::new().await;
    for (lost, (kind, append)) in (1..).zip(appends(&setting).await) {
        setting.proxy.lose_next_answer();
        let receipts = setting.store.append(append.clone()).await.unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        assert_eq!(setting.proxy.answers_lost(), lost, "{kind}");
        assert!(
            receipts.iter().all(|receipt| receipt.repeated),
            "{kind}: it happened before the answer was lost"
        );
        setting.assert_kept_once(&append, &receipts).await;
    }
}

#[tokio::test]
async fn a_lost_answer_of_a_server_that_is_gone_leaves_the_outcome_unknown_and_can_be_repeated() {
    let setting = Setting::new().await;
    for (lost, (kind, append)) in (1..).zip(appends(&setting).await) {
        setting.proxy.lose_next_answer();
        setting.proxy.refuse();
        let repeat = unknown(setting.store.append(append.clone()).await);
        assert_eq!(setting.proxy.answers_lost(), lost, "{kind}");
        let kept = setting.kept(&append).await;
        assert!(kept.iter().all(|(_, versions)| versions.len() == 2), "{kind}: {kept:?}");
        // Somebody else goes on, as far as that is possible: the receipt is the first one all the same.
        for part in &append.streams {
            open(setting.database.url()).await.append(append_to(part.stream.id())).await.expect("appended");
        }
        setting.proxy.heal();
        let receipts = setting.store.append(repeat.clone()).await.unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        assert!(receipts.iter().all(|receipt| receipt.repeated), "{kind}: {receipts:?}");
        setting.assert_kept_once(&append, &receipts).await;
        assert_eq!(setting.store.append(repeat).await.expect("repeated again"), receipts, "{kind}");
        if let Some(key) = &append.idempotency_key {
            let found = setting.store.find_receipt(&append.streams[0].stream, key).await;
            assert_eq!(found.expect("an answer").as_ref(), receipts.first());
        }
    }
    assert_streams_are_whole(&stored(setting.database.url()).await);
}

#[tokio::test]
async fn an_append_that_never_arrived_can_be_repeated_too() {
    let setting = Setting::new().await;
    for (kind, append) in appends(&setting).await {
        let mut tries = 0;
        let repeat = loop {
            setting.store.find_receipt(&stream("a"), "key").await.expect("there is a connection");
            Chance(tries).pause(Duration::from_millis(20)).await;
            setting.proxy.stall(Direction::ToServer);
            setting.proxy.refuse();
            let appending = tokio::spawn({
                let (store, append) = (setting.store.clone(), append.clone());
                async move { store.append(append).await }
            });
            // Lets the statement go out; it gets as far as the proxy.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            setting.proxy.cut();
            let outcome = appending.await.expect("an end");
            let kept = setting.kept(&append).await;
            assert!(kept.iter().all(|(_, versions)| versions.is_empty()), "{kind}: {kept:?}");
            setting.proxy.heal();
            // The cut may also hit the ping with which a connection goes back to the pool, and then the store
            // knows that it has sent nothing.
            tries += 1;
            match outcome {
                Err(AppendError::Store(StoreError::Unavailable { .. })) if tries < 100 => {}
                outcome => break unknown(outcome),
            }
        };
        let receipts = setting.store.append(repeat).await.unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        assert!(receipts.iter().all(|receipt| !receipt.repeated), "{kind}: {receipts:?}");
        setting.assert_kept_once(&append, &receipts).await;
    }
}

#[tokio::test]
async fn a_connection_that_was_cut_while_idle_is_replaced() {
    let setting = Setting::new().await;
    for (kind, append) in appends(&setting).await {
        setting.proxy.cut();
        let receipts = setting.store.append(append.clone()).await.unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        assert!(receipts.iter().all(|receipt| !receipt.repeated), "{kind}: {receipts:?}");
        setting.assert_kept_once(&append, &receipts).await;
    }
}

#[tokio::test]
async fn where_nothing_could_be_sent_the_outcome_is_known() {
    let setting = Setting::new().await;
    // The one connection is found dead by a read, and there is no other.
    setting.proxy.refuse();
    setting.proxy.cut();
    setting.store.find_receipt(&stream("a"), "key").await.expect_err("no server");
    let error = setting.store.append(append_to("a")).await.expect_err("no server");
    assert!(matches!(error, AppendError::Store(StoreError::Unavailable { .. })), "{error:?}");
    assert!(error.is_retryable());
    assert_eq!(stored(setting.database.url()).await, []);
    setting.proxy.heal();
    setting.store.append(append_to("a")).await.expect("the same store works again");
}

/// The server does not notice that a client is gone while it waits for a lock: the first try goes on, and the
/// second is behind it.
#[tokio::test]
async fn a_first_try_that_still_runs_is_not_doubled_by_the_second() {
    for expected in [ExpectedVersion::NoStream, ExpectedVersion::Any] {
        for others_commit in [false, true] {
            let setting = Setting::new().await;
            let mut other = connect(setting.database.url()).await;
            run(&mut other, "begin").await;
            append_by_hand(&mut other, "a").await.expect("an append by hand");
            let append = Append::to(stream("a"), expected, vec![event(), event()]);
            let appending = tokio::spawn({
                let (store, append) = (setting.store.clone(), append.clone());
                async move { store.append(append).await }
            });
            wait_until_blocked(setting.database.url(), 1).await;
            setting.proxy.cut();
            wait_until_blocked(setting.database.url(), 2).await;
            run(&mut other, if others_commit { "commit" } else { "rollback" }).await;
            let case = format!("expecting {expected}, the other {others_commit}");
            match (appending.await.expect("an end"), expected, others_commit) {
                (Err(AppendError::Conflict { actual, .. }), ExpectedVersion::NoStream, true) => {
                    assert_eq!(actual.get(), 1, "{case}");
                    assert!(setting.kept(&append).await[0].1.is_empty(), "{case}");
                }
                (outcome, ExpectedVersion::Any, _) | (outcome, _, false) => {
                    let receipts = outcome.unwrap_or_else(|error| panic!("{case}: {error:?}"));
                    setting.assert_kept_once(&append, &receipts).await;
                }
                (outcome, ..) => panic!("{case}: {outcome:?}"),
            }
            wait_until_blocked(setting.database.url(), 0).await;
            assert_streams_are_whole(&stored(setting.database.url()).await);
        }
    }
}

/// In how many rounds the connection is cut.
const CUTS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_the_connection_is_cut_each_event_is_stored_once() {
    let setting = Setting::new().await;
    let mut chance = Chance(17);
    let mut version = Version::EMPTY;
    let mut settled = Vec::new();
    let mut unknown = 0;
    for round in 0..torture::at_least(40, CUTS) {
        let mut append = Append::to(stream("exact"), ExpectedVersion::Exact(version), vec![event(), event()]);
        append.streams.extend(append_to(format!("any-{}", round % 7)).streams);
        if round % 3 == 0 {
            append = append.with_idempotency_key(format!("round {round}"));
        }
        let cuts = async {
            // Now and then for certain between commit and answer: the second time on a connection that is prepared.
            if round % 20 < 2 {
                return setting.proxy.lose_next_answer();
            }
            for _ in 0..2 {
                chance.pause(Duration::from_micros(2500)).await;
                setting.proxy.cut();
            }
        };
        let appending = async {
            let mut next = append.clone();
            loop {
                match setting.store.append(next).await {
                    Ok(receipts) => return receipts,
                    Err(AppendError::OutcomeUnknown { append, .. }) => {
                        (unknown, next) = (unknown + 1, *append)
                    }
                    Err(error) if error.is_retryable() => next = append.clone(),
                    Err(error) => panic!("in round {round}: {error:?}"),
                }
            }
        };
        let ((), receipts) = tokio::join!(cuts, appending);
        version = receipts[0].version;
        settled.push((append, receipts));
    }
    let repeated = settled.iter().filter(|(_, receipts)| receipts[0].repeated).count();
    assert!(repeated > 0, "no answer was lost, so this has shown nothing; {unknown} outcomes were unknown");
    for (append, receipts) in &settled {
        setting.assert_kept_once(append, receipts).await;
    }
    let log = stored(setting.database.url()).await;
    assert_eq!(log.len(), 3 * settled.len());
    assert_streams_are_whole(&log);
}
