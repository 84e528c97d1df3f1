//! Random deliveries against a plain list: each key in order, and the committed part is handled.

use std::{collections::HashMap, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};

use super::*;
use crate::{EventContext, EventId, Metadata, ProjectionError, StreamId, Timestamp, Version};

struct Event(EventContext);

impl Deliver for Event {
    fn context(&self) -> &EventContext {
        &self.0
    }

    fn deliver(self: Arc<Self>) -> BoxFuture<'static, Result<(), ProjectionError>> {
        std::future::ready(Ok(())).boxed()
    }
}

fn job(key: &str, position: u64) -> Job {
    let context = EventContext {
        stream: StreamId::new("order", key).expect("an id"),
        version: Version::new(position),
        position: Position::new(position),
        id: EventId::new(),
        event_type: "order.placed".into(),
        schema_version: 1,
        metadata: Metadata::default(),
        recorded_at: Timestamp::now(),
    };
    Job { key: key.to_owned(), event: Arc::new(Event(context)) }
}

fn window(keys: &[&str]) -> Window {
    let mut window = Window::new(Position::START, HashSet::new());
    for (key, position) in keys.iter().zip(1..) {
        window.take(job(key, position));
    }
    window.read_to(Position::new(keys.len() as u64 + 1));
    window
}

fn started(window: &mut Window) -> Vec<u64> {
    std::iter::from_fn(|| window.start()).map(|(number, _)| number).collect()
}

fn parked_at(prefix: &Prefix) -> Vec<(u64, bool)> {
    prefix.parked.iter().map(|event| (event.position.get(), event.error.is_some())).collect()
}

#[test]
fn events_of_one_key_start_one_after_the_other_and_the_prefix_ends_before_the_first_open_one() {
    let mut window = window(&["a", "b", "a", "c"]);
    assert_eq!(started(&mut window), [0, 1, 3]);
    window.handled(1);
    window.handled(3);
    assert_eq!((window.prefix().upto.get(), window.has_prefix()), (0, false));
    window.handled(0);
    assert_eq!((window.prefix().upto.get(), window.prefix().handled), (2, 2));
    assert_eq!(started(&mut window), [2]);
    window.committed(Position::new(2));
    window.handled(2);
    assert_eq!((window.prefix().upto.get(), window.prefix().handled), (5, 2), "to the end of what was read");
}

#[test]
fn later_events_of_a_parked_key_are_parked_behind_it() {
    let mut window = window(&["a", "b", "a"]);
    assert_eq!(started(&mut window), [0, 1]);
    window.park(0, "no".to_owned(), 1);
    window.take(job("a", 4));
    window.read_to(Position::new(4));
    assert_eq!(started(&mut window), [0; 0]);
    assert_eq!(parked_at(&window.prefix()), [(1, true)], "the event of `b` is not handled");
    window.handled(1);
    assert_eq!(parked_at(&window.prefix()), [(1, true), (3, false), (4, false)]);
    assert_eq!(window.prefix().upto.get(), 4);
}

#[test]
fn events_that_were_to_be_parked_are_handled_after_a_retry_has_unparked_their_key() {
    let mut window = window(&["a", "b", "a"]);
    assert_eq!(started(&mut window), [0, 1]);
    window.park(0, "no".to_owned(), 1);
    assert!(window.begin_retry("a"));
    assert!(!window.begin_retry("a"), "it is retried already");
    assert!(!window.begin_retry("b"), "it is not parked");
    window.take(job("a", 5));
    assert_eq!(started(&mut window), [0; 0], "the store may have earlier events of the key");
    assert_eq!(parked_at(&window.prefix()), [], "they are open again");
    window.unparked("a");
    assert_eq!(started(&mut window), [0]);
    window.handled(0);
    assert_eq!(started(&mut window), [2]);
}

#[test]
fn events_of_a_key_that_fails_again_are_parked_behind_it() {
    let mut window = Window::new(Position::START, HashSet::from(["a".to_owned()]));
    assert!(window.begin_retry("a"));
    window.take(job("a", 1));
    window.read_to(Position::new(1));
    assert!(!window.has_prefix());
    window.failed_again("a");
    assert_eq!(parked_at(&window.prefix()), [(1, false)]);
    assert_eq!(window.prefix().upto.get(), 1);
}

#[test]
fn no_event_after_a_stop_is_started_or_committed() {
    let mut window = window(&["a", "b", "c"]);
    assert_eq!(window.start().map(|(number, _)| number), Some(0));
    window.stop_before(Position::new(2));
    window.stop_before(Position::new(3));
    assert_eq!(started(&mut window), [0; 0]);
    window.handled(0);
    assert_eq!(window.prefix().upto.get(), 1);
}

#[test]
fn events_of_one_stored_event_are_committed_together() {
    let mut window = Window::new(Position::START, HashSet::new());
    for key in ["a", "b", "b"] {
        window.take(job(key, 7));
    }
    window.read_to(Position::new(7));
    assert_eq!(started(&mut window), [0, 1]);
    window.handled(0);
    assert_eq!(window.prefix().upto.get(), 6);
    window.park(1, "no".to_owned(), 2);
    assert_eq!(parked_at(&window.prefix()), [(7, true)], "once");
}

#[test]
fn random_deliveries_keep_the_order_of_each_key() {
    let mut state = 3_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..200 {
        let mut window = Window::new(Position::START, HashSet::new());
        let (mut position, mut running) = (0, Vec::new());
        let mut handled: HashMap<String, Vec<u64>> = HashMap::new();
        let mut committed = 0;
        for _ in 0..200 {
            match next(4) {
                0 => {
                    position += 1 + next(3);
                    window.take(job(["a", "b", "c"][usize::try_from(next(3)).expect("small")], position));
                    window.read_to(Position::new(position));
                }
                1 => running.extend(window.start()),
                2 if !running.is_empty() => {
                    let at = usize::try_from(next(running.len() as u64)).expect("small");
                    let (number, event) = running.swap_remove(at);
                    let key = event.context().stream.id().to_owned();
                    handled.entry(key).or_default().push(event.context().position.get());
                    window.handled(number);
                }
                _ => {
                    let upto = window.prefix().upto;
                    assert!(upto.get() >= committed, "a checkpoint goes forward");
                    committed = upto.get();
                    window.committed(upto);
                    assert!(running.iter().all(|(_, event)| event.context().position > upto));
                }
            }
        }
        for positions in handled.values() {
            assert!(positions.is_sorted_by(|one, other| one < other), "{positions:?}");
        }
    }
}
