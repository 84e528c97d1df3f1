//! The JSON values that a writer writes for a form, sorted by kind.

use std::{collections::BTreeMap, fmt};

use super::fields::Fields;
use crate::schema::{Absent, Enum, Field, Float, Form, Int, LeftOut, Object, Shape, Tag, Variant};

/// Values of one kind that may be written.
#[derive(Debug, Clone)]
pub(super) enum Written<'w> {
    Anything,
    Null,
    Bool,
    Int(Int),
    Float(Float),
    Text(Text<'w>),
    Array(Items<'w>),
    Object(Fields<'w>),
}

/// Texts that may be written, also as the key of a map.
#[derive(Debug, Clone, Copy)]
pub(super) enum Text<'w> {
    Any,
    /// One character.
    Char,
    /// Exactly this text.
    Word(&'w str),
    Format(&'w str),
    /// The digits of an integer, as a key.
    Digits(Int),
    /// The digits of a float, as a key.
    Fraction,
    /// `true` or `false`, as a key.
    Truth,
}

#[derive(Debug, Clone)]
pub(super) enum Items<'w> {
    Each {
        item: &'w Form,
        length: Option<usize>,
        unique: bool,
    },
    /// Exactly these elements; those beyond `at_least` may be missing at the end.
    Fixed {
        items: Vec<&'w Form>,
        at_least: usize,
    },
}

/// The value of a field: of a form, or narrower than the form.
#[derive(Debug, Clone)]
pub(super) enum Value<'w> {
    Form(&'w Form),
    Only(Box<Written<'w>>),
    /// The same in every value of the type: its loss does not matter.
    Constant(&'w str),
}

/// A writer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing<'w> {
    pub(super) shape: &'w Shape,
    /// Whether older values count as well. They may lack optional fields or have them under an alias.
    stored: bool,
}

/// Flattening objects into one another multiplies alternatives. This many are examined.
const MOST_ALTERNATIVES: usize = 256;

impl<'w> Writing<'w> {
    pub(super) fn exactly(shape: &'w Shape) -> Self {
        Self { shape, stored: false }
    }

    pub(super) fn stored(shape: &'w Shape) -> Self {
        Self { shape, stored: true }
    }

    /// The values by kind.
    pub(super) fn value(self, value: &Value<'w>) -> Vec<Written<'w>> {
        match value {
            Value::Form(form) => self.form(form),
            Value::Only(written) => vec![(**written).clone()],
            Value::Constant(text) => vec![Written::Text(Text::Word(text))],
        }
    }

    pub(super) fn form(self, form: &'w Form) -> Vec<Written<'w>> {
        self.expand(form, &mut Vec::new())
    }

    /// `within` are the types being expanded: a type that refers only to itself has no values.
    fn expand(self, form: &'w Form, within: &mut Vec<&'w str>) -> Vec<Written<'w>> {
        let one = |written| vec![written];
        match form {
            Form::Any => one(Written::Anything),
            Form::Null => one(Written::Null),
            Form::Bool => one(Written::Bool),
            Form::Int(int) => one(Written::Int(*int)),
            Form::Float(float) => one(Written::Float(*float)),
            Form::Char => one(Written::Text(Text::Char)),
            Form::Text => one(Written::Text(Text::Any)),
            Form::Formatted(format) => one(Written::Text(Text::Format(format))),
            Form::Option(inner) => {
                let mut written = self.expand(inner, within);
                if !written.iter().any(|written| matches!(written, Written::Null | Written::Anything)) {
                    written.insert(0, Written::Null);
                }
                written
            }
            Form::List(item) => one(Written::Array(Items::Each { item, length: None, unique: false })),
            Form::Set(item) => one(Written::Array(Items::Each { item, length: None, unique: true })),
            Form::Array(item, length) => {
                one(Written::Array(Items::Each { item, length: Some(*length), unique: false }))
            }
            Form::Tuple { items, required } => {
                let at_least = if self.stored { *required } else { items.len() };
                one(Written::Array(Items::Fixed { items: items.iter().collect(), at_least }))
            }
            Form::Map(key, value) => one(Written::Object(Fields::unknown(key, value))),
            Form::Newtype(inner) | Form::Split { written: inner, .. } => self.expand(inner, within),
            Form::Object(object) => self.object(object, within),
            Form::Enum(of) => self.variants(of, within),
            Form::Named(name) => {
                if within.contains(&name.as_str()) {
                    return Vec::new();
                }
                let Some(form) = self.shape.types.get(name) else { return one(Written::Anything) };
                within.push(name);
                let written = self.expand(form, within);
                within.pop();
                written
            }
        }
    }

    fn object(self, object: &'w Object, within: &mut Vec<&'w str>) -> Vec<Written<'w>> {
        let mut all = vec![Fields::default()];
        if let Some((tag, text)) = &object.tag {
            all[0].push(vec![tag], Value::Constant(text), false);
        }
        for field in &object.fields {
            let left_out = field.left_out != LeftOut::Never;
            let maybe_absent = left_out || self.stored && self.absent_is_read(field);
            // Older values may contain the `null` that was written before the field was omitted.
            let form = match field.left_out {
                LeftOut::IfNone if !self.stored => self.some(&field.form),
                _ => &field.form,
            };
            if !(field.written || self.stored && field.read) {
                continue;
            }
            if !field.flat {
                for fields in &mut all {
                    fields.push(
                        self.names(&field.name, &field.reads, field.read),
                        Value::Form(form),
                        maybe_absent,
                    );
                }
                continue;
            }
            let mut parts: Vec<Fields<'w>> = Vec::new();
            for part in self.expand(&field.form, within) {
                match part {
                    Written::Object(fields) => parts.push(fields),
                    // `None`, or a unit: no field is written.
                    Written::Null => parts.push(Fields::default()),
                    Written::Anything => parts.push(Fields::anything()),
                    // A unit variant.
                    Written::Text(Text::Word(name)) => parts.push(Fields::unit(name)),
                    // Serde refuses to write any other value in this place.
                    _ => {}
                }
            }
            if maybe_absent {
                parts.push(Fields::default());
            }
            all = all.iter().flat_map(|fields| parts.iter().filter_map(|part| fields.with(part))).collect();
            all.truncate(MOST_ALTERNATIVES);
        }
        all.into_iter().map(Written::Object).collect()
    }

    fn variants(self, of: &'w Enum, within: &mut Vec<&'w str>) -> Vec<Written<'w>> {
        let mut all = Vec::new();
        for variant in &of.variants {
            if !(variant.written || self.stored && variant.read) {
                continue;
            }
            let tag = if variant.untagged { &Tag::Untagged } else { &of.tag };
            if let Tag::Untagged = tag {
                match &variant.content {
                    None => all.push(Written::Null),
                    Some(form) => all.extend(self.expand(form, within)),
                }
                continue;
            }
            for name in self.names(&variant.name, &variant.reads, variant.read) {
                self.variant(tag, name, variant, within, &mut all);
            }
        }
        all.truncate(MOST_ALTERNATIVES);
        all
    }

    fn variant(
        self,
        tag: &'w Tag,
        name: &'w str,
        variant: &'w Variant,
        within: &mut Vec<&'w str>,
        all: &mut Vec<Written<'w>>,
    ) {
        let word = || Value::Only(Box::new(Written::Text(Text::Word(name))));
        match (tag, &variant.content) {
            (Tag::External, None) => all.push(Written::Text(Text::Word(name))),
            (Tag::External, Some(form)) => {
                let mut fields = Fields::default();
                fields.push(vec![name], Value::Form(form), false);
                all.push(Written::Object(fields));
            }
            (Tag::Internal(tag), content) => {
                let mut fields = Fields::default();
                fields.push(vec![tag], word(), false);
                let Some(form) = content else { return all.push(Written::Object(fields)) };
                for content in self.expand(form, within) {
                    match content {
                        Written::Object(content) => all.extend(fields.with(&content).map(Written::Object)),
                        Written::Null => all.push(Written::Object(fields.clone())),
                        Written::Anything => {
                            all.extend(fields.with(&Fields::anything()).map(Written::Object));
                        }
                        // A unit variant of another enum.
                        Written::Text(Text::Word(name)) => {
                            all.extend(fields.with(&Fields::unit(name)).map(Written::Object));
                        }
                        // Serde refuses to write any other value next to a tag.
                        _ => {}
                    }
                }
            }
            (Tag::Adjacent { tag, content }, form) => {
                let mut fields = Fields::default();
                fields.push(vec![tag], word(), false);
                if let Some(form) = form {
                    fields.push(vec![content], Value::Form(form), false);
                }
                all.push(Written::Object(fields));
            }
            (Tag::Untagged, _) => {}
        }
    }

    fn names(self, name: &'w str, reads: &'w [String], read: bool) -> Vec<&'w str> {
        let mut names = vec![name];
        if self.stored && read {
            names.extend(reads.iter().map(String::as_str).filter(|read| *read != name));
        }
        names
    }

    /// The content of an option; any other form is returned unchanged.
    fn some(self, form: &'w Form) -> &'w Form {
        let mut option = form;
        for _ in 0..=self.shape.types.len() {
            match option {
                Form::Option(inner) => return inner,
                Form::Split { written, .. } => option = written,
                Form::Named(name) => match self.shape.types.get(name) {
                    Some(named) => option = named,
                    None => break,
                },
                _ => break,
            }
        }
        form
    }

    fn absent_is_read(self, field: &Field) -> bool {
        match field.absent {
            Absent::Default => true,
            Absent::Refused => false,
            Absent::ByForm => absent_is_none(&field.form, &self.shape.types),
        }
    }
}

/// Whether an absent field of this form reads as `None`.
pub(in crate::schema) fn absent_is_none(form: &Form, types: &BTreeMap<String, Form>) -> bool {
    let mut form = form;
    // A type may refer only to itself.
    for _ in 0..=types.len() {
        match form {
            Form::Option(_) => return true,
            Form::Split { read, .. } => form = read,
            Form::Named(name) => match types.get(name) {
                Some(named) => form = named,
                None => return false,
            },
            _ => return false,
        }
    }
    false
}

impl Items<'_> {
    /// The minimum and the maximum length.
    pub(super) fn length(&self) -> (usize, usize) {
        match self {
            Self::Each { length: Some(length), .. } => (*length, *length),
            Self::Each { length: None, .. } => (0, usize::MAX),
            Self::Fixed { items, at_least } => (*at_least, items.len()),
        }
    }
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anything => f.write_str("any value"),
            Self::Null => f.write_str("a `null`"),
            Self::Bool => f.write_str("a `bool`"),
            Self::Int(int) => write!(f, "a number (`{int}`)"),
            Self::Float(Float::F32) => f.write_str("a number (`f32`)"),
            Self::Float(Float::F64) => f.write_str("a number (`f64`)"),
            Self::Text(Text::Any) => f.write_str("a text"),
            Self::Text(Text::Char) => f.write_str("a text of one character"),
            Self::Text(Text::Word(word)) => write!(f, "the text {word:?}"),
            Self::Text(Text::Format(format)) => write!(f, "a text in the format `{format}`"),
            Self::Text(Text::Digits(int)) => write!(f, "the digits of a number (`{int}`)"),
            Self::Text(Text::Fraction) => f.write_str("the digits of a number with a fraction"),
            Self::Text(Text::Truth) => f.write_str("the text \"true\" or \"false\""),
            Self::Array(_) => f.write_str("an array"),
            Self::Object(_) => f.write_str("an object"),
        }
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signed, bits, nonzero } = self;
        let sign = if *signed { 'i' } else { 'u' };
        write!(f, "{sign}{bits}{}", if *nonzero { ", never 0" } else { "" })
    }
}
