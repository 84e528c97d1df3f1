//! Appends whose answer is lost: the store finds out the outcome, or reports it as unknown, and the append can be repeated.

use std::time::Duration;

use eventsource_conformance::torture;
use eventsource_core::{
    Version,
    store::{Append, AppendError, EventStore, ExpectedVersion, Receipt, StoreError, StreamAppend},
};
use eventsource_harness::{Direction, Proxy, TestDatabase};
use eventsource_postgres::{PostgresOptions, PostgresStore};

use crate::support::{
    SeededRandom, append_to, append_with_sql, assert_streams_are_whole, connect, database, event, open,
    port_of, run, stored, stream, wait_until_blocked,
};

/// A store whose connection to the database can be interrupted.
struct UnreliableStore {
    database: TestDatabase,
    proxy: Proxy,
    store: PostgresStore,
}

impl UnreliableStore {
    async fn new() -> Self {
        let database = database().await;
        let proxy = Proxy::start(port_of(database.url())).expect("a proxy");
        let options = PostgresOptions::new(&proxy.url(database.url())).expect("a URL");
        // One connection, so that the store cannot use another one.
        let store = options.max_connections(1).connect().await.expect("a store");
        Self { database, proxy, store }
    }

    /// The parts of an append, with the versions of their stored events.
    async fn kept(&self, append: &Append) -> Vec<(StreamAppend, Vec<u64>)> {
        let log = stored(self.database.url()).await;
        let kept = |part: &StreamAppend| {
            let of_part = log.iter().filter(|event| event.stream == part.stream);
            let ours = of_part.filter(|event| part.events.iter().any(|new| new.id == event.id));
            (part.clone(), ours.map(|event| event.version).collect())
        };
        append.streams.iter().map(kept).collect()
    }

    /// Asserts that every event of the append is stored once, at the versions of the receipts.
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
async fn appends(fixture: &UnreliableStore) -> Vec<(&'static str, Append)> {
    for _ in 0..2 {
        fixture.store.append(append_to("there")).await.expect("appended");
    }
    let part =
        |id: &str, expected| StreamAppend { stream: stream(id), expected, events: vec![event(), event()] };
    let one = |id: &str, expected| Append {
        streams: vec![part(id, expected)],
        idempotency_key: None,
        request: None,
    };
    let several = Append {
        streams: vec![part("several-b", ExpectedVersion::NoStream), part("several-a", ExpectedVersion::Any)],
        idempotency_key: None,
        request: None,
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
async fn an_append_whose_answer_is_lost_is_repeated() {
    let fixture = UnreliableStore::new().await;
    for (lost, (kind, append)) in (1..).zip(appends(&fixture).await) {
        fixture.proxy.lose_next_answer();
        let receipts = fixture.store.append(append.clone()).await.unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        assert_eq!(fixture.proxy.answers_lost(), lost, "{kind}");
        assert!(
            receipts.iter().all(|receipt| receipt.repeated),
            "{kind}: it was stored before the answer was lost"
        );
        fixture.assert_kept_once(&append, &receipts).await;
    }
}

#[tokio::test]
async fn a_lost_answer_of_an_unreachable_server_is_an_unknown_outcome_and_can_be_repeated() {
    let fixture = UnreliableStore::new().await;
    for (lost, (kind, append)) in (1..).zip(appends(&fixture).await) {
        fixture.proxy.lose_next_answer();
        fixture.proxy.refuse();
        let repeat = unknown(fixture.store.append(append.clone()).await);
        assert_eq!(fixture.proxy.answers_lost(), lost, "{kind}");
        let kept = fixture.kept(&append).await;
        assert!(kept.iter().all(|(_, versions)| versions.len() == 2), "{kind}: {kept:?}");
        // Another process appends to the same streams; a repetition still returns the first receipt.
        for part in &append.streams {
            open(fixture.database.url()).await.append(append_to(part.stream.id())).await.expect("appended");
        }
        fixture.proxy.heal();
        let receipts = fixture.store.append(repeat.clone()).await.unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        assert!(receipts.iter().all(|receipt| receipt.repeated), "{kind}: {receipts:?}");
        fixture.assert_kept_once(&append, &receipts).await;
        assert_eq!(fixture.store.append(repeat).await.expect("repeated again"), receipts, "{kind}");
        if let Some(key) = &append.idempotency_key {
            let found = fixture.store.find_receipt(&append.streams[0].stream, key).await;
            assert_eq!(found.expect("an answer").as_ref(), receipts.first());
        }
    }
    assert_streams_are_whole(&stored(fixture.database.url()).await);
}

#[tokio::test]
async fn an_append_that_never_arrived_can_be_repeated_too() {
    let fixture = UnreliableStore::new().await;
    for (kind, append) in appends(&fixture).await {
        let mut tries = 0;
        let repeat = loop {
            fixture.store.find_receipt(&stream("a"), "key").await.expect("there is a connection");
            SeededRandom(tries).pause(Duration::from_millis(20)).await;
            fixture.proxy.stall(Direction::ToServer);
            fixture.proxy.refuse();
            let appending = tokio::spawn({
                let (store, append) = (fixture.store.clone(), append.clone());
                async move { store.append(append).await }
            });
            // Lets the store send the statement, which gets as far as the proxy.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            fixture.proxy.cut();
            let outcome = appending.await.expect("an end");
            let kept = fixture.kept(&append).await;
            assert!(kept.iter().all(|(_, versions)| versions.is_empty()), "{kind}: {kept:?}");
            fixture.proxy.heal();
            // The cut may also hit the ping when a connection returns to the pool. Then the store knows that it has
            // sent nothing.
            tries += 1;
            match outcome {
                Err(AppendError::Store(StoreError::Unavailable { .. })) if tries < 100 => {}
                outcome => break unknown(outcome),
            }
        };
        let receipts = fixture.store.append(repeat).await.unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        assert!(receipts.iter().all(|receipt| !receipt.repeated), "{kind}: {receipts:?}");
        fixture.assert_kept_once(&append, &receipts).await;
    }
}

#[tokio::test]
async fn a_connection_that_was_cut_while_idle_is_replaced() {
    let fixture = UnreliableStore::new().await;
    for (kind, append) in appends(&fixture).await {
        fixture.proxy.cut();
        let receipts = fixture.store.append(append.clone()).await.unwrap_or_else(|e| panic!("{kind}: {e:?}"));
        assert!(receipts.iter().all(|receipt| !receipt.repeated), "{kind}: {receipts:?}");
        fixture.assert_kept_once(&append, &receipts).await;
    }
}

#[tokio::test]
async fn if_nothing_could_be_sent_the_outcome_is_known() {
    let fixture = UnreliableStore::new().await;
    // A read finds the only connection dead, and a new one is refused.
    fixture.proxy.refuse();
    fixture.proxy.cut();
    fixture.store.find_receipt(&stream("a"), "key").await.expect_err("no server");
    let error = fixture.store.append(append_to("a")).await.expect_err("no server");
    assert!(matches!(error, AppendError::Store(StoreError::Unavailable { .. })), "{error:?}");
    assert!(error.is_retryable());
    assert_eq!(stored(fixture.database.url()).await, []);
    fixture.proxy.heal();
    fixture.store.append(append_to("a")).await.expect("the same store works again");
}

/// The server does not notice a lost client while it waits for a lock: the first attempt continues, and the second one
/// waits for it.
#[tokio::test]
async fn a_first_attempt_that_still_runs_is_not_duplicated_by_the_second() {
    for expected in [ExpectedVersion::NoStream, ExpectedVersion::Any] {
        for commits in [false, true] {
            let fixture = UnreliableStore::new().await;
            let mut other = connect(fixture.database.url()).await;
            run(&mut other, "begin").await;
            append_with_sql(&mut other, "a").await.expect("the append succeeds");
            let append = Append::to(stream("a"), expected, vec![event(), event()]);
            let appending = tokio::spawn({
                let (store, append) = (fixture.store.clone(), append.clone());
                async move { store.append(append).await }
            });
            wait_until_blocked(fixture.database.url(), 1).await;
            fixture.proxy.cut();
            wait_until_blocked(fixture.database.url(), 2).await;
            run(&mut other, if commits { "commit" } else { "rollback" }).await;
            let case = format!("expecting {expected}, other transaction commits: {commits}");
            match (appending.await.expect("an end"), expected, commits) {
                (Err(AppendError::Conflict { actual, .. }), ExpectedVersion::NoStream, true) => {
                    assert_eq!(actual.get(), 1, "{case}");
                    assert!(fixture.kept(&append).await[0].1.is_empty(), "{case}");
                }
                (outcome, ExpectedVersion::Any, _) | (outcome, _, false) => {
                    let receipts = outcome.unwrap_or_else(|error| panic!("{case}: {error:?}"));
                    fixture.assert_kept_once(&append, &receipts).await;
                }
                (outcome, ..) => panic!("{case}: {outcome:?}"),
            }
            wait_until_blocked(fixture.database.url(), 0).await;
            assert_streams_are_whole(&stored(fixture.database.url()).await);
        }
    }
}

/// In how many rounds the connection is cut.
const CUTS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_the_connection_is_cut_each_event_is_stored_once() {
    let fixture = UnreliableStore::new().await;
    let mut random = SeededRandom(17);
    let mut version = Version::EMPTY;
    let mut appended = Vec::new();
    let mut unknown = 0;
    for round in 0..torture::at_least(40, CUTS) {
        let mut append = Append::to(stream("exact"), ExpectedVersion::Exact(version), vec![event(), event()]);
        append.streams.extend(append_to(format!("any-{}", round % 7)).streams);
        if round % 3 == 0 {
            append = append.with_idempotency_key(format!("round {round}"));
        }
        let cuts = async {
            // In every twentieth round the cut is deterministically between commit and answer. In the round after it again,
            // then on a connection on which the statement is prepared.
            if round % 20 < 2 {
                return fixture.proxy.lose_next_answer();
            }
            for _ in 0..2 {
                random.pause(Duration::from_micros(2500)).await;
                fixture.proxy.cut();
            }
        };
        let appending = async {
            let mut next = append.clone();
            loop {
                match fixture.store.append(next).await {
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
        appended.push((append, receipts));
    }
    let repeated = appended.iter().filter(|(_, receipts)| receipts[0].repeated).count();
    assert!(
        repeated > 0,
        "no answer was lost, so this run has tested nothing; {unknown} outcomes were unknown"
    );
    for (append, receipts) in &appended {
        fixture.assert_kept_once(append, receipts).await;
    }
    let log = stored(fixture.database.url()).await;
    assert_eq!(log.len(), 3 * appended.len());
    assert_streams_are_whole(&log);
}
