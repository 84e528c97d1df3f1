//! What has not happened yet, and because of whom: what the consumers have made of an event.

use eventsource::{
    projections::ProjectionState,
    store::{ReadModelStore, StartAt, StopReason},
    why::{ConsumerOfEvent, Handling, Why, WorkerOfPartition},
};

use super::why::{of, why};
use crate::support::{
    Behaviour, FAULT, Gate, Letter, Mails, Program, Reacting, ReadModels, Switch, Totals, UNLUCKY, added,
    called, crashed, ended, eventually, first_parked, impatient, included, is, is_unlucky, options, started,
    started_with, status,
};

/// The consumers of the last event of a tally.
async fn consumers<S: ReadModelStore>(program: &Program<S>, tally: &str) -> Vec<ConsumerOfEvent> {
    why(program, of(tally)).await.events.pop().expect("it has events").consumers
}

async fn only<S: ReadModelStore>(program: &Program<S>, tally: &str) -> Handling {
    let [only] = consumers(program, tally).await.try_into().expect("one consumer");
    only.handling
}

fn text(why: &Why, of: &str) -> String {
    let text = why.to_string();
    text.lines().find(|line| line.contains(of)).unwrap_or_else(|| panic!("{text}")).to_owned()
}

pub(crate) async fn every_consumer_of_its_type_has_handled_an_event<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store
        .program()
        .projection(Totals::<3, 2>::new())
        .projection(<Letter as eventsource::ReadModel>::projection())
        .handler(Mails::<0>::new(), StartAt::Beginning)
        .policy(Reacting::<0>::copying(), StartAt::Beginning)
        .build();
    let workers = started(&program).await;
    let first = added(&program, "from-a", 1).await;
    let last = added(&program, "b", 1).await;
    for name in ["totals", "letters", "mails", "reactions"] {
        included(&program, name, last).await;
    }
    // All partitions pass an event, whichever it belongs to. Another program knows no consumer, and the same answer.
    let other = store.program().build();
    let found = eventually("all have handled it", || async {
        let found = consumers(&other, "b").await;
        if found.iter().all(|it| it.handling.is_past()) { Ok(found) } else { Err(found) }
    })
    .await;
    let names: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.version)).collect();
    assert_eq!(names, [("letters", 1), ("mails", 1), ("reactions", 1), ("totals", 3)]);
    // An event that has led to others has no consumers left to show.
    let found = why(&program, of("from-a")).await;
    assert_eq!((found.events[0].position, found.events[0].consumers.len()), (first, 0));
    // Nobody reads this one.
    let position = store.add_something_else().await;
    assert_eq!(why(&program, position).await.events[0].consumers, []);
    ended(workers).await;
}

pub(crate) async fn an_event_is_parked_itself_or_behind_another_one<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let program = store.program().projection(Totals::<1, 4>::failing_until(&fixed).parking()).build();
    let workers = started(&program).await;
    for tally in ["a", "b"] {
        added(&program, tally, 1).await;
        added(&program, tally, UNLUCKY).await;
    }
    let mut last = added(&program, "a", 2).await;
    included(&program, "totals", last).await;
    let since = first_parked(&program, "totals", "a").await;
    for event in why(&program, of("a")).await.events.iter().skip(1) {
        let Handling::Parked { key, since: first, error, attempts, more_keys } = &event.consumers[0].handling
        else {
            panic!("{event:?}")
        };
        assert_eq!((key.as_str(), *first, *more_keys), ("a", since, 0));
        assert!(error.as_ref().is_some_and(|error| error.contains(FAULT)) && *attempts > 0, "{error:?}");
    }
    let shown = why(&program, of("b")).await;
    let line = text(&shown, "PARKED");
    assert!(
        line.contains("PARKED under b since @") && line.contains(FAULT) && line.contains("attempts"),
        "{line}"
    );
    // It was applied before the key was parked.
    let first = why(&program, of("a")).await.events.remove(0);
    assert!(first.consumers.iter().all(|it| it.handling.is_past()), "{first:?}");

    program
        .discard_parked("totals", "b", first_parked(&program, "totals", "b").await, "no\nneed")
        .await
        .expect("discarded");
    let Handling::Discarded { key, reason } = only(&program, "b").await else { panic!("{shown}") };
    assert_eq!((key.as_str(), reason.as_str()), ("b", "no\nneed"));
    let discarded = why(&program, of("b")).await;
    assert!(text(&discarded, "discarded").ends_with("discarded under b: no\\nneed"), "{discarded}");
    fixed.turn();
    program.retry_parked("totals", "a").await.expect("it is retried");
    last = added(&program, "a", 3).await;
    included(&program, "totals", last).await;
    for event in why(&program, of("a")).await.events {
        assert!(event.consumers.iter().all(|it| it.handling.is_past()), "{event:?}");
    }
    ended(workers).await;
}

pub(crate) async fn a_stopped_consumer_says_why<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Totals::<1, 1>::failing_until(&Switch::default())).build();
    let workers = started(&program).await;
    let before = added(&program, "a", 1).await;
    included(&program, "totals", before).await;
    added(&program, "b", UNLUCKY).await;
    added(&program, "c", 1).await;
    let handling = eventually("it has stopped", || async {
        match only(&program, "c").await {
            handling @ Handling::Stopped { .. } => Ok(handling),
            other => Err(other),
        }
    })
    .await;
    let Handling::Stopped { behind, partitions: 1 } = &handling else { panic!("{handling:?}") };
    let [behind] = &behind[..] else { panic!("{handling:?}") };
    assert!(matches!(&behind.stopped, Some(StopReason::Failed { .. })), "{behind:?}");
    assert!(
        behind.checkpoint >= before && behind.positions > 0 && !handling.may_be_handled(),
        "{handling:?}"
    );
    let shown = why(&program, of("b")).await;
    assert!(text(&shown, "totals").contains(", STOPPED: it failed on"), "{shown}");
    assert!(only(&program, "a").await.is_past());
    let expected = program.why(of("c")).expecting("tally.closed").expecting("tally.added").await;
    let expected = expected.expect("the store can be read");
    let [there, missing] = &expected.expected[..] else { panic!("{expected:?}") };
    assert_eq!((there.event_type.as_str(), there.recorded.len()), ("tally.added", 1));
    assert_eq!((missing.recorded.len(), missing.waiting.clone()), (0, vec!["totals".to_owned()]));
    let line = "\ntally.closed: not recorded; not all events were handled by totals, see above";
    assert!(expected.to_string().ends_with(line), "{expected}");
    ended(workers).await;
}

pub(crate) async fn a_consumer_that_is_behind_says_where_it_is_and_who_processes_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let held = gate.clone();
    let hangs = Totals::<1, 1>::that(move |event| match is_unlucky(&event.event) {
        true => Behaviour::Wait(held.clone()),
        false => Behaviour::Apply,
    });
    let program = store.program().projection(hangs).build();
    let workers = started_with(&program, called("tallies")).await;
    let before = added(&program, "a", 1).await;
    included(&program, "totals", before).await;
    added(&program, "b", UNLUCKY).await;
    gate.reached().await;
    let Handling::NotYet { behind, partitions: 1 } = only(&program, "b").await else {
        panic!("it is behind")
    };
    assert_eq!(behind[0].worker, WorkerOfPartition::Lives { application: "tallies".to_owned() });
    assert_eq!((behind[0].partition, behind[0].checkpoint >= before), (0, true));
    let shown = why(&program, of("b")).await;
    let line = text(&shown, "totals");
    assert!(
        line.contains("not yet: partition 0 is at @") && line.contains("processed by tallies, moved"),
        "{line}"
    );
    gate.open();
    ended(workers).await;
}

pub(crate) async fn a_consumer_whose_worker_is_gone_says_so<S: ReadModelStore>(store: ReadModels<S>) {
    let gate = Gate::closed();
    let held = gate.clone();
    let hangs = Totals::<1, 2>::that(move |event| match is_unlucky(&event.event) {
        true => Behaviour::Wait(held.clone()),
        false => Behaviour::Apply,
    });
    let program = store.program().projection(hangs).build();
    let workers = started_with(&program, impatient().application("gone".to_owned())).await;
    added(&program, "a", UNLUCKY).await;
    gate.reached().await;
    crashed(workers).await;
    let shown = eventually("its heartbeats have stopped", || async {
        let shown = why(&program, of("a")).await;
        match &shown.events[0].consumers[0].handling {
            Handling::NotYet { behind, .. }
                if behind.iter().any(|it| matches!(it.worker, WorkerOfPartition::Gone { .. })) =>
            {
                Ok(shown)
            }
            other => Err(other.clone()),
        }
    })
    .await;
    assert!(shown.to_string().contains(", its worker gone"), "{shown}");
    // A worker that shuts down gives its partitions back.
    let other = store.program().projection(Totals::<1, 2>::new()).build();
    let workers = started_with(&other, options()).await;
    let last = added(&other, "b", 1).await;
    included(&other, "totals", last).await;
    ended(workers).await;
    added(&other, "a", 1).await;
    let Handling::NotYet { behind, .. } = only(&other, "a").await else { panic!("nobody processes it") };
    assert!(behind.iter().all(|it| it.worker == WorkerOfPartition::None), "{behind:?}");
    assert!(text(&why(&other, of("a")).await, "not yet").contains("without a worker"));
}

pub(crate) async fn a_partition_of_another_key_makes_it_only_possible_that_an_event_is_not_handled<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let program = store.program().projection(Totals::<1, 8>::failing_until(&Switch::default())).build();
    let workers = started(&program).await;
    added(&program, "a", UNLUCKY).await;
    added(&program, "b", 1).await;
    // Which partition the event of `b` belongs to is not known: the one that has stopped may be it.
    for tally in ["a", "b"] {
        let handling = eventually("the other partitions have passed it", || async {
            match only(&program, tally).await {
                Handling::Stopped { behind, partitions: 8 } if behind.len() == 1 => {
                    Ok(Handling::Stopped { behind, partitions: 8 })
                }
                other => Err(other),
            }
        })
        .await;
        assert!(handling.may_be_handled(), "{handling:?}");
        let line = text(&why(&program, of(tally)).await, "totals");
        assert!(line.contains("perhaps not yet: partition ") && line.contains("STOPPED"), "{line}");
    }
    ended(workers).await;
}

pub(crate) async fn a_generation_that_is_being_built_is_no_consumer<S: ReadModelStore>(store: ReadModels<S>) {
    let fixed = Switch::default();
    let program = store.program().projection(Totals::<1, 1>::failing_until(&fixed)).build();
    fixed.turn();
    let workers = started(&program).await;
    let last = added(&program, "a", UNLUCKY).await;
    included(&program, "totals", last).await;
    program.rebuild("totals").keep_old().await.expect("it is rebuilt");
    program.rebuild("totals").without_swap().await.expect("it is rebuilt");
    assert_eq!(store.list().await.iter().filter(|it| it.name == "totals").count(), 3);
    ended(workers).await;
    // Neither the building one nor the retired one is at this event; the live one counts.
    added(&program, "a", 1).await;
    let found = consumers(&program, "a").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(matches!(&found[0].handling, Handling::NotYet { .. }), "{found:?}");
}

pub(crate) async fn an_inline_projection_has_handled_each_event<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().inline(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    is(&program, "totals", ProjectionState::Inline).await;
    ended(workers).await;
    added(&program, "a", 1).await;
    assert!(only(&program, "a").await.is_past());
    assert!(text(&why(&program, of("a")).await, "totals").ends_with("handled (inline)"));
}

pub(crate) async fn a_handler_that_has_begun_later_may_not_have_handled_an_event<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let before = store.program().build();
    added(&before, "a", 1).await;
    let program = store.program().handler(Mails::<0>::new(), StartAt::Now).build();
    let workers = started(&program).await;
    let last = added(&program, "b", 1).await;
    included(&program, "mails", last).await;
    assert!(status(&program, "mails").await.events <= 1);
    let past =
        |newer| move |it: &Handling| matches!(it, Handling::Handled { is_newer, .. } if *is_newer == newer);
    for (tally, newer) in [("a", true), ("b", false)] {
        eventually("all partitions have passed it", || async {
            let found = only(&program, tally).await;
            if past(newer)(&found) { Ok(()) } else { Err(found) }
        })
        .await;
    }
    assert!(text(&why(&program, of("a")).await, "mails").contains("it may have begun after it"));
    ended(workers).await;
}

pub(crate) async fn hostile_names_do_not_break_the_text<S: ReadModelStore>(store: ReadModels<S>) {
    const HOSTILE: &str = "a\n└─ forged\u{1b}[31m\u{202e}\"<script>";
    let program =
        store.program().projection(Totals::<1, 1>::failing_until(&Switch::default()).parking()).build();
    let workers = started_with(&program, called(HOSTILE)).await;
    let last = added(&program, HOSTILE, UNLUCKY).await;
    included(&program, "totals", last).await;
    let shown = program.why(of(HOSTILE)).expecting(HOSTILE).await.expect("the store can be read");
    let text = shown.to_string();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.chars().all(|it| it == '\n' || !it.is_control() && it != '\u{202e}'), "{text:?}");
    let json = serde_json::to_value(&shown).expect("it is JSON");
    assert_eq!(json["events"][0]["stream"], format!("tally/{HOSTILE}"));
    assert_eq!(json["events"][0]["consumers"][0]["handling"]["kind"], "parked");
    assert_eq!(json["expected"][0]["event_type"], HOSTILE);
    ended(workers).await;
}
