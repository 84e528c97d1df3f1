//! Commands that are executed when they are due.

use std::time::Duration;

use eventsource::{
    Timestamp,
    reacting::{ScheduleError, ScheduledEntry, ScheduledId, TestClock},
    store::{ReadModelStore, Timer, TimerChange},
};

use super::processes::total_of_tally;
use crate::{
    support::{Add, Close, Program, ReadModels, add, added, close, ended, eventually, race, started, tally},
    torture,
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn has<S: ReadModelStore>(program: &Program<S>, id: &str, total: u64) {
    eventually(&format!("`{id}` has {total}"), || async {
        let found = total_of_tally(program, id).await.0;
        if found == total { Ok(()) } else { Err(found) }
    })
    .await;
}

async fn keys<S: ReadModelStore>(program: &Program<S>) -> Vec<String> {
    let scheduled = program.scheduled().await.expect("they can be read");
    scheduled.into_iter().map(|it| it.id.key().to_owned()).collect()
}

pub(crate) async fn a_scheduled_command_is_executed_once_when_it_is_due<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let clock = TestClock::new();
    let program = store.program().scheduled::<Add>().clock(&clock).build();
    // Before any worker has started.
    let first = program.schedule(add("a", 1)).after(seconds(60)).key("one").await.expect("scheduled");
    assert_eq!((first.command(), first.key()), ("Add", "one"));
    let workers = started(&program).await;
    for (key, after) in [("it's", 120), ("日本", 180), ("", 0)] {
        let scheduled = program.schedule(add("a", 10)).after(seconds(after)).key(key).await;
        assert_eq!(scheduled.is_ok(), !key.is_empty(), "{key}");
    }
    program.schedule(add("b", 1)).await.expect("scheduled");
    has(&program, "b", 1).await;
    assert_eq!(total_of_tally(&program, "a").await.0, 0);
    assert_eq!(keys(&program).await, ["one", "it's", "日本"]);
    clock.advance(seconds(60));
    has(&program, "a", 1).await;
    clock.advance(seconds(600));
    has(&program, "a", 21).await;
    assert_eq!(keys(&program).await, [""; 0]);
    assert_eq!(total_of_tally(&program, "a").await.1, 3);
    ended(workers).await;
}

pub(crate) async fn a_scheduled_command_is_replaced_moved_and_cancelled<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let clock = TestClock::new();
    let program = store.program().scheduled::<Add>().clock(&clock).build();
    let workers = started(&program).await;
    for amount in [1, 2, 4] {
        program.schedule(add("a", amount)).after(seconds(60)).key("same").await.expect("scheduled");
    }
    let moved = program.schedule(add("a", 8)).after(seconds(60)).key("moved").await.expect("scheduled");
    let cancelled = program.schedule(add("a", 16)).after(seconds(60)).key("off").await.expect("scheduled");
    assert!(program.reschedule(&moved, Timestamp::MAX).await.expect("it is moved"));
    assert!(program.cancel_scheduled(&cancelled).await.expect("it is cancelled"));
    assert!(!program.cancel_scheduled(&cancelled).await.expect("it is gone"));
    // A program that no longer has the command sees it, and can cancel it.
    let gone = program.schedule(add("a", 32)).after(seconds(60)).key("gone").await.expect("scheduled");
    let other = store.program().build();
    assert_eq!(keys(&other).await, keys(&program).await);
    assert!(other.cancel_scheduled(&gone).await.expect("it is cancelled"));
    assert!(!program.reschedule(&cancelled, Timestamp::MAX).await.expect("it is gone"));
    let before = Timestamp::now().saturating_add(seconds(3_600));
    let at = |time| program.scheduled().due_before(time);
    let same = program.scheduled().await.expect("they can be read")[0].clone();
    assert_eq!(at(same.due_at).await.expect("they can be read"), []);
    assert_eq!(
        at(same.due_at.saturating_add(Duration::from_micros(1))).await.expect("they can be read"),
        [same]
    );
    let due = program.scheduled().due_before(before).await.expect("they can be read");
    assert_eq!(due.iter().map(|it| it.id.key()).collect::<Vec<_>>(), ["same"]);
    clock.advance(seconds(600));
    has(&program, "a", 4).await;
    // A time that has passed is now.
    assert!(program.reschedule(&moved, Timestamp::MIN).await.expect("it is moved"));
    has(&program, "a", 12).await;
    ended(workers).await;
}

pub(crate) async fn scheduled_commands_are_listed_by_type<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().scheduled::<Add>().scheduled::<Close>().build();
    for key in ["one", "two"] {
        program.schedule(add("a", 1)).after(seconds(600)).key(key).await.expect("scheduled");
    }
    program.schedule(close("a")).after(seconds(600)).key("one").await.expect("scheduled");
    let ids = |listed: Vec<ScheduledEntry>| {
        listed.into_iter().map(|it| (it.id.command().to_owned(), it.id.key().to_owned())).collect::<Vec<_>>()
    };
    let id = |command: &str, key: &str| (command.to_owned(), key.to_owned());
    let adds = program.scheduled().of::<Add>().await.expect("they can be read");
    assert_eq!(ids(adds), [id("Add", "one"), id("Add", "two")]);
    let closes = program.scheduled().of::<Close>().await.expect("they can be read");
    let [only] = &closes[..] else { panic!("{closes:?}") };
    // The other type has the same key, and is not cancelled with it.
    assert!(program.cancel_scheduled(&only.id).await.expect("it is cancelled"));
    let left = program.scheduled().await.expect("they can be read");
    assert_eq!(ids(left), [id("Add", "one"), id("Add", "two")]);
}

pub(crate) async fn a_scheduled_command_that_is_rejected_waits_for_an_operator<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().scheduled::<Add>().build();
    program.execute(close("closed")).await.expect("it is closed");
    let workers = started(&program).await;
    for n in 0..3 {
        program.schedule(add("closed", 1)).key(format!("rejected-{n}")).await.expect("scheduled");
        program.schedule(add("open", 1)).key(format!("fine-{n}")).await.expect("scheduled");
    }
    has(&program, "open", 3).await;
    eventually("the others have failed", || async {
        let all = program.scheduled().await.expect("they can be read");
        let failed: Vec<_> = all.iter().map(|it| it.failed.clone().unwrap_or_default()).collect();
        match failed.iter().all(|why| why.contains("`Add` was rejected: the tally is closed")) {
            true if failed.len() == 3 => Ok(()),
            _ => Err(failed),
        }
    })
    .await;
    let all = program.scheduled().await.expect("they can be read");
    assert!(all[0].due_at < Timestamp::MAX, "it shows when it was due");
    assert!(all[0].payload.contains("closed") && all[0].version == 1, "{:?}", all[0]);
    // A failed one comes first, as the time at which it was due does. Moved, it is like a new one.
    let far = Timestamp::now().saturating_add(seconds(3_600));
    program.schedule(add("open", 1)).at(far).key("later").await.expect("scheduled");
    assert_eq!(keys(&program).await[3..], ["later"]);
    assert!(program.reschedule(&all[0].id, far).await.expect("it is moved"));
    let moved = program.scheduled().await.expect("they can be read");
    let moved = moved.iter().find(|it| it.id == all[0].id).expect("it is there");
    assert_eq!((moved.due_at, &moved.failed), (far, &None));
    // It is rejected again, and does not get lost.
    assert!(program.reschedule(&all[0].id, Timestamp::now()).await.expect("it is moved"));
    eventually("it has failed again", || async {
        let all = program.scheduled().await.expect("they can be read");
        let failed = all.iter().filter(|it| it.failed.is_some()).count();
        if failed == 3 { Ok(()) } else { Err(failed) }
    })
    .await;
    ended(workers).await;
}

pub(crate) async fn a_scheduled_command_that_cannot_be_decoded_is_kept<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().scheduled::<Add>().build();
    program.schedule(add("a", 1)).at(Timestamp::MAX).key("template").await.expect("scheduled");
    let generations = store.generations().await.expect("they can be read");
    let id = generations.iter().find(|it| it.name == "scheduled/Add").expect("it exists").id;
    let timers =
        store.timers(id, &eventsource::store::TimerQuery::first(10)).await.expect("they can be read");
    let template = timers[0].clone();
    let due = |key: &str, data: String| {
        TimerChange::Set(Timer { key: key.to_owned(), due_at: Timestamp::MIN, data, ..template.clone() })
    };
    for (key, data) in [
        ("newer", template.data.replace(r#""version":1"#, r#""version":7"#)),
        ("broken", template.data.replace(r#""amount":1"#, r#""amount":"x""#)),
        ("foreign", "{}".to_owned()),
        ("fine", template.data.clone()),
    ] {
        store.change_timer(id, 0, &due(key, data)).await.expect("it is set");
    }
    let workers = started(&program).await;
    has(&program, "a", 1).await;
    eventually("the broken ones wait for an operator", || async {
        let all = program.scheduled().await.expect("they can be read");
        let keys: Vec<_> =
            all.iter().map(|it| (it.id.key().to_owned(), it.due_at == Timestamp::MAX)).collect();
        let waiting: Vec<_> = all.iter().filter(|it| it.failed.is_some()).map(|it| it.id.key()).collect();
        if waiting == ["broken"] && keys.len() == 4 { Ok(()) } else { Err(keys) }
    })
    .await;
    ended(workers).await;
}

pub(crate) async fn programs_execute_a_scheduled_command_once<S: ReadModelStore>(store: ReadModels<S>) {
    let program = || store.program().scheduled::<Add>().build();
    let (one, other) = (program(), program());
    let workers = [started(&one).await, started(&other).await];
    race(4, |n| {
        let program = if n % 2 == 0 { one.clone() } else { other.clone() };
        async move {
            for round in 0..25 {
                let key = format!("{n}-{round}");
                program.schedule(add("a", 1)).key(&key).await.expect("scheduled");
                // Moving it may come too late, and then it does nothing.
                program.reschedule(&ScheduledId::of::<Add>(&key), Timestamp::now()).await.expect("moved");
            }
        }
    })
    .await;
    has(&one, "a", 100).await;
    assert_eq!(total_of_tally(&one, "a").await.1, 100);
    assert_eq!(keys(&one).await, [""; 0]);
    for workers in workers {
        ended(workers).await;
    }
}

pub(crate) async fn a_command_that_is_not_registered_is_not_scheduled<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let refused = program.schedule(add("a", 1)).await.expect_err("nobody would execute it");
    assert!(matches!(&refused, ScheduleError::NotRegistered { command } if command == "Add"), "{refused}");
}

pub(crate) async fn a_scheduled_command_to_an_id_that_is_refused_waits_for_an_operator<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().scheduled::<Add>().build();
    // All are executed in one transaction: no worker has started.
    for (key, id) in [("fine-0", "a"), ("refused", ""), ("fine-1", "a")] {
        program.schedule(add(id, 1)).key(key).await.expect("scheduled");
    }
    let workers = started(&program).await;
    has(&program, "a", 2).await;
    eventually("the refused one has failed", || async {
        let all = program.scheduled().await.expect("they can be read");
        let all: Vec<_> =
            all.into_iter().map(|it| (it.id.key().to_owned(), it.failed.unwrap_or_default())).collect();
        match &all[..] {
            [(key, why)] if key == "refused" && why.contains("`Add` could not be executed") => Ok(()),
            _ => Err(all),
        }
    })
    .await;
    ended(workers).await;
}

pub(crate) async fn a_scheduled_command_has_the_origin_of_the_one_who_scheduled_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let clock = TestClock::new();
    let program = store.program().scheduled::<Add>().clock(&clock).build();
    clock.advance(seconds(7_200));
    added(&program, "cause", 1).await;
    let cause = store.events().events_of(&tally("cause")).await.remove(0);
    // Two commands without a key are two.
    for _ in 0..2 {
        let scheduled = program.schedule(add("a", 1)).after(seconds(60));
        scheduled.caused_by(&cause.context).metadata("by", "somebody").await.expect("scheduled");
    }
    let all = program.scheduled().await.expect("they can be read");
    assert_eq!(all.len(), 2);
    // The clock of the program counts.
    let ahead = Timestamp::now().saturating_add(seconds(3_600));
    assert!(all.iter().all(|it| it.due_at > ahead), "{all:?}");
    clock.advance(seconds(60));
    let workers = started(&program).await;
    has(&program, "a", 2).await;
    for event in store.events().events_of(&tally("a")).await {
        assert_eq!(event.context.metadata.causation_id, Some(cause.context.id.as_uuid()));
        assert_eq!(event.context.metadata.correlation_id, cause.context.metadata.correlation_id);
        assert_eq!(event.context.metadata.value("by"), Some("somebody"));
    }
    ended(workers).await;
}

pub(crate) async fn a_scheduled_command_is_either_cancelled_or_moved_or_executed<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().scheduled::<Add>().build();
    let workers = started(&program).await;
    let (runs, mut executed) = (torture::at_least(1_000, 2_000) as u64, 0);
    for run in 0..runs {
        // Meanwhile others are executed, so that the changes come at any time of a transaction.
        let id = program.schedule(add("a", 1)).key(run.to_string()).await.expect("scheduled");
        for _ in 0..run % 20 {
            tokio::task::yield_now().await;
        }
        let changed = match run % 2 {
            0 => program.cancel_scheduled(&id).await.expect("it is cancelled or gone"),
            _ => program.reschedule(&id, Timestamp::MAX).await.expect("it is moved or gone"),
        };
        executed += u64::from(!changed);
    }
    program.schedule(add("last", 1)).await.expect("scheduled");
    has(&program, "last", 1).await;
    has(&program, "a", executed).await;
    assert!(keys(&program).await.iter().all(|key| key.parse::<u64>().is_ok_and(|run| run % 2 == 1)));
    ended(workers).await;
}
