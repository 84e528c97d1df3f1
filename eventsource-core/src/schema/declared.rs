//! How types are declared in Rust. That is no part of a schema; the code of an older version is written with it.

use std::collections::BTreeMap;

use super::{Definitions, Form, Shape, TypeSchema};

/// A type that derives its schema. All texts are Rust code, unless they are names of serde.
#[derive(Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The module of the type, as by `module_path!`.
    pub module: &'static str,
    /// File, line and column.
    pub place: &'static str,
    /// The name of the type.
    pub name: &'static str,
    /// Whether the type has parameters.
    pub generic: bool,
    /// The serde attributes of the type.
    pub serde: &'static [&'static str],
    /// The fields or variants.
    pub parts: &'static [Part],
}

/// A field or a variant. All texts are Rust code, unless they are names of serde.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// The name under which serde writes it.
    pub name: &'static str,
    /// The name in Rust; the index of an unnamed field.
    pub ident: &'static str,
    /// The type of a field. For a variant, the brackets around its fields: none, `()` or `{}`.
    pub ty: &'static str,
    /// The serde attributes, without those that only name it.
    pub serde: &'static [&'static str],
    /// The attributes of the schema.
    pub schema: &'static [&'static str],
    /// The fields of a variant.
    pub parts: &'static [Part],
}

/// A variant of an enum of events, or a scheduled command. All texts are Rust code.
#[derive(Debug, PartialEq, Eq)]
pub struct EventDeclaration {
    /// The path of this crate, `::eventsource` unless an attribute says another one.
    pub krate: &'static str,
    /// The module of the enum, as by `module_path!`.
    pub module: &'static str,
    /// File and line.
    pub place: &'static str,
    /// The parameters of the enum: each name with its declaration, such as `T` and `T: Clone`.
    pub parameters: &'static [(&'static str, &'static str)],
    /// The `where` clause of the enum.
    pub bounds: &'static str,
    /// The variant.
    pub variant: Part,
    /// The attribute that has the version: `event`, or `command`.
    pub attribute: &'static str,
    /// The items of that attribute, without `version` and `from`.
    pub event: &'static [&'static str],
    /// The types of the older versions, from 1.
    pub older: &'static [&'static str],
}

/// An event type as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredEvent {
    /// The variant.
    pub event: &'static EventDeclaration,
    /// The types to which each version refers, from 1, by their names in its shape.
    pub types: Vec<DeclaredTypes>,
}

/// The types to which a shape refers, by their names in the shape.
pub type DeclaredTypes = BTreeMap<String, DeclaredType>;

/// A type in a shape, as it is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredType {
    /// The full name of the type, with that of its parameters, as by [`std::any::type_name`].
    pub type_name: &'static str,
    /// Its declaration, if the schema of the type is derived.
    pub declaration: Option<&'static Declaration>,
}

impl TypeSchema {
    /// An event type as the derive describes it. The last of the versions is the current one.
    #[doc(hidden)]
    #[must_use]
    pub fn declared(
        set: &'static str,
        name: &'static str,
        aliases: &'static [&'static str],
        event: &'static EventDeclaration,
        versions: &[fn(&mut Definitions) -> Form],
    ) -> Self {
        let (versions, types) = versions.iter().map(|&describe| Shape::with_declarations(describe)).unzip();
        let declared = Some(DeclaredEvent { event, types });
        Self { set, name, aliases, versions, declared, ..Self::default() }
    }
}
