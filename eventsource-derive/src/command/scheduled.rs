//! A command that can be scheduled: it is stored as an event is, under a name and with versions.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Lit, LitStr, Path, ext::IdentExt};

use crate::{
    attributes::storable,
    errors::{Errors, relocated},
    event::{self, EventVariant, Older, Version, describe_old, event_type, upcast, versions},
    schema::declaration::{attributes, text},
};

/// The category, without the name of the command: each command has a snapshot of its schema.
const CATEGORY: &str = "eventsource.scheduled.";
/// The category has 128 bytes at most.
const MAX_NAME_BYTES: usize = 128 - CATEGORY.len();

/// The stored form of the command, as that of the only event of an enum.
pub(super) fn parse<'a>(
    input: &'a DeriveInput,
    name: Option<&LitStr>,
    version: Option<(u32, Lit)>,
    older: Option<Older>,
    errors: &Errors,
) -> Option<EventVariant<'a>> {
    let ident = &input.ident;
    if !input.generics.params.is_empty() {
        let message = format!(
            "`{ident}` has parameters, but a scheduled command is read again by its name: write the types out, and hold a \
             `String` instead of a `&str`"
        );
        errors.at(&input.generics, message);
    }
    match name {
        Some(name) => {
            storable("name of a scheduled command", "name = \"reminder.send\"", name, MAX_NAME_BYTES, errors);
        }
        None => {
            let message = format!(
                "a scheduled command is stored under its name, which is not that of the struct, because that may change: \
                 write `name = \"reminder.send\"` too, or remove this if `{ident}` is never scheduled"
            );
            match (&version, &older) {
                (Some((_, written)), _) => errors.at(written, message),
                (None, Some(Older { written, .. })) => errors.at(written, message),
                (None, None) => {}
            }
        }
    }
    // Another kind of type has been reported.
    let Data::Struct(data) = &input.data else { return None };
    let version = match version {
        Some((number, written)) => Version { number, written: Some(written) },
        None => Version { number: 1, written: None },
    };
    let form = EventVariant {
        ident,
        fields: &data.fields,
        readable: true,
        name: name?.clone(),
        aliases: Vec::new(),
        version,
        older,
        upcasts: Vec::new(),
        write: None,
        downcast: None,
    };
    versions::check(&form, "commands", errors);
    Some(form)
}

/// The command is its own stored form.
pub(super) fn impls(input: &DeriveInput, form: &EventVariant<'_>, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let EventVariant { name, version, .. } = form;
    let category = LitStr::new(&format!("{CATEGORY}{}", name.value()), name.span());
    let current = version.number;
    let event_type = event_type(form, &category, krate);
    // What the type lacks is reported at its name.
    let (private, this) = (relocated(&quote!(#krate::__private), ident), relocated(&quote!(Self), ident));
    let older = (1..current).map(|version| {
        let decoded = upcast(form, version, krate);
        quote!((#name, #version) => #decoded,)
    });
    let schema = schema(input, form, krate);
    quote! {
        #[automatically_derived]
        impl #krate::EventSet for #ident {
            const TYPES: &'static [#krate::event::EventType] = &[#event_type];
            const CATEGORIES: &'static [&'static ::core::primitive::str] = &[#category];

            fn decode(
                __stored: #krate::event::StoredEvent<'_>,
            ) -> ::core::result::Result<#krate::event::Decoded<Self>, #krate::event::Undecodable> {
                match (__stored.event_type, __stored.schema_version) {
                    (#name, #current) => ::core::result::Result::map(
                        #private::old::<#this>(__stored),
                        #krate::event::Decoded::One,
                    ),
                    #(#older)*
                    _ => #krate::__private::otherwise::<Self>(__stored),
                }
            }

            fn schema() -> ::std::vec::Vec<#krate::schema::TypeSchema> {
                ::std::vec::Vec::from([#schema])
            }
        }

        #[automatically_derived]
        impl #krate::Event for #ident {
            const CATEGORY: &'static ::core::primitive::str = #category;

            fn event_type(&self) -> &'static #krate::event::EventType {
                &<Self as #krate::EventSet>::TYPES[0]
            }

            fn encode(
                &self,
            ) -> ::core::result::Result<::std::boxed::Box<#krate::__private::RawValue>, #krate::event::EncodeError> {
                #private::encode_command::<#this>(self)
            }
        }

        #[automatically_derived]
        impl #krate::reacting::ScheduledCommand for #ident {
            type Stored = Self;
        }
    }
}

fn schema(input: &DeriveInput, form: &EventVariant<'_>, krate: &Path) -> TokenStream {
    let (ident, set) = (&input.ident, input.ident.unraw().to_string());
    let (name, version) = (&form.name, form.version.number);
    let older_types = form.older_types();
    let older = older_types.iter().map(|ty| describe_old(ty, krate));
    let (current, library) = (relocated(&quote!(<Self as #krate::Schema>::describe), ident), text(krate));
    let older_texts = older_types.iter().map(text);
    let attributes = attributes(&input.attrs, "command", &["version", "from"]);
    quote! {
        #krate::schema::TypeSchema {
            package: ::core::env!("CARGO_PKG_NAME"),
            writes: #version,
            compatibility: #krate::schema::Compatibility::Backward,
            ..#krate::schema::TypeSchema::declared(
                #set,
                #name,
                &[],
                &#krate::schema::EventDeclaration {
                    krate: #library,
                    module: ::core::module_path!(),
                    place: ::core::concat!(::core::file!(), ":", ::core::line!()),
                    parameters: &[],
                    bounds: "",
                    variant: #krate::schema::Part {
                        name: #set,
                        ident: #set,
                        ty: "",
                        serde: &[],
                        schema: &[],
                        parts: &[],
                    },
                    attribute: "command",
                    event: &[#(#attributes),*],
                    older: &[#(#older_texts),*],
                },
                &[#(#older,)* #current],
            )
        }
    }
}

/// Placeholder impls for an input with errors, so that no further error occurs at each use of the type.
pub(super) fn fallback(input: &DeriveInput, krate: &Path) -> Option<TokenStream> {
    let ident = &input.ident;
    input.generics.params.is_empty().then(|| {
        let event = event::fallback(input, krate);
        quote! {
            #event

            #[automatically_derived]
            impl #krate::reacting::ScheduledCommand for #ident {
                type Stored = Self;
            }
        }
    })
}
