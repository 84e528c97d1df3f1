//! The structure of payloads as data: what a value of a type looks like as JSON.

/// A type whose JSON form is known as a [`Shape`]. Derived.
#[diagnostic::on_unimplemented(
    message = "the JSON form of `{Self}` is not known",
    label = "`Schema` is missing",
    note = "write `#[derive(Schema)]` on `{Self}`, or `#[schema(as = \"…\")]` on the field if the type is not yours"
)]
pub trait Schema {
    /// The structure of what serde writes for this type.
    fn shape() -> Shape;
}

/// The structure of a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Anything.
    Any,
}

/// One event type: its names, and the shape of each version of its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeSchema {
    /// The persisted name.
    pub name: &'static str,
    /// Names that older events are stored under.
    pub aliases: &'static [&'static str],
    /// The payload's shape by version, from 1.
    pub versions: Vec<Shape>,
}

/// A text that changes when the structure of the type does.
#[must_use]
pub fn fingerprint<T: Schema>() -> String {
    format!("{:?}", T::shape())
}
