//! Tests of the rows that are cached between batches.

use std::sync::Arc;

use super::RowCache;
use crate::projection::fold::tests::{
    Counter,
    Event::{self, Add, Ignore, Remove},
    keys, raw, recorded, texts,
};

/// Applies events as the session does, with a table that holds these rows. Returns the keys that were queried and
/// the rows that are put.
fn apply(session: &mut RowCache<Counter>, events: &[Event], table: &[&str]) -> (Vec<String>, Vec<String>) {
    let (events, keys) = (recorded(events), keys());
    let mut batch = session.begin(&events, None).expect("begins");
    let queried = batch.unknown(&keys).expect("keys");
    if !queried.is_empty() {
        batch.load(&raw(table), &keys).expect("loads");
    }
    for range in batch.ranges(&keys) {
        batch.fold(&events, range, &keys).expect("folds");
    }
    let puts = batch.changes(&keys).expect("writes").puts;
    session.uncommitted = Some(batch);
    let owned = |raw: &[_]| texts(raw).into_iter().map(str::to_owned).collect();
    (owned(&queried), owned(&puts))
}

const NONE: [&str; 0] = [];

fn session() -> RowCache<Counter> {
    RowCache::new(Arc::new(keys()))
}

#[test]
fn a_committed_row_is_not_queried_again() {
    let mut session = session();
    apply(&mut session, &[Add("a"), Ignore("b")], &[r#"{"id":"a","count":7}"#]);
    session.end_batch(true);
    let (queried, puts) = apply(&mut session, &[Add("a"), Add("b")], &[]);
    assert_eq!(queried, NONE);
    assert_eq!(puts, [r#"{"id":"a","count":9}"#, r#"{"id":"b","count":1}"#]);
}

#[test]
fn a_deleted_row_is_cached_as_missing() {
    let mut session = session();
    apply(&mut session, &[Remove("a")], &[r#"{"id":"a","count":7}"#]);
    session.end_batch(true);
    assert_eq!(apply(&mut session, &[Add("a")], &[]), (vec![], vec![r#"{"id":"a","count":1}"#.to_owned()]));
}

#[test]
fn the_rows_of_a_batch_that_was_rolled_back_are_evicted() {
    let mut session = session();
    apply(&mut session, &[Add("a"), Add("b")], &[]);
    session.end_batch(true);
    apply(&mut session, &[Add("a")], &[]);
    session.end_batch(false);
    let (queried, puts) = apply(&mut session, &[Add("a"), Add("b")], &[r#"{"id":"a","count":5}"#]);
    assert_eq!(queried, [r#"{"id":"a"}"#]);
    assert_eq!(puts, [r#"{"id":"a","count":6}"#, r#"{"id":"b","count":2}"#]);
}

#[test]
fn the_rows_of_a_batch_without_an_outcome_are_evicted() {
    let mut session = session();
    apply(&mut session, &[Add("a")], &[]);
    session.end_batch(true);
    apply(&mut session, &[Add("a")], &[]);
    let (queried, _) = apply(&mut session, &[Add("a")], &[r#"{"id":"a","count":2}"#]);
    assert_eq!(queried, [r#"{"id":"a"}"#]);
    session.end_batch(true);
    assert_eq!(apply(&mut session, &[Add("a")], &[]).1, [r#"{"id":"a","count":4}"#]);
}
