//! Messages, of which each is received once, and what is kept of them and of idempotency keys.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use eventsource::store::{Append, ExpectedVersion, MessageName, Outcome, ReadModelStore, StoreTransaction};

use crate::support::{ReadModels, events, eventually, exactly, message, race, stream};

async fn received<S: ReadModelStore>(
    store: &ReadModels<S>,
    message: MessageName<'_>,
) -> (S::Transaction, Option<Outcome>) {
    store.begin_message(message).await.expect("the store can be written")
}

/// What is kept about a message.
async fn kept<S: ReadModelStore>(store: &ReadModels<S>, message: MessageName<'_>) -> Option<String> {
    let (transaction, kept) = received(store, message).await;
    transaction.roll_back().await.expect("the connection works");
    kept.map(|outcome| outcome.content)
}

/// Receives a message and keeps this.
async fn keep<S: ReadModelStore>(store: &ReadModels<S>, message: MessageName<'_>, outcome: &str) {
    let (mut transaction, _) = received(store, message).await;
    transaction.keep_outcome(message, outcome).await.expect("the store can be written");
    store.committed(transaction).await;
}

pub(crate) async fn the_outcome_of_a_message_is_kept_until_it_is_replaced<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let long = "é".repeat(512);
    for id in ["1", "o'clock", "a/b", "log/orders/0", "\u{1F600}", &long] {
        assert_eq!(kept(&store, message(id)).await, None);
        for outcome in [r#"{"n": 1,  "text": "\u0000"}"#, "null"] {
            keep(&store, message(id), outcome).await;
            assert_eq!(kept(&store, message(id)).await.as_deref(), Some(outcome), "byte for byte");
        }
    }
    let of_other = MessageName { consumer: "refunds", id: "1" };
    assert_eq!(kept(&store, of_other).await, None, "the ids of another consumer are its own");
    keep(&store, of_other, "2").await;
    assert_eq!(kept(&store, message("1")).await.as_deref(), Some("null"));
    let (transaction, first) = received(&store, message("1")).await;
    transaction.roll_back().await.expect("the connection works");
    let first = first.expect("it was kept").kept_at;
    let later = eventually("a later time", || async {
        keep(&store, message("1"), "3").await;
        let (transaction, found) = received(&store, message("1")).await;
        transaction.roll_back().await.expect("the connection works");
        found.filter(|outcome| outcome.kept_at > first)
    });
    assert_eq!(later.await.content, "3");
}

pub(crate) async fn what_a_message_appends_and_its_outcome_commit_together<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let append = Append::to(stream("account"), exactly(0), events(2));
    for end in ["drop", "roll back", "commit"] {
        let (mut transaction, before) = received(&store, message("1")).await;
        assert_eq!(before, None, "{end}");
        let (receipts, recorded) = transaction.append(&append, &[]).await.expect("accepted");
        assert_eq!((receipts.len(), recorded.len()), (1, 2));
        transaction.keep_outcome(message("1"), "7").await.expect("the store can be written");
        match end {
            "drop" => drop(transaction),
            "roll back" => transaction.roll_back().await.expect("the connection works"),
            _ => store.committed(transaction).await,
        }
        let appended = store.events().log().await.len();
        assert_eq!(appended, if end == "commit" { 2 } else { 0 }, "{end}");
    }
    assert_eq!(kept(&store, message("1")).await.as_deref(), Some("7"));
}

/// Everybody who receives a message waits for those who have it, and sees what they kept.
pub(crate) async fn one_of_the_receivers_of_a_message_handles_it<S: ReadModelStore>(store: ReadModels<S>) {
    for round in 0..5 {
        let handled = race(8, |receiver| {
            let store = store.clone();
            async move {
                let id = format!("message-{round}");
                let (mut transaction, kept) = received(&store, message(&id)).await;
                if let Some(kept) = kept {
                    transaction.roll_back().await.expect("the connection works");
                    return (false, kept.content);
                }
                let append = Append::to(stream(&id), ExpectedVersion::Any, events(1));
                transaction.append(&append, &[]).await.expect("accepted");
                let outcome = receiver.to_string();
                transaction.keep_outcome(message(&id), &outcome).await.expect("the store can be written");
                store.committed(transaction).await;
                (true, outcome)
            }
        })
        .await;
        assert_eq!(handled.iter().filter(|(handled, _)| *handled).count(), 1, "{handled:?}");
        assert!(handled.iter().all(|(_, outcome)| *outcome == handled[0].1), "{handled:?}");
        assert_eq!(store.events().events_of(&stream(&format!("message-{round}"))).await.len(), 1);
    }
}

pub(crate) async fn old_outcomes_are_purged_in_batches_and_positions_stay<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let of_other = MessageName { consumer: "refunds", id: "1" };
    for id in ["1", "2", "3", "log/orders/0", "logs"] {
        keep(&store, message(id), id.len().to_string().as_str()).await;
    }
    keep(&store, of_other, "0").await;
    let purge = async |older_than, limit| {
        let purged = store.purge_outcomes("payments", older_than, limit).await;
        purged.expect("the store can be written")
    };
    let (hour, longest) = (Duration::from_secs(3_600), Duration::MAX);
    assert_eq!((purge(hour, 9).await, purge(longest, 9).await), (0, 0), "none is that old");
    assert_eq!(purge(Duration::ZERO, 0).await, 0);
    let purged = AtomicU64::new(0);
    eventually("all but the position are purged", || async {
        counted(&purged, purge(Duration::ZERO, 3).await, 3, 4)
    })
    .await;
    for id in ["1", "2", "3", "logs"] {
        assert_eq!(kept(&store, message(id)).await, None);
    }
    assert_eq!(kept(&store, message("log/orders/0")).await.as_deref(), Some("12"));
    assert_eq!(kept(&store, of_other).await.as_deref(), Some("0"), "it is of another consumer");
    assert_eq!(purge(Duration::ZERO, 9).await, 0);
}

/// Adds what one call has purged; the number so far, until it is all of them.
#[track_caller]
fn counted(purged: &AtomicU64, of_call: u64, limit: u64, all: u64) -> Result<(), u64> {
    assert!(of_call <= limit, "{of_call} are more than the limit");
    let so_far = purged.fetch_add(of_call, Ordering::SeqCst) + of_call;
    assert!(so_far <= all, "{so_far} are more than there are");
    if so_far == all { Ok(()) } else { Err(so_far) }
}

/// An append of one event, under this key.
fn keyed(of: &str, key: &str) -> Append {
    Append::to(stream(of), ExpectedVersion::Any, events(1)).with_idempotency_key(key)
}

pub(crate) async fn an_append_under_a_purged_key_is_appended_again<S: ReadModelStore>(store: ReadModels<S>) {
    let first = store.append(keyed("a", "key")).await.expect("accepted");
    let purge = async |older_than, limit| {
        store.purge_idempotency_keys(older_than, limit).await.expect("the store can be written")
    };
    let (hour, longest) = (Duration::from_secs(3_600), Duration::MAX);
    assert_eq!((purge(hour, 9).await, purge(longest, 9).await), (0, 0), "none is that old");
    assert_eq!(purge(Duration::ZERO, 0).await, 0);
    let again = store.append(keyed("a", "key")).await.expect("accepted");
    assert!(again[0].repeated);
    eventually("the key is purged", || async { purge(Duration::ZERO, 9).await == 1 }).await;
    assert_eq!(store.find_receipt(&stream("a"), "key").await.expect("the store can be read"), None);
    let later = store.append(keyed("a", "key")).await.expect("accepted");
    assert!(!later[0].repeated);
    assert_eq!(later[0].version.get(), first[0].version.get() + 1);
    assert_eq!(store.events().log().await.len(), 2, "events stay");
}

pub(crate) async fn keys_are_purged_in_batches_beside_appends<S: ReadModelStore>(store: ReadModels<S>) {
    const WRITERS: usize = 4;
    const EACH: usize = 25;
    race(WRITERS + 1, |task| {
        let store = store.clone();
        async move {
            if task < WRITERS {
                for n in 0..EACH {
                    let receipts = store.append(keyed(&format!("stream-{task}"), &format!("key-{n}"))).await;
                    assert!(!receipts.expect("accepted")[0].repeated, "a key of its own");
                }
                return;
            }
            let purged = AtomicU64::new(0);
            eventually("each key is purged once", || async {
                let of = store.purge_idempotency_keys(Duration::ZERO, 10).await;
                counted(&purged, of.expect("the store can be written"), 10, (WRITERS * EACH) as u64)
            })
            .await;
        }
    })
    .await;
    assert_eq!(store.events().log().await.len(), WRITERS * EACH, "no append was lost or refused");
}
