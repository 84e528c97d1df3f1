//! Every stored name belongs to one variant, and a store can keep it.

use std::collections::HashMap;

use syn::{Ident, LitStr};

use super::plain;
use crate::{
    attributes::storable,
    errors::Errors,
    event::model::{EventEnum, EventVariant, serde_variants},
};

/// The same as `StreamId::MAX_CATEGORY_BYTES` and `Append::MAX_TYPE_BYTES` of eventsource-core, on which a proc-macro
/// crate cannot depend.
const MAX_CATEGORY_BYTES: usize = 128;
const MAX_TYPE_BYTES: usize = 256;

/// Whether a store can keep the category.
pub(crate) fn category(category: &LitStr, errors: &Errors) -> bool {
    storable("category", "category = \"account\"", category, MAX_CATEGORY_BYTES, errors)
}

pub(super) fn check(model: &EventEnum<'_>, errors: &Errors) {
    let readable = || model.variants.iter().filter(|variant| variant.readable);
    for EventVariant { name, aliases, .. } in readable() {
        storable("type name", "name = \"account.opened\"", name, MAX_TYPE_BYTES, errors);
        for alias in aliases {
            storable("type name", "was(\"account.opened\")", alias, MAX_TYPE_BYTES, errors);
        }
    }
    distinct(readable(), errors);
    removed(&model.removed, errors);
    for name in &model.removed {
        let is_named = |it: &&EventVariant<'_>| {
            std::iter::once(&it.name).chain(&it.aliases).any(|known| known.value() == name.value())
        };
        if let Some(variant) = readable().find(is_named) {
            let (text, variant) = (name.value(), plain(variant.ident));
            let message = format!(
                "`{text}` is a name of `{variant}`, and cannot be removed too: take it out of `removed(…)`, or \
                 delete the variant or the name in its `was(…)`"
            );
            errors.at(name, message);
        }
    }
    distinct_for_serde(model, errors);
}

/// Checks the names of removed types.
pub(crate) fn removed(names: &[LitStr], errors: &Errors) {
    for (index, name) in names.iter().enumerate() {
        storable("type name", "removed(\"account.suspended\")", name, MAX_TYPE_BYTES, errors);
        if names.iter().take(index).any(|earlier| earlier.value() == name.value()) {
            errors.at(name, format!("`{}` is in `removed(…)` already: remove one of them", name.value()));
        }
    }
}

fn distinct<'a>(variants: impl Iterator<Item = &'a EventVariant<'a>>, errors: &Errors) {
    let mut owners = HashMap::<String, &Ident>::new();
    for EventVariant { ident, name, aliases, .. } in variants {
        for name in std::iter::once(name).chain(aliases).filter(|name| !name.value().is_empty()) {
            let Some(owner) = owners.insert(name.value(), ident) else { continue };
            let (text, owner, variant) = (name.value(), plain(owner), plain(ident));
            if owner == variant {
                errors
                    .at(name, format!("`{text}` is a name of `{variant}` already: remove it from `was(…)`"));
            } else {
                let message = format!(
                    "the type name `{text}` belongs to both `{owner}` and `{variant}`: give one of them \
                     another `name`, or remove it from one `was(…)`"
                );
                errors.at(name, message);
            }
        }
    }
}

/// The payload is decoded into the variant of this name, so serde's names must be unique.
fn distinct_for_serde(model: &EventEnum<'_>, errors: &Errors) {
    let Some(container) = &model.serde else { return };
    let mut owners = HashMap::<&str, &Ident>::new();
    for variant in serde_variants(container) {
        for name in variant.attrs.aliases() {
            let Some(owner) = owners.insert(&name.value, &variant.ident) else { continue };
            let (owner, variant) = (plain(owner), plain(&variant.ident));
            let message = format!(
                "serde's name `{name}` belongs to both `{owner}` and `{variant}`: change one \
                 `#[serde(rename = …)]` or `#[serde(alias = …)]`"
            );
            errors.add(syn::Error::new(name.span, message));
        }
    }
}
