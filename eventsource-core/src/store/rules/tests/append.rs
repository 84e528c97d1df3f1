use super::{event, head, log_of, stream};
use crate::{
    Version,
    store::{
        Append, AppendError, ExpectedVersion, InvalidAppend, NewEvent, Receipt, Request, StreamAppend,
        rules::{Head, LogState, Plan},
    },
};

const KEY: &str = "once";

fn part(id: &str, expected: ExpectedVersion, events: Vec<NewEvent>) -> StreamAppend {
    StreamAppend { stream: stream(id), expected, events }
}

fn exact(version: u64) -> ExpectedVersion {
    ExpectedVersion::Exact(Version::new(version))
}

fn append<const N: usize>(streams: [StreamAppend; N]) -> Append {
    Append { streams: streams.into(), idempotency_key: None, request: None }
}

fn request(command: &str) -> Request {
    Request::stored(command.to_owned(), None)
}

fn receipt(id: &str, Head { version, position }: Head, repeated: bool) -> Receipt {
    Receipt { stream: stream(id), version, position, repeated, request: None }
}

/// Adds the first receipt under the key.
fn keep(mut log: LogState, first: Receipt) -> LogState {
    log.receipts.insert((first.stream.clone(), KEY.to_owned()), first);
    log
}

/// The error of an append, which plans nothing.
fn refused(log: LogState, append: &Append) -> AppendError {
    let mut plan = Plan::on(log);
    let error = plan.append(append).expect_err("it must not be stored");
    assert!(plan.is_empty(), "{plan:?}");
    error
}

/// The receipts of a repetition, which plans nothing.
fn repeated(log: LogState, append: &Append) -> Vec<Receipt> {
    let mut plan = Plan::on(log);
    let receipts = plan.append(append).expect("it is stored already");
    assert!(plan.is_empty(), "{plan:?}");
    receipts
}

#[test]
fn events_are_numbered_after_those_of_their_stream_and_of_the_log() {
    let log = log_of([("a", head(3, 7)), ("b", head(1, 2))]);
    let append = append([
        part("a", exact(3), vec![event(), event()]),
        part("b", exact(1), Vec::new()),
        part("new", ExpectedVersion::NoStream, vec![event()]),
        part("empty", ExpectedVersion::NoStream, Vec::new()),
    ]);
    let mut plan = Plan::on(log);
    let receipts = plan.append(&append).expect("it may be stored");
    let heads = [("a", head(5, 12)), ("b", head(1, 2)), ("new", head(1, 13)), ("empty", head(0, 0))];
    assert_eq!(receipts, heads.map(|(id, head)| receipt(id, head, false)));
    let planned: Vec<_> = plan.events().iter().map(|it| (it.stream.id(), it.event.id, it.head)).collect();
    let ids: Vec<_> = append.streams.iter().flat_map(|it| &it.events).map(|event| event.id).collect();
    let due = [("a", ids[0], head(4, 11)), ("a", ids[1], head(5, 12)), ("new", ids[2], head(1, 13))];
    assert_eq!(planned, due);
    assert!(plan.events().iter().all(|event| event.recorded_at.is_none()), "the time is that of the store");
    assert!(plan.first_receipts().is_empty(), "it has no key");
    assert!(!plan.is_empty());
}

#[test]
fn a_conflict_names_the_first_stream_of_another_version() {
    use ExpectedVersion::{Any, NoStream, StreamExists};
    let log = || log_of([("a", head(3, 7)), ("c", head(1, 1))]);
    for (id, expected) in [("a", Any), ("a", StreamExists), ("a", exact(3)), ("b", Any), ("b", NoStream)] {
        let append = append([part(id, expected, vec![event()])]);
        Plan::on(log()).append(&append).expect("the version is the expected one");
    }
    for (id, expected, actual) in [
        ("a", NoStream, 3),
        ("a", exact(2), 3),
        ("a", exact(4), 3),
        ("b", StreamExists, 0),
        ("b", exact(1), 0),
    ] {
        // The version of a stream is checked even if it gets no events.
        for events in [vec![event()], Vec::new()] {
            let later = part("c", NoStream, Vec::new());
            let append = append([part("other", Any, vec![event()]), part(id, expected, events), later]);
            let error = refused(log(), &append);
            let AppendError::Conflict { stream: of, expected: given, actual: found } = error else {
                panic!("no conflict: {error}")
            };
            assert_eq!((of, given, found), (stream(id), expected, Version::new(actual)));
        }
    }
}

#[test]
fn a_repetition_under_a_key_gets_the_first_receipts_whatever_it_expects() {
    let first = Receipt { request: Some(request("open")), ..receipt("a", head(2, 4), false) };
    let log = keep(log_of([("a", head(3, 7))]), first.clone());
    let append = append([part("a", exact(9), vec![event()])]);
    let append = append.with_idempotency_key(KEY).with_request(request("close"));
    assert_eq!(repeated(log, &append), [Receipt { repeated: true, ..first }]);
}

#[test]
fn a_key_that_was_used_on_some_of_the_streams_only_is_refused() {
    let log = keep(log_of([]), receipt("b", head(1, 4), true));
    let any = |id| part(id, ExpectedVersion::Any, vec![event()]);
    let append = append([any("a"), any("b")]).with_idempotency_key(KEY);
    let error = refused(log, &append);
    let due = InvalidAppend::UsedKey { stream: stream("b"), key: KEY.to_owned() };
    assert!(matches!(&error, AppendError::Invalid(invalid) if *invalid == due), "{error:?}");
}

#[test]
fn a_repetition_of_all_event_ids_gets_the_receipts_of_its_last_events() {
    let (first, last) = (event(), event());
    let log = log_of([("a", head(9, 9)), ("b", head(2, 8))]);
    let log = log.with("a", head(4, 5), &first).with("a", head(5, 6), &last);
    let append = append([part("a", exact(3), vec![first, last]), part("b", exact(1), Vec::new())]);
    let due = [receipt("a", head(5, 6), true), receipt("b", head(2, 8), true)];
    assert_eq!(repeated(log, &append), due, "a stream without new events has its current version");
}

#[test]
fn event_ids_of_another_append_are_refused() {
    let log = || log_of([("a", head(4, 5)), ("b", head(4, 6))]);
    let used = event();
    let any = |id, events| part(id, ExpectedVersion::Any, events);
    for (log, append) in [
        // Only some of the ids are stored.
        (log().with("a", head(4, 5), &used), append([any("a", vec![event(), used.clone()])])),
        (log().with("a", head(4, 5), &used), append([any("a", vec![used.clone(), event()])])),
        (log().with("a", head(4, 5), &used), append([any("b", vec![event()]), any("a", vec![used.clone()])])),
        // It belongs to another stream.
        (log().with("b", head(4, 6), &used), append([any("a", vec![used.clone()])])),
    ] {
        let error = refused(log, &append);
        let due = InvalidAppend::UsedEventId { stream: stream("a"), id: used.id };
        assert!(matches!(&error, AppendError::Invalid(invalid) if *invalid == due), "{error:?}");
    }
}

#[test]
fn an_append_without_events_is_no_repetition() {
    let log = log_of([("a", head(4, 5))]);
    let append = append([part("a", exact(4), Vec::new())]);
    let receipts = Plan::on(log).append(&append).expect("the version is the expected one");
    assert_eq!(receipts, [receipt("a", head(4, 5), false)]);
}

#[test]
fn a_request_is_kept_with_its_key_only() {
    let keyless = append([part("a", ExpectedVersion::Any, vec![event()])]).with_request(request("open"));
    let receipts = Plan::on(log_of([])).append(&keyless).expect("it may be stored");
    assert_eq!(receipts, [receipt("a", head(1, 11), false)]);

    let keyed = keyless.with_idempotency_key(KEY);
    let mut plan = Plan::on(log_of([]));
    let receipts = plan.append(&keyed).expect("it may be stored");
    assert_eq!(receipts, [Receipt { request: Some(request("open")), ..receipt("a", head(1, 11), false) }]);
    assert_eq!(plan.first_receipts(), [(receipts[0].clone(), KEY)]);
}

#[test]
fn a_key_without_events_is_something_to_write() {
    let append = append([part("a", ExpectedVersion::Any, Vec::new())]).with_idempotency_key(KEY);
    let mut plan = Plan::on(log_of([]));
    plan.append(&append).expect("it may be stored");
    assert!(!plan.is_empty());
}

#[test]
fn a_later_append_is_decided_on_what_the_earlier_ones_leave_behind() {
    let one = |expected| append([part("a", expected, vec![event()])]).with_idempotency_key(KEY);
    let (first, same_key) = (one(exact(0)), one(exact(0)));
    let same_ids = Append { idempotency_key: None, ..first.clone() };
    let next = append([part("a", exact(1), vec![event()])]);
    let late = append([part("a", exact(1), vec![event()])]);
    let mut plan = Plan::on(log_of([]));
    plan.append(&first).expect("it may be stored");
    for repetition in [&same_key, &same_ids] {
        let receipts = plan.append(repetition).expect("it is stored already");
        assert_eq!(receipts, [receipt("a", head(1, 11), true)]);
    }
    let receipts = plan.append(&next).expect("the version is the expected one");
    assert_eq!(receipts, [receipt("a", head(2, 12), false)]);
    let error = plan.append(&late).expect_err("a conflict");
    assert!(matches!(error, AppendError::Conflict { actual, .. } if actual == Version::new(2)), "{error:?}");
    assert_eq!((plan.events().len(), plan.first_receipts().len()), (2, 1));
}

#[test]
fn without_ids_an_append_that_may_be_a_repetition_is_not_refused() {
    let log = || LogState { without_ids: true, ..log_of([("a", head(4, 5))]) };
    let needs_ids = |appends: &[Append]| {
        let mut plan = Plan::on(log());
        for append in appends {
            let _ = plan.append(append);
        }
        plan.needs_ids()
    };
    let any = || append([part("a", ExpectedVersion::Any, vec![event()])]);
    assert!(!needs_ids(&[any()]), "the unique index refuses a used id");
    assert!(needs_ids(&[append([part("a", exact(3), vec![event()])])]), "its events may be stored");
    let check = part("a", exact(3), Vec::new());
    assert!(needs_ids(&[append([check.clone(), part("b", exact(0), vec![event()])])]));
    assert!(!needs_ids(&[append([check])]), "without events it is a conflict in every case");
    let first = any();
    let mut partly_used = first.clone();
    partly_used.streams[0].events.push(event());
    assert!(needs_ids(&[first, partly_used]), "an id of the same plan is used");
}
