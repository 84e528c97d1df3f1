//! Checks that a snapshot contains the whole state, as far as the attributes of the state show it. What its types do is
//! checked when a snapshot is written.

use serde_derive_internals::{
    ast::{Data, Field, Variant},
    attr::Default as SerdeDefault,
};
use syn::{Attribute, DeriveInput};

use crate::{
    errors::Errors,
    read_model::is_option,
    serde_attributes::{container, find},
};

const SKIPS: &[&str] = &["skip", "skip_serializing", "skip_deserializing"];

pub(super) fn check(input: &DeriveInput, errors: &Errors) {
    // The derive of the schema reports what serde refuses.
    let unreported = Errors::default();
    let container = container(input, &unreported);
    drop(unreported.into_tokens());
    let Some(container) = container else { return };
    let has_default = !matches!(container.attrs.default(), SerdeDefault::None);
    match &container.data {
        Data::Struct(_, fields) => fields.iter().for_each(|it| field(it, has_default, errors)),
        Data::Enum(variants) => {
            for it in variants {
                variant(it, errors);
                it.fields.iter().for_each(|it| field(it, has_default, errors));
            }
        }
    }
}

fn variant(variant: &Variant<'_>, errors: &Errors) {
    let attrs = &variant.attrs;
    if attrs.skip_serializing() || attrs.skip_deserializing() {
        refuse(&variant.original.attrs, &variant.ident, "a state of this variant", errors);
    }
}

fn field(field: &Field<'_>, has_default: bool, errors: &Errors) {
    let attrs = &field.attrs;
    if attrs.skip_serializing() || attrs.skip_deserializing() {
        return refuse(&field.original.attrs, field.original, "this field", errors);
    }
    // Serde reads a missing `Option` as `None`.
    let has_default = has_default || is_option(field.ty) || !matches!(attrs.default(), SerdeDefault::None);
    if attrs.skip_serializing_if().is_some() && !has_default {
        let message =
            "a snapshot without this field cannot be read: add `default` to the attributes of the field";
        match find(&field.original.attrs, &["skip_serializing_if"]) {
            Some(token) => errors.at(token, message),
            None => errors.at(field.original, message),
        }
    }
}

fn refuse(attributes: &[Attribute], item: &impl quote::ToTokens, what: &str, errors: &Errors) {
    let Some(token) = find(attributes, SKIPS) else {
        return errors
            .at(item, format!("a snapshot would lose {what}, and commands would be handled on the rest"));
    };
    let message = format!(
        "`#[serde({token})]` would lose {what} in a snapshot, and commands would be handled on the rest: remove it, or \
         remove `snapshot(…)` from `#[aggregate(…)]`"
    );
    errors.at(&token, message);
}
