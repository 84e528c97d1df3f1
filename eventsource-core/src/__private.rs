//! The target of the derive macros. Not part of the public API.

mod bounds;
mod column;
mod complete;
mod distinct;

pub use bounds::{Comparable, Downcast, Events, InColumn, Read, Write};
pub use column::{column, native_column};
pub use complete::assert_complete;
pub use distinct::{assert_distinct, assert_not_removed};
pub use serde::{Serialize, de::DeserializeOwned};
pub use serde_json::value::RawValue;

pub use crate::event::upcast::{hop, upcast};
use crate::{
    Decoded, EncodeError, Event, EventSet, EventType, Schema, SnapshotCodec, StoredEvent, Undecodable,
    event::{Content, Variant},
    json::{explained, without_values},
    shown::Escaped,
};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Encodes an event as the content of its variant.
pub fn encode<E: Event + Write>(event: &E) -> Result<Box<RawValue>, EncodeError> {
    json(event.event_type(), |text| event.serialize(Content(&mut serde_json::Serializer::new(text))))
}

/// Encodes a scheduled command, which is a struct.
pub fn encode_command<C: Event + Write>(command: &C) -> Result<Box<RawValue>, EncodeError> {
    json(command.event_type(), |text| serde_json::to_writer(text, command))
}

/// Encodes a payload of an older version.
pub fn encode_old<Old: Write>(
    ty: &EventType,
    old: Result<Old, BoxError>,
) -> Result<Box<RawValue>, EncodeError> {
    let EventType { name: event_type, writes, version, .. } = *ty;
    let old = old.map_err(|source| EncodeError::Downcast { event_type, writes, version, source })?;
    json(ty, |text| serde_json::to_writer(text, &old))
}

fn json(
    ty: &EventType,
    write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
) -> Result<Box<RawValue>, EncodeError> {
    let failed = |source| EncodeError::Json { event_type: ty.name, source: without_values(source) };
    let mut text = Vec::with_capacity(128);
    write(&mut text).map_err(failed)?;
    let text = String::from_utf8(text).expect("serde_json writes UTF-8");
    RawValue::from_string(text).map_err(failed)
}

/// What a downcast function returned, as the payload of the older version.
pub fn downcast<Old, Made: Downcast<Old>>(made: Made) -> Result<Old, BoxError> {
    made.into_result()
}

/// Decodes a payload of the current version as a variant of the set.
pub fn variant<E: Read>(stored: StoredEvent<'_>, name: &'static str) -> Result<Decoded<E>, Undecodable> {
    let text = stored.payload;
    let mut json = serde_json::Deserializer::from_str(text);
    let decoded =
        E::deserialize(Variant { name, content: &mut json }).and_then(|event| json.end().map(|()| event));
    decoded.map(Decoded::One).map_err(|_| {
        // The path is only computed now, on the way to an error, because it is expensive.
        let mut json = serde_json::Deserializer::from_str(text);
        let mut track = serde_path_to_error::Track::new();
        let content = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        let result = E::deserialize(Variant { name, content }).and_then(|_| json.end());
        broken(text, &track.path(), result.err())
    })
}

/// Decodes a payload of an older version.
pub fn old<T: Read>(stored: StoredEvent<'_>) -> Result<T, Undecodable> {
    let text = stored.payload;
    serde_json::from_str(text).map_err(|_| {
        let mut json = serde_json::Deserializer::from_str(text);
        let mut track = serde_path_to_error::Track::new();
        let result = T::deserialize(serde_path_to_error::Deserializer::new(&mut json, &mut track))
            .and_then(|_| json.end());
        broken(text, &track.path(), result.err())
    })
}

/// The snapshot codec of an aggregate.
#[must_use]
pub fn snapshots<A>(version: u32, every: u64) -> Option<SnapshotCodec<A>>
where
    A: Write + Read + Comparable + Schema + 'static,
{
    Some(SnapshotCodec::new(version, every))
}

/// The number of types in several sets.
#[must_use]
pub const fn count(sets: &[&[EventType]]) -> usize {
    let (mut count, mut set) = (0, 0);
    while set < sets.len() {
        count += sets[set].len();
        set += 1;
    }
    count
}

/// The types of several sets, one after the other; `N` is their [`count`].
#[must_use]
pub const fn concat<const N: usize>(sets: &[&[EventType]]) -> [EventType; N] {
    let mut types = [EventType { name: "", aliases: &[], category: "", version: 0, writes: 0 }; N];
    let (mut index, mut set) = (0, 0);
    while set < sets.len() {
        let mut of_set = 0;
        while of_set < sets[set].len() {
            types[index] = sets[set][of_set];
            of_set += 1;
            index += 1;
        }
        set += 1;
    }
    types
}

/// The number of names in several lists.
#[must_use]
pub const fn count_names(lists: &[&[&str]]) -> usize {
    let (mut count, mut list) = (0, 0);
    while list < lists.len() {
        count += lists[list].len();
        list += 1;
    }
    count
}

/// The names of several lists, one after the other; `N` is their [`count_names`].
#[must_use]
pub const fn concat_names<const N: usize>(lists: &[&[&'static str]]) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut index, mut list) = (0, 0);
    while list < lists.len() {
        let mut of_list = 0;
        while of_list < lists[list].len() {
            names[index] = lists[list][of_list];
            of_list += 1;
            index += 1;
        }
        list += 1;
    }
    names
}

/// Whether the stored type name belongs to one of these types.
#[must_use]
pub fn contains(types: &[EventType], stored: StoredEvent<'_>) -> bool {
    types.iter().any(|ty| ty.names().any(|name| name == stored.event_type))
}

/// The result for a stored event that no match arm of the generated code decodes: nothing for a removed type, and an
/// error otherwise.
pub fn otherwise<E: EventSet>(stored: StoredEvent<'_>) -> Result<Decoded<E>, Undecodable> {
    if E::REMOVED.contains(&stored.event_type) {
        return Ok(Decoded::Many(Vec::new()));
    }
    Err(match E::TYPES.iter().find(|ty| ty.names().any(|name| name == stored.event_type)) {
        Some(EventType { version, .. }) => Undecodable::UnknownVersion { known: *version },
        None => Undecodable::UnknownType,
    })
}

fn broken(json: &str, path: &serde_path_to_error::Path, source: Option<serde_json::Error>) -> Undecodable {
    // If the text ends in the middle of a key, the path ends with a question mark.
    let path = path.to_string();
    let path = if path == "?" { "." } else { path.trim_end_matches(".?") };
    Undecodable::Payload {
        path: Escaped(path).to_string(),
        source: source.map_or_else(
            || serde::de::Error::custom("the payload decodes differently each time"),
            |source| explained(source, json),
        ),
    }
}
