//! Checks that a value of the struct can be a row: every column must be present, under one name, both written and
//! read.

use std::collections::HashMap;

use heck::ToSnakeCase;
use serde_derive_internals::{
    ast::{Container, Field},
    attr::TagType,
};
use syn::{DeriveInput, Ident, Type, ext::IdentExt};

use super::{Column, Row};
use crate::{attributes::storable, errors::Errors, serde_attributes::find};

/// Postgres truncates longer names, and two of them may then be equal.
const MAX_NAME_BYTES: usize = 63;

/// There is one table, so there is one type for each column.
pub(super) fn parameters(input: &DeriveInput, errors: &Errors) {
    if !input.generics.params.is_empty() {
        let message = format!(
            "`{}` has parameters, but its table has one type for each column: write the types out",
            input.ident
        );
        errors.at(&input.generics, message);
    }
}

pub(super) fn options(row: &Row<'_>, errors: &Errors) {
    let ident = &row.input.ident;
    match &row.options.table {
        Some(table) => {
            storable("table name", "table = \"account_balances\"", table, MAX_NAME_BYTES, errors);
        }
        None => {
            let message = format!(
                "`{ident}` has no table: write `#[read_model(table = \"{}\")]`; the name is \
                 persisted, so it is not derived from that of the struct, which may change",
                ident.unraw().to_string().to_snake_case()
            );
            errors.at(ident, message);
        }
    }
    if let Some((0, written)) = &row.options.version {
        errors.at(written, "versions are counted from 1: write `version = 1`");
    }
    if let Some((0, written)) = &row.options.partitions {
        errors.at(written, "without a partition no row is ever made: write `partitions = 1`");
    }
}

pub(super) fn container(container: &Container<'_>, errors: &Errors) {
    let (ident, attrs) = (&container.original.ident, &container.attrs);
    let refuse = |keys: &[&str], why: &str| {
        let message = format!("a row is written and read as an object of its fields, but {why}");
        match find(&container.original.attrs, keys) {
            Some(token) => errors.at(token, message),
            None => errors.at(ident, message),
        }
    };
    if attrs.transparent() {
        refuse(&["transparent"], "`transparent` leaves no object: remove it");
    }
    if !matches!(attrs.tag(), TagType::External) {
        refuse(
            &["tag", "untagged"],
            "`tag` adds a field that is no column: remove it, or write it as a field",
        );
    }
    if attrs.type_from().is_some() || attrs.type_try_from().is_some() {
        refuse(&["from", "try_from"], "this reads another type: derive `ReadModel` on that one");
    }
    if attrs.type_into().is_some() {
        refuse(&["into"], "this writes another type: derive `ReadModel` on that one");
    }
    if attrs.remote().is_some() {
        refuse(&["remote"], "`remote` makes functions for another type: derive for a struct of your own");
    }
}

pub(super) fn field(column: &Column<'_>, field: &Field<'_>, errors: &Errors) {
    let (attrs, ident) = (&field.attrs, column.ident);
    let refuse = |keys: &[&str], message: &str| match find(&field.original.attrs, keys) {
        Some(token) => errors.at(token, message),
        None => errors.at(ident, message),
    };
    if attrs.flatten() {
        let message = "the fields inside are not known here, so `flatten` makes no columns: write them out, or \
                       keep the value as one column of JSON without `flatten`";
        refuse(&["flatten"], message);
    }
    if attrs.skip_serializing() || attrs.skip_deserializing() {
        let message =
            "a row is read back as it was written, so each field is a column: remove this, or the field";
        refuse(&["skip", "skip_serializing", "skip_deserializing"], message);
    } else if attrs.skip_serializing_if().is_some() {
        let message = "a column is always written: remove this, so that an empty `Option` is null in the \
                       table";
        refuse(&["skip_serializing_if"], message);
    }
    let by_function = attrs.serialize_with().is_some() || attrs.deserialize_with().is_some();
    let keys = ["with", "serialize_with", "deserialize_with"];
    if by_function && column.is_key() {
        let message = "a key is also written alone, without this function: give the field a type that is \
                       written as the column shall be";
        refuse(&keys, message);
    } else if by_function && column.options.as_ref().is_some_and(|options| options.sql.is_none()) {
        let message = format!(
            "`{ident}` is written by a function of its own, and what that writes is not known: name the column's \
             type, for example `#[read_model(sql = \"text\")]`"
        );
        refuse(&keys, &message);
    }
    let name = attrs.name();
    if !attrs.aliases().contains(name.serialize_name()) {
        let message = format!(
            "`{ident}` is written as `{}` but read as `{}`: a column has one name, so rename both ways, or add \
             `#[serde(alias = …)]`",
            name.serialize_name(),
            name.deserialize_name()
        );
        errors.at(ident, message);
    }
}

/// Each name belongs to one column.
pub(super) fn names(fields: &[Field<'_>], errors: &Errors) {
    let mut owners = HashMap::<&str, String>::new();
    for field in fields {
        let syn::Member::Named(ident) = &field.member else { continue };
        let name = field.attrs.name().serialize_name();
        let fault = match name.value.len() {
            0 => Some("is empty".to_owned()),
            _ if name.value.contains('\0') => Some("holds a NUL character".to_owned()),
            bytes if bytes > MAX_NAME_BYTES => {
                Some(format!("has {bytes} bytes, {MAX_NAME_BYTES} are allowed"))
            }
            _ => None,
        };
        if let Some(fault) = fault {
            let message = format!(
                "the column name of `{ident}` {fault}: write `#[serde(rename = \"…\")]` with another one"
            );
            errors.at(ident, message);
        }
        let others = field.attrs.aliases().iter().filter(|alias| *alias != name);
        for name in std::iter::once(name).chain(others) {
            let ident = ident.unraw().to_string();
            let Some(owner) = owners.insert(&name.value, ident.clone()) else { continue };
            let message = format!(
                "the column name `{name}` belongs to both `{owner}` and `{ident}`: change one `#[serde(rename = \
                 …)]` or `#[serde(alias = …)]`"
            );
            errors.add(syn::Error::new(name.span, message));
        }
    }
}

pub(super) fn key(row: &Row<'_>, errors: &Errors) {
    let ident = &row.input.ident;
    if row.keys().next().is_none()
        && !row.columns.is_empty()
        && row.columns.iter().all(|column| column.options.is_some())
    {
        let message = format!(
            "`{ident}` has no key: write `#[read_model(key)]` on the field that identifies a row, or on each of \
             several that do so together"
        );
        errors.at(ident, message);
    }
    for column in row.keys().filter(|column| is_option(column.ty)) {
        let message = "a key is never null: remove the `Option`, or skip the event with `None` in \
                       `Fold::key`";
        errors.at(column.ty, message);
    }
}

/// Whether the type is written as an `Option`.
pub(crate) fn is_option(ty: &Type) -> bool {
    let is = |ident: &Ident| ident == "Option";
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| is(&segment.ident)),
        Type::Paren(inner) => is_option(&inner.elem),
        Type::Group(inner) => is_option(&inner.elem),
        _ => false,
    }
}
