use super::stream;
use crate::{
    EventId, Position, Timestamp, Version,
    store::{ParkedEvent, ParkedOutcome, ParkedRequest, rules::parking::ParkedKey},
};

fn parked(position: u64) -> ParkedEvent {
    ParkedEvent {
        key: "k".to_owned(),
        position: Position::new(position),
        stream: stream("a"),
        version: Version::new(position),
        id: EventId::new(),
        event_type: "happened".to_owned(),
        error: (position == 3).then(|| "it failed".to_owned()),
        attempts: usize::from(position == 3),
        parked_at: Timestamp::MIN,
        request: None,
        discarded: None,
    }
}

fn discard(position: Option<u64>) -> ParkedRequest {
    ParkedRequest::Discard { position: position.map(Position::new), reason: "obsolete".to_owned() }
}

fn failed() -> ParkedOutcome {
    ParkedOutcome::Failed { error: "again".to_owned() }
}

fn discarded() -> ParkedOutcome {
    ParkedOutcome::Discarded { reason: "obsolete".to_owned() }
}

/// The events at 3, 5 and 8, after these steps.
fn key(steps: &[Step]) -> ParkedKey {
    let mut key = ParkedKey::default();
    for position in [3, 5, 8] {
        key.park(parked(position), Timestamp::MAX);
    }
    for step in steps {
        match step {
            Request(request, is_stored) => assert_eq!(key.request(request), *is_stored, "{steps:?}"),
            Unpark(position, outcome) => key.unpark(Position::new(*position), outcome),
            Park(position) => key.park(parked(*position), Timestamp::MAX),
        }
    }
    key
}

#[derive(Debug)]
enum Step {
    /// And whether there is something to request.
    Request(ParkedRequest, bool),
    Unpark(u64, ParkedOutcome),
    Park(u64),
}
use Step::{Park, Request, Unpark};

/// Position, request and fate of each event: `r` to be retried, `d` to be discarded, `x` discarded, `-` no request.
fn described(key: &ParkedKey) -> String {
    let events = (0..20).filter_map(|position| key.get(Position::new(position)));
    let of_each = events.map(|event| {
        let fate = match (&event.discarded, &event.request) {
            (Some(_), None) => "x",
            (None, None) => "-",
            (None, Some(ParkedRequest::Retry)) => "r",
            (None, Some(ParkedRequest::Discard { position, .. })) if *position == Some(event.position) => "d",
            _ => "?",
        };
        format!("{}{fate}", event.position)
    });
    of_each.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_request_is_kept_with_each_event_until_it_is_fulfilled_or_fails() {
    let retry = || Request(ParkedRequest::Retry, true);
    for (steps, expected) in [
        (vec![], "3- 5- 8-"),
        (vec![retry()], "3r 5r 8r"),
        (vec![Request(discard(None), true)], "3d 5r 8r"),
        (vec![Request(discard(Some(3)), true)], "3d 5r 8r"),
        (vec![Request(discard(Some(5)), false)], "3- 5- 8-"),
        (vec![retry(), Request(discard(Some(5)), false)], "3r 5r 8r"),
        // A later request replaces an earlier one.
        (vec![Request(discard(None), true), retry()], "3r 5r 8r"),
        // An event that is parked meanwhile is retried too.
        (vec![retry(), Park(9)], "3r 5r 8r 9r"),
        (vec![Park(9)], "3- 5- 8- 9-"),
        // What is applied or discarded has no request, and the others keep theirs.
        (vec![retry(), Unpark(3, ParkedOutcome::Applied)], "5r 8r"),
        (vec![Request(discard(None), true), Unpark(3, discarded())], "3x 5r 8r"),
        // One that fails again ends the request of its key.
        (vec![retry(), Unpark(3, ParkedOutcome::Applied), Unpark(5, failed())], "5- 8-"),
        (vec![retry(), Unpark(3, failed()), Park(9)], "3- 5- 8- 9-"),
        // A discarded event is no longer the first, and gets no request.
        (vec![Unpark(3, discarded()), Request(discard(None), true)], "3x 5d 8r"),
        (vec![Unpark(3, discarded()), Request(discard(Some(3)), false)], "3x 5- 8-"),
        (
            vec![
                Unpark(3, discarded()),
                Unpark(5, discarded()),
                Unpark(8, ParkedOutcome::Applied),
                Request(ParkedRequest::Retry, false),
            ],
            "3x 5x",
        ),
    ] {
        assert_eq!(described(&key(&steps)), expected, "{steps:?}");
    }
}

#[test]
fn an_event_that_fails_again_has_its_new_error_and_one_more_attempt() {
    let key = key(&[Unpark(3, failed())]);
    let event = |position| key.get(Position::new(position)).expect("it is parked");
    assert_eq!((event(3).error.as_deref(), event(3).attempts), (Some("again"), 2));
    assert_eq!((&event(5).error, event(5).attempts), (&None, 0));
}

#[test]
fn an_event_on_record_is_not_parked_again() {
    let before = key(&[Unpark(3, discarded())]);
    let mut key = before.clone();
    key.park(parked(3), Timestamp::MAX);
    assert_eq!(key, before);
    assert_eq!(key.get(Position::new(5)).map(|event| event.parked_at), Some(Timestamp::MAX));
    let read = ParkedKey::of([3, 5, 8].iter().filter_map(|at| key.get(Position::new(*at)).cloned()));
    assert_eq!(read, key);
}

#[test]
fn a_key_is_empty_without_parked_and_discarded_events() {
    let all = [3, 5, 8].map(|position| Unpark(position, ParkedOutcome::Applied));
    assert!(key(&all).is_empty());
    let kept = key(&[Unpark(3, discarded()), Unpark(5, ParkedOutcome::Applied), Unpark(8, discarded())]);
    assert!(!kept.is_empty());
    assert_eq!(kept.parked().count(), 0);
    assert!(!kept.has_request());
}
