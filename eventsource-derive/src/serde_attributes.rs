//! Serde's attributes, read by serde_derive's own parser.

use proc_macro2::{Span, TokenTree};
use serde_derive_internals::{Ctxt, Derive, ast::Container};
use syn::{Attribute, DeriveInput, Ident, Meta};

use crate::errors::Errors;

/// Serde's view of the type; `None` if serde refuses it.
pub(crate) fn container<'a>(input: &'a DeriveInput, errors: &Errors) -> Option<Container<'a>> {
    let context = Ctxt::new();
    // The name of serde's private module appears only in code that serde generates.
    let private = Ident::new("__private", Span::call_site());
    let container = Container::from_ast(&context, input, Derive::Deserialize, &private);
    match context.check() {
        Ok(()) => container,
        Err(error) => {
            errors.add(error);
            None
        }
    }
}

/// The key of a serde attribute, as the place of an error: serde's parser keeps its meaning, not its span.
pub(crate) fn find(attributes: &[Attribute], keys: &[&str]) -> Option<Ident> {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    let tokens = lists.filter_map(|attribute| match &attribute.meta {
        Meta::List(list) => Some(list.tokens.clone()),
        _ => None,
    });
    tokens.flatten().find_map(|token| match token {
        TokenTree::Ident(ident) if keys.iter().any(|key| ident == key) => Some(ident),
        _ => None,
    })
}
