//! The assertions.

use std::fmt::Debug;

use super::{
    Proceeds,
    left::{LeftTimer, or_no_timer},
};
use crate::{
    Command,
    reacting::{Process, When},
    testing::{given::diff, policy::assert_command},
};

impl<P: Process> Proceeds<P> {
    /// Asserts that the next events that the process records are these.
    ///
    /// # Panics
    ///
    /// If they are others, with a diff of both.
    #[track_caller]
    pub fn records(mut self, expected: impl IntoIterator<Item = P::Event>) -> Self
    where
        P::Event: Debug + PartialEq,
    {
        let expected: Vec<P::Event> = expected.into_iter().collect();
        let number = expected.len().min(self.left.events.len());
        let actual: Vec<P::Event> = self.left.events.drain(..number).collect();
        if actual != expected {
            let diff = diff(&format!("{expected:#?}"), &format!("{actual:#?}"));
            panic!("the process records other events than expected\n\n{diff}");
        }
        self
    }

    /// Asserts that the next commands that the process executes are these, rejected ones among them.
    ///
    /// # Panics
    ///
    /// If they are others, with a diff of both.
    #[track_caller]
    pub fn executes<C>(mut self, expected: impl IntoIterator<Item = C>) -> Self
    where
        C: Command + Debug + PartialEq + 'static,
    {
        for expected in expected {
            let Some(next) = self.left.commands.pop_front() else {
                panic!("the process executes no further command; this one was expected: {expected:#?}")
            };
            assert_command("process", next.typed(), next.command().name(), &expected);
        }
        self
    }

    /// Asserts that the next timer that the process sets or cancels is this one, and that it is set for this time: a
    /// [`Duration`](std::time::Duration) after the event or the timer that the process reacts to, or a [`Timestamp`](crate::Timestamp).
    ///
    /// # Panics
    ///
    /// If there is none, or another one.
    #[track_caller]
    pub fn arms(mut self, name: &str, when: impl Into<When>) -> Self {
        let when = when.into();
        match self.left.timers.pop_front() {
            Some(LeftTimer::Set { name: set, due_at, base }) if set == name => {
                let expected = match when {
                    When::At(at) => at,
                    When::After(after) => base.saturating_add(after),
                };
                assert!(
                    due_at == expected,
                    "the process sets the timer `{name}` for {due_at}, {after:?} after the input; {expected} was expected",
                    after = due_at.since(base)
                );
            }
            other => {
                panic!("the process was expected to set the timer `{name}`, but it {}", or_no_timer(other))
            }
        }
        self
    }

    /// Asserts that the next timer that the process sets or cancels is this one, and that it is cancelled.
    ///
    /// # Panics
    ///
    /// If there is none, or another one.
    #[track_caller]
    pub fn cancels(mut self, name: &str) -> Self {
        match self.left.timers.pop_front() {
            Some(LeftTimer::Cancelled { name: cancelled }) if cancelled == name => {}
            other => {
                panic!("the process was expected to cancel the timer `{name}`, but it {}", or_no_timer(other))
            }
        }
        self
    }

    /// Asserts that the instance has completed by the last input.
    ///
    /// # Panics
    ///
    /// If it has not.
    #[track_caller]
    pub fn completes(mut self) -> Self {
        assert!(self.left.completed > 0, "the process was expected to complete, but it does not");
        self.left.completed -= 1;
        self
    }

    /// Asserts that the last input was ignored, because its instance has completed, or was never started.
    ///
    /// # Panics
    ///
    /// If it was not.
    #[track_caller]
    pub fn ignores(mut self) -> Self {
        assert!(self.left.ignored > 0, "the process was expected to ignore the input, but it does not");
        self.left.ignored -= 1;
        self
    }

    /// Asserts that nothing follows from the last input, or nothing besides what other assertions have named.
    ///
    /// # Panics
    ///
    /// If something does.
    #[track_caller]
    pub fn does_nothing(mut self) -> Self {
        self.check_nothing_is_left();
        self
    }
}
