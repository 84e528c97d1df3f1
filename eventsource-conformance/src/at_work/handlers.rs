//! Event handlers, which have effects outside the store.

use std::collections::HashSet;

use eventsource::{
    projections::RebuildError,
    store::{ReadModelStore, StartAt},
};

use crate::support::{
    Behaviour, Gate, Mails, ReadModels, Switch, Totals, UNLUCKY, added, assert_complete, crashed, ended,
    eventually, impatient, included, is_unlucky, options, started, started_with,
};

pub(crate) async fn each_event_is_handled_once_and_in_the_order_of_its_key<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let mails = Mails::<0>::new();
    let program = store.program().handler(mails.clone(), StartAt::Beginning).build();
    store.add_many("a", 20).await;
    let workers = started(&program).await;
    for _ in 0..10 {
        for tally in ["a", "b", "c"] {
            added(&program, tally, 1).await;
        }
    }
    let last = store.add_something_else().await;
    included(&program, "mails", last).await;
    for (tally, count) in [("a", 30), ("b", 10), ("c", 10)] {
        assert_complete(&mails.versions(tally), count);
    }
    let keys: HashSet<_> = mails.sent().into_iter().map(|(_, _, key)| key).collect();
    assert_eq!(keys.len(), 50, "each event has its own key");
    ended(workers).await;
}

pub(crate) async fn an_event_is_delivered_again_under_its_key_after_a_crash<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let held = gate.clone();
    let first = Mails::<0>::that(move |event| match is_unlucky(&event.event) {
        true => Behaviour::Wait(held.clone()),
        false => Behaviour::Apply,
    });
    let program = store.program().handler(first.clone(), StartAt::Beginning).build();
    let workers = started_with(&program, impatient()).await;
    for amount in [1, UNLUCKY, 1] {
        added(&program, "a", amount).await;
    }
    gate.reached().await;
    eventually("the first event is committed", || async {
        let events: u64 = store.list().await[0].checkpoints.iter().map(|it| it.events).sum();
        if events == 1 { Ok(()) } else { Err(events) }
    })
    .await;
    crashed(workers).await;
    assert_complete(&first.versions("a"), 2);

    let second = Mails::<0>::new();
    let program = store.program().handler(second.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    included(&program, "mails", last).await;
    assert_eq!(second.versions("a"), [2, 3, 4]);
    assert_eq!(first.sent()[1], second.sent()[0], "the same event under the same key");
    assert_ne!(first.sent()[0].2, first.sent()[1].2);
    ended(workers).await;
}

pub(crate) async fn a_failed_event_is_delivered_again_under_its_key<S: ReadModelStore>(store: ReadModels<S>) {
    let failed = Switch::default();
    let mails = {
        let failed = failed.clone();
        Mails::<0>::that(move |event| match is_unlucky(&event.event) && !failed.is_on() {
            true => {
                failed.turn();
                Behaviour::Fail
            }
            false => Behaviour::Apply,
        })
    };
    let program = store.program().handler(mails.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    added(&program, "a", UNLUCKY).await;
    let last = added(&program, "a", 1).await;
    included(&program, "mails", last).await;
    assert_eq!(mails.versions("a"), [1, 1, 2]);
    assert_eq!(mails.sent()[0], mails.sent()[1]);
    ended(workers).await;
}

pub(crate) async fn two_handlers_have_separate_keys<S: ReadModelStore>(store: ReadModels<S>) {
    let (one, other) = (Mails::<0>::new(), Mails::<1>::new());
    let program = store
        .program()
        .handler(one.clone(), StartAt::Beginning)
        .handler(other.clone(), StartAt::Beginning)
        .build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    for name in ["mails", "more_mails"] {
        included(&program, name, last).await;
    }
    assert_eq!(one.versions("a"), other.versions("a"));
    assert_ne!(one.sent()[0].2, other.sent()[0].2);
    ended(workers).await;
}

pub(crate) async fn a_new_handler_begins_at_its_configured_start<S: ReadModelStore>(store: ReadModels<S>) {
    let second = {
        store.add_many("a", 1).await;
        store.add_many("a", 1).await
    };
    store.add_many("a", 1).await;
    let (all, after, now) = (Mails::<0>::new(), Mails::<1>::new(), Mails::<2>::new());
    let program = store
        .program()
        .handler(all.clone(), StartAt::Beginning)
        .handler(after.clone(), StartAt::After(second))
        .handler(now.clone(), StartAt::Now)
        .build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    for name in ["mails", "more_mails", "yet_more_mails"] {
        included(&program, name, last).await;
    }
    assert_eq!(all.versions("a"), [1, 2, 3, 4]);
    assert_eq!(after.versions("a"), [3, 4]);
    assert_eq!(now.versions("a"), [4]);
    ended(workers).await;

    // It resumes at its checkpoint and not at its configured start.
    let last = store.add_many("a", 1).await;
    let again = Mails::<0>::new();
    let program = store.program().handler(again.clone(), StartAt::Now).build();
    let workers = started(&program).await;
    included(&program, "mails", last).await;
    assert_eq!(again.versions("a"), [5]);
    ended(workers).await;
}

pub(crate) async fn a_handler_is_neither_rebuilt_nor_part_of_a_rebuild<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let mails = Mails::<0>::new();
    let program =
        store.program().handler(mails.clone(), StartAt::Beginning).projection(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    for name in ["mails", "totals"] {
        included(&program, name, last).await;
    }
    match program.rebuild("mails").await {
        Err(RebuildError::KeepsNoRows { name }) => assert_eq!(name, "mails"),
        other => panic!("{other:?}"),
    }
    program.rebuild("totals").await.expect("it is rebuilt");
    let last = added(&program, "a", 1).await;
    for name in ["mails", "totals"] {
        included(&program, name, last).await;
    }
    assert_complete(&mails.versions("a"), 2);
    ended(workers).await;
}

/// Finds two tallies whose events are in different partitions.
async fn of_both_partitions<S: ReadModelStore>(store: &ReadModels<S>) -> [String; 2] {
    let program = store.program().handler(Mails::<0>::new(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let mut found: [Option<String>; 2] = [None, None];
    let mut before = [0, 0];
    for n in 0.. {
        let tally = format!("t-{n}");
        let last = added(&program, &tally, 1).await;
        included(&program, "mails", last).await;
        let events: Vec<_> = store.list().await[0].checkpoints.iter().map(|it| it.events).collect();
        let partition = usize::from(events[1] > before[1]);
        before = [events[0], events[1]];
        found[partition].get_or_insert(tally);
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    ended(workers).await;
    found.map(|tally| tally.expect("each partition has a tally"))
}

/// A partition that has caught up may have read events that another partition has not read yet.
pub(crate) async fn a_partition_that_catches_up_later_misses_nothing<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let [early, late] = of_both_partitions(&store).await;
    let (first, second) = (Gate::closed(), Gate::closed());
    let mails = {
        let (early, first, second) = (early.clone(), first.clone(), second.clone());
        Mails::<0>::that(move |event| match event.aggregate_id() {
            _ if !is_unlucky(&event.event) => Behaviour::Apply,
            id if id == early => Behaviour::Wait(first.clone()),
            _ => Behaviour::Wait(second.clone()),
        })
    };
    let program = store.program().handler(mails.clone(), StartAt::Beginning).build();
    for (tally, amount) in [(&early, UNLUCKY), (&early, 1), (&early, 1), (&late, UNLUCKY)] {
        added(&program, tally, amount).await;
    }
    // With pages of one event, the early partition still has to read while the late one has read to the end.
    let workers = started_with(&program, options().batch_events(1)).await;
    for gate in [&first, &second] {
        gate.reached().await;
    }
    let last = added(&program, &late, 1).await;
    first.open();
    eventually("the early partition has caught up", || async {
        let positions: Vec<_> = store.list().await[0].checkpoints.iter().map(|it| it.position).collect();
        if positions.iter().any(|it| *it >= last) { Ok(()) } else { Err(positions) }
    })
    .await;
    second.open();
    included(&program, "mails", last).await;
    assert!(mails.versions(&late).is_sorted());
    ended(workers).await;
}
