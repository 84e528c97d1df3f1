//! Interning of names that many events share.

use std::sync::Arc;

use crate::{InvalidStreamId, StreamId};

/// How many streams are cached.
const STREAMS: usize = 256;
/// How many categories and types are cached.
const TEXTS: usize = 64;

/// The streams, categories and event types that a store has just read. Consecutive events share them, so that a name
/// is not copied for every event.
///
/// It caches a few hundred names, whatever the log contains. A store creates one interner per page: otherwise a task
/// that reads the next page would write the reference counts that another task still uses for the previous page.
///
/// ```
/// use eventsource::store::Interner;
/// let mut interner = Interner::default();
/// let (one, other) = (interner.event_type("account.opened"), interner.event_type("account.opened"));
/// assert!(std::sync::Arc::ptr_eq(&one, &other));
/// assert_eq!(interner.stream("account", "1")?.to_string(), "account/1");
/// # Ok::<(), eventsource::event::InvalidStreamId>(())
/// ```
#[derive(Debug, Default)]
pub struct Interner {
    /// Indexed by a hash of the id. If two ids share a slot, the later one is kept.
    streams: Vec<Option<StreamId>>,
    texts: Vec<Option<Arc<str>>>,
}

impl Interner {
    /// The stream with this id in this category.
    ///
    /// # Errors
    ///
    /// As [`StreamId::new`].
    pub fn stream(&mut self, category: &str, id: &str) -> Result<StreamId, InvalidStreamId> {
        let slot = slot::<STREAMS>(id);
        if let Some(stream) = self.streams.get(slot).and_then(Option::as_ref)
            && stream.id() == id
            && stream.category() == category
        {
            return Ok(stream.clone());
        }
        let stream = StreamId::shared(self.text(category), id)?;
        keep::<STREAMS, _>(&mut self.streams, slot, stream.clone());
        Ok(stream)
    }

    /// The name of an event type.
    pub fn event_type(&mut self, name: &str) -> Arc<str> {
        self.text(name)
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        let slot = slot::<TEXTS>(text);
        if let Some(interned) = self.texts.get(slot).and_then(Option::as_ref)
            && **interned == *text
        {
            return Arc::clone(interned);
        }
        let new: Arc<str> = text.into();
        keep::<TEXTS, _>(&mut self.texts, slot, Arc::clone(&new));
        new
    }
}

fn keep<const SLOTS: usize, T>(all: &mut Vec<Option<T>>, slot: usize, one: T) {
    if all.is_empty() {
        all.resize_with(SLOTS, || None);
    }
    all[slot] = Some(one);
}

/// The slot of a text. The hash is that of rustc, <https://docs.rs/fxhash>: it is fast, and texts that collide on
/// purpose are merely copied.
fn slot<const SLOTS: usize>(text: &str) -> usize {
    const { assert!(SLOTS.is_power_of_two()) };
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words.iter().fold(0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)));
    // The upper bits are well mixed.
    usize::try_from(hash >> (u64::BITS - SLOTS.trailing_zeros())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_share_a_slot_are_distinguished() {
        let mut interner = Interner::default();
        for n in 0..10_000 {
            // An id has the same slot in every category.
            for category in ["account", "person", "household"] {
                let id = (n % 700).to_string();
                let stream = interner.stream(category, &id).expect("valid");
                assert_eq!((stream.category(), stream.id()), (category, id.as_str()));
            }
            let name = format!("account.happened_{}", n % 300);
            assert_eq!(*interner.event_type(&name), *name);
        }
        assert!(interner.streams.len() == STREAMS && interner.texts.len() == TEXTS);
    }

    #[test]
    fn consecutive_names_are_shared() {
        let mut interner = Interner::default();
        let (one, other) = (
            interner.stream("account", "1").expect("valid"),
            interner.stream("account", "1").expect("valid"),
        );
        assert!(std::ptr::eq(one.id(), other.id()));
        let third = interner.stream("account", "2").expect("valid");
        assert!(std::ptr::eq(one.category(), third.category()), "a category is shared by all of its streams");
    }

    #[test]
    fn names_that_alternate_are_shared() {
        let mut interner = Interner::default();
        let names = ["account.opened", "account.closed"];
        let first = names.map(|name| interner.event_type(name));
        let again = names.map(|name| interner.event_type(name));
        assert!(first.iter().zip(&again).all(|(first, again)| Arc::ptr_eq(first, again)));
    }

    #[test]
    fn an_invalid_stream_id_is_not_cached() {
        let mut interner = Interner::default();
        assert!(interner.stream("account", "").is_err());
        assert!(interner.stream("account", "").is_err());
    }
}
