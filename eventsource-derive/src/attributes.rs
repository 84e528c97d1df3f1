//! Values of our attributes, for darling.

use darling::Error;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Expr, ExprLit, ExprPath, Ident, Lit, LitStr, Meta, Token, Type,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::errors::Errors;

/// A string literal. `form` is the expected form of the attribute.
pub(crate) fn text(meta: &Meta, form: &str) -> darling::Result<LitStr> {
    match literal(meta) {
        Some(Lit::Str(text)) => Ok(text.clone()),
        _ => Err(malformed(meta, form)),
    }
}

/// A whole number from 1.
pub(crate) fn number<N: std::str::FromStr>(meta: &Meta, form: &str) -> darling::Result<(N, Lit)>
where
    N::Err: std::fmt::Display,
{
    match literal(meta) {
        Some(literal @ Lit::Int(number)) => match number.base10_parse() {
            Ok(number) => Ok((number, literal.clone())),
            Err(_) => {
                Err(Error::custom(format!("`{number}` is out of range: write `{form}`")).with_span(literal))
            }
        },
        _ => Err(malformed(meta, form)),
    }
}

/// `true` or `false`.
pub(crate) fn boolean(meta: &Meta, form: &str) -> darling::Result<bool> {
    match literal(meta) {
        Some(Lit::Bool(value)) => Ok(value.value),
        _ => Err(malformed(meta, form)),
    }
}

/// A type, as [`types_as_lists`] has left it.
pub(crate) fn ty(meta: &Meta, form: &str) -> darling::Result<Option<Type>> {
    let Meta::List(list) = meta else { return Err(malformed(meta, form)) };
    syn::parse2(list.tokens.clone()).map(Some).map_err(|_| malformed(meta, form))
}

/// The path of a function.
pub(crate) fn function(meta: &Meta, form: &str) -> darling::Result<ExprPath> {
    let Meta::NameValue(pair) = meta else { return Err(malformed(meta, form)) };
    match ungrouped(&pair.value) {
        Expr::Path(path) => Ok(path.clone()),
        _ => Err(malformed(meta, form)),
    }
}

/// `key(item, item)`.
pub(crate) fn list<T: Parse>(meta: &Meta, form: &str) -> darling::Result<Vec<T>> {
    let Meta::List(list) = meta else { return Err(malformed(meta, form)) };
    let items = Punctuated::<T, Token![,]>::parse_terminated.parse2(list.tokens.clone());
    items.map(|items| items.into_iter().collect()).map_err(|_| malformed(meta, form))
}

pub(crate) fn malformed(meta: &Meta, form: &str) -> Error {
    Error::custom(format!("write `{form}`")).with_span(meta)
}

fn literal(meta: &Meta) -> Option<&Lit> {
    let Meta::NameValue(pair) = meta else { return None };
    match ungrouped(&pair.value) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// The expression within the groups of a `$value:literal`, `$value:expr` or `$value:path` of a `macro_rules!`.
fn ungrouped(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}

/// Rewrites `key = Type` to `key(Type)` for these keys of `#[name(…)]`: a type with parameters, such as
/// `Account<T>`, cannot follow the `=` of a `syn::Meta`.
pub(crate) fn types_as_lists(attributes: &[Attribute], name: &str, keys: &[&str]) -> Vec<Attribute> {
    let rewrite = |attribute: &Attribute| {
        let mut attribute = attribute.clone();
        if attribute.path().is_ident(name)
            && let Meta::List(list) = &mut attribute.meta
        {
            let rewritten = (|input: ParseStream<'_>| items(input, keys)).parse2(list.tokens.clone());
            // Tokens that do not parse are left to darling, which reports them.
            if let Ok(tokens) = rewritten {
                list.tokens = tokens;
            }
        }
        attribute
    };
    attributes.iter().map(rewrite).collect()
}

fn items(input: ParseStream<'_>, keys: &[&str]) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        let ahead = input.fork();
        let typed = ahead.call(Ident::parse_any).is_ok_and(|key| keys.iter().any(|known| key == known))
            && ahead.parse::<Token![=]>().is_ok()
            && ahead.parse::<Type>().is_ok()
            && (ahead.is_empty() || ahead.peek(Token![,]));
        if typed {
            let (key, _, ty): (Ident, Token![=], Type) =
                (input.call(Ident::parse_any)?, input.parse()?, input.parse()?);
            tokens.extend(quote!(#key(#ty)));
        }
        while !input.is_empty() && !input.peek(Token![,]) {
            input.parse::<TokenTree>()?.to_tokens(&mut tokens);
        }
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?.to_tokens(&mut tokens);
        }
    }
    Ok(tokens)
}

/// Reports `#[name(…)]` where it has no meaning.
pub(crate) fn refuse(attributes: &[Attribute], name: &str, message: &str, errors: &Errors) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        errors.at(attribute, message);
    }
}

/// Whether a store can keep the name. `form` is the expected form of the attribute.
pub(crate) fn storable(what: &str, form: &str, name: &LitStr, max: usize, errors: &Errors) -> bool {
    let text = name.value();
    if text.is_empty() {
        errors.at(name, format!("the {what} is empty: write for example `{form}`"));
    } else if text.len() > max {
        errors.at(name, format!("the {what} has {} bytes, {max} are allowed: shorten it", text.len()));
    } else if text.contains('\0') {
        errors.at(name, format!("the {what} holds a NUL character, which no store can keep: remove it"));
    } else {
        return true;
    }
    false
}
