//! Watching the rows of a read model.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use eventsource::{
    Position, ReadModel,
    projections::{Filter, WatchError, Watched},
    store::ReadModelStore,
};
use futures_util::StreamExt;

use crate::support::{
    CLEARED, Pile, Program, ReadModels, Screen, UNSEEN, added, at_once, ended, included, started,
};

pub(super) const PILES: &str = "piles";

pub(super) async fn added_each<S: ReadModelStore>(program: &Program<S>, adds: &[(&str, u64)]) -> Position {
    let mut last = Position::START;
    for (tally, amount) in adds {
        last = added(program, tally, *amount).await;
    }
    last
}

pub(super) async fn assert_shows_all<S: ReadModelStore>(screen: &Screen, program: &Program<S>) {
    let stored: Vec<Pile> = program.all().await.expect("the rows can be read");
    let mut stored: Vec<_> = stored.iter().map(|row| (row.tally.as_str(), row.total)).collect();
    stored.sort_unstable();
    assert_eq!(screen.totals(), stored);
}

pub(crate) async fn a_watch_begins_with_all_rows_and_follows_their_changes<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().projection(Pile::projection()).build();
    let workers = started(&program).await;
    let last = added_each(&program, &[("a", 1), ("b", 2), ("a", 3)]).await;
    included(&program, PILES, last).await;
    let mut screen = Screen::of(&program, Filter::all());
    screen.until(last).await;
    assert_eq!(screen.reports, ["reset", "a=4", "b=2"]);

    screen.until(added(&program, "b", 5).await).await;
    screen.until(added(&program, "c", 1).await).await;
    assert_eq!(screen.reports[3..], ["b=7", "c=1"]);
    // An event that changes no row is still waited for.
    let last = store.add_something_else().await;
    screen.until(added(&program, "a", UNSEEN).await).await;
    assert!(screen.token.is_some_and(|token| token.position() > last));
    assert_eq!(screen.totals(), [("a", 4), ("b", 7), ("c", 1)]);
    ended(workers).await;
}

pub(crate) async fn a_watch_of_keys_reports_their_rows_only<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Pile::projection()).build();
    let mut before_the_start = Screen::of(&program, Filter::key("b"));
    before_the_start.drain();
    let workers = started(&program).await;
    let last = added_each(&program, &[("a", 1), ("c", 3)]).await;
    included(&program, PILES, last).await;
    let mut screen = Screen::of(&program, Filter::keys(["b".to_owned(), "c".to_owned()]));
    screen.until(last).await;
    assert_eq!(screen.reports, ["reset", "c=3"]);
    let last = added_each(&program, &[("a", 1), ("b", 2), ("c", 1), ("a", 1)]).await;
    screen.until(last).await;
    before_the_start.until(last).await;
    assert_eq!(screen.totals(), [("b", 2), ("c", 4)]);
    assert_eq!(before_the_start.reports, ["reset", "b=2"]);
    ended(workers).await;
}

pub(crate) async fn rows_that_are_deleted_and_made_again_are_reported<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().projection(Pile::projection()).build();
    let workers = started(&program).await;
    let mut screen = Screen::of(&program, Filter::key("a"));
    for (amount, report) in [(1, "a=1"), (CLEARED, "a gone"), (5, "a=5")] {
        screen.until(added(&program, "a", amount).await).await;
        assert_eq!(screen.reports.last().map(String::as_str), Some(report));
    }
    let token = screen.token;
    drop(screen);
    let last = added_each(&program, &[("a", CLEARED), ("b", 1)]).await;
    included(&program, PILES, last).await;
    let mut gone = Screen::after(&program, Filter::all(), token);
    gone.until(last).await;
    assert_eq!(gone.reports, ["a gone", "b=1"]);
    let last = added(&program, "a", 7).await;
    included(&program, PILES, last).await;
    let mut again = Screen::after(&program, Filter::all(), token);
    again.until(last).await;
    assert_eq!(again.reports, ["a=7", "b=1"]);
    ended(workers).await;
}

pub(crate) async fn a_watch_resumes_with_the_rows_that_have_changed<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Pile::projection()).build();
    let workers = started(&program).await;
    let last = added_each(&program, &[("a", 1), ("b", 1), ("c", 1), ("d", 1)]).await;
    let mut screen = Screen::of(&program, Filter::all());
    screen.until(last).await;
    let token = screen.token.expect("it has caught up");
    drop(screen);
    let last = added_each(&program, &[("b", 1), ("d", 1), ("d", 1)]).await;
    included(&program, PILES, last).await;
    // Another watch runs already, which has had these changes.
    let mut other = Screen::of(&program, Filter::all());
    other.until(last).await;
    let token = token.to_string().parse().expect("it is a token");
    for (filter, reports) in
        [(Filter::all(), &["b=2", "d=3"][..]), (Filter::key("d"), &["d=3"]), (Filter::key("a"), &[])]
    {
        let mut resumed = Screen::after(&program, filter, Some(token));
        resumed.until(last).await;
        assert_eq!(resumed.reports, reports);
        // With the newest token, the watch says at once that there is nothing to report.
        let mut current = Screen::after(&program, Filter::all(), resumed.token);
        current.next().await;
        assert_eq!((current.reports.len(), current.token), (0, resumed.token));
    }
    ended(workers).await;

    // In another process, and after the workers have ended.
    let program = store.program().projection(Pile::projection()).build();
    let workers = started(&program).await;
    let mut resumed = Screen::after(&program, Filter::all(), Some(token));
    resumed.until(last).await;
    assert_eq!(resumed.reports, ["b=2", "d=3"]);
    resumed.until(added(&program, "a", 1).await).await;
    assert_eq!(resumed.reports[2..], ["a=2"]);
    ended(workers).await;
}

pub(crate) async fn a_watch_that_has_seen_more_than_the_store_knows_begins_again<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().projection(Pile::projection()).build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    let mut screen = Screen::of(&program, Filter::all());
    screen.until(last).await;
    let token = screen.token.expect("it has caught up").to_string();
    let beyond = token.split_once('.').map(|(generation, _)| format!("{generation}.1000000"));
    for token in [beyond.expect("it has a position"), "1000000.1".to_owned(), format!("{token}.parked")] {
        let mut again = Screen::after(&program, Filter::all(), Some(token.parse().expect("it is a token")));
        again.until(last).await;
        assert_eq!(again.reports, ["reset", "a=1"], "{token}");
    }
    ended(workers).await;
}

pub(crate) async fn a_row_that_may_not_be_seen_is_neither_reported_nor_named<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().projection(Pile::projection()).build();
    let workers = started(&program).await;
    let first = added_each(&program, &[("a", 1), ("secret", 500)]).await;
    included(&program, PILES, first).await;
    let is_open = Arc::new(AtomicBool::new(true));
    let small = || {
        let is_open = Arc::clone(&is_open);
        Filter::all().only(move |row: &Pile| row.total < 100 && is_open.load(Ordering::SeqCst))
    };
    let mut screen = Screen::of(&program, small());
    screen.until(first).await;
    let last = added_each(&program, &[("secret", 1), ("secret", CLEARED), ("hidden", 300), ("b", 1)]).await;
    screen.until(last).await;
    assert_eq!(screen.reports, ["reset", "a=1", "b=1"]);
    // A row that may no longer be seen is gone, once.
    screen.until(added_each(&program, &[("a", 300)]).await).await;
    screen.until(added_each(&program, &[("a", 300)]).await).await;
    assert_eq!(screen.reports[3..], ["a gone"]);
    // The right is asked for each row, not only at first.
    is_open.store(false, Ordering::SeqCst);
    screen.until(added_each(&program, &[("b", 1), ("c", 1)]).await).await;
    assert_eq!(screen.reports[4..], ["b gone"]);
    is_open.store(true, Ordering::SeqCst);

    // What a watch had shown before it resumes is not known: it begins again rather than name a hidden row.
    let token = screen.token;
    screen.until(added_each(&program, &[("d", 1)]).await).await;
    let mut resumed = Screen::after(&program, small(), token);
    resumed.until(added(&program, "e", 1).await).await;
    assert_eq!(resumed.reports, ["d=1", "e=1"]);
    resumed.until(added(&program, "hidden", 1).await).await;
    assert_eq!(resumed.reports[2..], ["reset", "b=2", "c=1", "d=1", "e=1"]);
    ended(workers).await;
}

pub(crate) async fn a_watch_follows_rows_that_another_program_applies<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let works = store.program().projection(Pile::projection()).build();
    let shows = store.program().projection(Pile::projection()).build();
    let workers = started(&works).await;
    let mut screen = Screen::of(&shows, Filter::all());
    screen.until(added(&works, "a", 1).await).await;
    screen.until(added(&shows, "a", 1).await).await;
    assert_eq!(screen.totals(), [("a", 2)]);
    // The rows wait while no program applies events, and the watch with them.
    ended(workers).await;
    let last = added(&shows, "a", 1).await;
    screen.drain();
    assert_eq!(screen.totals(), [("a", 2)]);
    let workers = started(&works).await;
    screen.until(last).await;
    assert_eq!(screen.totals(), [("a", 3)]);
    ended(workers).await;
}

pub(crate) async fn a_read_model_that_is_not_registered_is_not_watched<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let mut watch = program.watch::<Pile>(Filter::all());
    let refused = at_once("an answer", watch.next()).await.expect("an answer");
    assert!(matches!(refused, Err(WatchError::NotRegistered { table: PILES })), "{refused:?}");
    assert!(at_once("the end", watch.next()).await.is_none());

    // A key that names no row.
    let program = store.program().projection(Pile::projection()).build();
    let mut watch = program.watch::<Pile>(Filter::key("a\0b"));
    let refused: Result<Watched<Pile>, _> = at_once("an answer", watch.next()).await.expect("an answer");
    assert!(matches!(refused, Err(WatchError::Rows(_))), "{refused:?}");
}
