//! The behaviour of serde: values that one type wrote, read by another.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Debug},
};

use eventsource::schema::{Schema, Shape};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, MapAccess, SeqAccess, Visitor},
};

use super::samples::Samples;

/// A type, as writer and as reader.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// The values it wrote.
    written: Vec<Written>,
    read: fn(&Written) -> Result<Option<String>, String>,
    again: fn(&str) -> Option<String>,
}

struct Written {
    json: String,
    leaves: Leaves,
}

/// The texts, numbers and truth values of a value, with their counts.
type Leaves = BTreeMap<String, usize>;

/// The outcome for all values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Compatible,
    Silent(String),
    Breaking(String),
}

impl Case {
    pub(crate) fn of<T: Schema + Serialize + DeserializeOwned + Samples + Debug>(name: &'static str) -> Self {
        let mut written: Vec<String> =
            T::samples().iter().filter_map(|value| serde_json::to_string(value).ok()).collect();
        written.retain(|json| !has_a_field_twice(json));
        written.sort();
        written.dedup();
        let written = written.into_iter().map(|json| Written { leaves: leaves(&json), json }).collect();
        Self { name, shape: T::shape(), written, read: read::<T>, again: again::<T> }
    }

    /// The values that the type wrote.
    pub(crate) fn written(&self) -> impl Iterator<Item = &str> {
        self.written.iter().map(|written| &*written.json)
    }

    /// What the type writes for a value that it has read; `None` if it refuses the value.
    pub(crate) fn again(&self, json: &str) -> Option<String> {
        (self.again)(json)
    }

    /// Reads all values that another type wrote.
    pub(crate) fn reads(&self, writer: &Self) -> Seen {
        let mut lossy = None;
        for written in &writer.written {
            match (self.read)(written) {
                Err(error) => return Seen::Breaking(format!("{}: {error}", written.json)),
                Ok(Some(lost)) => lossy = lossy.or(Some(lost)),
                Ok(None) => {}
            }
        }
        lossy.map_or(Seen::Compatible, Seen::Silent)
    }
}

fn again<T: Serialize + DeserializeOwned>(json: &str) -> Option<String> {
    let value: T = serde_json::from_str(json).ok()?;
    serde_json::to_string(&value).ok()
}

/// The loss when a value is read: a text, number or truth value that was written and is missing after the read. A
/// part that is read but not written again appears in the debug text.
fn read<T: Serialize + DeserializeOwned + Debug>(written: &Written) -> Result<Option<String>, String> {
    let value: T = serde_json::from_str(&written.json).map_err(|error| error.to_string())?;
    let again = serde_json::to_string(&value).unwrap_or_default();
    if again == written.json {
        return Ok(None);
    }
    let kept =
        |leaves: &Leaves, leaf: &String, count: usize| leaves.get(leaf).is_some_and(|kept| *kept >= count);
    let after = leaves(&again);
    let debug = OnceCell::new();
    let lost = written.leaves.iter().find(|(leaf, count)| {
        let debug = || debug.get_or_init(|| leaves(&format!("{value:?}")));
        !kept(&after, leaf, **count) && !kept(debug(), leaf, **count)
    });
    Ok(lost.map(|(leaf, _)| format!("{}: {leaf} is lost in {again}", written.json)))
}

/// The texts, numbers and truth values of a JSON or debug text, with their counts. Names of fields are not
/// included.
fn leaves(text: &str) -> Leaves {
    let mut leaves = Leaves::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, after) = if first == '"' {
            let end = closing_quote(rest);
            let (quoted, after) = rest.split_at(end);
            (if after.starts_with(':') { None } else { unquoted(quoted) }, after)
        } else if first.is_alphanumeric() || first == '-' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || "-+._".contains(c))).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            (number(word).or_else(|| matches!(word, "true" | "false").then(|| word.to_owned())), after)
        } else {
            (None, &rest[first.len_utf8()..])
        };
        if let Some(token) = token {
            *leaves.entry(token).or_default() += 1;
        }
        rest = after;
    }
    leaves
}

fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn unquoted(quoted: &str) -> Option<String> {
    // In a debug text, NUL is escaped in another way.
    let json = quoted.replace("\\0", "\\u0000");
    let text: String = serde_json::from_str(&json).unwrap_or(json);
    // The tag of a struct is its name, the same in every value: nothing is lost with it.
    if text == "ClosedTagged"
        || text.strip_prefix('F').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        return None;
    }
    // A variant that is called `aa`, `AA` or `a` in one type may be called `A` in another.
    Some(match text.to_uppercase().as_bytes() {
        [letter @ b'A'..=b'D'] => format!("{:?}", char::from(*letter)),
        [letter @ b'A'..=b'D', again] if letter == again => format!("{:?}", char::from(*letter)),
        _ => format!("{text:?}"),
    })
}

/// A flattened map that contains the name of a field next to it writes such JSON. No reader accepts it.
pub(crate) fn has_a_field_twice(json: &str) -> bool {
    serde_json::from_str(json).is_ok_and(|Once(once)| !once)
}

/// Whether no object in a value has a field twice.
struct Once(bool);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
        let (mut names, mut all) = (BTreeSet::new(), true);
        while let Some((name, Once(once))) = map.next_entry::<String, Once>()? {
            all &= once & names.insert(name);
        }
        Ok(Once(all))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Once, A::Error> {
        let mut all = true;
        while let Some(Once(once)) = items.next_element()? {
            all &= once;
        }
        Ok(Once(all))
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_str<E>(self, _: &str) -> Result<Once, E> {
        Ok(Once(true))
    }
}

/// A number in one way of writing: `1`, `1.0` and `1e0` are the same.
fn number(word: &str) -> Option<String> {
    if let Ok(whole) = word.parse::<u128>() {
        return Some(whole.to_string());
    }
    if let Ok(whole) = word.parse::<i128>() {
        return Some(whole.to_string());
    }
    let number: f64 =
        word.parse().ok().filter(|_| word.starts_with(|c: char| c == '-' || c.is_ascii_digit()))?;
    Some(if number.fract() == 0.0 { format!("{number:.0}") } else { number.to_string() })
}
