//! Waiting until a read model includes a command, and read models folded on demand.

use std::time::Duration;

use eventsource::{
    EventId, Position, ReadModel, Timestamp,
    projections::{Rows, WaitError},
    store::{ImportEvent, ReadModelStore},
};

use crate::support::{
    Behaviour, Gate, Program, ReadModels, Switch, TallyEvent, Total, Totals, UNLUCKY, added, at_once, ended,
    included, is_unlucky, started, tally, total_of, totals,
};

pub(crate) async fn an_included_position_is_not_waited_for<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    included(&program, "totals", last).await;
    for position in [Position::START, last] {
        program.wait_for("totals", position).timeout(Duration::ZERO).await.expect("the position is included");
    }
    ended(workers).await;
}

pub(crate) async fn an_unknown_name_is_not_waited_for<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Totals::<1, 1>::new()).build();
    let unknown = program.wait_for("nothing", Position::START).await.expect_err("the projection is unknown");
    assert!(matches!(&unknown, WaitError::Unknown(it) if it.name == "nothing"), "{unknown:?}");
}

pub(crate) async fn a_wait_that_times_out_reports_the_position<S: ReadModelStore>(store: ReadModels<S>) {
    let gate = Gate::closed();
    let held = gate.clone();
    let program = store
        .program()
        .projection(Totals::<1, 1>::that(move |event| match is_unlucky(&event.event) {
            true => Behaviour::Wait(held.clone()),
            false => Behaviour::Apply,
        }))
        .build();
    let elsewhere = store.program().build();
    let workers = started(&program).await;
    let before = added(&program, "a", 1).await;
    included(&program, "totals", before).await;
    let last = added(&program, "a", UNLUCKY).await;
    gate.reached().await;
    for program in [&program, &elsewhere] {
        match program.wait_for("totals", last).timeout(Duration::from_millis(1)).await {
            Err(WaitError::TimedOut { name, at, wanted, .. }) => {
                assert_eq!((name.as_str(), at, wanted), ("totals", before, last));
            }
            other => panic!("{other:?}"),
        }
    }
    gate.open();
    included(&elsewhere, "totals", last).await;
    assert_eq!(total_of(&elsewhere, "a").await.map(|row| row.total), Some(1 + UNLUCKY));
    ended(workers).await;
}

pub(crate) async fn a_stopped_projection_is_not_waited_for_in_any_program<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().projection(Totals::<1, 1>::failing_until(&Switch::default())).build();
    let elsewhere = store.program().build();
    let mut workers = started(&program).await;
    let before = added(&program, "a", 1).await;
    let last = added(&program, "a", UNLUCKY).await;
    at_once("the projection stops", workers.stopped()).await;
    for program in [&program, &elsewhere] {
        program.wait_for("totals", before).await.expect("earlier events are included");
        let stopped = program.wait_for("totals", last).await.expect_err("it stopped");
        assert!(matches!(stopped, WaitError::Stopped { .. }), "{stopped:?}");
    }
    ended(workers).await;
}

pub(crate) async fn a_program_can_wait_for_commands_of_another<S: ReadModelStore>(store: ReadModels<S>) {
    let works = store.program().projection(Totals::<1, 1>::new()).build();
    let (writes, reads) = (store.program().build(), store.program().build());
    let workers = started(&works).await;
    for n in 1..=10 {
        let last = added(&writes, "a", 1).await;
        included(&reads, "totals", last).await;
        assert_eq!(total_of(&reads, "a").await.map(|row| row.total), Some(n));
    }
    ended(workers).await;
}

fn in_order(rows: Rows<Total>) -> Vec<Total> {
    rows.into_iter().collect()
}

/// Sorts rows as the store does.
fn sorted(mut rows: Vec<Total>) -> Vec<Total> {
    rows.sort_by(|a, b| a.tally.cmp(&b.tally));
    rows
}

async fn of_log<S: ReadModelStore>(program: &Program<S>) -> Vec<Total> {
    in_order(program.project::<Total>().of_log::<TallyEvent>().await.expect("the log can be folded"))
}

pub(crate) async fn a_read_model_on_demand_is_what_would_be_stored<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Total::projection()).build();
    let workers = started(&program).await;
    for n in 0..10 {
        store.add_as(&format!("t-{n}"), "tally.increased", 1, r#"{"n":3}"#).await;
        store.add_something_else().await;
        store.add_many(&format!("t-{n}"), n).await;
    }
    let middle = added(&program, "t-1", 5).await;
    included(&program, "totals", middle).await;
    let stored = totals(&program).await;
    assert_eq!(sorted(of_log(&program).await), sorted(stored.clone()));

    let last = added(&program, "t-1", 5).await;
    let before = program.project::<Total>().until_position(middle).of_log::<TallyEvent>().await;
    assert_eq!(sorted(in_order(before.expect("the log can be folded"))), sorted(stored));
    included(&program, "totals", last).await;
    assert_eq!(sorted(of_log(&program).await), sorted(totals(&program).await));

    let stream = program.project::<Total>().of_stream::<TallyEvent>(&tally("t-1")).await;
    let stream = in_order(stream.expect("the stream can be folded"));
    assert_eq!(stream, [total_of(&program, "t-1").await.expect("the position is included")]);
    ended(workers).await;
}

pub(crate) async fn a_read_model_on_demand_can_end_at_a_time<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().build();
    added(&program, "a", 1).await;
    added(&program, "b", 2).await;
    let log = store.events().log().await;
    for until in log.iter().map(|event| event.context.recorded_at) {
        let expected = log.iter().take_while(|event| event.context.recorded_at <= until).count();
        let rows = program.project::<Total>().until_time(until).of_log::<TallyEvent>().await;
        assert_eq!(rows.expect("the log can be folded").len(), expected);
    }
    let never = Timestamp::from_microsecond(0).expect("a time");
    let rows = program.project::<Total>().until_time(never).of_log::<TallyEvent>().await;
    assert!(rows.expect("the log can be folded").is_empty());
}

pub(crate) async fn what_was_recorded_later_is_left_out_wherever_it_stands<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let time = |seconds: i64| Timestamp::from_microsecond(seconds * 1_000_000).expect("a time");
    // Stream by stream, so that the log is not in the order of time; nor is the last stream.
    let past = [("a", 1, 1), ("a", 10, 9), ("b", 55, 2), ("b", 100, 8), ("c", 3, 9), ("c", 4, 1)];
    let past = past.map(|(id, amount, at)| {
        let event = ImportEvent::new(tally(id), &TallyEvent::Added { amount }).expect("it encodes");
        event.id(EventId::new()).recorded_at(time(at))
    });
    store.events().import(&past).await.expect("the import is accepted");
    let until = |at| program.project::<Total>().until_time(time(at));
    let of = |rows: Rows<Total>| -> Vec<_> {
        sorted(in_order(rows)).into_iter().map(|row| (row.tally, row.total)).collect()
    };
    let known = |totals: &[(&str, u64)]| -> Vec<_> {
        totals.iter().map(|(tally, total)| ((*tally).to_owned(), *total)).collect()
    };
    for (at, due) in [
        (0, known(&[])),
        (1, known(&[("a", 1), ("c", 4)])),
        (2, known(&[("a", 1), ("b", 55), ("c", 4)])),
        (8, known(&[("a", 1), ("b", 155), ("c", 4)])),
        (9, known(&[("a", 11), ("b", 155), ("c", 7)])),
    ] {
        let rows = until(at).of_log::<TallyEvent>().await.expect("the log can be folded");
        assert_eq!(of(rows), due, "until {at}");
    }
    let rows = until(2).of_stream::<TallyEvent>(&tally("c")).await.expect("the stream can be folded");
    assert_eq!(of(rows), known(&[("c", 4)]));
}
