//! The form of one JSON value, as serde writes and reads it.

use std::borrow::Cow;

/// What a JSON value looks like. What serde reads and what it writes may differ, so fields and variants know
/// both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Anything, as `serde_json::Value`.
    Any,
    /// `null`: the unit type and unit structs.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number of a range.
    Int(Int),
    /// A number with a fraction. It stands for finite numbers: what is not finite is written as `null`, and
    /// no type reads that back.
    Float(Float),
    /// A text of one character.
    Char,
    /// Any text.
    Text,
    /// A text in a format of this name, such as `uuid`: what reads one format reads no other.
    Formatted(Cow<'static, str>),
    /// The value or `null`. An absent field reads as `None`.
    Option(Box<Form>),
    /// An array of any length.
    List(Box<Form>),
    /// An array from which duplicates, and possibly the order, are dropped when it is read.
    Set(Box<Form>),
    /// An array of exactly this length.
    Array(Box<Form>, usize),
    /// An array of these; those beyond `required` may be missing at the end when it is read.
    Tuple {
        /// The elements.
        items: Vec<Form>,
        /// How many of them must be there.
        required: usize,
    },
    /// An object with keys of one form and values of another.
    Map(Box<Form>, Box<Form>),
    /// What a newtype struct holds. It is written as that, but an absent field does not read as `None`.
    Newtype(Box<Form>),
    /// Written as one form and read as another: `#[serde(from = …)]` without an `into` of the same type.
    Split {
        /// What is written.
        written: Box<Form>,
        /// What is read.
        read: Box<Form>,
    },
    /// An object with known fields.
    Object(Object),
    /// One of several variants.
    Enum(Enum),
    /// A type among the definitions of the shape.
    Named(String),
}

/// The range of a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int {
    /// Whether numbers below 0 belong to it.
    pub signed: bool,
    /// 8, 16, 32, 64 or 128.
    pub bits: u8,
    /// Whether 0 is left out.
    pub nonzero: bool,
}

/// The width of a number with a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Float {
    /// `f32`
    F32,
    /// `f64`
    F64,
}

/// An object with known fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object {
    /// A field that is written with a fixed text, and not looked at when it is read: `#[serde(tag = "…")]` on
    /// a struct.
    pub tag: Option<(String, String)>,
    /// The fields, as they are declared.
    pub fields: Vec<Field>,
    /// Whether a field of another name is refused.
    pub closed: bool,
}

/// One field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name it is written under.
    pub name: String,
    /// The names it is read from, the principal one first.
    pub reads: Vec<String>,
    /// Its value.
    pub form: Form,
    /// What happens when it is read and is not there.
    pub absent: Absent,
    /// Whether it is left out at times when it is written.
    pub left_out: LeftOut,
    /// Whether it is written at all.
    pub written: bool,
    /// Whether it is read at all.
    pub read: bool,
    /// Whether its own fields stand in the place of the field.
    pub flat: bool,
}

/// What happens when a field is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// An `Option` reads as `None`, anything else is refused.
    ByForm,
    /// It is refused, even if it is an `Option`: so it is for `#[serde(with = …)]`.
    Refused,
    /// A default takes its place.
    Default,
}

/// Whether a field is left out when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// It is always there.
    Never,
    /// Under a condition of `#[serde(skip_serializing_if = …)]`.
    AtTimes,
    /// When it is `None`: the condition is `Option::is_none`.
    IfNone,
}

/// One of several variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    /// How the variant is told.
    pub tag: Tag,
    /// The variants, as they are declared.
    pub variants: Vec<Variant>,
    /// Whether a further field beside tag and content is refused, where the content is a field.
    pub closed: bool,
}

/// How the variant of an enum is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tag {
    /// By an object with one field, or by a text if there is no content.
    External,
    /// By a field among those of the content.
    Internal(String),
    /// By one field, with the content in another.
    Adjacent {
        /// The name of the variant.
        tag: String,
        /// Its content.
        content: String,
    },
    /// Not at all: the first variant that can be read is taken.
    Untagged,
}

/// One variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The name it is written under.
    pub name: String,
    /// The names it is read from, the principal one first.
    pub reads: Vec<String>,
    /// What it holds; `None` for a unit variant.
    pub content: Option<Form>,
    /// Whether it is written at all.
    pub written: bool,
    /// Whether it is read at all.
    pub read: bool,
    /// Whether every unknown name reads as this variant.
    pub other: bool,
    /// Whether this variant is told by its content, though others have a tag.
    pub untagged: bool,
}

impl Form {
    /// An array of exactly these.
    #[must_use]
    pub fn tuple(items: Vec<Self>) -> Self {
        Self::Tuple { required: items.len(), items }
    }

    /// What a newtype struct holds.
    #[must_use]
    pub fn newtype(inner: Self) -> Self {
        Self::Newtype(Box::new(inner))
    }

    /// Written as one form and read as another, which may be the same after all.
    #[must_use]
    pub fn split(written: Self, read: Self) -> Self {
        if written == read {
            return written;
        }
        Self::Split { written: Box::new(written), read: Box::new(read) }
    }
}

impl Object {
    /// An object without fields that ignores all it does not know.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Refuses fields of other names.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { closed: true, ..self }
    }

    /// With a field of a fixed text.
    #[must_use]
    pub fn tagged(self, tag: &str, text: &str) -> Self {
        Self { tag: Some((tag.to_owned(), text.to_owned())), ..self }
    }
}

impl Field {
    /// A field that is always written, and must be there unless it is an `Option`.
    #[must_use]
    pub fn new(name: &str, form: Form) -> Self {
        Self {
            name: name.to_owned(),
            reads: vec![name.to_owned()],
            form,
            absent: Absent::ByForm,
            left_out: LeftOut::Never,
            written: true,
            read: true,
            flat: false,
        }
    }

    /// Read from these names instead.
    #[must_use]
    pub fn reads(self, names: &[&str]) -> Self {
        Self { reads: names.iter().map(|&name| name.to_owned()).collect(), ..self }
    }

    /// A default takes its place when it is absent.
    #[must_use]
    pub fn defaulted(self) -> Self {
        Self { absent: Absent::Default, ..self }
    }

    /// Refused when it is absent, even if it is an `Option`.
    #[must_use]
    pub fn required(self) -> Self {
        Self { absent: Absent::Refused, ..self }
    }

    /// Left out at times when it is written.
    #[must_use]
    pub fn left_out(self) -> Self {
        Self { left_out: LeftOut::AtTimes, ..self }
    }

    /// Left out when it is `None`, and so never written as `null`.
    #[must_use]
    pub fn left_out_if_none(self) -> Self {
        Self { left_out: LeftOut::IfNone, ..self }
    }

    /// Never written.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { written: false, ..self }
    }

    /// Never read.
    #[must_use]
    pub fn write_only(self) -> Self {
        Self { read: false, ..self }
    }

    /// Its fields stand in its place.
    #[must_use]
    pub fn flattened(self) -> Self {
        Self { flat: true, ..self }
    }
}

impl Tag {
    /// Told by a field among those of the content.
    #[must_use]
    pub fn internal(tag: &str) -> Self {
        Self::Internal(tag.to_owned())
    }

    /// Told by one field, with the content in another.
    #[must_use]
    pub fn adjacent(tag: &str, content: &str) -> Self {
        Self::Adjacent { tag: tag.to_owned(), content: content.to_owned() }
    }
}

impl Enum {
    /// An enum without variants.
    #[must_use]
    pub fn new(tag: Tag) -> Self {
        Self { tag, variants: Vec::new(), closed: false }
    }

    /// With one more variant.
    #[must_use]
    pub fn variant(mut self, variant: Variant) -> Self {
        self.variants.push(variant);
        self
    }

    /// Refuses fields beside tag and content.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { closed: true, ..self }
    }
}

impl Variant {
    /// A variant with this content.
    #[must_use]
    pub fn new(name: &str, content: Option<Form>) -> Self {
        Self {
            name: name.to_owned(),
            reads: vec![name.to_owned()],
            content,
            written: true,
            read: true,
            other: false,
            untagged: false,
        }
    }

    /// Read from these names instead.
    #[must_use]
    pub fn reads(self, names: &[&str]) -> Self {
        Self { reads: names.iter().map(|&name| name.to_owned()).collect(), ..self }
    }

    /// Every unknown name reads as this variant.
    #[must_use]
    pub fn other(self) -> Self {
        Self { other: true, ..self }
    }

    /// Told by its content.
    #[must_use]
    pub fn untagged(self) -> Self {
        Self { untagged: true, ..self }
    }

    /// Never written.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { written: false, ..self }
    }

    /// Never read.
    #[must_use]
    pub fn write_only(self) -> Self {
        Self { read: false, ..self }
    }
}
