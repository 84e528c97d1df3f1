//! The timers of a generation: order, pages, and what moves and removes them.

use std::slice;

use eventsource::{
    Position, Timestamp,
    store::{Append, Lease, ReadModelStore, StoreError, StoreTransaction, Timer, TimerChange, TimerQuery},
};

use crate::support::{
    REBUILD, ReadModels, at, balances, events, exactly, message, race, set, stream, timer, timer_id,
};

pub(crate) async fn timers_are_listed_by_due_time_key_and_name<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(2).await;
    let generation = lease.generation;
    let beside = store.claimed(generation, 1, lease.worker).await.expect("the partition is unclaimed");
    let expected = [
        timer("a", "x", -5),
        timer("a", "w", 3),
        timer("a", "y", 3),
        timer("b", "", 3),
        timer("b", "x", 3),
        timer("B", "x", 7),
        timer("a", "z", 8),
    ];
    let (of_other, of_lease): (Vec<_>, Vec<_>) =
        expected.iter().rev().cloned().partition(|timer| timer.key == "b");
    store.change(&lease, &set(&of_lease)).await;
    store.change(&beside, &set(&of_other)).await;
    let first = TimerQuery::first(usize::MAX);
    assert_eq!(store.listed(generation, &first).await, expected);
    let of_partition = TimerQuery { partition: Some(1), ..first.clone() };
    assert_eq!(store.listed(generation, &of_partition).await, expected[3..5]);
    let due = TimerQuery { partition: Some(0), due_by: Some(at(7)), ..first.clone() };
    let [x, w, y, _, _, upper, _] = expected.clone();
    assert_eq!(store.listed(generation, &due).await, [x.clone(), w.clone(), y.clone(), upper]);
    let of_key = |key: &str| TimerQuery { key: Some(key.to_owned()), ..first.clone() };
    assert_eq!(store.listed(generation, &TimerQuery { due_by: Some(at(3)), ..of_key("a") }).await, [x, w, y]);
    assert_eq!(store.listed(generation, &TimerQuery { partition: Some(0), ..of_key("b") }).await, []);
    assert_eq!(store.listed(generation, &of_key("a\0")).await, [], "there is no such key");
}

pub(crate) async fn timers_are_read_in_pages<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(2).await;
    // Several are due at the same time, on both sides of the end of a page.
    let all: Vec<_> =
        (0..20).map(|n| timer(if n % 2 == 0 { "a" } else { "b" }, &format!("{n:02}"), n / 5)).collect();
    store.change(&lease, &set(&all)).await;
    let mut expected = all;
    expected.sort_by_key(Timer::cursor);
    for (partition, key) in [(None, None), (Some(0), None), (None, Some("a")), (Some(0), Some("b"))] {
        let expected: Vec<_> =
            expected.iter().filter(|timer| key.is_none_or(|key| timer.key == key)).cloned().collect();
        let key = key.map(str::to_owned);
        let mut query = TimerQuery { partition, key, due_by: Some(at(99)), ..TimerQuery::first(3) };
        let mut read: Vec<Timer> = Vec::new();
        loop {
            let page = store.listed(lease.generation, &query).await;
            assert!(page.len() <= 3, "{page:?}");
            let Some(last) = page.last() else { break };
            query.after = Some(last.cursor());
            read.extend(page);
        }
        assert_eq!(read, expected, "{partition:?}");
    }
}

pub(crate) async fn a_timer_that_is_set_again_is_moved<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    let moved = Timer { data: r#"{"n":2}"#.to_owned(), ..timer("a", "x", 9) };
    store.change(&lease, &set(&[timer("a", "x", 1), timer("a", "y", 5)])).await;
    store.change(&lease, &set(slice::from_ref(&moved))).await;
    assert_eq!(store.every_timer(lease.generation).await, [timer("a", "y", 5), moved]);
}

pub(crate) async fn cancelled_timers_are_removed<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    let all = [timer("a", "x", 1), timer("a", "y", 2), timer("b", "x", 3), timer("c", "x", 4)];
    store.change(&lease, &set(&all)).await;
    let missing = TimerChange::Cancel(timer_id("b", "y"));
    store.change(&lease, &[TimerChange::Cancel(timer_id("b", "x")), missing]).await;
    let [x, y, _, c] = all;
    assert_eq!(store.every_timer(lease.generation).await, [x, y, c.clone()]);
    store.change(&lease, &[TimerChange::CancelAll { key: "a".to_owned() }]).await;
    assert_eq!(store.every_timer(lease.generation).await, [c]);
}

pub(crate) async fn timers_are_changed_in_the_order_of_the_changes<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    store.change(&lease, &set(&[timer("a", "w", 1), timer("b", "x", 1)])).await;
    let changes = [
        TimerChange::Set(timer("a", "x", 2)),
        TimerChange::CancelAll { key: "a".to_owned() },
        TimerChange::Set(timer("a", "y", 3)),
        TimerChange::Fire(timer("b", "x", 1)),
        TimerChange::Set(timer("b", "x", 4)),
        TimerChange::Set(timer("c", "x", 5)),
        TimerChange::Cancel(timer_id("c", "x")),
    ];
    store.change(&lease, &changes).await;
    assert_eq!(store.every_timer(lease.generation).await, [timer("a", "y", 3), timer("b", "x", 4)]);
}

pub(crate) async fn a_timer_fires_only_as_it_is<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    let due = [timer("a", "x", 1), timer("b", "x", 1)];
    store.change(&lease, &set(&due)).await;
    for other in [
        Timer { due_at: at(2), ..due[1].clone() },
        Timer { data: "[]".to_owned(), ..due[1].clone() },
        timer("b", "y", 1),
    ] {
        let mut transaction = store.begun(&lease).await;
        let changes = [TimerChange::Fire(due[0].clone()), TimerChange::Fire(other)];
        let refused = transaction.change_timers(&lease, &changes).await;
        assert!(matches!(refused, Err(StoreError::Contended { .. })), "{refused:?}");
        transaction.roll_back().await.expect("the connection works");
        assert_eq!(store.every_timer(lease.generation).await, due);
    }
    store.change(&lease, &[TimerChange::Fire(due[0].clone())]).await;
    assert_eq!(store.every_timer(lease.generation).await, due[1..]);
}

pub(crate) async fn timers_commit_with_the_rest_of_the_transaction<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    let before = [timer("a", "x", 1)];
    store.change(&lease, &set(&before)).await;
    let changes = [TimerChange::Fire(before[0].clone()), TimerChange::Set(timer("b", "x", 2))];
    for commits in [false, true] {
        let mut transaction = store.begun(&lease).await;
        transaction.change_timers(&lease, &changes).await.expect("the timer is as it was");
        let append = Append::to(stream("account"), exactly(0), events(1));
        transaction.append(&append, &[]).await.expect("accepted");
        store.advanced(&mut transaction, &lease, 7, 1).await;
        assert_eq!(store.every_timer(lease.generation).await, before, "not before it is committed");
        if commits {
            store.committed(transaction).await;
        } else {
            drop(transaction);
            // Waits until the transaction has ended.
            store.begun(&lease).await.roll_back().await.expect("the connection works");
            assert_eq!(store.every_timer(lease.generation).await, before);
            assert!(store.events().log().await.is_empty());
        }
    }
    assert_eq!(store.every_timer(lease.generation).await, [timer("b", "x", 2)]);
    assert_eq!(store.events().log().await.len(), 1);
    assert_eq!(store.checkpoint(lease.generation).await.position, Position::new(7));
}

pub(crate) async fn a_lost_lease_changes_no_timers<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    let earlier = Lease { epoch: lease.epoch - 1, ..lease.clone() };
    let mut transaction = store.begun(&lease).await;
    transaction.change_timers(&lease, &set(&[timer("a", "x", 1)])).await.expect("it is held");
    let refused = transaction.advance(&earlier, Position::new(7), 1).await;
    refused.expect_err("a checkpoint of an earlier epoch does not move");
    transaction.roll_back().await.expect("the connection works");
    assert!(store.try_begin(&earlier).await.is_none(), "an earlier epoch cannot begin");
    store.release(&lease).await.expect("the store can be written");
    assert!(store.try_begin(&lease).await.is_none(), "a released lease cannot begin");
    assert_eq!(store.every_timer(lease.generation).await, []);
}

pub(crate) async fn timers_are_kept_as_they_were_given<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    let long = "é".repeat(512);
    let names = ["", "o'clock", "\"; drop table timers; --", "a\\u0000b", "\u{1F600}\n\t", "%_", "Ä", "null"];
    let mut given: Vec<_> = names
        .iter()
        .zip([Timestamp::MIN, Timestamp::MAX].into_iter().cycle())
        .map(|(name, due_at)| Timer {
            key: format!("k{name}"),
            name: (*name).to_owned(),
            due_at,
            data: serde_json::json!({ "text": name, "nested": [1.5, null, "\0"] }).to_string(),
        })
        .collect();
    given.push(Timer { data: "  [1,   2]  ".to_owned(), ..timer(&long, &long, 0) });
    store.change(&lease, &set(&given)).await;
    given.sort_by_key(Timer::cursor);
    assert_eq!(store.every_timer(lease.generation).await, given);
    for kept in &given {
        let query = TimerQuery { key: Some(kept.key.clone()), ..TimerQuery::first(9) };
        assert_eq!(store.listed(lease.generation, &query).await, slice::from_ref(kept));
    }
    let fired: Vec<_> = given.into_iter().map(TimerChange::Fire).collect();
    store.change(&lease, &fired).await;
    assert_eq!(store.every_timer(lease.generation).await, []);
}

pub(crate) async fn a_name_that_no_store_can_keep_is_refused<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    let long = "a".repeat(1025);
    for (key, name, advice) in [
        ("", "x", "give one"),
        ("a\0b", "x", "NUL"),
        ("a", "x\0", "NUL"),
        (&long, "x", "shorter"),
        ("a", &long, "shorter"),
    ] {
        let change = TimerChange::Set(timer(key, name, 1));
        let mut transaction = store.begun(&lease).await;
        assert_advises(transaction.change_timers(&lease, slice::from_ref(&change)).await, advice);
        transaction.roll_back().await.expect("the connection works");
        assert_advises(store.change_timer(lease.generation, 0, &change).await, advice);
        if !key.is_empty() && name == "x" {
            assert_advises(store.begin_message(message(key)).await.map(|_| ()), advice);
        }
    }
    assert_eq!(store.every_timer(lease.generation).await, []);
}

#[track_caller]
fn assert_advises<T>(called: Result<T, StoreError>, advice: &str) {
    match called {
        Err(StoreError::Backend { source, .. }) => {
            assert!(source.to_string().contains(advice), "{source} lacks {advice}");
        }
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("a name that no store can keep was taken"),
    }
}

pub(crate) async fn ten_thousand_timers_are_set_and_fire_in_one_transaction<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let lease = store.process(1).await;
    let all: Vec<_> = (0..10_000).map(|n| timer(&format!("key-{n:05}"), "x", n / 3)).collect();
    store.change(&lease, &set(&all)).await;
    let page = TimerQuery { partition: Some(0), due_by: Some(at(9)), ..TimerQuery::first(100) };
    assert_eq!(store.listed(lease.generation, &page).await, all[..30]);
    let fired: Vec<_> = all.iter().cloned().map(TimerChange::Fire).collect();
    store.change(&lease, &fired[..9_999]).await;
    assert_eq!(store.every_timer(lease.generation).await, all[9_999..]);
}

pub(crate) async fn a_timer_is_changed_without_a_lease<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.process(2).await.generation;
    let change = async |change: TimerChange| {
        store.change_timer(generation, 1, &change).await.expect("the store can be written")
    };
    let (first, moved) = (timer("a", "", 5), timer("a", "", 9));
    assert!(!change(TimerChange::Set(first.clone())).await, "there was none");
    assert!(change(TimerChange::Set(moved.clone())).await, "it is moved");
    let of_partition = TimerQuery { partition: Some(1), ..TimerQuery::first(9) };
    assert_eq!(store.listed(generation, &of_partition).await, slice::from_ref(&moved));
    assert!(!change(TimerChange::Fire(first.clone())).await, "it was moved");
    let replace = |timer: &Timer, by: &Timer| TimerChange::Replace { timer: timer.clone(), by: by.clone() };
    assert!(!change(replace(&first, &timer("a", "", 7))).await, "it was moved");
    assert_eq!(store.every_timer(generation).await, slice::from_ref(&moved));
    let replaced = Timer { data: r#"{"as":"replaced"}"#.to_owned(), ..timer("a", "", 6) };
    assert!(change(replace(&moved, &replaced)).await, "as it is");
    assert_eq!(store.every_timer(generation).await, slice::from_ref(&replaced));
    assert!(change(replace(&replaced, &moved)).await, "and back");
    assert!(change(TimerChange::Fire(moved.clone())).await, "as it is");
    assert!(!change(TimerChange::Cancel(moved.id())).await, "it was removed");
    assert!(!change(TimerChange::Set(moved.clone())).await, "there was none");
    assert!(change(TimerChange::Cancel(moved.id())).await);
    assert!(!change(TimerChange::Set(moved)).await, "there was none");
    assert!(change(TimerChange::CancelAll { key: "a".to_owned() }).await);
    assert!(!change(TimerChange::CancelAll { key: "a".to_owned() }).await, "there is none left");
    assert_eq!(store.every_timer(generation).await, []);
}

/// In each round one worker fires a timer and its caller moves it, at the same moment.
pub(crate) async fn a_timer_that_is_moved_while_it_fires_is_not_lost<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let lease = store.process(1).await;
    for round in 0..20 {
        let (due, moved) = (timer("a", "x", round), timer("a", "x", 1_000 + round));
        store.change(&lease, &set(slice::from_ref(&due))).await;
        let done = race(2, |task| {
            let (store, lease, due, moved) = (store.clone(), lease.clone(), due.clone(), moved.clone());
            async move {
                if task == 0 {
                    let set = TimerChange::Set(moved);
                    return store.change_timer(lease.generation, 0, &set).await.expect("it can be written");
                }
                let mut transaction = store.begun(&lease).await;
                let fired = transaction.change_timers(&lease, &[TimerChange::Fire(due)]).await;
                if fired.is_err() {
                    transaction.roll_back().await.expect("the connection works");
                    return false;
                }
                store.committed(transaction).await;
                true
            }
        })
        .await;
        assert_eq!(
            store.every_timer(lease.generation).await,
            slice::from_ref(&moved),
            "it was set last, or alone"
        );
        let [replaced, fired] = done[..] else { panic!("{done:?}") };
        assert_ne!(replaced, fired, "it either fired, or was moved");
        store.change(&lease, &[TimerChange::Cancel(moved.id())]).await;
    }
}

pub(crate) async fn each_generation_has_its_own_timers<S: ReadModelStore>(store: ReadModels<S>) {
    let live = store.make(&balances()).await;
    let building = store.rebuild().await;
    for (generation, due) in [(live, 1), (building, 2)] {
        let set = TimerChange::Set(timer("a", "x", due));
        assert!(!store.change_timer(generation, 0, &set).await.expect("the store can be written"));
    }
    assert_eq!(store.every_timer(live).await, [timer("a", "x", 1)]);
    assert_eq!(store.every_timer(building).await, [timer("a", "x", 2)]);
    let cancel = TimerChange::CancelAll { key: "a".to_owned() };
    assert!(store.change_timer(live, 0, &cancel).await.expect("the store can be written"));
    assert_eq!(store.every_timer(building).await, [timer("a", "x", 2)]);
    store.abandon(building).await.expect("it is building");
    assert_eq!(store.every_timer(building).await, [], "they are deleted with it");
    let late = store.change_timer(building, 0, &TimerChange::Set(timer("a", "x", 3))).await;
    assert!(!late.expect("the store can be written"));
    assert_eq!(store.every_timer(building).await, [], "there is no such generation");
    let next = store.made(&balances(), REBUILD).await.expect("a generation is made");
    assert_eq!(store.every_timer(next).await, []);
}
