//! The structure of payloads as data: the JSON form of a type, compatibility between two forms, and a text format for
//! review.

mod belongs;
mod covers;
mod declared;
mod definitions;
mod events;
mod form;
mod impls;
mod parse;
mod relation;
mod render;

pub use belongs::{may_be_stored, writes};
#[doc(hidden)]
pub use covers::covers;
#[doc(hidden)]
pub use declared::{Declaration, DeclaredEvent, DeclaredType, DeclaredTypes, EventDeclaration, Part};
pub use definitions::Definitions;
pub use events::{EventSchema, TypeState};
pub use form::{Absent, Enum, Field, Float, Form, Int, LeftOut, Object, Tag, Variant};
pub use parse::{InvalidSchema, parse};
pub use relation::{Finding, Verdict, accepts, accepts_beyond, accepts_stored, accepts_stored_beyond};
use relation::{absent_is_none, expected};
pub use render::render;

use std::collections::BTreeMap;

use uuid::Uuid;

/// A type whose JSON form is known as a [`Shape`]. Derived.
///
/// ```
/// use eventsource::prelude::*;
/// use eventsource::schema::Shape;
///
/// #[derive(Serialize, Deserialize, Schema)]
/// struct Debit { amount: u64, note: Option<String> }
///
/// assert_eq!(Debit::shape(), Shape::of::<Debit>());
/// ```
#[diagnostic::on_unimplemented(
    message = "the JSON form of `{Self}` is not known",
    label = "`Schema` is missing",
    note = "write `#[derive(Schema)]` on `{Self}`, or `#[schema(as = \"…\")]` on the field if the type is not yours"
)]
pub trait Schema {
    /// The JSON form that serde writes and reads for this type. Named types are added to the definitions, so that a
    /// type may contain itself.
    fn describe(types: &mut Definitions) -> Form;

    /// The form with all types that it refers to.
    #[must_use]
    fn shape() -> Shape {
        Shape::build(Self::describe)
    }
}

/// The structure of a JSON value: its form, and the named types that the form refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The form of the value.
    pub form: Form,
    /// The types to which it refers as [`Form::Named`], by name.
    pub types: BTreeMap<String, Form>,
}

impl Shape {
    /// The shape of a type.
    #[must_use]
    pub fn of<T: Schema + ?Sized>() -> Self {
        Self::build(T::describe)
    }

    /// The shape that a function describes.
    #[must_use]
    pub fn build(describe: impl FnOnce(&mut Definitions) -> Form) -> Self {
        Self::with_declarations(describe).0
    }

    fn with_declarations(describe: impl FnOnce(&mut Definitions) -> Form) -> (Self, DeclaredTypes) {
        let mut types = Definitions::default();
        let form = describe(&mut types);
        let (types, declared) = types.finish();
        (Self { form, types }, declared)
    }
}

/// One event type: its names, and the shape of each version of its payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeSchema {
    /// The name of the enum with its variant.
    pub set: &'static str,
    /// The package with the enum.
    pub package: &'static str,
    /// With which programs the events must be compatible.
    pub compatibility: Compatibility,
    /// The persisted name.
    pub name: &'static str,
    /// Names under which older events are stored.
    pub aliases: &'static [&'static str],
    /// The payload's shape by version, from 1.
    pub versions: Vec<Shape>,
    /// The version that is written, one of `versions`.
    pub writes: u32,
    #[doc(hidden)]
    pub declared: Option<DeclaredEvent>,
}

/// With which programs the events of a set must be compatible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compatibility {
    /// This program reads what earlier programs have written.
    #[default]
    Backward,
    /// In addition, the program of the release before reads what this one writes: `compatibility = "full"`.
    Full,
}

/// A short text that changes whenever the structure of the type does, and is the same in every build.
#[must_use]
pub fn fingerprint<T: Schema>() -> String {
    let shape = T::shape().to_string();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, shape.as_bytes()).to_string()
}
