use super::{event, stream};
use crate::{
    Position, Version,
    store::{Append, ExpectedVersion, Receipt, StreamAppend, rules::DecidedVersions},
};

fn exact(version: u64) -> ExpectedVersion {
    ExpectedVersion::Exact(Version::new(version))
}

fn append(expected: ExpectedVersion, events: usize) -> Append {
    Append::to(stream("a"), expected, (0..events).map(|_| event()).collect())
}

fn receipt(version: u64) -> Receipt {
    let (version, position) = (Version::new(version), Position::new(9));
    Receipt { stream: stream("a"), version, position, repeated: false, request: None }
}

fn are_in(append: &Append, receipts: &[Receipt]) -> bool {
    DecidedVersions::of(append).are_in(receipts)
}

#[test]
fn an_append_is_stored_as_decided_if_its_stream_has_the_version_after_its_events() {
    for (expected, before) in [(exact(3), 3), (exact(0), 0), (ExpectedVersion::NoStream, 0)] {
        for events in 0..3 {
            let after = before + events;
            let append = append(expected, usize::try_from(events).expect("a few"));
            assert!(are_in(&append, &[receipt(after)]));
            assert!(!are_in(&append, &[receipt(after + 1)]), "others were stored");
        }
    }
}

#[test]
fn any_version_is_as_decided_where_no_exact_one_is_expected() {
    for expected in [ExpectedVersion::Any, ExpectedVersion::StreamExists] {
        assert!(are_in(&append(expected, 1), &[receipt(7)]));
        let keyed = append(expected, 1).with_idempotency_key("once");
        assert!(are_in(&keyed, &[Receipt { repeated: true, ..receipt(7) }]));
    }
}

#[test]
fn events_stored_earlier_under_the_key_are_not_those_that_were_decided() {
    let repeated = || [Receipt { repeated: true, ..receipt(4) }];
    assert!(are_in(&append(exact(3), 1), &repeated()), "its event ids show that they are the same");
    let keyed = append(exact(3), 1).with_idempotency_key("once");
    assert!(!are_in(&keyed, &repeated()), "they may be others");
    assert!(are_in(&keyed, &[receipt(4)]), "they were stored now");
}

#[test]
fn every_stream_has_to_have_the_decided_version() {
    let part =
        |id, version| StreamAppend { stream: stream(id), expected: exact(version), events: Vec::new() };
    let append = Append { streams: vec![part("a", 1), part("b", 2)], ..append(exact(0), 0) };
    assert!(are_in(&append, &[receipt(1), receipt(2)]));
    assert!(!are_in(&append, &[receipt(1), receipt(3)]));
    assert!(!are_in(&append, &[receipt(2), receipt(2)]));
    assert!(!are_in(&append, &[receipt(1)]), "a receipt is missing");
    assert!(!are_in(&append, &[receipt(1), receipt(2), receipt(3)]));
}
