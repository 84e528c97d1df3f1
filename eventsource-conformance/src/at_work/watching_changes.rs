//! Watching rows while the read model is rebuilt, promoted, or behind, and while many watch it.

use std::collections::BTreeMap;

use eventsource::{
    FailurePolicy, OnFailure, Position, ReadModel,
    projections::{Filter, ProjectionState, RowsError, WatchError, Watched},
    store::ReadModelStore,
};
use futures_util::StreamExt;

use crate::support::{
    Pile, ReadModels, Screen, Switch, Total, Totals, UNLUCKY, added, all, at_once, ended, first_parked,
    included, is, started,
};

use super::watching::{PILES, added_each, assert_shows_all};

pub(crate) async fn a_rebuilt_read_model_is_reported_from_the_start<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Pile::projection()).build();
    let workers = started(&program).await;
    let last = added_each(&program, &[("a", 1), ("b", 1)]).await;
    let mut screen = Screen::of(&program, Filter::all());
    screen.until(last).await;
    let before = screen.token;

    program.rebuild(PILES).await.expect("it is rebuilt");
    screen.shows(|screen| screen.reports.len() == 6).await;
    assert_eq!(screen.reports[3..], ["reset", "a=1", "b=1"]);
    let mut resumed = Screen::after(&program, Filter::key("b"), before);
    resumed.until(last).await;
    assert_eq!(resumed.reports, ["reset", "b=1"]);
    // Each resumes within the new generation.
    screen.until(last).await;
    let last = added(&program, "b", 1).await;
    screen.until(last).await;
    resumed.until(last).await;
    assert_eq!((screen.reports[6..].concat(), resumed.reports[2..].concat()), ("b=2".into(), "b=2".into()));
    ended(workers).await;
}

/// Watches from several tasks while commands are executed and the read model is rebuilt. Each must show, at every position
/// that it was notified of, rows that are at least as new.
pub(crate) async fn many_watches_show_no_row_that_is_older_than_their_position<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    const TALLIES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let program = store.program().projection(Pile::projection()).build();
    let workers = started(&program).await;
    let (done, rounds) = (Switch::default(), 40);
    let watching = (0..12).map(|n| {
        let (program, done) = (program.clone(), done.clone());
        tokio::spawn(async move {
            let mut screen = match n % 3 {
                0 => Screen::of(&program, Filter::key(TALLIES[n / 3])),
                _ => Screen::of(&program, Filter::all()),
            };
            while !done.is_on() {
                screen.next().await;
                if n % 4 == 1 && screen.token.is_some() && screen.reports.len() % 7 == 0 {
                    let token = screen.token;
                    let before = std::mem::take(&mut screen.rows);
                    let moments = std::mem::take(&mut screen.moments);
                    screen = Screen::after(&program, Filter::all(), token);
                    (screen.rows, screen.moments) = (before, moments);
                }
            }
            (n, screen)
        })
    });
    let watching = watching.collect();
    let adding = TALLIES.map(|tally| {
        let program = program.clone();
        tokio::spawn(async move {
            let mut versions = BTreeMap::new();
            for version in 1..=rounds {
                let position = added(&program, tally, 1).await;
                versions.insert(position, version);
            }
            (tally, versions)
        })
    });
    program.rebuild(PILES).await.expect("it is rebuilt");
    let added_versions: BTreeMap<&str, BTreeMap<Position, u64>> =
        all(adding.into()).await.into_iter().collect();
    let last = added(&program, "g", 1).await;
    included(&program, PILES, last).await;
    done.turn();
    added(&program, TALLIES[0], 1).await;
    for tally in TALLIES {
        added(&program, tally, 1).await;
    }
    for (n, mut screen) in all(watching).await {
        for (position, shown) in &screen.moments {
            for (tally, versions) in &added_versions {
                if n % 3 == 0 && *tally != TALLIES[n / 3] {
                    continue;
                }
                let due = versions.range(..=*position).next_back().map_or(0, |(_, version)| *version);
                let shown = shown.get(*tally).copied().unwrap_or(0);
                assert!(shown >= due, "watch {n} shows version {shown} of {tally} at {position}, not {due}");
            }
        }
        let last = added(&program, "g", 1).await;
        screen.until(last).await;
        if n % 3 != 0 {
            assert_shows_all(&screen, &program).await;
        }
    }
    ended(workers).await;
}

pub(crate) async fn a_slow_watch_gets_the_latest_state_of_each_row<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Pile::projection()).build();
    let workers = started(&program).await;
    let first = added_each(&program, &[("a", 1), ("b", 1)]).await;
    let mut slow = Screen::of(&program, Filter::all());
    slow.until(first).await;
    let mut quick = Screen::of(&program, Filter::all());
    let mut last = first;
    for _ in 0..100 {
        last = added_each(&program, &[("a", 1), ("b", 1)]).await;
        quick.until(last).await;
    }
    let before = slow.reports.len();
    slow.until(last).await;
    assert_eq!(slow.totals(), [("a", 101), ("b", 101)]);
    let reports = slow.reports.len() - before;
    assert!(reports <= 4, "{reports} reports of two rows");
    ended(workers).await;
}

pub(crate) async fn a_parked_event_that_is_applied_later_is_reported<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let policy = FailurePolicy::default().attempts(1).then(OnFailure::Park);
    let program = store.program().projection(Pile::projection().on_failure(policy)).build();
    let workers = started(&program).await;
    let last = added_each(&program, &[("a", 1), ("a", UNLUCKY), ("a", 2), ("b", 1)]).await;
    included(&program, PILES, last).await;
    let mut screen = Screen::of(&program, Filter::all());
    screen.until(last).await;
    assert_eq!(screen.totals(), [("a", 1), ("b", 1)]);
    let token = screen.token.expect("it has caught up");
    assert!(token.to_string().ends_with(".parked"), "{token}");

    let key = "\"a\"";
    let first = first_parked(&program, PILES, key).await;
    program.discard_parked(PILES, key, first, "unlucky").await.expect("it is discarded");
    screen.shows(|screen| screen.totals() == [("a", 3), ("b", 1)]).await;
    // No position shows that the row has changed, so a watch cannot resume from before.
    let mut resumed = Screen::after(&program, Filter::all(), Some(token));
    resumed.until(last).await;
    assert_eq!(resumed.reports, ["reset", "a=3", "b=1"]);
    ended(workers).await;
}

pub(crate) async fn an_inline_read_model_is_watched<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().inline(Pile::projection()).build();
    let workers = started(&program).await;
    let mut screen = Screen::of(&program, Filter::all());
    screen.until(added(&program, "a", 1).await).await;
    is(&program, PILES, ProjectionState::Inline).await;
    for n in 2..10 {
        screen.until(added(&program, "a", 1).await).await;
        assert_eq!(screen.totals(), [("a", n)]);
    }
    program.demote(PILES).await.expect("it is demoted");
    screen.until(added(&program, "a", 1).await).await;
    assert_eq!(screen.totals(), [("a", 10)]);
    ended(workers).await;
}

pub(crate) async fn a_watch_ends_when_a_later_version_is_live<S: ReadModelStore>(store: ReadModels<S>) {
    let old = store.program().projection(Total::projection()).build();
    let workers = started(&old).await;
    let mut watch = old.watch::<Total>(Filter::all());
    let first = at_once("a report", watch.next()).await.expect("a report");
    assert!(matches!(first, Ok(Watched::Reset)), "{first:?}");
    let new = store.program().projection(Totals::<2, 1>::new()).build();
    let new_workers = started(&new).await;
    let ended_with = loop {
        match at_once("the end", watch.next()).await.expect("an error comes first") {
            Ok(report) => assert!(matches!(report, Watched::CaughtUp(_)), "{report:?}"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&ended_with, WatchError::Rows(error) if matches!(&**error, RowsError::OtherVersion(_))),
        "{ended_with:?}"
    );
    assert!(at_once("the end", watch.next()).await.is_none());
    ended(new_workers).await;
    ended(workers).await;
}
