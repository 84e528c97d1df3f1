//! Why something has happened: the events of a correlation as a tree, and the text of it.

use std::collections::BTreeSet;

use eventsource::{
    EventId, Metadata, Position,
    reacting::TestClock,
    store::{Append, ExpectedVersion, NewEvent, ReadModelStore, StartAt},
    why::{Cause, Handling, Subject, Why},
};
use uuid::Uuid;

use crate::support::{
    Add, Deal, PLAIN, Program, Reacting, ReadModels, Switch, TIMER_A, TallyEvent, Totals, UNLUCKY, add,
    added, ended, eventually, included, started, tally,
};

pub(super) async fn why<S: ReadModelStore>(program: &Program<S>, subject: impl Into<Subject>) -> Why {
    program.why(subject).await.expect("the store can be read")
}

pub(super) fn of(id: &str) -> Subject {
    Subject::stream("tally", id)
}

/// The ids of the streams of the events, with their depths.
fn shape(why: &Why) -> Vec<(usize, &str)> {
    why.events.iter().map(|event| (event.depth, event.stream.id())).collect()
}

fn event(id: u128, correlation: Option<u128>, causation: Option<u128>) -> NewEvent {
    let [correlation_id, causation_id] = [correlation, causation].map(|id| id.map(Uuid::from_u128));
    let metadata = Metadata { correlation_id, causation_id, ..Metadata::new() };
    let event = NewEvent::encode(&TallyEvent::Added { amount: 1 }, metadata).expect("it is JSON");
    NewEvent { id: EventId::from(Uuid::from_u128(id)), ..event }
}

async fn append<S: ReadModelStore>(store: &ReadModels<S>, id: &str, events: Vec<NewEvent>) -> Position {
    let append = Append::to(tally(id), ExpectedVersion::Any, events);
    store.append(append).await.expect("the append is accepted")[0].position
}

pub(crate) async fn each_event_is_below_the_event_that_caused_it<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().policy(Reacting::<0>::copying(), StartAt::Beginning).build();
    let workers = started(&program).await;
    // Chains beside each other: `from-from-a` is copied to `from-a`, and that to `a`.
    let mut last = Position::START;
    for id in ["from-from-a", "from-b", "c", "from-from-a"] {
        last = added(&program, id, 1).await;
    }
    eventually("all is copied", || async {
        let found = why(&program, last).await;
        if found.events.len() == 3 { Ok(()) } else { Err(found.events.len()) }
    })
    .await;
    let found = why(&program, of("from-from-a")).await;
    let chain = [(0, "from-from-a"), (1, "from-a"), (2, "a")];
    assert_eq!(shape(&found), [chain, chain].concat());
    assert_eq!(found.correlations.len(), 2);
    let [first, second, third] = &found.events[..3] else { panic!("{found:?}") };
    assert!(matches!(first.cause, Cause::Execution { .. }), "{first:?}");
    assert_eq!(second.cause, Cause::Event { position: first.position });
    assert_eq!(third.cause, Cause::Event { position: second.position });
    assert_eq!([&first.reaction_of, &second.reaction_of], [&None, &Some("reactions".to_owned())]);
    // From any of them, by whatever name.
    let correlation = found.correlations.iter().find(|it| first.cause == Cause::Execution { id: **it });
    for subject in [
        Subject::event(third.id),
        Subject::from(second.position),
        Subject::Correlation(*correlation.expect("the execution is the origin")),
    ] {
        let found = why(&program, subject).await;
        assert_eq!(shape(&found), chain);
        assert_eq!(found.events[0].position, first.position);
    }
    assert_eq!(shape(&why(&program, of("b")).await), [(0, "from-b"), (1, "b")]);
    assert_eq!(shape(&why(&program, of("c")).await), [(0, "c")]);
    ended(workers).await;
}

pub(crate) async fn a_subject_without_events_has_an_empty_tree<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().build();
    added(&program, "a", 1).await;
    for subject in [
        of("b"),
        Subject::event(Uuid::now_v7()),
        Subject::Correlation(Uuid::now_v7()),
        Subject::Position(Position::START),
        Subject::Position(Position::new(u64::MAX)),
    ] {
        let found = why(&program, subject.clone()).await;
        assert_eq!(found.events, []);
        assert!(found.to_string().contains("no events"), "{found}");
    }
    program.why(Subject::stream("tally", "")).await.expect_err("no stream has this id");
}

pub(crate) async fn an_event_without_metadata_is_the_origin_of_what_it_causes<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().policy(Reacting::<0>::copying(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let last = append(&store, "from-a", vec![event(1, None, None), event(2, None, None)]).await;
    included(&program, "reactions", last).await;
    for subject in [of("a"), of("from-a")] {
        let found = why(&program, subject).await;
        assert_eq!(shape(&found), [(0, "from-a"), (1, "a"), (0, "from-a"), (1, "a")]);
        assert_eq!(found.events[0].cause, Cause::Unknown);
    }
    let found = why(&program, EventId::from(Uuid::from_u128(2))).await;
    assert_eq!(shape(&found), [(0, "from-a"), (1, "a")]);
    ended(workers).await;
}

pub(crate) async fn events_that_cause_each_other_are_each_shown_once<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let of_one = |id, causation| event(id, Some(9), Some(causation));
    // 1 and 2 cause each other, 3 is caused by 2, 4 by itself, and 5 by an event that comes later.
    append(&store, "a", vec![of_one(1, 2), of_one(2, 1), of_one(3, 2), of_one(4, 4), of_one(5, 6)]).await;
    append(&store, "a", vec![of_one(6, 77)]).await;
    let found = why(&program, Subject::Correlation(Uuid::from_u128(9))).await;
    let ids: Vec<_> = found.events.iter().map(|it| (it.depth, it.id.as_uuid().as_u128())).collect();
    assert_eq!(ids, [(0, 6), (1, 5), (0, 1), (1, 2), (2, 3), (0, 4)]);
    assert_eq!(found.to_string().matches("in a cycle").count(), 2, "{found}");
}

pub(crate) async fn a_correlation_of_ten_thousand_events_is_shown_page_by_page<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    const EVENTS: u128 = 10_000;
    let program = store.program().build();
    append(&store, "a", vec![event(EVENTS + 1, Some(EVENTS + 1), None)]).await;
    // A chain of them, and others between that are not part of it.
    let chain =
        (1..EVENTS).map(|n| event(n, Some(EVENTS + 1), Some(if n == 1 { EVENTS + 1 } else { n - 1 })));
    append(&store, "a", chain.collect()).await;
    append(&store, "b", vec![event(EVENTS + 2, Some(0), None)]).await;
    let subject = Subject::event(EventId::from(Uuid::from_u128(5_000)));
    let (mut seen, mut after, mut pages) = (BTreeSet::new(), Position::START, 0);
    loop {
        let page = program.why(subject.clone()).after(after).await.expect("the store can be read");
        assert_eq!(page.events.len(), 1_000);
        assert!(page.events.iter().enumerate().all(|(depth, it)| it.depth == depth), "a chain");
        seen.extend(page.events.iter().map(|it| it.position));
        pages += 1;
        let text = page.to_string();
        assert!(text.len() < 500_000, "{} bytes", text.len());
        let Some(next) = page.next else {
            assert!(!text.contains("there are more"), "it is the last page");
            break;
        };
        assert!(text.contains(&format!("there are more after @{next}")), "the text says so");
        after = next;
    }
    assert_eq!((pages, seen.len()), (10, 10_000));
    let some = program.why(of("a")).limit(3).expecting("tally.closed").await.expect("the store can be read");
    assert_eq!((some.events.len(), some.next.is_some()), (3, true));
    assert!(some.to_string().contains("tally.closed: not among these events"), "{some}");
}

pub(crate) async fn of_a_stream_with_many_correlations_the_last_ones_are_shown<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let first = added(&program, "a", 1).await;
    for n in 2..=101 {
        assert!(!why(&program, of("a")).await.has_earlier, "{n}");
        added(&program, "a", 1).await;
    }
    let found = why(&program, of("a")).await;
    assert!(found.has_earlier && found.correlations.len() == 100 && found.events.len() == 100, "{found}");
    assert!(found.events.iter().all(|event| event.position > first), "the first one is left out");
    assert!(found.to_string().contains("earlier events of tally/a are left out"), "{found}");
    // Of one correlation that is as long as the stream, none is left out.
    let many = (1..=1_500).map(|id| event(id, Some(77), None)).collect();
    append(&store, "b", many).await;
    let found = why(&program, of("b")).await;
    assert_eq!((found.correlations.len(), found.events.len(), found.next.is_some()), (1, 1_000, true));
}

pub(crate) async fn each_of_many_parked_events_is_found<S: ReadModelStore>(store: ReadModels<S>) {
    let program =
        store.program().projection(Totals::<1, 1>::failing_until(&Switch::default()).parking()).build();
    let workers = started(&program).await;
    let since = added(&program, "parked", UNLUCKY).await;
    // Long runs of parked events, with others between.
    let mut last = since;
    for run in 0..3_u128 {
        for (id, count) in [("parked", 120), ("applied", 60), ("parked", 1), ("applied", 1)] {
            let first =
                1 + 1_000 * run + if count == 1 { 500 } else { 0 } + if id == "parked" { 0 } else { 200 };
            let events = (first..first + count).map(|n| event(n, Some(9), None)).collect();
            last = append(&store, id, events).await;
        }
    }
    included(&program, "totals", last).await;
    let found = why(&program, Subject::Correlation(Uuid::from_u128(9))).await;
    assert_eq!(found.events.len(), 3 * 182);
    for event in &found.events {
        match (event.stream.id(), &event.consumers[0].handling) {
            ("applied", Handling::Handled { .. }) => {}
            ("parked", Handling::Parked { key, since: first, .. }) if key == "parked" && *first == since => {}
            _ => panic!("{event:?}"),
        }
    }
    ended(workers).await;
}

pub(crate) async fn what_a_timer_has_caused_names_the_timer<S: ReadModelStore>(store: ReadModels<S>) {
    let clock = TestClock::new();
    let program = store.program().process::<Deal<PLAIN>>(StartAt::Beginning).clock(&clock).build();
    let workers = started(&program).await;
    for id in ["deal-a", "deal-b"] {
        let last = added(&program, id, TIMER_A + 3_600).await;
        included(&program, "deals", last).await;
    }
    let found = why(&program, of("deal-a")).await;
    assert_eq!(shape(&found), [(0, "deal-a"), (1, "a")]);
    let [timer] = &found.pending[..] else { panic!("{found:#?}") };
    assert_eq!((timer.name.as_str(), timer.key.as_str(), timer.timer.as_deref()), ("deals", "a", Some("a")));
    assert_eq!(timer.caused_by, Some(found.events[0].id.as_uuid()));
    assert!(found.to_string().contains("timer \"a\" of deals a is due at +"), "{found}");
    clock.advance(std::time::Duration::from_secs(3_600));
    let found = eventually("the timer is fired", || async {
        let found = why(&program, of("deal-a")).await;
        if found.pending.is_empty() && found.events.len() > 3 { Ok(found) } else { Err(found.to_string()) }
    })
    .await;
    assert_eq!(shape(&found), [(0, "deal-a"), (1, "a"), (1, "a"), (1, "bell")]);
    let by: Vec<_> = found.events.iter().map(|it| (it.reaction_of.as_deref(), it.timer.as_deref())).collect();
    let (step, rang) = ((Some("deals"), None), (Some("deals"), Some("a")));
    assert_eq!(by, [(None, None), step, rang, rang]);
    assert!(found.to_string().contains("timer \"a\" of deals"), "{found}");
    ended(workers).await;
}

pub(crate) async fn a_scheduled_command_is_pending_until_it_is_executed<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let clock = TestClock::new();
    let program = store.program().scheduled::<Add>().clock(&clock).build();
    let workers = started(&program).await;
    let cause = added(&program, "a", 1).await;
    let caused_by = store.events().events_of(&tally("a")).await.remove(0).context;
    for (key, of_another) in [("one", false), ("other", true)] {
        let schedule = program.schedule(add("b", 2)).after(std::time::Duration::from_secs(60)).key(key);
        let schedule = if of_another { schedule } else { schedule.caused_by(&caused_by) };
        schedule.await.expect("scheduled");
    }
    let found = why(&program, cause).await;
    let [pending] = &found.pending[..] else { panic!("{found:#?}") };
    assert_eq!((pending.name.as_str(), pending.key.as_str(), pending.is_command), ("Add", "one", true));
    assert!(found.to_string().contains("scheduled command Add one is due at +"), "{found}");
    clock.advance(std::time::Duration::from_secs(60));
    let found = eventually("it is executed", || async {
        let found = why(&program, cause).await;
        if found.events.len() == 2 { Ok(found) } else { Err(found.to_string()) }
    })
    .await;
    assert_eq!((shape(&found), found.pending.len()), (vec![(0, "a"), (1, "b")], 0));
    ended(workers).await;
}

pub(crate) async fn of_many_scheduled_commands_the_first_ones_are_searched<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().scheduled::<Add>().clock(&TestClock::new()).build();
    let workers = started(&program).await;
    let cause = added(&program, "a", 1).await;
    let caused_by = store.events().events_of(&tally("a")).await.remove(0).context;
    for n in 0..1_000_u64 {
        let after = std::time::Duration::from_secs(3_600 + n);
        let schedule = program.schedule(add("b", 1)).after(after).key(format!("{n}"));
        let schedule = if n % 100 == 0 { schedule.caused_by(&caused_by) } else { schedule };
        schedule.await.expect("scheduled");
        if n == 998 {
            assert_eq!(why(&program, cause).await.not_searched, [""; 0]);
        }
    }
    let found = why(&program, cause).await;
    assert_eq!((found.pending.len(), found.not_searched.clone()), (10, vec!["scheduled/Add".to_owned()]));
    assert!(found.to_string().contains("scheduled/Add has so many timers"), "{found}");
    ended(workers).await;
}
