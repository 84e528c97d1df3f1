//! Schemas as text for review, which [`parse`](super::parse) reads back: one line for each field, variant, type and
//! version.
//!
//! ```text
//! account.opened
//!   was account.created
//!   version 1: fields
//!     owner: string
//!     note: string? [alias remark, default]
//!     currency: Currency
//!     type Currency: variants
//!       EUR
//!       Other: string
//!
//! account.suspended
//!   removed
//!   formerly version 1: fields
//!     reason: string
//! ```

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use super::{Absent, Enum, EventSchema, Field, Float, Form, LeftOut, Object, Shape, Tag, TypeState, Variant};

/// Words that denote a form. A type with such a name is quoted.
pub(super) const WORDS: &[&str] = &[
    "any", "null", "bool", "u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128", "f32",
    "f64", "char", "string", "set", "new", "nonzero", "write", "read", "fields", "variants",
];

/// Writes schemas as text, in the order of their names.
#[must_use]
pub fn render(schemas: &[EventSchema]) -> String {
    let mut sorted: Vec<&EventSchema> = schemas.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut lines = Lines::default();
    for schema in sorted {
        if !lines.text.is_empty() {
            lines.text.push('\n');
        }
        lines.line(0, &quoted(&schema.name));
        for alias in &schema.aliases {
            lines.line(1, &format!("was {}", quoted(alias)));
        }
        match schema.state {
            TypeState::Read => {}
            TypeState::Removed => lines.line(1, "removed"),
            TypeState::Gone => lines.line(1, "no longer read"),
        }
        if let Some(version) = schema.writes {
            lines.line(1, &format!("writes version {version}"));
        }
        for (number, shape) in &schema.versions {
            lines.shape(1, &format!("version {number}"), &shape.clone().with_names());
        }
        for (number, shape) in
            schema.formerly.iter().flat_map(|(it, shapes)| shapes.iter().map(move |s| (it, s)))
        {
            lines.shape(1, &format!("formerly version {number}"), &shape.clone().with_names());
        }
    }
    lines.text
}

/// Writes one shape as text.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Lines::default();
        lines.shape(0, "shape", &self.clone().with_names());
        f.write_str(&lines.text)
    }
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.text, "{:1$}{text}", "", depth * 2);
    }

    fn shape(&mut self, depth: usize, head: &str, shape: &Shape) {
        self.body(depth, head, &shape.form, Vec::new());
        for (ty, form) in &shape.types {
            self.body(depth + 1, &format!("type {}", type_name(ty)), form, Vec::new());
        }
    }

    /// A line with the lines below that belong to it.
    fn body(&mut self, depth: usize, head: &str, form: &Form, mut flags: Vec<String>) {
        match form {
            Form::Object(object) => {
                if let Some((tag, text)) = &object.tag {
                    flags.push(format!("tag {} {}", quoted(tag), quoted(text)));
                }
                if object.closed {
                    flags.push("closed".to_owned());
                }
                self.line(depth, &format!("{head}: fields{}", bracketed(&flags)));
                for field in &object.fields {
                    self.field(depth + 1, field);
                }
            }
            Form::Enum(of) => {
                match &of.tag {
                    Tag::External => {}
                    Tag::Internal(tag) => flags.push(format!("tag {}", quoted(tag))),
                    Tag::Adjacent { tag, content } => {
                        flags.push(format!("tag {}", quoted(tag)));
                        flags.push(format!("content {}", quoted(content)));
                    }
                    Tag::Untagged => flags.push("untagged".to_owned()),
                }
                if of.closed {
                    flags.push("closed".to_owned());
                }
                self.line(depth, &format!("{head}: variants{}", bracketed(&flags)));
                for variant in &of.variants {
                    self.variant(depth + 1, variant);
                }
            }
            form => self.line(depth, &format!("{head}: {form}{}", bracketed(&flags))),
        }
    }

    fn field(&mut self, depth: usize, field: &Field) {
        let mut flags = names(&field.name, &field.reads);
        match field.absent {
            Absent::ByForm => {}
            Absent::Refused => flags.push("required".to_owned()),
            Absent::Default => flags.push("default".to_owned()),
        }
        match field.left_out {
            LeftOut::Never => {}
            LeftOut::AtTimes => flags.push("left out at times".to_owned()),
            LeftOut::IfNone => flags.push("left out if none".to_owned()),
        }
        one_way(&mut flags, field.written, field.read);
        if field.flat {
            flags.push("flattened".to_owned());
        }
        self.line(depth, &format!("{}: {}{}", quoted(&field.name), field.form, bracketed(&flags)));
    }

    fn variant(&mut self, depth: usize, variant: &Variant) {
        let mut flags = names(&variant.name, &variant.reads);
        one_way(&mut flags, variant.written, variant.read);
        if variant.other {
            flags.push("other".to_owned());
        }
        if variant.untagged {
            flags.push("untagged".to_owned());
        }
        match &variant.content {
            None => self.line(depth, &format!("{}{}", quoted(&variant.name), bracketed(&flags))),
            Some(form) => self.body(depth, &quoted(&variant.name), form, flags),
        }
    }
}

fn names(written: &str, reads: &[String]) -> Vec<String> {
    let mut flags = Vec::new();
    let (principal, others) = match reads.split_first() {
        Some((principal, others)) => (principal.as_str(), others),
        None => (written, reads),
    };
    if principal != written {
        flags.push(format!("read as {}", quoted(principal)));
    }
    flags.extend(others.iter().map(|alias| format!("alias {}", quoted(alias))));
    flags
}

fn one_way(flags: &mut Vec<String>, written: bool, read: bool) {
    if !written {
        flags.push("never written".to_owned());
    }
    if !read {
        flags.push("never read".to_owned());
    }
}

fn bracketed(flags: &[String]) -> String {
    if flags.is_empty() { String::new() } else { format!(" [{}]", flags.join(", ")) }
}

/// A name, quoted as in JSON if it has other characters than letters, digits and similar ones.
fn quoted(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { format!("{:?}", Quoted(name)) }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn type_name(name: &str) -> String {
    if is_plain(name) && !WORDS.contains(&name) { name.to_owned() } else { format!("{:?}", Quoted(name)) }
}

struct Quoted<'a>(&'a str);

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self.0).map_err(|_| fmt::Error)?)
    }
}

/// The form within a line. Objects and enums have lines of their own, so only their kind is written here.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int(int) => {
                let sign = if int.signed { 'i' } else { 'u' };
                write!(f, "{}{sign}{}", if int.nonzero { "nonzero " } else { "" }, int.bits)
            }
            Self::Float(Float::F32) => f.write_str("f32"),
            Self::Float(Float::F64) => f.write_str("f64"),
            Self::Char => f.write_str("char"),
            Self::Text => f.write_str("string"),
            Self::Formatted(format) if is_plain(&format.replace(' ', "_")) && format.trim() == format => {
                write!(f, "string({format})")
            }
            Self::Formatted(format) => write!(f, "string({:?})", Quoted(format)),
            // Otherwise the question mark would belong to the word.
            Self::Option(inner) if matches!(**inner, Self::Newtype(_)) => write!(f, "({inner})?"),
            Self::Option(inner) => write!(f, "{inner}?"),
            Self::List(item) => write!(f, "[{item}]"),
            Self::Set(item) => write!(f, "set[{item}]"),
            Self::Array(item, length) => write!(f, "[{item}; {length}]"),
            Self::Tuple { items, required } => {
                f.write_str("(")?;
                for (index, item) in items.iter().enumerate() {
                    let default = if index < *required { "" } else { " = default" };
                    // The comma at the end distinguishes a tuple of one element from parentheses.
                    let comma = if index + 1 == items.len() && index > 0 { "" } else { "," };
                    let space = if index + 1 == items.len() { "" } else { " " };
                    write!(f, "{item}{default}{comma}{space}")?;
                }
                f.write_str(")")
            }
            Self::Map(key, value) => write!(f, "{{{key}: {value}}}"),
            Self::Newtype(inner) => write!(f, "new {inner}"),
            Self::Split { written, read } => write!(f, "(write {written} read {read})"),
            Self::Object(_) => f.write_str("fields"),
            Self::Enum(_) => f.write_str("variants"),
            Self::Named(name) => f.write_str(&type_name(name)),
        }
    }
}

impl Shape {
    /// Names every object and enum in a place where it cannot have lines of its own. The derive creates no such
    /// shapes, but other code may.
    #[must_use]
    pub fn with_names(self) -> Self {
        let Self { mut form, types } = self;
        let mut namer = Namer { types: types.clone() };
        namer.body(&mut form, true);
        for (name, mut form) in types {
            namer.body(&mut form, false);
            namer.types.insert(name, form);
        }
        Self { form, types: namer.types }
    }
}

struct Namer {
    types: BTreeMap<String, Form>,
}

impl Namer {
    /// A form that has lines of its own. An enum at the root has none: its variants would be mixed with types.
    fn body(&mut self, form: &mut Form, root: bool) {
        match form {
            Form::Object(Object { fields, .. }) => {
                fields.iter_mut().for_each(|field| self.inline(&mut field.form));
            }
            Form::Enum(Enum { variants, .. }) if !root => {
                for content in variants.iter_mut().filter_map(|variant| variant.content.as_mut()) {
                    match content {
                        Form::Object(_) => self.body(content, false),
                        _ => self.inline(content),
                    }
                }
            }
            _ => self.inline(form),
        }
    }

    fn inline(&mut self, form: &mut Form) {
        match form {
            Form::Object(_) | Form::Enum(_) => {
                let name = (1_u32..).map(|number| format!("Unnamed{number}"));
                let free = |name: &String| !self.types.contains_key(name);
                let name = name.into_iter().find(free).expect("numbers do not run out");
                self.types.insert(name.clone(), Form::Any);
                let mut body = std::mem::replace(form, Form::Named(name.clone()));
                self.body(&mut body, false);
                self.types.insert(name, body);
            }
            Form::Option(inner)
            | Form::List(inner)
            | Form::Set(inner)
            | Form::Array(inner, _)
            | Form::Newtype(inner) => self.inline(inner),
            Form::Map(a, b) | Form::Split { written: a, read: b } => {
                self.inline(a);
                self.inline(b);
            }
            Form::Tuple { items, .. } => items.iter_mut().for_each(|item| self.inline(item)),
            _ => {}
        }
    }
}
