//! Uses of the derives that must compile: every attribute, in every context.

#![expect(clippy::unwrap_used, reason = "a test may panic, and the panic shows the error")]
#![expect(dead_code, unreachable_pub, reason = "most of these types are there to be compiled")]

mod a_variant_of_every_kind;
mod aggregates;
mod commands;
mod default_names;
mod from_a_macro;
mod generics;
mod inside_a_function;
mod names_and_aliases;
mod older_versions_written;
mod processes;
mod raw_identifiers;
mod read_models;
mod removed_and_partial;
mod renamed_crate;
mod serde_attributes;
mod sets_of_sets;
mod shadowed_prelude;
mod versions_and_upcasters;
