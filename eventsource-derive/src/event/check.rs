//! Checks that the types cannot express: serde attributes that leave a variant without a payload of its own,
//! colliding names, inconsistent versions.

pub(crate) mod names;
mod representation;
pub(crate) mod versions;

use syn::{Data, ext::IdentExt};

use super::model::EventEnum;
use crate::errors::Errors;

pub(super) fn check(model: &EventEnum<'_>, errors: &Errors) {
    let input = model.input;
    if let Data::Enum(data) = &input.data
        && data.variants.is_empty()
    {
        let message = "an enum without variants has no events: write one variant per type of event, for \
                       example `Opened { owner: String }`";
        errors.at(&input.ident, message);
    }
    for lifetime in input.generics.lifetimes() {
        let message = format!(
            "an event owns its data, because it outlives the store's answer: remove `{}`, and hold a `String` \
             instead of a `&str`",
            lifetime.lifetime
        );
        errors.at(&lifetime.lifetime, message);
    }
    representation::check(model, errors);
    names::check(model, errors);
    for variant in &model.variants {
        versions::check(variant, "events", errors);
    }
}

/// The name of a variant in a message.
fn plain(ident: &syn::Ident) -> String {
    ident.unraw().to_string()
}
