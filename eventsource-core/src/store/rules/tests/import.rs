use super::{TYPE, event, head, log_of, stream};
use crate::{
    Timestamp, Version,
    store::{
        ImportError, ImportEvent, ImportFault, Imported, NewEvent,
        rules::{LogState, Plan},
    },
};

fn import_event(id: &str) -> ImportEvent {
    ImportEvent::raw(stream(id), TYPE, 1, "null").expect("a payload of JSON")
}

fn at(id: &str, version: u64) -> ImportEvent {
    import_event(id).version(Version::new(version))
}

/// A stored event with the id of an imported one, of the same type.
fn event_with_id(imported: &ImportEvent) -> NewEvent {
    let mut event = event();
    event.id = imported.event.id;
    event
}

/// The fault of the event with this number.
fn refused(log: LogState, events: &[ImportEvent], due: u64) -> ImportFault {
    match Plan::on(log).import(events) {
        Err(ImportError::Refused { number, fault }) if number == due => fault,
        other => panic!("not event {due} is refused, but {other:?}"),
    }
}

#[test]
fn new_events_get_the_next_versions_and_positions() {
    let time = Timestamp::now();
    let events = [import_event("a"), at("b", 1).recorded_at(time), at("a", 4), import_event("b")];
    let mut plan = Plan::on(log_of([("a", head(2, 7))]));
    let imported = plan.import(&events).expect("it may be stored");
    let due = Imported { stored: 4, skipped: 0, streams: 1, position: head(0, 14).position };
    assert_eq!(imported, due);
    let planned: Vec<_> = plan.events().iter().map(|it| (it.stream.id(), it.head, it.recorded_at)).collect();
    let due = [
        ("a", head(3, 11), None),
        ("b", head(1, 12), Some(time)),
        ("a", head(4, 13), None),
        ("b", head(2, 14), None),
    ];
    assert_eq!(planned, due);
}

#[test]
fn an_event_that_asks_for_another_version_is_a_gap_or_a_conflict() {
    let log = || log_of([("a", head(2, 7))]);
    let (stream, found) = (stream("a"), Version::new(3));
    let gap = ImportFault::Gap { stream: stream.clone(), expected: Version::new(5), found };
    assert_eq!(refused(log(), &[at("a", 3), at("a", 5)], 2), gap);
    let conflict = ImportFault::Conflict { stream, expected: Version::new(3), found };
    assert_eq!(refused(log(), &[at("a", 3), at("a", 3)], 2), conflict);
}

#[test]
fn events_that_are_stored_already_are_skipped() {
    let events = [at("a", 1), import_event("a"), at("a", 3)];
    let log = log_of([("a", head(2, 7))]).with("a", head(1, 5), &events[0].event);
    let mut plan = Plan::on(log.with("a", head(2, 7), &events[1].event));
    let imported = plan.import(&events).expect("it may be stored");
    let due = Imported { stored: 1, skipped: 2, streams: 1, position: head(0, 11).position };
    assert_eq!(imported, due);
    assert_eq!(plan.events().len(), 1);

    let log = log_of([("a", head(1, 5))]).with("a", head(1, 5), &events[0].event);
    let mut plan = Plan::on(log);
    let imported = plan.import(&events[..1]).expect("it is stored already");
    assert_eq!(imported.position, head(0, 5).position);
    assert!(plan.is_empty());
}

#[test]
fn the_id_of_another_event_is_refused() {
    let wanted = at("a", 2);
    let same = || event_with_id(&wanted);
    let used = |id: &str, version| ImportFault::UsedEventId {
        id: wanted.event.id,
        stream: stream(id),
        version: Version::new(version),
    };
    let log = || log_of([("a", head(3, 7))]);
    let events = std::slice::from_ref(&wanted);
    let of_stream = log().with("b", head(2, 6), &same());
    assert_eq!(refused(of_stream, events, 1), used("b", 2));
    let of_version = log().with("a", head(3, 7), &same());
    assert_eq!(refused(of_version, events, 1), used("a", 3));
    let mut other = same();
    other.event_type = "other".into();
    assert_eq!(refused(log().with("a", head(2, 6), &other), events, 1), used("a", 2));
    let mut other = same();
    other.schema_version = 2;
    assert_eq!(refused(log().with("a", head(2, 6), &other), events, 1), used("a", 2));
    Plan::on(log().with("a", head(2, 6), &same())).import(events).expect("it is the same event");
}

#[test]
fn a_stored_event_after_a_new_one_of_its_stream_is_refused() {
    let log = || log_of([("a", head(1, 5))]);
    let (first, stored) = (import_event("a"), import_event("a"));
    let late = ImportFault::Late { stream: stream("a"), version: Version::new(1) };
    let events = [first, stored.clone()];
    assert_eq!(refused(log().with("a", head(1, 5), &stored.event), &events, 2), late);
    let events = [import_event("b"), stored.clone()];
    let log = log().with("a", head(1, 5), &stored.event);
    let imported = Plan::on(log).import(&events).expect("the new event belongs to another stream");
    assert_eq!(imported.position, head(0, 11).position, "the highest one, not the last");
}
