//! Whether a process implements [`OnTimer`], which a derive cannot see.

use std::marker::PhantomData;

use super::{Due, OnTimer};

/// Calls `OnTimer` of a process. For one without it, the compiler finds `fire` in [`WithoutTimers`].
#[derive(Debug)]
pub struct Timers<P>(PhantomData<P>);

impl<P: OnTimer> Timers<P> {
    /// The reaction of a process with timers.
    pub fn fire(process: &P, timer: Due<'_>) -> Vec<P::Event> {
        process.on_timer(timer)
    }
}

/// A process that does not implement `OnTimer`.
pub trait WithoutTimers<P> {
    /// Nothing: no timer can be set.
    #[must_use]
    fn fire<E>(_: &P, _: Due<'_>) -> Vec<E> {
        Vec::new()
    }
}

impl<P> WithoutTimers<P> for Timers<P> {}
