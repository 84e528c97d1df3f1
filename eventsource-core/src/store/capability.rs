//! What a store can do beyond what every store does.

use std::fmt;

/// Something that not every store can do. The conformance suite tests what a store declares, and that it refuses what it
/// does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// The store has what was acknowledged when it is opened again, after a crash too. A store without it loses all events
    /// when it is dropped.
    Durable,
    /// Several processes have the store open at a time, and each reads what the others append. A store without it refuses
    /// to be opened a second time, if it can be opened by a name at all.
    SeveralProcesses,
    /// [`import`](super::EventStore::import). A store without it returns [`ImportError::Unsupported`](super::ImportError).
    Import,
    /// Projections and the rows of read models: it implements [`ProjectionStore`](super::ProjectionStore) and
    /// [`ReadModelStore`](super::ReadModelStore). With a store without them, a program that registers a projection does not
    /// compile.
    Projections,
    /// Projections that are updated in the transaction of each append:
    /// [`begin_promotion`](super::ProjectionStore::begin_promotion),
    /// [`begin_append`](super::ProjectionStore::begin_append),
    /// [`demote`](super::ProjectionStore::demote) and [`promote`](super::StoreTransaction::promote). A store without them
    /// returns [`StoreError::Unsupported`](super::StoreError::Unsupported), and a program that registers an inline
    /// projection does not start.
    InlineProjections,
    /// What processes, scheduled commands, inboxes and effects that must not be repeated need: timers, process instances and
    /// outcomes of messages, from [`moment`](super::ProjectionStore::moment) to
    /// [`purge_outcomes`](super::ProjectionStore::purge_outcomes), and
    /// [`purge_idempotency_keys`](super::EventStore::purge_idempotency_keys). A store without them returns
    /// [`StoreError::Unsupported`](super::StoreError::Unsupported), and a program that registers a process does not start.
    Reactions,
}

impl Capability {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Durable,
        Self::SeveralProcesses,
        Self::Import,
        Self::Projections,
        Self::InlineProjections,
        Self::Reactions,
    ];
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Durable => "durable events",
            Self::SeveralProcesses => "several processes",
            Self::Import => "imports",
            Self::Projections => "projections",
            Self::InlineProjections => "inline projections",
            Self::Reactions => "reactions",
        })
    }
}

/// What a store [can do](Capability).
///
/// ```
/// use eventsource::store::{Capabilities, Capability, EventStore};
/// # use eventsource::MemoryStore;
/// let capabilities = MemoryStore::new().capabilities();
/// assert!(capabilities.contains(Capability::Import));
/// assert!(!capabilities.contains(Capability::Durable));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities {
    set: u32,
}

impl Capabilities {
    /// These.
    pub fn of(capabilities: impl IntoIterator<Item = Capability>) -> Self {
        capabilities.into_iter().fold(Self::default(), Self::with)
    }

    /// This one too.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self { set: self.set | 1 << capability as u32 }
    }

    /// All but this one.
    #[must_use]
    pub const fn without(self, capability: Capability) -> Self {
        Self { set: self.set & !(1 << capability as u32) }
    }

    /// Whether the store has it.
    #[must_use]
    pub const fn contains(self, capability: Capability) -> bool {
        self.set & 1 << capability as u32 != 0
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Capability::ALL.iter().filter(|it| self.contains(**it))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_into_it() {
        let some = Capabilities::of([Capability::Import, Capability::Durable]);
        for capability in Capability::ALL {
            let is_one = matches!(capability, Capability::Import | Capability::Durable);
            assert_eq!(some.contains(*capability), is_one, "{capability}");
            assert!(some.with(*capability).contains(*capability));
            assert!(!some.without(*capability).contains(*capability));
        }
        assert_eq!(format!("{some:?}"), "{Durable, Import}");
        assert_eq!(some.without(Capability::Durable), Capabilities::of([Capability::Import]));
    }
}
