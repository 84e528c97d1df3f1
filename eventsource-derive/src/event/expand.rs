//! The generated code.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use serde_derive_internals::ast::{Container, Variant};
use syn::{
    DeriveInput, Field, Fields, GenericParam, Generics, LitStr, Path, Token, Type, ext::IdentExt, parse_quote,
};

use super::model::{EventEnum, EventVariant, Upcast, serde_variants};
use crate::{
    errors::{located, relocated},
    generics::{Split, split},
    schema::{
        self,
        declaration::{attributes, of_variant, text},
    },
};

pub(crate) fn impls(model: &EventEnum<'_>, serde: &Container<'_>, krate: &Path) -> TokenStream {
    let ident = &model.input.ident;
    let generics = bounded(&model.input.generics, krate);
    let Split { parameters, arguments, bounds } = split(&generics);
    let types = model.variants.iter().map(|variant| event_type(variant, &model.category, krate));
    let serde_names =
        serde_variants(serde).iter().map(|variant| &variant.attrs.name().deserialize_name().value);
    let arms = model.variants.iter().zip(serde_names).map(|(variant, name)| arms(variant, name, krate));
    let schemas = type_schemas(model, serde, krate);
    let category = &model.category;
    let variants = model.variants.iter().map(|variant| variant.ident);
    let encoded = encoded(&model.variants, krate);
    let index = 0..model.variants.len();
    let complete = (!model.partial).then_some(category);
    let removed = removed(&model.removed);
    let asks_for_context = model.variants.iter().any(|variant| !variant.upcasts.is_empty());
    let asks_for_context = asks_for_context.then(|| {
        quote!(
            const ASKS_FOR_CONTEXT: bool = true;
        )
    });
    quote! {
        #[automatically_derived]
        impl #parameters #krate::EventSet for #ident #arguments #bounds {
            const TYPES: &'static [#krate::event::EventType] = &[#(#types),*];
            const CATEGORIES: &'static [&'static str] = &[#complete];
            #removed
            #asks_for_context

            fn decode(
                __stored: #krate::event::StoredEvent<'_>,
            ) -> ::core::result::Result<#krate::event::Decoded<Self>, #krate::event::Undecodable> {
                match (__stored.event_type, __stored.schema_version) {
                    #(#arms)*
                    _ => #krate::__private::otherwise::<Self>(__stored),
                }
            }

            fn schema() -> ::std::vec::Vec<#krate::schema::TypeSchema> {
                ::std::vec::Vec::from([#(#schemas),*])
            }
        }

        #[automatically_derived]
        impl #parameters #krate::Event for #ident #arguments #bounds {
            const CATEGORY: &'static str = #category;

            fn event_type(&self) -> &'static #krate::event::EventType {
                match self {
                    #(Self::#variants { .. } => &<Self as #krate::EventSet>::TYPES[#index],)*
                }
            }

            fn encode(
                &self,
            ) -> ::core::result::Result<::std::boxed::Box<#krate::__private::RawValue>, #krate::event::EncodeError> {
                #encoded
            }
        }
    }
}

/// The payload of an event: of the current version, or of the older one that its variant is written in.
fn encoded(variants: &[EventVariant<'_>], krate: &Path) -> TokenStream {
    let current = quote!(#krate::__private::encode(self));
    let older: Vec<_> = variants.iter().filter_map(|variant| downcast(variant, krate)).collect();
    if older.is_empty() {
        return current;
    }
    let others = (older.len() < variants.len()).then(|| quote!(_ => #current,));
    quote!(match self { #(#older)* #others })
}

/// The arm of a variant that is written in an older version. Each call has the span of its type or function, so that an
/// error is reported there.
fn downcast(variant: &EventVariant<'_>, krate: &Path) -> Option<TokenStream> {
    let (old, function) = variant.downcast()?;
    let EventVariant { ident, fields, .. } = variant;
    let members = Fields::members(fields);
    let binding =
        |(index, field): (usize, &Field)| format_ident!("__field_{index}", span = located(&field.ty));
    let bindings: Vec<_> = fields.iter().enumerate().map(binding).collect();
    let private = relocated(&quote!(#krate::__private), function);
    let any = fields.iter().map(|_| quote!(&_));
    // The type of the function is checked before it is called, so that the compiler does not propose other arguments.
    let made = quote_spanned! {located(function)=> {
        let __downcast: fn(#(#any),*) -> _ = #function;
        #private::downcast::<#old, _>(__downcast(#(#bindings),*))
    }};
    let private = relocated(&quote!(#krate::__private), old);
    let event_type = quote!(<Self as #krate::Event>::event_type(self));
    let encoded = quote_spanned!(located(old)=> #private::encode_old::<#old>(#event_type, #made));
    Some(quote!(Self::#ident { #(#members: #bindings),* } => #encoded,))
}

/// The constant with the names of removed types, if there are any.
pub(crate) fn removed(names: &[LitStr]) -> Option<TokenStream> {
    (!names.is_empty()).then(|| {
        quote!(
            const REMOVED: &'static [&'static str] = &[#(#names),*];
        )
    })
}

pub(crate) fn event_type(variant: &EventVariant<'_>, category: &LitStr, krate: &Path) -> TokenStream {
    let EventVariant { name, aliases, version, .. } = variant;
    let (version, writes) = (version.number, variant.writes());
    quote!(#krate::event::EventType {
        name: #name,
        aliases: &[#(#aliases),*],
        category: #category,
        version: #version,
        writes: #writes,
    })
}

/// One arm per version, the current one first: most events were stored by the program that reads them.
fn arms(variant: &EventVariant<'_>, serde_name: &str, krate: &Path) -> TokenStream {
    let EventVariant { name, aliases, version, .. } = variant;
    let current = version.number;
    let older = (1..current).map(|version| {
        let decoded = upcast(variant, version, krate);
        quote!((#name #(| #aliases)*, #version) => #decoded,)
    });
    quote! {
        (#name #(| #aliases)*, #current) => #krate::__private::variant::<Self>(__stored, #serde_name),
        #(#older)*
    }
}

/// Converts an older version hop by hop to the current one, or to the first version with an upcaster function. Each
/// call has the span of its type or function, so that an error is reported there.
pub(crate) fn upcast(variant: &EventVariant<'_>, version: u32, krate: &Path) -> TokenStream {
    let types = variant.older_types();
    let mut versions = (version..).zip(types.iter().skip((version - 1) as usize)).peekable();
    let Some((_, oldest)) = versions.peek() else { return TokenStream::new() };
    let private = |at: &Type| relocated(&quote!(#krate::__private), at);
    let decode = private(oldest);
    let mut event = quote_spanned!(located(oldest)=> #decode::old::<#oldest>(__stored)?);
    while let Some((version, from)) = versions.next() {
        if let Some(Upcast { function, .. }) = variant.upcasts.iter().find(|upcast| upcast.version == version)
        {
            let private = relocated(&quote!(#krate::__private), function);
            let events = quote_spanned! {located(function)=>
                #private::upcast::<Self, _, _>(#function, __old, __stored.context()?)
            };
            return quote!({
                let __old = #event;
                ::core::result::Result::Ok(#events)
            });
        }
        let to = versions.peek().map_or_else(|| this_type(from), |(_, to)| Type::clone(to));
        let private = private(from);
        event = quote_spanned!(located(from)=> #private::hop::<#from, #to>(#event));
    }
    quote!(::core::result::Result::Ok(#krate::event::Decoded::One(#event)))
}

/// `Self`, with the span of the previous type in the chain.
fn this_type(at: &Type) -> Type {
    let this = Token![Self](located(at));
    parse_quote!(#this)
}

fn type_schemas<'a>(
    model: &'a EventEnum<'_>,
    serde: &'a Container<'_>,
    krate: &'a Path,
) -> impl Iterator<Item = TokenStream> + 'a {
    let set = model.input.ident.unraw().to_string();
    let compatibility = if model.full { quote!(Full) } else { quote!(Backward) };
    model.variants.iter().zip(serde_variants(serde)).map(move |(variant, serde_variant)| {
        let EventVariant { name, aliases, .. } = variant;
        let writes = variant.writes();
        let older = variant.older_types().iter().map(|ty| describe_old(ty, krate));
        let current = schema::describe_variant(serde_variant, serde, krate);
        let declaration = declaration(variant, serde_variant, &model.input.generics, krate);
        quote! {
            #krate::schema::TypeSchema {
                package: ::core::env!("CARGO_PKG_NAME"),
                writes: #writes,
                compatibility: #krate::schema::Compatibility::#compatibility,
                ..#krate::schema::TypeSchema::declared(
                    #set,
                    #name,
                    &[#(#aliases),*],
                    &#declaration,
                    &[#(#older,)* #current],
                )
            }
        }
    })
}

pub(crate) fn describe_old(ty: &Type, krate: &Path) -> TokenStream {
    let krate = relocated(krate, ty);
    quote_spanned!(located(ty)=> <#ty as #krate::Schema>::describe)
}

/// The variant as Rust code, for the test kit.
fn declaration(
    variant: &EventVariant<'_>,
    serde_variant: &Variant<'_>,
    generics: &Generics,
    krate: &Path,
) -> TokenStream {
    let parameters = generics.params.iter().filter_map(|parameter| {
        let name = match parameter {
            GenericParam::Type(parameter) => parameter.ident.to_string(),
            GenericParam::Const(parameter) => format!("const {}", parameter.ident),
            GenericParam::Lifetime(_) => return None,
        };
        let declared = text(parameter);
        Some(quote!((#name, #declared)))
    });
    let bounds = generics.where_clause.as_ref().map(text).unwrap_or_default();
    let part = of_variant(serde_variant, krate);
    let library = text(krate);
    let older = variant.older_types().iter().map(text);
    let event = attributes(&serde_variant.original.attrs, "event", &["version", "from"]);
    quote! {
        #krate::schema::EventDeclaration {
            krate: #library,
            module: ::core::module_path!(),
            place: ::core::concat!(::core::file!(), ":", ::core::line!()),
            parameters: &[#(#parameters),*],
            bounds: #bounds,
            variant: #part,
            attribute: "event",
            event: &[#(#event),*],
            older: &[#(#older),*],
        }
    }
}

/// The bounds of serde, the schema and the trait itself on a type parameter that may occur in any field.
fn bounded(generics: &Generics, krate: &Path) -> Generics {
    let mut generics = generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.extend::<[syn::TypeParamBound; 6]>([
            parse_quote!(#krate::__private::Serialize),
            parse_quote!(#krate::__private::DeserializeOwned),
            parse_quote!(#krate::Schema),
            parse_quote!(::core::marker::Send),
            parse_quote!(::core::marker::Sync),
            parse_quote!('static),
        ]);
    }
    generics
}

/// Placeholder impls for an input with errors, so that no further error occurs at each use of the type.
pub(crate) fn fallback(input: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let generics = bounded(&input.generics, krate);
    let Split { parameters, arguments, bounds } = split(&generics);
    quote! {
        #[automatically_derived]
        impl #parameters #krate::EventSet for #ident #arguments #bounds {
            const TYPES: &'static [#krate::event::EventType] = &[];
            const CATEGORIES: &'static [&'static str] = &[""];

            fn decode(
                _: #krate::event::StoredEvent<'_>,
            ) -> ::core::result::Result<#krate::event::Decoded<Self>, #krate::event::Undecodable> {
                ::core::unreachable!()
            }

            fn schema() -> ::std::vec::Vec<#krate::schema::TypeSchema> {
                ::core::unreachable!()
            }
        }

        #[automatically_derived]
        impl #parameters #krate::Event for #ident #arguments #bounds {
            const CATEGORY: &'static str = "";

            fn event_type(&self) -> &'static #krate::event::EventType {
                ::core::unreachable!()
            }

            fn encode(
                &self,
            ) -> ::core::result::Result<::std::boxed::Box<#krate::__private::RawValue>, #krate::event::EncodeError> {
                ::core::unreachable!()
            }
        }
    }
}
