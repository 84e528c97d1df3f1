//! The column of a field, from the form of its type.

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

/// A column whose type is given in the store's own language.
#[must_use]
pub fn native_column(name: &str, native: &str, nullable: bool, key: bool) -> Column {
    Column { name: name.to_owned(), kind: ColumnKind::Native(native.to_owned()), nullable, key }
}

/// A type may be defined by itself. No real value is nested in this many definitions.
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
            // `Timestamp`, and those of jiff and chrono: they read RFC 3339 with any offset, as a store may write it.
            // Times that carry an offset are stored as text, because a point in time has none.
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

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        net::IpAddr,
        num::{NonZeroU8, NonZeroU64},
        time::Duration,
    };

    use serde::de::DeserializeOwned;

    use super::*;
    use crate::{EventId, Position, Schema, Timestamp, schema::Definitions};

    #[track_caller]
    fn is<T: Schema>(kind: ColumnKind, nullable: bool) {
        let expected = Column { name: "x".to_owned(), kind, nullable, key: false };
        assert_eq!(column::<T>("x", false), expected);
    }

    #[test]
    fn integers_have_the_smallest_column_that_holds_all_of_them() {
        is::<i8>(ColumnKind::Int16, false);
        is::<u8>(ColumnKind::Int16, false);
        is::<NonZeroU8>(ColumnKind::Int16, false);
        is::<i16>(ColumnKind::Int16, false);
        is::<u16>(ColumnKind::Int32, false);
        is::<i32>(ColumnKind::Int32, false);
        is::<u32>(ColumnKind::Int64, false);
        is::<i64>(ColumnKind::Int64, false);
        is::<u64>(ColumnKind::Numeric, false);
        is::<Option<NonZeroU64>>(ColumnKind::Numeric, true);
        is::<Position>(ColumnKind::Numeric, false);
        is::<i128>(ColumnKind::Numeric, false);
        is::<u128>(ColumnKind::Numeric, false);
    }

    #[test]
    fn scalars_have_a_column_of_their_kind_and_other_values_are_json() {
        is::<bool>(ColumnKind::Bool, false);
        is::<f32>(ColumnKind::Float32, false);
        is::<f64>(ColumnKind::Float64, false);
        is::<Option<Box<String>>>(ColumnKind::Text, true);
        is::<char>(ColumnKind::Text, false);
        is::<IpAddr>(ColumnKind::Text, false);
        is::<EventId>(ColumnKind::Uuid, false);
        is::<Timestamp>(ColumnKind::Timestamp, false);
        is::<Duration>(ColumnKind::Json, false);
        is::<Vec<u8>>(ColumnKind::Json, false);
        is::<(u8, u8)>(ColumnKind::Json, false);
        is::<BTreeMap<String, u8>>(ColumnKind::Json, false);
        is::<Option<BTreeMap<String, u8>>>(ColumnKind::Json, true);
        is::<serde_json::Value>(ColumnKind::Json, true);
        is::<()>(ColumnKind::Json, true);
    }

    /// A type with this form.
    macro_rules! formed {
        ($name:ident, $types:ident => $form:expr) => {
            struct $name;

            impl Schema for $name {
                fn describe($types: &mut Definitions) -> Form {
                    $form
                }
            }
        };
    }

    #[test]
    fn an_enum_is_a_text_if_each_variant_is_written_as_one() {
        fn state(content: Option<Form>, tag: Tag) -> Enum {
            Enum::new(tag).variant(Variant::new("Open", None)).variant(Variant::new("Closed", content))
        }
        formed!(Units, types => types.define::<Self>("Units", "here", |_| Form::Enum(state(None, Tag::External))));
        formed!(Content, _types => Form::Enum(state(Some(Form::Text), Tag::External)));
        formed!(Tagged, _types => Form::Enum(state(None, Tag::internal("type"))));
        formed!(Untagged, _types => Form::Enum(state(Some(Form::Text), Tag::Untagged)));
        formed!(Other, _types => Form::Enum(
            Enum::new(Tag::External).variant(Variant::new("Open", None))
                .variant(Variant::new("Other", Some(Form::Option(Box::new(Form::Text)))).untagged())
        ));
        is::<Units>(ColumnKind::Text, false);
        is::<Option<Units>>(ColumnKind::Text, true);
        is::<Content>(ColumnKind::Json, false);
        is::<Tagged>(ColumnKind::Json, false);
        is::<Untagged>(ColumnKind::Json, true);
        is::<Other>(ColumnKind::Json, true);
    }

    #[test]
    fn a_newtype_has_the_column_of_its_content_and_a_recursive_type_is_json() {
        formed!(Id, types => types.define::<Self>("Id", "here", |types| Form::newtype(u32::describe(types))));
        formed!(Maybe, types => Form::newtype(Option::<u32>::describe(types)));
        formed!(Itself, types => types.define::<Self>("Itself", "here", |types| Form::newtype(Self::describe(types))));
        formed!(Split, types => Form::split(Form::newtype(u32::describe(types)), u32::describe(types)));
        formed!(Apart, types => Form::split(u32::describe(types), Form::Text));
        is::<Id>(ColumnKind::Int64, false);
        is::<Maybe>(ColumnKind::Int64, true);
        is::<Itself>(ColumnKind::Json, true);
        is::<Split>(ColumnKind::Int64, false);
        is::<Apart>(ColumnKind::Json, false);
    }

    #[test]
    fn a_key_is_never_null() {
        assert!(!column::<Option<u8>>("x", true).nullable);
    }

    /// Reads a point in time as Postgres writes it in JSON.
    fn reads_points_in_time<T: Schema + DeserializeOwned>() {
        is::<T>(ColumnKind::Timestamp, false);
        serde_json::from_str::<T>("\"2026-11-21T05:37:56.123456+00:00\"").expect("it is read");
        serde_json::from_str::<T>("\"2026-11-21T07:37:56+02:00\"").expect("it is read");
    }

    #[test]
    fn types_with_a_timestamp_column_read_what_a_store_writes() {
        reads_points_in_time::<Timestamp>();
        #[cfg(feature = "jiff")]
        reads_points_in_time::<jiff::Timestamp>();
        #[cfg(feature = "chrono")]
        reads_points_in_time::<chrono::DateTime<chrono::Utc>>();
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn a_time_with_an_offset_is_a_text() {
        is::<chrono::DateTime<chrono::FixedOffset>>(ColumnKind::Text, false);
        is::<chrono::NaiveDate>(ColumnKind::Text, false);
    }

    #[cfg(feature = "time")]
    #[test]
    fn types_that_read_no_other_form_of_time_have_no_timestamp_column() {
        let column = column::<time::OffsetDateTime>("x", false);
        assert!(matches!(column.kind, ColumnKind::Json | ColumnKind::Text), "{column:?}");
    }
}
