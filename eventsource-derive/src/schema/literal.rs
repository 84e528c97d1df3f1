//! The text of `#[schema(as = "…")]`: the form of a value, written as in a schema snapshot.
//!
//! `string`, `string(iban)`, `u8`…`i128`, `f32`, `f64`, `bool`, `char`, `null`, `any`; `T?` for an option, `[T]`
//! for a list, `[T; 3]`, `(T, U)`, `{string: T}`; any other name is a Rust type that has a schema.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Ident, LitInt, LitStr, Path, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token,
};

use crate::errors::{Errors, located};

/// An expression of the form.
pub(super) fn form(text: &LitStr, krate: &Path, errors: &Errors) -> TokenStream {
    let parser = |input: ParseStream<'_>| parse(input, krate);
    match text.parse::<TokenStream>().and_then(|tokens| parser.parse2(tokens)) {
        Ok(form) => form,
        Err(error) => {
            let message = format!(
                "{error}; write a form in the notation of a schema snapshot (`string`, `string(iban)`, `u64`, \
                 `bool`, `any`, `T?`, `[T]`, `(T, U)`, `{{string: T}}`) or a type that derives `Schema`"
            );
            errors.at(text, message);
            quote!(#krate::schema::Form::Any)
        }
    }
}

fn parse(input: ParseStream<'_>, krate: &Path) -> syn::Result<TokenStream> {
    let schema = quote!(#krate::schema);
    let boxed = |form: TokenStream| quote!(::std::boxed::Box::new(#form));
    let content;
    let mut form = if input.peek(token::Bracket) {
        syn::bracketed!(content in input);
        let item = boxed(parse(&content, krate)?);
        if content.parse::<Option<Token![;]>>()?.is_some() {
            let length: usize = content.parse::<LitInt>()?.base10_parse()?;
            quote!(#schema::Form::Array(#item, #length))
        } else {
            quote!(#schema::Form::List(#item))
        }
    } else if input.peek(token::Paren) {
        syn::parenthesized!(content in input);
        let mut items = Vec::new();
        while !content.is_empty() {
            items.push(parse(&content, krate)?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        quote!(#schema::Form::tuple(::std::vec::Vec::from([#(#items),*])))
    } else if input.peek(token::Brace) {
        syn::braced!(content in input);
        let key = boxed(parse(&content, krate)?);
        content.parse::<Token![:]>()?;
        let value = boxed(parse(&content, krate)?);
        quote!(#schema::Form::Map(#key, #value))
    } else {
        named(input, krate)?
    };
    while input.parse::<Option<Token![?]>>()?.is_some() {
        let inner = boxed(form);
        form = quote!(#schema::Form::Option(#inner));
    }
    Ok(form)
}

fn named(input: ParseStream<'_>, krate: &Path) -> syn::Result<TokenStream> {
    let schema = quote!(#krate::schema);
    let describe = |ty: Type| quote_spanned!(located(&ty)=> <#ty as #krate::Schema>::describe(__types));
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return Err(input.error("expected a form")) };
    let plain = match word.to_string().as_str() {
        "string" => {
            input.call(Ident::parse_any)?;
            if !input.peek(token::Paren) {
                return Ok(quote!(#schema::Form::Text));
            }
            let content;
            syn::parenthesized!(content in input);
            let format = content.parse::<TokenStream>()?.to_string();
            return Ok(quote!(#schema::Form::Formatted(::std::borrow::Cow::Borrowed(#format))));
        }
        "any" => quote!(#schema::Form::Any),
        "null" => quote!(#schema::Form::Null),
        "bool" | "char" | "f32" | "f64" | "u8" | "u16" | "u32" | "u64" | "u128" | "i8" | "i16" | "i32"
        | "i64" | "i128" => quote!(<::core::primitive::#word as #krate::Schema>::describe(__types)),
        _ => return Ok(describe(input.parse()?)),
    };
    input.call(Ident::parse_any)?;
    Ok(plain)
}
