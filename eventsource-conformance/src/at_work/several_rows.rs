//! Read models of which one event changes several rows.

use std::collections::BTreeMap;

use eventsource::{
    Change, FailurePolicy, FoldMany, OnFailure, Position, ReadModel, Recorded,
    projections::{ParkedRetry, ProjectionState, WaitError},
    store::ReadModelStore,
};
use serde::{Deserialize, Serialize};

use crate::{
    support::{
        Program, ReadModels, TallyEvent, UNLUCKY, added, ended, included, is, options, started, started_with,
        status,
    },
    torture,
};

/// What was added to all tallies that have a character in their id, in an order that shows in `seen`. The characters
/// `x` and `y` fail on [`UNLUCKY`].
macro_rules! characters {
    ($(#[$doc:meta])* $row:ident, $fails:expr, $($options:tt)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
        #[read_model($($options)*)]
        struct $row {
            #[read_model(key)]
            character: String,
            total: u64,
            /// The positions of the events, in the order of application.
            seen: Vec<u64>,
        }

        impl FoldMany<TallyEvent> for $row {
            fn keys(event: &Recorded<TallyEvent>) -> Vec<String> {
                event.aggregate_id().chars().filter(|it| *it != '-').map(String::from).collect()
            }

            fn fold(character: &String, row: Option<Self>, event: &Recorded<TallyEvent>) -> Change<Self> {
                let TallyEvent::Added { amount } = event.event else { return Change::Keep };
                let fails = $fails && amount == UNLUCKY && ["x", "y"].contains(&character.as_str());
                // A row with another key than that of the event is refused.
                let named = if fails { format!("not {character}") } else { character.clone() };
                let (mut total, mut seen) = row.map_or((0, Vec::new()), |row| (row.total, row.seen));
                total += amount;
                seen.push(event.context.position.get());
                Change::Put(Self { character: named, total, seen })
            }
        }
    };
}

characters!(/** In one partition. */ Character, true, table = "characters");
characters!(/** The same, without the fault. */ Fixed, false, table = "characters");
characters!(/** In several partitions. */ Spread, true, table = "spread_characters", partitions = 4);

type Rows = BTreeMap<String, (u64, Vec<u64>)>;

async fn stored<S: ReadModelStore>(program: &Program<S>) -> Rows {
    let rows = program.all::<Character>().await.expect("the rows can be read");
    rows.into_iter().map(|row| (row.character, (row.total, row.seen))).collect()
}

async fn spread<S: ReadModelStore>(program: &Program<S>) -> Rows {
    let rows = program.all::<Spread>().await.expect("the rows can be read");
    rows.into_iter().map(|row| (row.character, (row.total, row.seen))).collect()
}

async fn on_demand<S: ReadModelStore>(program: &Program<S>) -> Rows {
    let rows = program.project::<Fixed>().of_log::<TallyEvent>().await.expect("the log can be folded");
    rows.into_iter().map(|row| (row.character, (row.total, row.seen))).collect()
}

/// The positions that a row has seen.
fn seen(rows: &Rows, character: &str) -> Vec<u64> {
    rows.get(character).map(|(_, seen)| seen.clone()).unwrap_or_default()
}

fn numbers(events: &[Position]) -> Vec<u64> {
    events.iter().map(|position| position.get()).collect()
}

pub(crate) async fn an_event_is_applied_once_to_each_of_its_rows<S: ReadModelStore>(store: ReadModels<S>) {
    let program =
        store.program().projection(Character::projection()).projection(Spread::projection()).build();
    let mut last = Position::START;
    for tally in ["abc", "b", "-", "cab", "aab"] {
        last = added(&program, tally, 1).await;
    }
    let workers = started(&program).await;
    for name in ["characters", "spread_characters"] {
        included(&program, name, last).await;
    }
    last = added(&program, "dcba", 2).await;
    for name in ["characters", "spread_characters"] {
        included(&program, name, last).await;
    }
    let rows = stored(&program).await;
    let totals: Vec<_> = rows.iter().map(|(character, (total, _))| (character.as_str(), *total)).collect();
    assert_eq!(totals, [("a", 5), ("b", 6), ("c", 4), ("d", 2)]);
    assert_eq!(rows, on_demand(&program).await);
    assert_eq!(rows, spread(&program).await);
    ended(workers).await;
}

pub(crate) async fn an_inline_event_is_applied_to_all_of_its_rows<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().inline(Character::projection()).build();
    added(&program, "ab", 1).await;
    let workers = started(&program).await;
    is(&program, "characters", ProjectionState::Inline).await;
    for tally in ["bc", "aab"] {
        added(&program, tally, 1).await;
        assert_eq!(stored(&program).await, on_demand(&program).await);
    }
    let before = stored(&program).await;
    let fails = program.execute(crate::support::add("bxc", UNLUCKY)).await;
    fails.expect_err("the fold of one row fails");
    assert_eq!(stored(&program).await, before, "no row has an event that was not recorded");
    ended(workers).await;
}

/// How many random histories are folded.
const HISTORIES: usize = 20;

/// A worker is dropped in the middle of its batch as often as not, and partitions move between two programs.
pub(crate) async fn several_rows_do_not_depend_on_batches_and_crashes<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program =
        || store.program().projection(Character::projection()).projection(Spread::projection()).build();
    let (one, other) = (program(), program());
    let mut state = 7_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..torture::at_least(3, HISTORIES) {
        let batch_events = [1, 2, 1_000][usize::try_from(next(3)).unwrap_or_default()];
        let workers = started_with(&one, options().batch_events(batch_events)).await;
        let second = if next(2) == 0 { Some(started(&other).await) } else { None };
        let mut last = Position::START;
        for _ in 0..next(12) {
            let length = 1 + next(4);
            let tally: String =
                (0..length).map(|_| char::from(b"abcdef"[usize::try_from(next(6)).unwrap_or(0)])).collect();
            last = store.add_many(&tally, 1 + usize::try_from(next(2)).unwrap_or(0)).await;
        }
        if next(2) == 0 {
            // The batch in progress is dropped.
            drop(workers);
        } else {
            for name in ["characters", "spread_characters"] {
                included(&one, name, last).await;
            }
            if next(3) == 0 {
                one.rebuild("spread_characters").await.expect("it is rebuilt");
            }
            ended(workers).await;
        }
        if let Some(second) = second {
            ended(second).await;
        }
    }
    let last = store.add_many("abcdef", 1).await;
    let workers = started(&one).await;
    for name in ["characters", "spread_characters"] {
        included(&one, name, last).await;
    }
    let due = on_demand(&one).await;
    assert!(due.values().all(|(_, seen)| seen.len() > 3), "rows are folded on: {due:?}");
    assert_eq!(stored(&one).await, due);
    assert_eq!(spread(&one).await, due);
    for name in ["characters", "spread_characters"] {
        one.rebuild(name).await.expect("it is rebuilt");
    }
    assert_eq!(stored(&one).await, due);
    assert_eq!(spread(&one).await, due);
    ended(workers).await;
}

pub(crate) async fn an_event_is_parked_for_the_row_that_fails<S: ReadModelStore>(store: ReadModels<S>) {
    let park = FailurePolicy::default().attempts(1).then(OnFailure::Park);
    let program = store
        .program()
        .projection(Character::projection().on_failure(park))
        .projection(Spread::projection().on_failure(park))
        .build();
    let mut events = Vec::new();
    let history = [("ax", 1), ("axby", UNLUCKY), ("xa", 1), ("yb", 1), ("b", 1), ("x", UNLUCKY)];
    for (tally, amount) in history {
        events.push(added(&program, tally, amount).await);
    }
    let last = events[events.len() - 1];
    // Once all together, and then one by one.
    let workers = started(&program).await;
    for name in ["characters", "spread_characters"] {
        included(&program, name, last).await;
        let page = program.parked(name).await.expect("the store can be read");
        let parked: Vec<_> = page.events.iter().map(|it| (it.key.as_str(), it.position)).collect();
        let due = [(1, "\"x\""), (1, "\"y\""), (2, "\"x\""), (3, "\"y\""), (5, "\"x\"")];
        assert_eq!(parked, due.map(|(event, key)| (key, events[event])), "{name}");
        let errors: Vec<_> = page.events.iter().map(|it| it.error.is_some()).collect();
        assert_eq!(errors, [true, true, false, false, false]);
        assert!(page.events[0].error.as_ref().is_some_and(|error| error.contains("not x")));
        assert!(page.events[1].error.as_ref().is_some_and(|error| error.contains("not y")));
    }
    for rows in [stored(&program).await, spread(&program).await] {
        assert_eq!(seen(&rows, "a"), numbers(&events[..3]));
        assert_eq!(seen(&rows, "b"), numbers(&[events[1], events[3], events[4]]));
        assert_eq!(seen(&rows, "x"), numbers(&events[..1]));
        assert_eq!(seen(&rows, "y"), [0; 0]);
    }
    // A row that failed is behind, and its other events wait for it.
    let last = added(&program, "xa", 1).await;
    events.push(last);
    included(&program, "characters", last).await;
    assert_eq!(seen(&stored(&program).await, "x"), numbers(&events[..1]));
    assert_eq!(status(&program, "characters").await.parked, 6);
    match program.retry_parked("characters", "\"x\"").await.expect("it is retried") {
        ParkedRetry::FailedAgain { event } => assert_eq!(event.position, events[1]),
        other => panic!("{other:?}"),
    }
    ended(workers).await;

    let program = store.program().projection(Fixed::projection().on_failure(park)).build();
    let workers = started(&program).await;
    assert_eq!(
        program.retry_parked("characters", "\"x\"").await.expect("it is retried"),
        ParkedRetry::Applied
    );
    let rows = stored(&program).await;
    assert_eq!(seen(&rows, "x"), numbers(&[events[0], events[1], events[2], events[5], events[6]]));
    assert_eq!(seen(&rows, "y"), [0; 0], "the other row that failed is retried under its own key");
    program.retry_all_parked("characters").await.expect("it is retried");
    assert_eq!(stored(&program).await, on_demand(&program).await);
    ended(workers).await;
}

pub(crate) async fn no_row_has_an_event_at_which_the_projection_stops<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let stop = FailurePolicy::default().attempts(1);
    let program = store.program().projection(Character::projection().on_failure(stop)).build();
    added(&program, "ax", 1).await;
    let failing = added(&program, "axb", UNLUCKY).await;
    let workers = started(&program).await;
    match program.wait_for("characters", failing).await {
        Err(WaitError::Stopped { .. }) => {}
        other => panic!("{other:?}"),
    }
    let rows = stored(&program).await;
    assert_eq!((seen(&rows, "a").len(), seen(&rows, "x").len(), seen(&rows, "b").len()), (1, 1, 0));
    ended(workers).await;

    let program = store.program().projection(Fixed::projection()).build();
    let workers = started(&program).await;
    included(&program, "characters", failing).await;
    assert_eq!(stored(&program).await, on_demand(&program).await);
    ended(workers).await;
}
