//! The generated code.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, GenericParam, Generics, Lifetime, Path, Token, Type, parse_quote, spanned::Spanned};

use super::model::{EventEnum, EventVariant, Upcast};
use crate::schema;

pub(crate) fn impls(model: &EventEnum<'_>, krate: &Path) -> TokenStream {
    let ident = &model.input.ident;
    let generics = bounded(&model.input.generics, krate);
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let types = model.variants.iter().map(|variant| event_type(variant, krate));
    let serde_names =
        model.serde_variants().iter().map(|variant| &variant.attrs.name().deserialize_name().value);
    let arms = model.variants.iter().zip(serde_names).map(|(variant, name)| arms(variant, name, krate));
    let schemas = type_schemas(model, krate);
    let category = &model.category;
    let variants = model.variants.iter().map(|variant| variant.ident);
    let index = 0..model.variants.len();
    quote! {
        #[automatically_derived]
        impl #parameters #krate::EventSet for #ident #arguments #bounds {
            const TYPES: &'static [#krate::EventType] = &[#(#types),*];

            fn decode(
                __recorded: &#krate::RecordedEvent,
            ) -> ::core::result::Result<#krate::Decoded<Self>, #krate::DecodeError> {
                match (&*__recorded.context.event_type, __recorded.context.schema_version) {
                    #(#arms)*
                    _ => ::core::result::Result::Err(#krate::__private::undecodable::<Self>(__recorded)),
                }
            }

            fn schema() -> ::std::vec::Vec<#krate::schema::TypeSchema> {
                ::std::vec::Vec::from([#(#schemas),*])
            }
        }

        #[automatically_derived]
        impl #parameters #krate::Event for #ident #arguments #bounds {
            const CATEGORY: &'static str = #category;

            fn event_type(&self) -> &'static #krate::EventType {
                match self {
                    #(Self::#variants { .. } => &<Self as #krate::EventSet>::TYPES[#index],)*
                }
            }

            fn encode(
                &self,
            ) -> ::core::result::Result<::std::boxed::Box<#krate::__private::RawValue>, #krate::EncodeError> {
                #krate::__private::encode(self)
            }
        }
    }
}

fn event_type(variant: &EventVariant<'_>, krate: &Path) -> TokenStream {
    let EventVariant { name, aliases, version, .. } = variant;
    let version = version.number;
    quote!(#krate::EventType { name: #name, aliases: &[#(#aliases),*], version: #version })
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
        (#name #(| #aliases)*, #current) => #krate::__private::variant::<Self>(__recorded, #serde_name),
        #(#older)*
    }
}

/// From an older version hop by hop to the current one, or to the first version with an upcaster function.
fn upcast(variant: &EventVariant<'_>, version: u32, krate: &Path) -> TokenStream {
    let types = variant.older_types();
    let mut versions = (version..).zip(types.iter().skip((version - 1) as usize)).peekable();
    let Some((_, oldest)) = versions.peek() else { return TokenStream::new() };
    let mut event = quote_spanned!(oldest.span()=> #krate::__private::old::<#oldest>(__recorded)?);
    while let Some((version, from)) = versions.next() {
        if let Some(Upcast { function, .. }) = variant.upcasts.iter().find(|upcast| upcast.version == version)
        {
            let events = quote_spanned!(function.span()=> #function(#event, &__recorded.context));
            return quote!(::core::result::Result::Ok(#krate::__private::upcast::<Self>(#events)));
        }
        let to = versions.peek().map_or_else(|| this_type(from), |(_, to)| Type::clone(to));
        event = quote_spanned!(from.span()=> #krate::__private::hop::<#from, #to>(#event));
    }
    quote!(::core::result::Result::Ok(#krate::Decoded::One(#event)))
}

/// `Self`, standing where the type before it in the chain stands.
fn this_type(at: &Type) -> Type {
    let this = Token![Self](at.span());
    parse_quote!(#this)
}

fn type_schemas<'a>(model: &'a EventEnum<'_>, krate: &'a Path) -> impl Iterator<Item = TokenStream> + 'a {
    model.variants.iter().zip(model.serde_variants()).map(move |(variant, serde_variant)| {
        let EventVariant { name, aliases, .. } = variant;
        let older = variant.older_types().iter().map(|ty| old_shape(ty, krate));
        let current = schema::variant_shape(serde_variant, &model.serde, krate);
        quote! {
            #krate::schema::TypeSchema {
                name: #name,
                aliases: &[#(#aliases),*],
                versions: ::std::vec::Vec::from([#(#older,)* #current]),
            }
        }
    })
}

fn old_shape(ty: &Type, krate: &Path) -> TokenStream {
    quote_spanned!(ty.span()=> <#ty as #krate::Schema>::shape())
}

/// What serde, the schema and the trait itself ask of a type parameter that may stand in any field.
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

/// Stands in for the impls when the input has mistakes, so that they are not followed by one more error for
/// each use of the type.
pub(crate) fn fallback(input: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let generics = bounded(&input.generics, krate);
    let (_, _, bounds) = generics.split_for_impl();
    let arguments = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Lifetime(_) => {
            let forever: Lifetime = parse_quote!('static);
            quote!(#forever)
        }
        GenericParam::Type(parameter) => {
            let ident = &parameter.ident;
            quote!(#ident)
        }
        GenericParam::Const(parameter) => {
            let ident = &parameter.ident;
            quote!(#ident)
        }
    });
    let arguments = quote!(<#(#arguments),*>);
    let mut owned = generics.clone();
    owned.params = generics
        .params
        .iter()
        .filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_)))
        .cloned()
        .collect();
    let (parameters, ..) = owned.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #parameters #krate::EventSet for #ident #arguments #bounds {
            const TYPES: &'static [#krate::EventType] = &[];

            fn decode(
                _: &#krate::RecordedEvent,
            ) -> ::core::result::Result<#krate::Decoded<Self>, #krate::DecodeError> {
                ::core::unreachable!()
            }

            fn schema() -> ::std::vec::Vec<#krate::schema::TypeSchema> {
                ::core::unreachable!()
            }
        }

        #[automatically_derived]
        impl #parameters #krate::Event for #ident #arguments #bounds {
            const CATEGORY: &'static str = "";

            fn event_type(&self) -> &'static #krate::EventType {
                ::core::unreachable!()
            }

            fn encode(
                &self,
            ) -> ::core::result::Result<::std::boxed::Box<#krate::__private::RawValue>, #krate::EncodeError> {
                ::core::unreachable!()
            }
        }
    }
}
