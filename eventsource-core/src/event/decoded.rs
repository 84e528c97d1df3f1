//! The events that one stored event decodes to.

use std::{iter, option, vec};

/// The events that one stored event decodes to: usually one; several or none if an upcaster says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded<E> {
    /// The usual case, without an allocation.
    One(E),
    /// The result of an upcaster.
    Many(Vec<E>),
}

impl<E> Decoded<E> {
    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(events) => events.len(),
        }
    }

    /// Whether the upcaster dropped the event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same events as another type, for a set of sets.
    pub fn map<T>(self, f: impl FnMut(E) -> T) -> Decoded<T> {
        let mut f = f;
        match self {
            Self::One(event) => Decoded::One(f(event)),
            Self::Many(events) => Decoded::Many(events.into_iter().map(f).collect()),
        }
    }
}

impl<E> IntoIterator for Decoded<E> {
    type Item = E;
    type IntoIter = iter::Chain<option::IntoIter<E>, vec::IntoIter<E>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, many) = match self {
            Self::One(event) => (Some(event), Vec::new()),
            Self::Many(events) => (None, events),
        };
        one.into_iter().chain(many)
    }
}
