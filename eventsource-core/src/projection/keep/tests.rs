//! What is remembered between batches.

use std::sync::Arc;

use super::Remembering;
use crate::projection::fold::tests::{
    Counter,
    Event::{self, Add, Ignore, Remove},
    keys, raw, recorded, texts,
};

/// Applies events as the session does, with a table that holds these rows; tells which it was asked for, and what
/// is put.
fn apply(session: &mut Remembering<Counter>, events: &[Event], table: &[&str]) -> (Vec<String>, Vec<String>) {
    let (events, keys) = (recorded(events), keys());
    let mut batch = session.begin(&events).expect("begins");
    let asked = batch.unknown(&keys).expect("keys");
    if !asked.is_empty() {
        batch.load(&raw(table), &keys).expect("loads");
    }
    batch.fold(&events, &keys).expect("folds");
    let puts = batch.changes(&keys).expect("writes").puts;
    session.unsettled = Some(batch);
    let owned = |raw: &[_]| texts(raw).into_iter().map(str::to_owned).collect();
    (owned(&asked), owned(&puts))
}

const NONE: [&str; 0] = [];

fn session() -> Remembering<Counter> {
    Remembering::new(Arc::new(keys()))
}

#[test]
fn a_row_that_was_committed_is_not_asked_for_again() {
    let mut session = session();
    apply(&mut session, &[Add("a"), Ignore("b")], &[r#"{"id":"a","count":7}"#]);
    session.settle(true);
    let (asked, puts) = apply(&mut session, &[Add("a"), Add("b")], &[]);
    assert_eq!(asked, NONE);
    assert_eq!(puts, [r#"{"id":"a","count":9}"#, r#"{"id":"b","count":1}"#]);
}

#[test]
fn a_row_that_was_deleted_is_known_to_be_away() {
    let mut session = session();
    apply(&mut session, &[Remove("a")], &[r#"{"id":"a","count":7}"#]);
    session.settle(true);
    assert_eq!(apply(&mut session, &[Add("a")], &[]), (vec![], vec![r#"{"id":"a","count":1}"#.to_owned()]));
}

#[test]
fn what_a_batch_touched_that_was_rolled_back_is_forgotten() {
    let mut session = session();
    apply(&mut session, &[Add("a"), Add("b")], &[]);
    session.settle(true);
    apply(&mut session, &[Add("a")], &[]);
    session.settle(false);
    let (asked, puts) = apply(&mut session, &[Add("a"), Add("b")], &[r#"{"id":"a","count":5}"#]);
    assert_eq!(asked, [r#"{"id":"a"}"#]);
    assert_eq!(puts, [r#"{"id":"a","count":6}"#, r#"{"id":"b","count":2}"#]);
}

#[test]
fn what_a_batch_touched_that_was_never_settled_is_forgotten() {
    let mut session = session();
    apply(&mut session, &[Add("a")], &[]);
    session.settle(true);
    apply(&mut session, &[Add("a")], &[]);
    let (asked, _) = apply(&mut session, &[Add("a")], &[r#"{"id":"a","count":2}"#]);
    assert_eq!(asked, [r#"{"id":"a"}"#]);
    session.settle(true);
    assert_eq!(apply(&mut session, &[Add("a")], &[]).1, [r#"{"id":"a","count":4}"#]);
}
