use std::task::{Context, Poll};

use futures_util::task::noop_waker_ref;

use super::*;
use crate::{
    Position,
    projections::watch::mailbox::{
        Message,
        tests::{Count, state},
    },
    store::GenerationId,
};

fn token(position: u64) -> WatchToken {
    WatchToken { generation: GenerationId::new(1), position: Position::new(position), has_parked: false }
}

fn key(text: &str) -> Option<Arc<[Arc<str>]>> {
    Some([text.into()].into())
}

fn next(joined: &Joined<Count>) -> Option<Message<Count>> {
    match joined.mailbox.poll(&mut Context::from_waker(noop_waker_ref())) {
        Poll::Ready(message) => Some(message),
        Poll::Pending => None,
    }
}

/// A hub with a watch of all rows and one of a key, both of which have begun.
fn begun(hubs: &Hubs) -> (Arc<Hub<Count>>, [Joined<Count>; 2]) {
    let (all, hub) = hubs.join::<Count>(None, None);
    let (one, no_second_hub) = hubs.join::<Count>(key("1"), None);
    assert!(no_second_hub.is_none());
    let hub = hub.expect("the first watch makes a hub");
    for joining in hub.take_joining() {
        hub.begin(&joining, Begin::With([].into()), token(1));
    }
    for joined in [&all, &one] {
        assert!(matches!(next(joined), Some(Message::Reset)));
        assert!(matches!(next(joined), Some(Message::CaughtUp(_))));
    }
    (hub, [all, one])
}

#[test]
fn all_watches_of_a_read_model_share_one_follower_which_ends_after_the_last() {
    let hubs = Hubs::default();
    let (hub, [all, one]) = begun(&hubs);
    drop(all);
    assert!(!hubs.remove(&hub, false), "a watch is left");
    drop(one);
    assert!(hubs.remove(&hub, false));
    let (_joined, next) = hubs.join::<Count>(None, None);
    assert!(next.is_some(), "the next watch makes a hub");
    assert!(hubs.remove(&hub, true), "the former hub is no longer known");
    assert!(hubs.join::<Count>(None, None).1.is_none(), "and the new one is");
}

#[test]
fn a_row_is_handed_to_the_watches_that_report_it() {
    let hubs = Hubs::default();
    let (hub, [all, one]) = begun(&hubs);
    assert_eq!(hub.watched(["1", "2"].into_iter()), ["1", "2"]);
    hub.update(&[state(2, 1)], token(2), false);
    assert!(matches!(next(&all), Some(Message::State(_))));
    assert!(next(&one).is_none());
    hub.update(&[], token(3), true);
    assert!(matches!(next(&one), Some(Message::CaughtUp(at)) if at == token(3)));
    drop(all);
    assert_eq!(hub.watched(["1", "2"].into_iter()), ["1"]);
}

#[test]
fn a_watch_that_joins_again_gets_nothing_until_it_begins() {
    let hubs = Hubs::default();
    let (hub, [all, one]) = begun(&hubs);
    all.again();
    assert_eq!(hub.watched(["1", "2"].into_iter()), ["1"]);
    hub.update(&[state(1, 1)], token(2), true);
    assert!(next(&all).is_none());
    assert!(matches!(next(&one), Some(Message::State(_))));
    assert_eq!(hub.all_again().len(), 1, "of the other watch");
    for joining in hub.take_joining() {
        hub.begin(&joining, Begin::With([state(1, 1)].into()), token(2));
    }
    assert!(matches!(next(&all), Some(Message::Reset)));
}

#[test]
fn no_watch_waits_for_a_follower_that_has_ended() {
    let hubs = Hubs::default();
    let (hub, watches) = begun(&hubs);
    assert!(hubs.remove(&hub, true));
    for joined in &watches {
        assert!(matches!(next(joined), Some(Message::Ended(WatchError::Ended))));
    }
}
