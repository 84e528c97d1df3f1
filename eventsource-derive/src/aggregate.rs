//! `#[derive(Aggregate)]`.

mod snapshot;

use darling::{FromDeriveInput, FromMeta};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, ExprPath, Generics, Lit, Meta, Path, Type, parse_quote};

use crate::{
    attributes::{function, malformed, number, ty, types_as_lists},
    errors::{Errors, located, relocated},
    generics::{Split, split},
    krate, schema,
};

#[derive(Default, FromDeriveInput)]
#[darling(attributes(aggregate), default)]
struct Options {
    #[darling(with = read_event)]
    event: Option<Type>,
    #[darling(with = read_id)]
    id: Option<Type>,
    #[darling(with = read_snapshot)]
    snapshot: Option<Snapshot>,
    #[darling(with = read_weight)]
    weight: Option<ExprPath>,
}

#[derive(Default, FromMeta)]
#[darling(default)]
struct Snapshot {
    #[darling(with = read_version)]
    version: Option<(u32, Lit)>,
    #[darling(with = read_every)]
    every: Option<(u64, Lit)>,
    #[darling(skip)]
    written: Option<Meta>,
}

/// The attributes that could be parsed despite errors.
#[derive(Default, FromDeriveInput)]
#[darling(attributes(aggregate), default, allow_unknown_fields)]
struct Saved {
    #[darling(with = read_event)]
    event: Option<Type>,
    #[darling(with = read_id)]
    id: Option<Type>,
}

const KNOWN: &str = "`#[aggregate(…)]` takes `event`, `id`, `snapshot(version = …, every = …)` and `weight`";

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::default();
    let krate = krate::path_of(input, &errors);
    let mut readable = input.clone();
    readable.attrs = types_as_lists(&input.attrs, "aggregate", &["event", "id"]);
    let options = errors.darling(Options::from_derive_input(&readable), KNOWN);
    if let Some(options) = &options {
        check(input, options, &errors);
    }
    let options = options.unwrap_or_else(|| {
        let Saved { event, id } = Saved::from_derive_input(&readable).unwrap_or_default();
        Options { event, id, snapshot: None, weight: None }
    });
    let code = impls(input, &options, &krate);
    let errors = errors.into_tokens();
    quote!(#errors #code)
}

fn check(input: &DeriveInput, options: &Options, errors: &Errors) {
    let ident = &input.ident;
    match (&options.event, &options.id) {
        (None, None) => {
            let message = format!(
                "`{ident}` has no event type and no id type: write \
                 `#[aggregate(event = …, id = …)]` with the two types"
            );
            errors.at(ident, message);
        }
        (None, Some(_)) => {
            let message = format!(
                "`{ident}` has no event type: add `event = …` to `#[aggregate(…)]`, the enum that \
                 derives `Event`"
            );
            errors.at(ident, message);
        }
        (Some(_), None) => {
            let message = format!(
                "`{ident}` has no id type: add `id = …` to `#[aggregate(…)]`, a type whose `Display` is the \
                 id of the stream"
            );
            errors.at(ident, message);
        }
        (Some(_), Some(_)) => {}
    }
    for lifetime in input.generics.lifetimes() {
        let message = format!(
            "an aggregate owns its state, because it outlives the call that loads it: remove `{}`",
            lifetime.lifetime
        );
        errors.at(&lifetime.lifetime, message);
    }
    if let Data::Union(_) = input.data {
        let message = format!("`{ident}` is a union, whose state is unknown: write a struct or an enum");
        errors.at(ident, message);
    }
    if let Some(snapshot) = &options.snapshot {
        check_snapshot(snapshot, errors);
        snapshot::check(input, errors);
    }
}

fn check_snapshot(Snapshot { version, every, written }: &Snapshot, errors: &Errors) {
    let missing = match (version, every) {
        (None, None) => "a snapshot needs a version and how often it is taken",
        (None, Some(_)) => "a snapshot needs a version, to be raised when the meaning of the state changes",
        (Some(_), None) => "a snapshot needs an interval in events",
        (Some(_), Some(_)) => "",
    };
    if !missing.is_empty() {
        errors.at(written, format!("{missing}: write `snapshot(version = 1, every = 100)`"));
    }
    if let Some((0, written)) = version {
        errors.at(written, "versions are counted from 1: write `version = 1`");
    }
    if let Some((0, written)) = every {
        errors.at(written, "every 0 events is never: write `every = 100`, or remove `snapshot(…)`");
    }
}

/// The impls, as far as the parsed attributes allow: an aggregate that lacks its id is one error, without a further
/// error for each use of the type.
fn impls(input: &DeriveInput, options: &Options, krate: &Path) -> Option<TokenStream> {
    let ident = &input.ident;
    let event = options.event.as_ref()?;
    let id = options.id.as_ref().map_or_else(|| quote!(::std::string::String), |id| quote!(#id));
    let generics = bounded(&input.generics, event, options, krate);
    let Split { parameters, arguments, bounds } = split(&generics);
    let snapshots = options.snapshot.as_ref().map(|Snapshot { version, every, .. }| {
        let version = version.as_ref().map_or(1, |(number, _)| *number);
        let every = every.as_ref().map_or(1, |(number, _)| *number);
        let private = relocated(&quote!(#krate::__private), ident);
        quote_spanned! {located(ident)=>
            fn snapshots() -> ::core::option::Option<#krate::snapshot::SnapshotCodec<Self>> {
                #private::snapshots::<Self>(#version, #every)
            }
        }
    });
    let weight = options.weight.as_ref().map(|function| {
        quote_spanned! {located(function)=>
            fn weight(&self) -> ::core::primitive::usize {
                #function(self)
            }
        }
    });
    // The fingerprint of a snapshot is computed from the structure of the state.
    let schema = options.snapshot.as_ref().map(|_| schema::expand(input, krate));
    // With type parameters the event may depend on them; then it is checked where the aggregate is loaded.
    let complete = input.generics.params.is_empty().then(|| {
        let (krate, this) = (relocated(krate, event), relocated(ident, event));
        quote_spanned!(located(event)=> const _: () = #krate::__private::assert_complete::<#this>();)
    });
    Some(quote! {
        #complete

        #[automatically_derived]
        impl #parameters #krate::Aggregate for #ident #arguments #bounds {
            type Event = #event;
            type Id = #id;

            #snapshots

            #weight
        }

        #schema
    })
}

/// A state with type parameters is an aggregate for those arguments that meet the requirements of an aggregate.
fn bounded(generics: &Generics, event: &Type, options: &Options, krate: &Path) -> Generics {
    let mut generics = generics.clone();
    if generics.type_params().next().is_none() {
        return generics;
    }
    let bounds = generics.make_where_clause();
    bounds.predicates.push(parse_quote!(
        Self: ::core::default::Default
            + ::core::marker::Send
            + ::core::marker::Sync
            + #krate::Apply<#event>
            + 'static
    ));
    if options.snapshot.is_some() {
        bounds.predicates.push(parse_quote!(
            Self: #krate::__private::Serialize
                + #krate::__private::DeserializeOwned
                + ::core::cmp::PartialEq
                + #krate::Schema
        ));
    }
    generics
}

fn read_event(meta: &Meta) -> darling::Result<Option<Type>> {
    ty(meta, "event = AccountEvent")
}

fn read_id(meta: &Meta) -> darling::Result<Option<Type>> {
    ty(meta, "id = AccountId")
}

fn read_snapshot(meta: &Meta) -> darling::Result<Option<Snapshot>> {
    let Meta::List(_) = meta else { return Err(malformed(meta, "snapshot(version = 1, every = 100)")) };
    Ok(Some(Snapshot { written: Some(meta.clone()), ..Snapshot::from_meta(meta)? }))
}

fn read_weight(meta: &Meta) -> darling::Result<Option<ExprPath>> {
    function(meta, "weight = path::to::function").map(Some)
}

fn read_version(meta: &Meta) -> darling::Result<Option<(u32, Lit)>> {
    number(meta, "version = 1").map(Some)
}

fn read_every(meta: &Meta) -> darling::Result<Option<(u64, Lit)>> {
    number(meta, "every = 100").map(Some)
}
