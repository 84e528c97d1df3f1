//! Reading values of one form as another.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    ptr,
};

use super::{
    Outcome,
    fields::Fields,
    written::{Items, Text, Value, Writing, Written},
};
use crate::schema::{Form, Shape};

/// How deep a value is searched for data that could be lost. Deeper values are assumed to contain data.
const MOST_LEVELS: u8 = 8;

/// A reader, applied to the values of a writer.
pub(super) struct Reading<'r, 'w> {
    pub(super) reader: &'r Shape,
    pub(super) writing: Writing<'w>,
    /// The outcomes of pairs of forms so far. A type may contain itself, so a pair that recurs while it is being
    /// compared counts as accepted: it is, if the rest is.
    known: RefCell<HashMap<(*const Form, *const Form, How), Outcome>>,
    /// How often values may still be split into parts. Types that contain themselves have parts without end.
    pub(super) partings: Cell<u32>,
}

/// Enough for all but contrived types. Beyond it, an untagged enum whose variants accept all values only together is
/// reported as refusing some.
const MOST_PARTINGS: u32 = 256;

/// The context in which a value is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct How {
    /// Serde buffered the value before it knew its type: behind a tag, in a flattened field, for an untagged enum.
    /// From then on, keys of maps are texts, and integers of 128 bits are not supported.
    pub(super) buffered: bool,
    /// It was buffered and is only borrowed, because several variants may have to try it. Serde is then less lenient.
    pub(super) borrowed: bool,
    /// It is the key of a map.
    pub(super) key: bool,
    /// How many names of types were followed since the value began. A type that refers only to itself would be
    /// followed forever.
    hops: usize,
}

impl How {
    pub(super) fn buffered(self) -> Self {
        Self { buffered: true, borrowed: false, ..self }
    }

    pub(super) fn borrowed(self) -> Self {
        Self { buffered: true, borrowed: true, ..self }
    }

    /// Follows one more name; `None` if there are not that many.
    pub(super) fn named(self, types: &BTreeMap<String, Form>) -> Option<Self> {
        (self.hops <= types.len()).then(|| Self { hops: self.hops + 1, ..self })
    }
}

impl<'r, 'w> Reading<'r, 'w> {
    pub(super) fn new(reader: &'r Shape, writing: Writing<'w>) -> Self {
        Self { reader, writing, known: RefCell::default(), partings: Cell::new(MOST_PARTINGS) }
    }

    /// Reads a value of the writer.
    pub(super) fn value(&self, form: &'r Form, value: &Value<'w>) -> Outcome {
        self.value_in(form, value, How::default())
    }

    pub(super) fn value_in(&self, form: &'r Form, value: &Value<'w>, how: How) -> Outcome {
        let how = How { hops: 0, ..how };
        let pair = match value {
            Value::Form(written) => Some((ptr::from_ref(form), ptr::from_ref(*written), how)),
            Value::Only(_) | Value::Constant(_) => None,
        };
        if let Some(pair) = pair {
            if let Some(known) = self.known.borrow().get(&pair) {
                return known.clone();
            }
            self.known.borrow_mut().insert(pair, Outcome::accepted());
        }
        let alternatives = self.writing.value(value);
        let mut outcome = Outcome::of_all(
            alternatives.iter().map(|written| self.count_losses(self.written(form, written, how), written)),
        );
        outcome.tidy();
        if let Some(pair) = pair {
            self.known.borrow_mut().insert(pair, outcome.clone());
        }
        outcome
    }

    /// Fields that were not read are lost, if they contain data.
    fn count_losses(&self, mut outcome: Outcome, written: &Written<'w>) -> Outcome {
        if let Written::Object(fields) = written {
            for (number, rename) in std::mem::take(&mut outcome.unseen) {
                let value =
                    fields.known.iter().find(|field| field.number == number).map(|field| &field.value);
                if value.is_none_or(|value| self.holds_something(value, MOST_LEVELS)) {
                    outcome.losses.extend(fields.lost(number, rename.as_deref()));
                }
            }
        }
        outcome
    }

    /// Whether a value contains data that could be lost: a text, a number, a boolean.
    fn holds_something(&self, value: &Value<'w>, levels: u8) -> bool {
        let Some(levels) = levels.checked_sub(1) else { return true };
        let holds = |written: &Written<'w>| match written {
            Written::Null => false,
            Written::Array(Items::Each { item, length, .. }) => {
                *length != Some(0) && self.holds_something(&Value::Form(item), levels)
            }
            Written::Array(Items::Fixed { items, .. }) => {
                items.iter().any(|item| self.holds_something(&Value::Form(item), levels))
            }
            Written::Object(fields) => {
                !fields.rest.is_empty()
                    || fields.known.iter().any(|field| self.holds_something(&field.value, levels))
            }
            _ => true,
        };
        match value {
            Value::Constant(_) => false,
            value => self.writing.value(value).iter().any(holds),
        }
    }

    /// Reads values of one kind. The caller handles the fields of an object that were not read.
    pub(super) fn written(&self, form: &'r Form, written: &Written<'w>, how: How) -> Outcome {
        match (form, written) {
            (Form::Any, _) => self.any(written, how),
            (Form::Option(_), Written::Null) | (Form::Null, Written::Null) => Outcome::accepted(),
            (Form::Option(inner) | Form::Newtype(inner) | Form::Split { read: inner, .. }, _) => {
                self.written(inner, written, how)
            }
            (Form::Named(name), _) => match (self.reader.types.get(name), how.named(&self.reader.types)) {
                (Some(form), Some(how)) => self.written(form, written, how),
                (Some(_), None) => Outcome::refused(format!("`{name}` refers only to itself")),
                (None, _) => Outcome::accepted(),
            },
            (Form::Enum(of), _) => self.one_of(of, written, how),
            (_, Written::Anything) => {
                Outcome::partly_refused(format!("any value was written, {} is read", expected(form)))
            }
            (Form::Object(object), Written::Object(fields)) => self.object(object, fields, how),
            (Form::Object(object), Written::Array(items)) => self.object_from_array(object, items, how),
            (Form::Map(key, value), Written::Object(fields)) => self.map(key, value, fields, how),
            (Form::List(item), Written::Array(items)) => self.list(item, items, how),
            (Form::Set(item), Written::Array(items)) => {
                let mut outcome = self.list(item, items, how);
                if !at_most_once(items) {
                    outcome.and(Outcome::lossy("an element that is there twice is read once"));
                }
                outcome
            }
            (Form::Array(item, length), Written::Array(items)) => {
                self.elements(|_| Some(&**item), *length, *length, items, how)
            }
            (Form::Tuple { items: forms, required }, Written::Array(items)) => {
                self.elements(|index| forms.get(index), *required, forms.len(), items, how)
            }
            // Serde's special case for a newtype variant of a unit behind a tag.
            (Form::Null, Written::Object(fields)) if how.buffered && !how.borrowed && fields.is_empty() => {
                Outcome::accepted()
            }
            _ => super::scalars::read(form, written, how),
        }
    }

    /// Reads the key of a map; `None` if the writer's form cannot be a key.
    pub(super) fn key(&self, form: &'r Form, key: &'w Form, how: How) -> Outcome {
        let how = How { key: true, ..how };
        let texts = keys(&self.writing.form(key));
        Outcome::of_all(texts.into_iter().map(|text| self.written(form, &Written::Text(text), how)))
    }

    fn any(&self, written: &Written<'w>, how: How) -> Outcome {
        match written {
            Written::Int(int) if int.bits > 64 => {
                Outcome::lossy("a number beyond 64 bits is rounded when it is read as any value")
            }
            Written::Array(items) => self.list(&Form::Any, items, how),
            Written::Object(fields) => self.map(&Form::Any, &Form::Any, fields, how),
            _ => Outcome::accepted(),
        }
    }

    fn map(&self, key: &'r Form, value: &'r Form, fields: &Fields<'w>, how: How) -> Outcome {
        let mut all = Outcome::accepted();
        for field in &fields.known {
            for name in &field.names {
                let as_key = How { key: true, ..how };
                let name_read = self.written(key, &Written::Text(Text::Word(name)), as_key);
                let mut outcome = name_read.at(name);
                outcome.and(self.value_in(value, &field.value, how).at(name));
                all.and(if field.maybe_absent || field.names.len() > 1 { outcome.maybe() } else { outcome });
            }
        }
        for (_, written_key, written_value) in &fields.rest {
            let mut outcome = self.key(key, written_key, how).at("{key}");
            outcome.and(self.value_in(value, &Value::Form(written_value), how).at("{}"));
            all.and(outcome.maybe());
        }
        all
    }

    fn list(&self, form: &'r Form, items: &Items<'w>, how: How) -> Outcome {
        self.elements(|_| Some(form), 0, usize::MAX, items, how)
    }

    /// Reads an array with a limited length.
    pub(super) fn elements(
        &self,
        form: impl Fn(usize) -> Option<&'r Form>,
        at_least: usize,
        at_most: usize,
        items: &Items<'w>,
        how: How,
    ) -> Outcome {
        let mut all = Outcome::accepted();
        let (shortest, longest) = items.length();
        if longest < at_least || shortest > at_most {
            return Outcome::refused(format!(
                "an array of {} was written, of {} is read",
                length(shortest, longest),
                length(at_least, at_most)
            ));
        }
        if shortest < at_least || longest > at_most {
            all.and(Outcome::partly_refused(format!(
                "an array of {} was written, of {} is read",
                length(shortest, longest),
                length(at_least, at_most)
            )));
        }
        match items {
            Items::Fixed { items, at_least } => {
                for (index, item) in items.iter().enumerate() {
                    let Some(form) = form(index).filter(|_| index < at_most) else { break };
                    let outcome = self.value_in(form, &Value::Form(item), how).at(&format!("[{index}]"));
                    all.and(if index < *at_least { outcome } else { outcome.maybe() });
                }
            }
            Items::Each { item, .. } => {
                // Usually all elements have the same form, which is then read only once.
                let mut last = None;
                for index in 0..longest.min(at_most) {
                    let Some(form) = form(index) else { break };
                    if last.is_some_and(|last| ptr::eq(last, form)) {
                        break;
                    }
                    last = Some(form);
                    let outcome = self.value_in(form, &Value::Form(item), how).at("[]");
                    all.and(if index < shortest { outcome } else { outcome.maybe() });
                }
            }
        }
        all
    }
}

/// The possible keys of a map. Serde refuses to write any other key.
pub(super) fn keys<'w>(written: &[Written<'w>]) -> Vec<Text<'w>> {
    let text = |written: &Written<'w>| match written {
        Written::Text(text) => Some(*text),
        Written::Int(int) => Some(Text::Digits(*int)),
        Written::Float(_) => Some(Text::Fraction),
        Written::Bool => Some(Text::Truth),
        Written::Anything => Some(Text::Any),
        Written::Null | Written::Array(_) | Written::Object(_) => None,
    };
    written.iter().filter_map(text).collect()
}

fn at_most_once(items: &Items<'_>) -> bool {
    match items {
        Items::Each { unique: true, .. } | Items::Each { length: Some(0 | 1), .. } => true,
        Items::Each { .. } => false,
        Items::Fixed { items, .. } => items.len() < 2,
    }
}

fn length(at_least: usize, at_most: usize) -> String {
    match (at_least, at_most) {
        (0, usize::MAX) => "any length".to_owned(),
        (length, same) if length == same => format!("length {length}"),
        (at_least, at_most) => format!("length {at_least} to {at_most}"),
    }
}

/// What a form reads, in words.
pub(in crate::schema) fn expected(form: &Form) -> String {
    match form {
        Form::Any => "any value".to_owned(),
        Form::Null => "`null`".to_owned(),
        Form::Bool => "a `bool`".to_owned(),
        Form::Int(int) => format!("a number (`{int}`)"),
        Form::Float(float) => Written::Float(*float).to_string(),
        Form::Char => "a text of one character".to_owned(),
        Form::Text => "a text".to_owned(),
        Form::Formatted(format) => format!("a text in the format `{format}`"),
        Form::List(_) | Form::Set(_) | Form::Array(..) | Form::Tuple { .. } => "an array".to_owned(),
        Form::Map(..) | Form::Object(_) => "an object".to_owned(),
        Form::Enum(_) => "one of several variants".to_owned(),
        Form::Named(name) => format!("`{name}`"),
        Form::Option(inner) | Form::Newtype(inner) | Form::Split { read: inner, .. } => expected(inner),
    }
}
