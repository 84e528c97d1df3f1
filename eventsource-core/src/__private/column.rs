//! Which column a field becomes: from the form of what serde writes for its type.

use super::InColumn;
use crate::{
    schema::{Enum, Float, Form, Int, Shape, Tag, Variant},
    store::{Column, ColumnKind},
};

/// The column of a field of this type.
#[must_use]
pub fn column<T: InColumn>(name: &str, key: bool) -> Column {
    let shape = Shape::of::<T>();
    let kind = kind(&shape, &shape.form, DEPTH);
    let nullable = !key && may_be_null(&shape, &shape.form, DEPTH);
    Column { name: name.to_owned(), kind, nullable, key }
}

/// A column whose type is named in the store's own language.
#[must_use]
pub fn native_column(name: &str, native: &str, nullable: bool, key: bool) -> Column {
    Column { name: name.to_owned(), kind: ColumnKind::Native(native.to_owned()), nullable, key }
}

/// A type may be defined by itself; nothing that is a value is defined by so many others.
const DEPTH: usize = 64;

fn kind(shape: &Shape, form: &Form, depth: usize) -> ColumnKind {
    let Some(depth) = depth.checked_sub(1) else { return ColumnKind::Json };
    match form {
        Form::Bool => ColumnKind::Bool,
        Form::Int(int) => int_kind(*int),
        Form::Float(Float::F32) => ColumnKind::Float32,
        Form::Float(Float::F64) => ColumnKind::Float64,
        Form::Char | Form::Text => ColumnKind::Text,
        Form::Formatted(format) => match &**format {
            "uuid" => ColumnKind::Uuid,
            // `Timestamp`, and those of jiff and chrono: they read RFC 3339 with any offset, as a store may
            // write it. Times with an offset of their own, which a point in time has not, stay texts.
            "timestamp" => ColumnKind::Timestamp,
            _ => ColumnKind::Text,
        },
        Form::Option(inner) | Form::Newtype(inner) => kind(shape, inner, depth),
        Form::Named(name) => shape.types.get(name).map_or(ColumnKind::Json, |form| kind(shape, form, depth)),
        Form::Split { written, read } => {
            let (written, read) = (kind(shape, written, depth), kind(shape, read, depth));
            if written == read { written } else { ColumnKind::Json }
        }
        Form::Enum(Enum { tag: Tag::External, variants, .. }) if variants.iter().all(is_text) => {
            ColumnKind::Text
        }
        Form::Enum(_)
        | Form::Any
        | Form::Null
        | Form::List(_)
        | Form::Set(_)
        | Form::Array(..)
        | Form::Tuple { .. }
        | Form::Map(..)
        | Form::Object(_) => ColumnKind::Json,
    }
}

/// The smallest kind that holds every number of the range.
fn int_kind(Int { signed, bits, .. }: Int) -> ColumnKind {
    match (signed, bits) {
        (_, 8) | (true, 16) => ColumnKind::Int16,
        (false, 16) | (true, 32) => ColumnKind::Int32,
        (false, 32) | (true, 64) => ColumnKind::Int64,
        _ => ColumnKind::Numeric,
    }
}

fn is_text(variant: &Variant) -> bool {
    variant.content.is_none() && !variant.untagged
}

fn may_be_null(shape: &Shape, form: &Form, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    match form {
        Form::Any | Form::Null | Form::Option(_) => true,
        Form::Newtype(inner) => may_be_null(shape, inner, depth),
        Form::Split { written, .. } => may_be_null(shape, written, depth),
        Form::Named(name) => shape.types.get(name).is_none_or(|form| may_be_null(shape, form, depth)),
        Form::Enum(Enum { tag, variants, .. }) => variants.iter().any(|variant| {
            let untagged = variant.untagged || *tag == Tag::Untagged;
            let null = || variant.content.as_ref().is_none_or(|form| may_be_null(shape, form, depth));
            untagged && null()
        }),
        _ => false,
    }
}
