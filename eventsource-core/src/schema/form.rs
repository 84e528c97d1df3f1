//! The form of one JSON value, as serde writes and reads it.

use std::borrow::Cow;

/// The form of a JSON value. Serde may read and write different forms, so fields and variants describe both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Any value, as `serde_json::Value`.
    Any,
    /// `null`: the unit type and unit structs.
    Null,
    /// `true` or `false`.
    Bool,
    /// An integer of a range.
    Int(Int),
    /// A floating-point number. It covers finite numbers only: other numbers are written as `null`, which no type
    /// reads back.
    Float(Float),
    /// A text of one character.
    Char,
    /// Any text.
    Text,
    /// A text in the named format, such as `uuid`. A reader of one format reads no other.
    Formatted(Cow<'static, str>),
    /// The value or `null`. An absent field reads as `None`.
    Option(Box<Form>),
    /// An array of any length.
    List(Box<Form>),
    /// An array from which duplicates, and possibly the order, are dropped when it is read.
    Set(Box<Form>),
    /// An array of exactly this length.
    Array(Box<Form>, usize),
    /// An array of these elements; those beyond `required` may be missing at the end when it is read.
    Tuple {
        /// The elements.
        items: Vec<Form>,
        /// How many of them are required.
        required: usize,
    },
    /// An object with keys of one form and values of another.
    Map(Box<Form>, Box<Form>),
    /// The content of a newtype struct. It is written like its content, but an absent field does not read as `None`.
    Newtype(Box<Form>),
    /// Written as one form and read as another: `#[serde(from = …)]` without an `into` of the same type.
    Split {
        /// The form that is written.
        written: Box<Form>,
        /// The form that is read.
        read: Box<Form>,
    },
    /// An object with known fields.
    Object(Object),
    /// One of several variants.
    Enum(Enum),
    /// A type in the definitions of the shape.
    Named(String),
}

/// The range of an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int {
    /// Whether it includes numbers below 0.
    pub signed: bool,
    /// 8, 16, 32, 64 or 128.
    pub bits: u8,
    /// Whether 0 is excluded.
    pub nonzero: bool,
}

/// The width of a floating-point number.
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
    /// A field that is written with a fixed text and ignored when it is read: `#[serde(tag = "…")]` on a struct.
    pub tag: Option<(String, String)>,
    /// The fields, as they are declared.
    pub fields: Vec<Field>,
    /// Whether unknown fields are refused.
    pub closed: bool,
}

/// One field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name under which it is written.
    pub name: String,
    /// The names from which it is read, the principal one first.
    pub reads: Vec<String>,
    /// Its value.
    pub form: Form,
    /// What happens if the field is absent when it is read.
    pub absent: Absent,
    /// Whether it is sometimes omitted when it is written.
    pub left_out: LeftOut,
    /// Whether it is written at all.
    pub written: bool,
    /// Whether it is read at all.
    pub read: bool,
    /// Whether its own fields replace it in the object.
    pub flat: bool,
}

/// What happens when a field is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// An `Option` reads as `None`, any other form is refused.
    ByForm,
    /// It is refused, even if it is an `Option`, as with `#[serde(with = …)]`.
    Refused,
    /// A default is used.
    Default,
}

/// Whether a field is omitted when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// It is always present.
    Never,
    /// Under a condition of `#[serde(skip_serializing_if = …)]`.
    AtTimes,
    /// Omitted for `None`: the condition is `Option::is_none`.
    IfNone,
}

/// One of several variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    /// How the variant is identified.
    pub tag: Tag,
    /// The variants, as they are declared.
    pub variants: Vec<Variant>,
    /// Whether fields other than tag and content are refused, where the content is a field.
    pub closed: bool,
}

/// How the variant of an enum is identified.
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
    /// No tag: the first variant that can be read is taken.
    Untagged,
}

/// One variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The name under which it is written.
    pub name: String,
    /// The names from which it is read, the principal one first.
    pub reads: Vec<String>,
    /// Its content; `None` for a unit variant.
    pub content: Option<Form>,
    /// Whether it is written at all.
    pub written: bool,
    /// Whether it is read at all.
    pub read: bool,
    /// Whether every unknown name reads as this variant.
    pub other: bool,
    /// Whether this variant is identified by its content, though others have a tag.
    pub untagged: bool,
}

impl Form {
    /// An array of exactly these elements.
    #[must_use]
    pub fn tuple(items: Vec<Self>) -> Self {
        Self::Tuple { required: items.len(), items }
    }

    /// The content of a newtype struct.
    #[must_use]
    pub fn newtype(inner: Self) -> Self {
        Self::Newtype(Box::new(inner))
    }

    /// Written as one form and read as another. If both are equal, the result is that form.
    #[must_use]
    pub fn split(written: Self, read: Self) -> Self {
        if written == read {
            return written;
        }
        Self::Split { written: Box::new(written), read: Box::new(read) }
    }
}

impl Object {
    /// An object without fields that ignores unknown fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Refuses unknown fields.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { closed: true, ..self }
    }

    /// Adds a field with a fixed text.
    #[must_use]
    pub fn tagged(self, tag: &str, text: &str) -> Self {
        Self { tag: Some((tag.to_owned(), text.to_owned())), ..self }
    }
}

impl Field {
    /// A field that is always written, and is required unless it is an `Option`.
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

    /// Sets the names from which it is read.
    #[must_use]
    pub fn reads(self, names: &[&str]) -> Self {
        Self { reads: names.iter().map(|&name| name.to_owned()).collect(), ..self }
    }

    /// A default is used when it is absent.
    #[must_use]
    pub fn defaulted(self) -> Self {
        Self { absent: Absent::Default, ..self }
    }

    /// Refused when it is absent, even if it is an `Option`.
    #[must_use]
    pub fn required(self) -> Self {
        Self { absent: Absent::Refused, ..self }
    }

    /// Sometimes omitted when it is written.
    #[must_use]
    pub fn left_out(self) -> Self {
        Self { left_out: LeftOut::AtTimes, ..self }
    }

    /// Omitted for `None`, and so never written as `null`.
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

    /// Its own fields replace it in the object.
    #[must_use]
    pub fn flattened(self) -> Self {
        Self { flat: true, ..self }
    }
}

impl Tag {
    /// The variant is identified by a field among those of the content.
    #[must_use]
    pub fn internal(tag: &str) -> Self {
        Self::Internal(tag.to_owned())
    }

    /// The variant is identified by one field, and the content is in another.
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

    /// Adds a variant.
    #[must_use]
    pub fn variant(mut self, variant: Variant) -> Self {
        self.variants.push(variant);
        self
    }

    /// Refuses fields other than tag and content.
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

    /// Sets the names from which it is read.
    #[must_use]
    pub fn reads(self, names: &[&str]) -> Self {
        Self { reads: names.iter().map(|&name| name.to_owned()).collect(), ..self }
    }

    /// Every unknown name reads as this variant.
    #[must_use]
    pub fn other(self) -> Self {
        Self { other: true, ..self }
    }

    /// Identified by its content.
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
