//! The derive macros of eventsource. Use them through the facade, which re-exports them together with the traits that
//! they implement.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod aggregate;
mod attributes;
mod command;
mod errors;
mod event;
mod event_set;
mod generics;
mod krate;
mod process;
mod read_model;
mod schema;
mod serde_attributes;

#[doc = include_str!("../docs/event.md")]
#[proc_macro_derive(Event, attributes(event, eventsource, schema))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    event::expand(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/event_set.md")]
#[proc_macro_derive(EventSet, attributes(event, eventsource))]
pub fn derive_event_set(input: TokenStream) -> TokenStream {
    event_set::expand(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/aggregate.md")]
#[proc_macro_derive(Aggregate, attributes(aggregate, eventsource, schema))]
pub fn derive_aggregate(input: TokenStream) -> TokenStream {
    aggregate::expand(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/command.md")]
#[proc_macro_derive(Command, attributes(command, eventsource))]
pub fn derive_command(input: TokenStream) -> TokenStream {
    command::expand(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/process.md")]
#[proc_macro_derive(Process, attributes(process, eventsource))]
pub fn derive_process(input: TokenStream) -> TokenStream {
    process::expand(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/read_model.md")]
#[proc_macro_derive(ReadModel, attributes(read_model, eventsource))]
pub fn derive_read_model(input: TokenStream) -> TokenStream {
    read_model::expand(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/schema.md")]
#[proc_macro_derive(Schema, attributes(schema, eventsource, serde))]
pub fn derive_schema(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let errors = errors::Errors::default();
    let krate = krate::path_of(&input, &errors);
    let (code, errors) = (schema::expand(&input, &krate), errors.into_tokens());
    quote::quote!(#errors #code).into()
}

#[cfg(test)]
mod expansion;
