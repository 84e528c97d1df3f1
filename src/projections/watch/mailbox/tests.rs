use std::sync::Arc;

use futures_util::task::noop_waker_ref;

use super::*;
use crate::{
    Position,
    store::{Column, ColumnKind, GenerationId, ReadModelTable},
};

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::projections::watch) struct Count {
    id: u64,
    count: u64,
}

impl ReadModel for Count {
    type Key = u64;
    const TABLE: &'static str = "counts";
    const VERSION: u32 = 1;
    const PARTITIONS: u32 = 1;

    fn table() -> ReadModelTable {
        let column =
            |name: &str, key| Column { name: name.to_owned(), kind: ColumnKind::Int64, nullable: false, key };
        let columns = vec![column("id", true), column("count", false)];
        ReadModelTable { name: Self::TABLE.to_owned(), columns, owned_by_application: false }
    }

    fn row_key(&self) -> u64 {
        self.id
    }
}

pub(in crate::projections::watch) fn state(id: u64, count: u64) -> Arc<State<Count>> {
    let row = (count > 0).then(|| Arc::new(Count { id, count }));
    Arc::new(State { text: id.to_string().into(), key: id, row })
}

fn token(position: u64) -> WatchToken {
    WatchToken { generation: GenerationId::new(1), position: Position::new(position), has_parked: false }
}

fn begun(rows: &[(u64, u64)], position: u64) -> Mailbox<Count> {
    let mailbox = Mailbox::new(None);
    mailbox.begin(rows.iter().map(|&(id, count)| state(id, count)).collect(), token(position));
    mailbox
}

fn next(mailbox: &Mailbox<Count>) -> String {
    match mailbox.poll(&mut Context::from_waker(noop_waker_ref())) {
        Poll::Pending => "-".to_owned(),
        Poll::Ready(Message::Reset) => "reset".to_owned(),
        Poll::Ready(Message::State(state)) => {
            format!("{}={}", state.key, state.row.as_ref().map_or(0, |row| row.count))
        }
        Poll::Ready(Message::CaughtUp(token)) => format!("@{}", token.position),
        Poll::Ready(Message::Behind) => "behind".to_owned(),
        Poll::Ready(Message::Ended(error)) => error.to_string(),
    }
}

#[track_caller]
fn assert_next(mailbox: &Mailbox<Count>, expected: &[&str]) {
    let found: Vec<_> = expected.iter().map(|_| next(mailbox)).collect();
    assert_eq!(found, expected);
}

#[test]
fn rows_come_before_the_position_that_they_are_as_new_as() {
    let mailbox = begun(&[(1, 1), (2, 1)], 5);
    assert_next(&mailbox, &["reset", "1=1", "2=1", "@5", "-"]);
    mailbox.update(&[state(2, 2)], token(6));
    mailbox.update(&[state(1, 0)], token(7));
    assert_next(&mailbox, &["1=0", "2=2", "@7", "-"]);
}

#[test]
fn a_slow_reader_gets_the_latest_state_of_each_row_and_each_state_once() {
    let mailbox = begun(&[(1, 1), (2, 1)], 5);
    assert_next(&mailbox, &["reset", "1=1"]);
    for count in 2..=9 {
        mailbox.update(&[state(1, count), state(2, count)], token(4 + count));
    }
    // Row 2 is not reported in its first state; all is as new as position 5 then, and row 1 is still to come.
    assert_next(&mailbox, &["2=9", "@5", "1=9", "@13", "-"]);
}

#[test]
fn a_reader_that_is_slower_than_the_changes_still_reaches_positions() {
    let mailbox = begun(&[(1, 1)], 5);
    assert_next(&mailbox, &["reset", "1=1", "@5"]);
    let mut reached = Vec::new();
    for count in 2..200 {
        mailbox.update(&[state(1, count), state(2, count), state(3, count)], token(4 + count));
        let message = next(&mailbox);
        if message.starts_with('@') {
            reached.push(message);
        }
    }
    assert!(reached.len() > 40, "{reached:?}");
}

#[test]
fn a_reader_that_is_too_far_behind_begins_again() {
    let mailbox = begun(&[(1, 1)], 5);
    let many: Vec<_> = (0..=MOST_WAITING as u64).map(|id| state(id, 1)).collect();
    mailbox.update(&many, token(6));
    assert_next(&mailbox, &["behind", "-"]);
    mailbox.update(&[state(1, 2)], token(7));
    assert_next(&mailbox, &["-"]);
    mailbox.begin([state(1, 2)].into_iter().collect(), token(7));
    assert_next(&mailbox, &["reset", "1=2", "@7", "-"]);
    mailbox.update(&many[1..], token(8));
    assert_eq!(next(&mailbox), "1=1", "as many rows as may wait are not too many");
}

#[test]
fn a_position_is_reported_once_and_never_goes_back() {
    let mailbox = begun(&[], 5);
    assert_next(&mailbox, &["reset", "@5", "-"]);
    mailbox.update(&[], token(5));
    mailbox.update(&[], token(4));
    assert_next(&mailbox, &["-"]);
    mailbox.update(&[state(1, 1)], token(4));
    assert_next(&mailbox, &["1=1", "@5", "-"]);
    mailbox.update(&[], token(6));
    assert_next(&mailbox, &["@6", "-"]);
}

#[test]
fn rows_of_another_generation_replace_what_was_to_be_reported() {
    let mailbox = begun(&[(1, 1), (2, 1)], 5);
    assert_next(&mailbox, &["reset", "1=1"]);
    mailbox.update(&[state(1, 2)], token(6));
    mailbox.begin([state(3, 1)].into_iter().collect(), token(2));
    assert_next(&mailbox, &["reset", "3=1", "@2", "-"]);
}

#[test]
fn a_reader_that_does_not_read_keeps_no_rows() {
    let mailbox = begun(&[(1, 1), (2, 1)], 5);
    mailbox.discard_after(Duration::from_secs(60));
    assert_next(&mailbox, &["reset", "1=1"]);
    let row = state(3, 1);
    mailbox.update(&[Arc::clone(&row)], token(6));
    mailbox.discard_after(Duration::ZERO);
    mailbox.update(&[Arc::clone(&row)], token(7));
    assert_eq!(Arc::strong_count(&row), 1);
    assert_next(&mailbox, &["behind", "-"]);
    mailbox.begin([row].into_iter().collect(), token(7));
    assert_next(&mailbox, &["reset", "3=1", "@7", "-"]);
}

#[test]
fn a_reader_that_has_read_all_rows_begins_again_only_if_there_are_others() {
    let row = state(1, 1);
    let mailbox = Mailbox::new(None);
    mailbox.begin([Arc::clone(&row)].into_iter().collect(), token(5));
    assert_next(&mailbox, &["reset", "1=1"]);
    mailbox.discard_after(Duration::ZERO);
    assert_eq!(Arc::strong_count(&row), 1);
    assert_next(&mailbox, &["@5", "-"]);
    mailbox.discard_after(Duration::ZERO);
    mailbox.update(&[state(1, 2)], token(6));
    assert_next(&mailbox, &["1=2", "@6"]);
    mailbox.update(&[], token(7));
    mailbox.discard_after(Duration::ZERO);
    assert_next(&mailbox, &["@7", "-"]);
}

#[test]
fn the_time_of_a_reader_counts_from_when_there_is_something_to_read() {
    let mailbox = begun(&[], 5);
    assert_next(&mailbox, &["reset", "@5", "-"]);
    let woken = Duration::from_millis(50);
    mailbox.waiting().active -= 2 * woken;
    assert!(mailbox.update(&[state(1, 1)], token(6)).is_some());
    mailbox.discard_after(woken);
    assert_next(&mailbox, &["1=1", "@6"]);
}
