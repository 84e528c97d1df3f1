//! `#[derive(Aggregate)]`.

use darling::{FromDeriveInput, FromMeta};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Lit, Meta, Path, Type, parse_quote};

use crate::{
    attributes::{number, ty, types_as_lists},
    errors::Errors,
    krate, schema,
};

#[derive(Default, FromDeriveInput)]
#[darling(attributes(aggregate), default)]
struct Options {
    #[darling(with = read_event)]
    event: Option<Type>,
    #[darling(with = read_id)]
    id: Option<Type>,
    snapshot: Option<Snapshot>,
}

#[derive(FromMeta)]
struct Snapshot {
    #[darling(default, with = read_version)]
    version: Option<(u32, Lit)>,
    #[darling(default, with = read_every)]
    every: Option<(u64, Lit)>,
}

const KNOWN: &str = "`#[aggregate(…)]` takes `event`, `id` and `snapshot(version = …, every = …)`";

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::default();
    let krate = krate::path_of(input, &errors);
    let mut readable = input.clone();
    readable.attrs = types_as_lists(&input.attrs, "aggregate", &["event", "id"]);
    let options = errors.darling(Options::from_derive_input(&readable), KNOWN);
    let code = options.and_then(|options| aggregate(input, &options, &krate));
    let errors = errors.into_tokens();
    quote!(#errors #code)
}

fn aggregate(input: &DeriveInput, options: &Options, krate: &Path) -> Option<TokenStream> {
    let ident = &input.ident;
    let (event, id) = (options.event.as_ref()?, options.id.as_ref()?);
    let mut generics = input.generics.clone();
    let has_parameters = generics.type_params().next().is_some();
    if has_parameters {
        let bounds = generics.make_where_clause();
        bounds.predicates.push(parse_quote!(Self: ::core::default::Default + ::core::marker::Send
            + ::core::marker::Sync + 'static + #krate::Apply<#event>));
        if options.snapshot.is_some() {
            bounds.predicates.push(parse_quote!(Self: #krate::__private::Serialize
                + #krate::__private::DeserializeOwned + #krate::Schema));
        }
    }
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let snapshots = options.snapshot.as_ref().map(|snapshot| {
        let version = snapshot.version.as_ref().map_or(1, |(number, _)| *number);
        let every = snapshot.every.as_ref().map_or(1, |(number, _)| *number);
        quote_spanned! {ident.span()=>
            fn snapshots() -> ::core::option::Option<#krate::SnapshotCodec<Self>> {
                ::core::option::Option::Some(#krate::SnapshotCodec::<Self>::new(#version, #every))
            }
        }
    });
    let schema = options.snapshot.as_ref().map(|_| schema::expand(input, krate));
    Some(quote! {
        #[automatically_derived]
        impl #parameters #krate::Aggregate for #ident #arguments #bounds {
            type Event = #event;
            type Id = #id;

            #snapshots
        }

        #schema
    })
}

fn read_event(meta: &Meta) -> darling::Result<Option<Type>> {
    ty(meta, "event = AccountEvent")
}

fn read_id(meta: &Meta) -> darling::Result<Option<Type>> {
    ty(meta, "id = AccountId")
}

fn read_version(meta: &Meta) -> darling::Result<Option<(u32, Lit)>> {
    number(meta, "version = 1").map(Some)
}

fn read_every(meta: &Meta) -> darling::Result<Option<(u64, Lit)>> {
    number(meta, "every = 100").map(Some)
}
