//! `#[derive(Process)]`.

use darling::FromDeriveInput;
use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, Ident, Lit, LitStr, Meta, Path, Type, ext::IdentExt, parse_quote};

use crate::{
    attributes::{list, malformed, number, storable, text, ty, types_as_lists},
    errors::{Errors, located, relocated},
    event_set, krate,
    schema::declaration::text as code,
};

#[derive(Default, FromDeriveInput)]
#[darling(attributes(process), default)]
struct Options {
    #[darling(with = read_name)]
    name: Option<LitStr>,
    #[darling(rename = "on", with = read_sets)]
    sets: Option<Sets>,
    #[darling(with = read_partitions)]
    partitions: Option<(u32, Lit)>,
    #[darling(with = read_restartable)]
    restartable: bool,
}

/// `on(T1, T2)`.
struct Sets {
    types: Vec<Type>,
    written: Meta,
}

/// The id of the aggregate that the process is.
#[derive(Default, FromDeriveInput)]
#[darling(attributes(aggregate), default, allow_unknown_fields)]
struct AggregateOptions {
    #[darling(with = read_id)]
    id: Option<Type>,
}

/// As much as the store keeps of the name of a command or of an event type.
const MAX_NAME_BYTES: usize = 256;

const KNOWN: &str = "`#[process(…)]` takes `name`, `on(…)`, `partitions` and `restartable`";

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::default();
    let krate = krate::path_of(input, &errors);
    let options = errors.darling(Options::from_derive_input(input), KNOWN);
    if let Some(options) = &options {
        check(input, options, &errors);
    }
    let has_parameters = !input.generics.params.is_empty();
    if has_parameters {
        let message = format!(
            "`{}` has parameters, but a process is one consumer of the log, with one name: write the types out",
            input.ident
        );
        errors.at(&input.generics, message);
    }
    let has_owned_id = check_id(input, &errors);
    match (options, errors.into_tokens()) {
        (Some(Options { name: Some(name), sets: Some(sets), partitions, restartable }), None) => {
            let partitions = partitions.map(|(number, _)| number);
            impls(input, &name, &sets.types, partitions, restartable, &krate)
        }
        (_, errors) => {
            let fallback = (has_owned_id && !has_parameters).then(|| fallback(input, &krate));
            quote!(#errors #fallback)
        }
    }
}

fn check(input: &DeriveInput, options: &Options, errors: &Errors) {
    let ident = &input.ident;
    match &options.name {
        Some(name) => {
            storable("name", "name = \"checkout\"", name, MAX_NAME_BYTES, errors);
        }
        None => {
            let message = format!(
                "`{ident}` has no name: write `#[process(name = \"{}\")]`; its checkpoints are stored under it, so it is \
                 not derived from the name of the type, which may change",
                ident.unraw().to_string().to_snake_case()
            );
            errors.at(ident, message);
        }
    }
    let nothing = format!(
        "`{ident}` reacts to no events: write `on(OrderEvent)` in `#[process(…)]`, with the enums of the events that it \
         reacts to"
    );
    match &options.sets {
        None => errors.at(ident, nothing),
        Some(Sets { types, written }) if types.is_empty() => errors.at(written, nothing),
        Some(Sets { types, .. }) => {
            for (index, ty) in types.iter().enumerate() {
                if types.iter().take(index).any(|earlier| earlier == ty) {
                    errors.at(ty, format!("`{}` is in `on(…)` already: remove one of them", code(ty)));
                }
            }
        }
    }
    if let Some((0, written)) = &options.partitions {
        errors.at(written, "without a partition no event is ever reacted to: write `partitions = 1`");
    }
}

/// Whether the id of an instance is a type with a size, as far as the attributes show it: it is made of events.
fn check_id(input: &DeriveInput, errors: &Errors) -> bool {
    let mut readable = input.clone();
    readable.attrs = types_as_lists(&input.attrs, "aggregate", &["id"]);
    // The derive of the aggregate reports what cannot be read.
    let AggregateOptions { id } = AggregateOptions::from_derive_input(&readable).unwrap_or_default();
    let Some(id) = id else { return true };
    let is_unsized = match &id {
        Type::Path(path) => path.path.is_ident("str"),
        Type::Slice(_) | Type::TraitObject(_) => true,
        _ => false,
    };
    if is_unsized {
        let message = format!(
            "`correlate` returns the id of an instance, and `{}` cannot be returned: write a type that owns it, such as \
             `id = String`",
            code(&id)
        );
        errors.at(id, message);
    }
    !is_unsized
}

fn impls(
    input: &DeriveInput,
    name: &LitStr,
    sets: &[Type],
    partitions: Option<u32>,
    restartable: bool,
    krate: &Path,
) -> TokenStream {
    let ident = &input.ident;
    let variants = variants(sets);
    let partitions = partitions.map(|number| quote!(const PARTITIONS: ::core::primitive::u32 = #number;));
    let restartable = restartable.then(|| {
        quote!(
            const RESTARTABLE: ::core::primitive::bool = true;
        )
    });
    let calls = |function: &Ident, receiver: Option<TokenStream>| {
        let call = |(variant, set): (&Ident, &Type)| {
            // An `On` that is missing is reported at the type in `on(…)`.
            let reacting = relocated(&quote!(#krate::reacting), set);
            let call = quote_spanned! {located(set)=>
                <Self as #reacting::On<#set>>::#function(#receiver __input.with(__event))
            };
            quote!(__Input::#variant(__event) => #call,)
        };
        variants.iter().zip(sets).map(call).collect::<TokenStream>()
    };
    let correlate = calls(&format_ident!("correlate"), None);
    let on = calls(&format_ident!("on"), Some(quote!(self,)));
    let set = set(input, &variants, sets);
    let set_impls = event_set::of_enum(&set, krate);
    quote! {
        const _: () = {
            use #krate::reacting::__private::WithoutTimers as _;

            #set
            #set_impls

            #[automatically_derived]
            impl #krate::reacting::Process for #ident {
                type Input = __Input;

                const NAME: &'static ::core::primitive::str = #name;
                #partitions
                #restartable

                fn correlate(
                    __input: #krate::reacting::Input<'_, __Input>,
                ) -> #krate::reacting::Correlate<<Self as #krate::Aggregate>::Id> {
                    match __input.event { #correlate }
                }

                fn on(
                    &self,
                    __input: #krate::reacting::Input<'_, __Input>,
                ) -> ::std::vec::Vec<<Self as #krate::Aggregate>::Event> {
                    match __input.event { #on }
                }

                fn on_timer(
                    &self,
                    __timer: #krate::reacting::Due<'_>,
                ) -> ::std::vec::Vec<<Self as #krate::Aggregate>::Event> {
                    #krate::reacting::__private::Timers::<Self>::fire(self, __timer)
                }
            }
        };
    }
}

/// The enum of all inputs. It is as visible as the process; its sets may be less visible, because nobody can name it.
fn set(input: &DeriveInput, variants: &[Ident], sets: &[Type]) -> DeriveInput {
    let visibility = &input.vis;
    parse_quote! {
        #[doc(hidden)]
        #[allow(private_interfaces)]
        #visibility enum __Input { #(#variants(#sets)),* }
    }
}

/// The name of each set, which a message about two of them shows.
fn variants(sets: &[Type]) -> Vec<Ident> {
    let mut variants = Vec::<Ident>::new();
    for (index, set) in sets.iter().enumerate() {
        let name = match set {
            Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.unraw()),
            _ => None,
        };
        let name = name.filter(|name| !variants.contains(name));
        let name = name.unwrap_or_else(|| format_ident!("Set{}", index + 1));
        variants.push(Ident::new(&name.to_string(), located(set)));
    }
    variants
}

/// A placeholder impl for an input with errors, so that no further error occurs at each use of the type.
fn fallback(input: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    quote! {
        #[automatically_derived]
        impl #krate::reacting::Process for #ident {
            type Input = <Self as #krate::Aggregate>::Event;

            const NAME: &'static ::core::primitive::str = "";

            fn correlate(
                _: #krate::reacting::Input<'_, Self::Input>,
            ) -> #krate::reacting::Correlate<<Self as #krate::Aggregate>::Id> {
                ::core::unreachable!()
            }

            fn on(
                &self,
                _: #krate::reacting::Input<'_, Self::Input>,
            ) -> ::std::vec::Vec<<Self as #krate::Aggregate>::Event> {
                ::core::unreachable!()
            }

            fn on_timer(
                &self,
                _: #krate::reacting::Due<'_>,
            ) -> ::std::vec::Vec<<Self as #krate::Aggregate>::Event> {
                ::core::unreachable!()
            }
        }
    }
}

fn read_name(meta: &Meta) -> darling::Result<Option<LitStr>> {
    text(meta, "name = \"checkout\"").map(Some)
}

fn read_sets(meta: &Meta) -> darling::Result<Option<Sets>> {
    let types = list(meta, "on(OrderEvent, PaymentEvent)")?;
    Ok(Some(Sets { types, written: meta.clone() }))
}

fn read_partitions(meta: &Meta) -> darling::Result<Option<(u32, Lit)>> {
    number(meta, "partitions = 4").map(Some)
}

fn read_restartable(meta: &Meta) -> darling::Result<bool> {
    match meta {
        Meta::Path(_) => Ok(true),
        _ => Err(malformed(meta, "restartable")),
    }
}

fn read_id(meta: &Meta) -> darling::Result<Option<Type>> {
    ty(meta, "id = OrderId")
}
