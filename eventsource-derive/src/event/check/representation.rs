//! The payload is a variant's content, without a tag: which serde attributes are compatible with that.

use serde_derive_internals::{
    ast::{Container, Style, Variant},
    attr::{Identifier, TagType},
};

use super::plain;
use crate::{
    errors::Errors,
    event::model::{EventEnum, serde_variants},
    serde_attributes::find,
};

pub(super) fn check(model: &EventEnum<'_>, errors: &Errors) {
    let Some(container) = &model.serde else { return };
    enum_attributes(container, errors);
    for variant in serde_variants(container) {
        style(variant, errors);
        variant_attributes(variant, errors);
    }
}

fn enum_attributes(container: &Container<'_>, errors: &Errors) {
    let refuse = |keys: &[&str], why: &str| refuse(&container.original.attrs, keys, why, errors);
    let attributes = &container.attrs;
    match attributes.tag() {
        TagType::External => {}
        TagType::Internal { .. } | TagType::Adjacent { .. } => refuse(
            &["tag"],
            "does not fit events: the type name is stored beside the payload, and the payload is the \
             variant's content alone; remove it",
        ),
        TagType::None => {
            refuse(&["untagged"], "does not fit events: their type name tells them apart; remove it");
        }
    }
    let replaced = "stores another type in place of the enum, so its variants have no payloads of their own; \
                    remove it, and convert in the types of the fields, or between versions with \
                    `#[event(from(…))]`";
    if attributes.type_from().is_some() {
        refuse(&["from"], replaced);
    }
    if attributes.type_try_from().is_some() {
        refuse(&["try_from"], replaced);
    }
    if attributes.type_into().is_some() {
        refuse(&["into"], replaced);
    }
    if attributes.remote().is_some() {
        refuse(
            &["remote"],
            "writes a type of another crate; events are an enum of your own, so remove it and convert",
        );
    }
    if !matches!(attributes.identifier(), Identifier::No) {
        let keys = ["field_identifier", "variant_identifier"];
        refuse(&keys, "is for names of fields and variants, which are no events; remove it");
    }
}

fn style(variant: &Variant<'_>, errors: &Errors) {
    let Style::Tuple = variant.style else { return };
    let name = plain(&variant.ident);
    let message = match variant.fields.len() {
        0 => format!("an event without fields has no parentheses: write `{name}`"),
        fields => format!(
            "`{name}` has {fields} unnamed fields, and a list as its payload, which no later version could \
             change: name the fields, `{name} {{ … }}`, or hold them in a struct, `{name}(…)`"
        ),
    };
    errors.at(&variant.original.fields, message);
}

fn variant_attributes(variant: &Variant<'_>, errors: &Errors) {
    let refuse = |keys: &[&str], why: &str| refuse(&variant.original.attrs, keys, why, errors);
    let attributes = &variant.attrs;
    if attributes.skip_serializing() || attributes.skip_deserializing() {
        let keys = ["skip", "skip_serializing", "skip_deserializing"];
        refuse(&keys, "would lose events: whatever is recorded is stored and read; remove it");
    }
    if attributes.other() {
        refuse(&["other"], "does not fit events: an unknown one is an error, never another one; remove it");
    }
    if attributes.untagged() {
        refuse(&["untagged"], "does not fit events: their type name tells them apart; remove it");
    }
    if attributes.serialize_with().is_some() || attributes.deserialize_with().is_some() {
        let keys = ["with", "serialize_with", "deserialize_with"];
        refuse(&keys, "on a variant hides what its payload looks like; write it on the fields");
    }
}

fn refuse(attributes: &[syn::Attribute], keys: &[&str], why: &str, errors: &Errors) {
    if let Some(key) = find(attributes, keys) {
        errors.at(&key, format!("`#[serde({key})]` {why}"));
    }
}
