//! `#[derive(EventSet)]`.

use darling::FromDeriveInput;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Path, Type};

use crate::{
    errors::{Errors, located, relocated},
    event::{names, read_removed},
    krate,
};

/// A variant and its set.
struct Member<'a> {
    ident: &'a Ident,
    set: &'a Type,
}

#[derive(Default, FromDeriveInput)]
#[darling(attributes(event), default)]
struct SetOptions {
    #[darling(with = read_removed)]
    removed: Vec<LitStr>,
}

const ON_SET: &str = "`#[event(…)]` on a set of events takes `removed`";

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::default();
    let krate = krate::path_of(input, &errors);
    let set = of_enum(input, &krate);
    let errors = errors.into_tokens();
    quote!(#errors #set)
}

/// The impl for an enum, which may be a generated one.
pub(crate) fn of_enum(input: &DeriveInput, krate: &Path) -> TokenStream {
    let errors = Errors::default();
    let members = parse(input, &errors);
    let options = errors.darling(SetOptions::from_derive_input(input), ON_SET).unwrap_or_default();
    names::removed(&options.removed, &errors);
    match errors.into_tokens() {
        None => impls(input, &members, &options.removed, krate),
        errors => {
            let fallback = fallback(input, krate);
            quote!(#errors #fallback)
        }
    }
}

fn parse<'a>(input: &'a DeriveInput, errors: &Errors) -> Vec<Member<'a>> {
    let ident = &input.ident;
    let form = format!("write `enum {ident} {{ Order(OrderEvent), Payment(PaymentEvent) }}`");
    if !input.generics.params.is_empty() {
        let message = "a set of events has no parameters: its types are put together at compile time";
        errors.at(&input.generics, message);
    }
    let Data::Enum(data) = &input.data else {
        errors.at(ident, format!("a set of events is an enum with one variant per set: {form}"));
        return Vec::new();
    };
    if data.variants.is_empty() {
        errors.at(ident, format!("the set of events is empty: {form}"));
    }
    let member = |variant: &'a syn::Variant| match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Some(Member { ident: &variant.ident, set: &fields.unnamed.first()?.ty })
        }
        _ => {
            let name = &variant.ident;
            let message = format!(
                "`{name}` does not hold one set of events: write `{name}(…)` with the enum that derives `Event`"
            );
            errors.at(variant, message);
            None
        }
    };
    data.variants.iter().filter_map(member).collect()
}

fn impls(input: &DeriveInput, members: &[Member<'_>], removed: &[LitStr], krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let names: Vec<_> = members.iter().map(|member| member.ident).collect();
    let sets: Vec<_> = members.iter().map(|member| member.set).collect();
    let distinct = members.iter().enumerate().skip(1).map(|(index, Member { ident, set })| {
        let (earlier, earlier_sets) = (names.iter().take(index), sets.iter().take(index));
        let earlier = earlier.map(ToString::to_string);
        let name = ident.to_string();
        let krate = relocated(krate, set);
        quote_spanned! {located(set)=>
            const _: () = #krate::__private::assert_distinct(
                #name,
                <#set as #krate::EventSet>::TYPES,
                &[#((#earlier, <#earlier_sets as #krate::EventSet>::TYPES)),*],
            );
        }
    });
    let decode = members.iter().map(|Member { ident, set }| {
        let krate = relocated(krate, set);
        quote_spanned! {located(set)=>
            if #krate::__private::contains(<#set as #krate::EventSet>::TYPES, __stored) {
                return ::core::result::Result::map(
                    <#set as #krate::EventSet>::decode(__stored),
                    |__events| #krate::event::Decoded::map(__events, Self::#ident),
                );
            }
        }
    });
    quote! {
        #(#distinct)*
        const _: () = #krate::__private::assert_not_removed(
            <#ident as #krate::EventSet>::REMOVED,
            <#ident as #krate::EventSet>::TYPES,
        );

        #[automatically_derived]
        impl #krate::EventSet for #ident {
            const TYPES: &'static [#krate::event::EventType] = {
                const SETS: &[&[#krate::event::EventType]] = &[#(<#sets as #krate::EventSet>::TYPES),*];
                const TYPES: [#krate::event::EventType; #krate::__private::count(SETS)] =
                    #krate::__private::concat(SETS);
                &TYPES
            };
            const CATEGORIES: &'static [&'static str] = {
                const SETS: &[&[&str]] = &[#(<#sets as #krate::EventSet>::CATEGORIES),*];
                const NAMES: [&str; #krate::__private::count_names(SETS)] =
                    #krate::__private::concat_names(SETS);
                &NAMES
            };
            const REMOVED: &'static [&'static str] = {
                const SETS: &[&[&str]] = &[#(<#sets as #krate::EventSet>::REMOVED,)* &[#(#removed),*]];
                const NAMES: [&str; #krate::__private::count_names(SETS)] =
                    #krate::__private::concat_names(SETS);
                &NAMES
            };
            const ASKS_FOR_CONTEXT: bool = #(<#sets as #krate::EventSet>::ASKS_FOR_CONTEXT)||*;

            fn decode(
                __stored: #krate::event::StoredEvent<'_>,
            ) -> ::core::result::Result<#krate::event::Decoded<Self>, #krate::event::Undecodable> {
                #(#decode)*
                #krate::__private::otherwise::<Self>(__stored)
            }

            fn schema() -> ::std::vec::Vec<#krate::schema::TypeSchema> {
                let mut __types = ::std::vec::Vec::new();
                #(::std::iter::Extend::extend(&mut __types, <#sets as #krate::EventSet>::schema());)*
                __types
            }
        }
    }
}

fn fallback(input: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #[automatically_derived]
        impl #krate::EventSet for #ident {
            const TYPES: &'static [#krate::event::EventType] = &[];
            const CATEGORIES: &'static [&'static str] = &[];

            fn decode(
                _: #krate::event::StoredEvent<'_>,
            ) -> ::core::result::Result<#krate::event::Decoded<Self>, #krate::event::Undecodable> {
                ::core::unreachable!()
            }

            fn schema() -> ::std::vec::Vec<#krate::schema::TypeSchema> {
                ::core::unreachable!()
            }
        }
    }
}
