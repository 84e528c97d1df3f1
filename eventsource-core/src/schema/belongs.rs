//! Whether a JSON value is one that a type writes, as its shape describes it.

mod enums;
mod objects;
mod scalars;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use self::objects::Rest;
use super::{Finding, Form, Shape, expected};

/// Whether a shape writes a value. The error names the first place where it does not.
///
/// Text in a format that is not known here counts as written in it.
///
/// # Errors
///
/// What was found, and what the shape describes.
///
/// ```
/// use eventsource::schema::{Shape, writes};
/// use serde_json::json;
///
/// assert!(writes(&Shape::of::<Vec<u8>>(), &json!([1, 2])).is_ok());
/// let wrong = writes(&Shape::of::<Vec<u8>>(), &json!([1, 300])).expect_err("300 is no `u8`");
/// assert_eq!(wrong.to_string(), "`[1]`: the number 300 was found, a number (`u8`) is declared");
/// ```
pub fn writes(shape: &Shape, value: &Value) -> Result<(), Finding> {
    Judge { types: &shape.types, stored: false, hops: 0 }.value(&shape.form, value)
}

/// Whether a value may be stored under a shape that was once accepted: it is [written](writes), or read. Fields that
/// have a default may be missing, aliases are names, and fields that are not known are ignored unless the type refuses
/// them.
///
/// # Errors
///
/// As [`writes`].
pub fn may_be_stored(shape: &Shape, value: &Value) -> Result<(), Finding> {
    Judge { types: &shape.types, stored: true, hops: 0 }.value(&shape.form, value)
}

#[derive(Clone, Copy)]
struct Judge<'s> {
    types: &'s BTreeMap<String, Form>,
    /// Whether values count that are only read.
    stored: bool,
    /// How many names of types were followed since the value began. A type may refer only to itself.
    hops: usize,
}

type Belongs = Result<(), Finding>;

impl<'s> Judge<'s> {
    fn value(self, form: &'s Form, value: &Value) -> Belongs {
        match (form, value) {
            (Form::Any, _) | (Form::Option(_), Value::Null) => Ok(()),
            (Form::Option(inner) | Form::Newtype(inner), _) => self.value(inner, value),
            (Form::Split { written, read }, _) => {
                let belongs = self.value(written, value);
                if self.stored { belongs.or_else(|_| self.value(read, value)) } else { belongs }
            }
            (Form::Named(name), _) => match self.named(name) {
                Some((named, form)) => named.value(form, value),
                None => Ok(()),
            },
            (Form::Enum(of), _) => self.one_of(of, value),
            (Form::Object(object), Value::Object(fields)) => self.object(object, fields),
            (Form::Map(..), Value::Object(fields)) => {
                fields.iter().try_for_each(|(name, value)| self.entry(form, name, value))
            }
            (Form::List(item), Value::Array(items)) => self.items(items, |_| Some(item)),
            (Form::Set(item), Value::Array(items)) => {
                self.items(items, |_| Some(item))?;
                let unique: BTreeSet<String> = items.iter().map(Value::to_string).collect();
                if self.stored || unique.len() == items.len() {
                    Ok(())
                } else {
                    Err(Finding::whole("an element was found twice, a set is declared"))
                }
            }
            (Form::Array(item, length), Value::Array(items)) => {
                length_is(items.len(), *length, *length)?;
                self.items(items, |_| Some(item))
            }
            (Form::Tuple { items: forms, required }, Value::Array(items)) => {
                length_is(items.len(), if self.stored { *required } else { forms.len() }, forms.len())?;
                self.items(items, |index| forms.get(index))
            }
            _ if scalars::belongs(form, value) => Ok(()),
            _ => Err(unexpected(form, value)),
        }
    }

    fn items(self, items: &[Value], form: impl Fn(usize) -> Option<&'s Form>) -> Belongs {
        for (index, item) in items.iter().enumerate() {
            if let Some(form) = form(index) {
                self.inside().value(form, item).map_err(|finding| finding.at(&format!("[{index}]")))?;
            }
        }
        Ok(())
    }

    /// One entry of a map.
    fn entry(self, map: &'s Form, name: &str, value: &Value) -> Belongs {
        let Form::Map(key, of) = map else { return Err(unexpected(map, value)) };
        let belongs = self.inside().key(key, name).and_then(|()| self.inside().value(of, value));
        belongs.map_err(|finding| finding.at(name))
    }

    fn object(self, object: &'s super::Object, fields: &Map<String, Value>) -> Belongs {
        let rests = self.fields(object, fields, Rest::all(fields))?;
        objects::nothing_left(rests, self.stored && !object.closed)
    }

    /// A value within the present one.
    fn inside(self) -> Self {
        Self { hops: 0, ..self }
    }

    /// The form of a named type; `None` if it is not known, or refers only to itself.
    fn named(self, name: &str) -> Option<(Self, &'s Form)> {
        let form = self.types.get(name).filter(|_| self.hops <= self.types.len())?;
        Some((Self { hops: self.hops + 1, ..self }, form))
    }
}

fn unexpected(form: &Form, value: &Value) -> Finding {
    Finding::whole(format!("{} was found, {} is declared", found(value), expected(form)))
}

fn length_is(found: usize, at_least: usize, at_most: usize) -> Belongs {
    if (at_least..=at_most).contains(&found) {
        return Ok(());
    }
    Err(Finding::whole(format!("an array of length {found} was found, of length {at_most} is declared")))
}

/// A value in words, and the beginning of its content.
fn found(value: &Value) -> String {
    const MOST: usize = 40;
    match value {
        Value::Null => "`null`".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() > MOST => {
            format!("the text {:?}…", text.chars().take(MOST).collect::<String>())
        }
        Value::String(text) => format!("the text {text:?}"),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
