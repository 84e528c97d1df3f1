//! Generates the description of a type's structure as serde writes and reads it.
//!
//! Serde's own parser reads the serde attributes; no code here parses their tokens.

mod content;
pub(crate) mod declaration;
mod literal;
mod options;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use serde_derive_internals::{
    ast::{Container, Data, Style, Variant},
    attr::TagType,
};
use syn::{DeriveInput, Generics, Path, Type, parse_quote};

use self::{content::Describe, options::Options};
use crate::{
    errors::{Errors, located},
    serde_attributes,
};

/// `impl Schema` for a type.
pub(crate) fn expand(input: &DeriveInput, krate: &Path) -> TokenStream {
    let errors = Errors::default();
    let form = container_form(input, krate, &errors).unwrap_or_else(|| quote!(#krate::schema::Form::Any));
    let errors = errors.into_tokens();
    let ident = &input.ident;
    let declaration = declaration::of_type(input, krate);
    let generics = bounded(&input.generics, krate);
    let (generics, arguments, bounds) = generics.split_for_impl();
    quote! {
        #errors
        #[automatically_derived]
        impl #generics #krate::Schema for #ident #arguments #bounds {
            fn describe(__types: &mut #krate::schema::Definitions) -> #krate::schema::Form {
                const __DECLARATION: &#krate::schema::Declaration = &#declaration;
                __types.define_declared::<Self>(__DECLARATION, |__types| #form)
            }
        }
    }
}

/// A function that describes what serde writes for this variant's content.
pub(crate) fn describe_variant(
    variant: &Variant<'_>,
    container: &Container<'_>,
    krate: &Path,
) -> TokenStream {
    let errors = Errors::default();
    let describe = Describe { krate, errors: &errors };
    let form = describe
        .content(variant, container)
        .unwrap_or_else(|| quote!(#krate::schema::Form::Object(#krate::schema::Object::new())));
    let errors = errors.into_tokens();
    quote!(|__types| { #errors #form })
}

fn container_form(input: &DeriveInput, krate: &Path, errors: &Errors) -> Option<TokenStream> {
    let options = Options::on_type(input, errors);
    if let Some(written_as) = options.written_as {
        return Some(literal::form(&written_as, krate, errors));
    }
    let container = serde_attributes::container(input, errors)?;
    let describe = Describe { krate, errors };
    let attrs = &container.attrs;
    let read = attrs.type_from().or(attrs.type_try_from()).map(|ty| proxy(ty, krate));
    let written = attrs.type_into().map(|ty| proxy(ty, krate));
    let form = match (written, read) {
        (Some(written), Some(read)) if written.to_string() == read.to_string() => written,
        (Some(written), Some(read)) => split(&written, &read, krate),
        (None, Some(read)) => split(&own_form(&container, describe), &read, krate),
        (Some(written), None) => split(&written, &own_form(&container, describe), krate),
        (None, None) => own_form(&container, describe),
    };
    Some(form)
}

/// The type in `from = "…"` and similar attributes.
fn proxy(ty: &Type, krate: &Path) -> TokenStream {
    quote_spanned!(located(ty)=> <#ty as #krate::Schema>::describe(__types))
}

fn split(written: &TokenStream, read: &TokenStream, krate: &Path) -> TokenStream {
    quote!(#krate::schema::Form::split(#written, #read))
}

fn own_form(container: &Container<'_>, describe: Describe<'_>) -> TokenStream {
    let Describe { krate, .. } = describe;
    let schema = quote!(#krate::schema);
    match &container.data {
        Data::Struct(_, fields) if container.attrs.transparent() => {
            let field = fields.iter().find(|field| field.attrs.transparent());
            field.map_or_else(|| quote!(#schema::Form::Null), |field| describe.value(field))
        }
        Data::Struct(Style::Unit, _) => quote!(#schema::Form::Null),
        Data::Struct(Style::Newtype, fields) => {
            let inner = fields.first().map(|field| describe.value(field));
            quote!(#schema::Form::newtype(#inner))
        }
        Data::Struct(Style::Tuple, fields) => describe.tuple(fields, container),
        Data::Struct(Style::Struct, fields) => {
            let object = describe.object(fields, container);
            let tag = match container.attrs.tag() {
                TagType::Internal { tag } => {
                    let name = &container.attrs.name().serialize_name().value;
                    let tag = tag.to_string();
                    Some(quote!(.tagged(#tag, #name)))
                }
                _ => None,
            };
            quote!(#schema::Form::Object(#object #tag))
        }
        Data::Enum(variants) => {
            let tag = match container.attrs.tag() {
                TagType::External => quote!(#schema::Tag::External),
                TagType::Internal { tag } => {
                    let tag = tag.to_string();
                    quote!(#schema::Tag::internal(#tag))
                }
                TagType::Adjacent { tag, content } => {
                    let (tag, content) = (tag.to_string(), content.to_string());
                    quote!(#schema::Tag::adjacent(#tag, #content))
                }
                TagType::None => quote!(#schema::Tag::Untagged),
            };
            let variants = variants.iter().filter_map(|variant| describe.variant(variant, container));
            let closed = container.attrs.deny_unknown_fields().then(|| quote!(.closed()));
            quote!(#schema::Form::Enum(#schema::Enum::new(#tag) #(.variant(#variants))* #closed))
        }
    }
}

fn bounded(generics: &Generics, krate: &Path) -> Generics {
    let mut generics = generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(#krate::Schema));
    }
    generics
}
