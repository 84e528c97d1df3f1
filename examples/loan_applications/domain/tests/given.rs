//! A history, a command, and what it is answered with.

use std::fmt::Debug;

use eventsource::prelude::*;

pub(super) struct Given<A>(A);

pub(super) struct Answer<E, R>(Result<Vec<E>, R>);

/// An aggregate with this history.
pub(super) fn given<A: Aggregate>(history: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut state = A::default();
    history.into_iter().for_each(|event| state.apply(event));
    Given(state)
}

impl<A: Aggregate> Given<A> {
    pub(super) fn when<C>(self, command: C) -> Answer<A::Event, A::Error>
    where
        C: Command<Aggregate = A>,
        A: Handle<C>,
    {
        Answer(self.0.handle(&command))
    }
}

impl<E: Debug + PartialEq, R: Debug + PartialEq> Answer<E, R> {
    #[track_caller]
    pub(super) fn then(self, events: impl IntoIterator<Item = E>) {
        assert_eq!(self.0, Ok(events.into_iter().collect()));
    }

    #[track_caller]
    pub(super) fn then_rejected(self, reason: R) {
        assert_eq!(self.0, Err(reason));
    }
}
