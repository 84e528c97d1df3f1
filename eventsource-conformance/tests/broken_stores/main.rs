//! Stores that break one promise each, and the tests of the suite that fail on them.
//!
//! A suite that accepts everything proves nothing. So each of its tests fails here on at least one store that is
//! correct in everything else.

mod broken;
mod verdict;

mod appends;
mod cancellations;
mod capabilities;
mod correlations;
mod histories;
mod imports;
mod keys;
mod lists;
mod logs;
mod races;
mod read_models;
mod reads;
mod repetitions;
mod sequences;
mod snapshots;
mod texts;
mod types;
mod versions;

use std::collections::BTreeSet;

use eventsource_conformance::waiting::LIMIT;

#[test]
fn every_test_of_the_suite_is_failed_by_a_broken_store() {
    let caught = [
        appends::CAUGHT_BY,
        cancellations::CAUGHT_BY,
        capabilities::CAUGHT_BY,
        correlations::CAUGHT_BY,
        histories::CAUGHT_BY,
        imports::CAUGHT_BY,
        keys::CAUGHT_BY,
        lists::CAUGHT_BY,
        logs::CAUGHT_BY,
        races::CAUGHT_BY,
        reads::CAUGHT_BY,
        repetitions::CAUGHT_BY,
        sequences::CAUGHT_BY,
        snapshots::CAUGHT_BY,
        texts::CAUGHT_BY,
        types::CAUGHT_BY,
        versions::CAUGHT_BY,
    ];
    let all: Vec<_> = eventsource_conformance::tests().iter().map(|test| test.name).collect();
    assert_eq!(verdict::missing(&caught, &all), Vec::<String>::new());
}

#[test]
fn a_store_without_a_defect_is_accepted() {
    assert_eq!(verdict::failed_tests(LIMIT, || broken::None, |_| true), BTreeSet::new());
}

#[test]
fn no_two_tests_of_the_suite_share_a_name() {
    let all = eventsource_conformance::tests();
    let names: BTreeSet<&str> = all.iter().map(|test| test.name).collect();
    assert_eq!(names.len(), all.len());
}
