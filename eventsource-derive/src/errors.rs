//! All errors of one derive, collected so that the user sees them together.

use std::{cell::RefCell, fmt::Display};

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Shared by reference through parsing and checking, like serde's `Ctxt`.
#[derive(Default)]
pub(crate) struct Errors(RefCell<Vec<syn::Error>>);

impl Errors {
    /// Reports an error at these tokens.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error, or several combined in one.
    pub(crate) fn add(&self, error: syn::Error) {
        self.0.borrow_mut().push(error);
    }

    /// Reports darling's errors, and returns what it parsed. `known` lists the known keys in words.
    pub(crate) fn darling<T>(&self, parsed: darling::Result<T>, known: &str) -> Option<T> {
        parsed
            .map_err(|error| error.flatten().into_iter().for_each(|e| self.add(in_our_words(e, known))))
            .ok()
    }

    /// The errors as `compile_error!`s, if there are any.
    pub(crate) fn into_tokens(self) -> Option<TokenStream> {
        let errors = self.0.into_inner();
        (!errors.is_empty()).then(|| errors.iter().map(syn::Error::to_compile_error).collect())
    }
}

/// Darling calls attributes fields; the message must speak of attributes.
fn in_our_words(error: darling::Error, known: &str) -> syn::Error {
    // Without darling's path to the place, which the span shows already.
    let error = syn::Error::from(error);
    let text = error.to_string();
    let text = if let Some(unknown) = text.strip_prefix("Unknown field: ") {
        let (key, hint) = unknown.split_once(". ").unwrap_or((unknown, ""));
        match hint.strip_prefix("Did you mean ") {
            Some(hint) => format!("unknown attribute {key}, did you mean {hint} {known}"),
            None => format!("unknown attribute {key}; {known}"),
        }
    } else if let Some(key) = text.strip_prefix("Duplicate field ") {
        format!("{key} is given twice, remove one")
    } else if text.starts_with("Name-value arguments are not supported") {
        format!("this attribute has parentheses; {known}")
    } else {
        text
    };
    syn::Error::new(error.span(), text)
}

/// A span for generated code that the compiler reports at these tokens, but whose names are resolved like those of
/// other generated code: the tokens may come from a `macro_rules!` of the user.
pub(crate) fn located(at: &impl syn::spanned::Spanned) -> proc_macro2::Span {
    proc_macro2::Span::call_site().located_at(at.span())
}

/// The same tokens, reported at that place.
pub(crate) fn relocated(tokens: &impl ToTokens, at: &impl syn::spanned::Spanned) -> TokenStream {
    let place = at.span();
    let tokens = tokens.to_token_stream().into_iter();
    let move_there = |mut token: proc_macro2::TokenTree| {
        token.set_span(token.span().located_at(place));
        token
    };
    tokens.map(move_there).collect()
}
