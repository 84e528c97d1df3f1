//! `#[derive(Event)]`.

mod check;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use self::model::EventEnum;
pub(crate) use self::{
    check::{names, versions},
    expand::{describe_old, event_type, fallback, upcast},
    model::{EventVariant, Older, Version, read_older, read_removed},
};
use crate::{errors::Errors, krate};

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::default();
    let krate = krate::path_of(input, &errors);
    let model = model::parse(input, &errors);
    if let Some(model) = &model {
        check::check(model, &errors);
    }
    match (&model, errors.into_tokens()) {
        (Some(model @ EventEnum { serde: Some(serde), .. }), None) => expand::impls(model, serde, &krate),
        (_, errors) => {
            let fallback = fallback(input, &krate);
            quote!(#errors #fallback)
        }
    }
}
