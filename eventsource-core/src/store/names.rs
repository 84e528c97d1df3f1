//! Texts that many events have in common.

use std::sync::Arc;

use crate::{InvalidStreamId, StreamId};

/// How many streams are remembered.
const STREAMS: usize = 256;
/// How many categories and types are remembered.
const TEXTS: usize = 64;

/// The streams, categories and event types that a store has just read, so that events which follow each other
/// share them: a name is not copied for every event of it.
///
/// It remembers a few hundred, whatever the log holds. A store makes one for each page it reads: the counts of
/// what is shared are then not written by one who reads on while another is done with the page.
///
/// ```
/// use eventsource::store::Names;
/// let mut names = Names::default();
/// let (one, other) = (names.event_type("account.opened"), names.event_type("account.opened"));
/// assert!(std::sync::Arc::ptr_eq(&one, &other));
/// assert_eq!(names.stream("account", "1")?.to_string(), "account/1");
/// # Ok::<(), eventsource::InvalidStreamId>(())
/// ```
#[derive(Debug, Default)]
pub struct Names {
    /// By a hash of the id: of two that share a place the later one is remembered.
    streams: Vec<Option<StreamId>>,
    texts: Vec<Option<Arc<str>>>,
}

impl Names {
    /// The stream with this id in this category.
    ///
    /// # Errors
    ///
    /// As [`StreamId::new`].
    pub fn stream(&mut self, category: &str, id: &str) -> Result<StreamId, InvalidStreamId> {
        let place = place::<STREAMS>(id);
        if let Some(stream) = self.streams.get(place).and_then(Option::as_ref)
            && stream.id() == id
            && stream.category() == category
        {
            return Ok(stream.clone());
        }
        let stream = StreamId::shared(self.text(category), id)?;
        remember::<STREAMS, _>(&mut self.streams, place, stream.clone());
        Ok(stream)
    }

    /// The name of an event type.
    pub fn event_type(&mut self, name: &str) -> Arc<str> {
        self.text(name)
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        let place = place::<TEXTS>(text);
        if let Some(known) = self.texts.get(place).and_then(Option::as_ref)
            && **known == *text
        {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        remember::<TEXTS, _>(&mut self.texts, place, Arc::clone(&new));
        new
    }
}

fn remember<const PLACES: usize, T>(all: &mut Vec<Option<T>>, place: usize, one: T) {
    if all.is_empty() {
        all.resize_with(PLACES, || None);
    }
    all[place] = Some(one);
}

/// Where a text is remembered. The hash is that of rustc, <https://docs.rs/fxhash>: quick, and whoever makes texts
/// collide on purpose only has them copied.
fn place<const PLACES: usize>(text: &str) -> usize {
    const { assert!(PLACES.is_power_of_two()) };
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words.iter().fold(0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)));
    // The upper bits are the well mixed ones.
    usize::try_from(hash >> (u64::BITS - PLACES.trailing_zeros())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_share_a_place_are_told_apart() {
        let mut names = Names::default();
        for n in 0..10_000 {
            // One id in several categories has one place.
            for category in ["account", "person", "household"] {
                let id = (n % 700).to_string();
                let stream = names.stream(category, &id).expect("valid");
                assert_eq!((stream.category(), stream.id()), (category, id.as_str()));
            }
            let name = format!("account.happened_{}", n % 300);
            assert_eq!(*names.event_type(&name), *name);
        }
        assert!(names.streams.len() == STREAMS && names.texts.len() == TEXTS);
    }

    #[test]
    fn what_follows_each_other_is_shared() {
        let mut names = Names::default();
        let (one, other) =
            (names.stream("account", "1").expect("valid"), names.stream("account", "1").expect("valid"));
        assert!(std::ptr::eq(one.id(), other.id()));
        let third = names.stream("account", "2").expect("valid");
        assert!(std::ptr::eq(one.category(), third.category()), "a category is shared by all of its streams");
    }

    #[test]
    fn what_cannot_name_a_stream_is_not_remembered() {
        let mut names = Names::default();
        assert!(names.stream("account", "").is_err());
        assert!(names.stream("account", "").is_err());
    }
}
