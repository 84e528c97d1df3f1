//! Uses of the derives that must compile: every attribute, in every surrounding.

#![expect(clippy::unwrap_used, reason = "a test may panic, and the panic shows the error")]
#![expect(dead_code, unreachable_pub, reason = "most of these types are there to be compiled")]

#[path = "ui/pass/a_variant_of_every_kind.rs"]
mod a_variant_of_every_kind;
#[path = "ui/pass/aggregates.rs"]
mod aggregates;
#[path = "ui/pass/commands.rs"]
mod commands;
#[path = "ui/pass/default_names.rs"]
mod default_names;
#[path = "ui/pass/from_a_macro.rs"]
mod from_a_macro;
#[path = "ui/pass/generics.rs"]
mod generics;
#[path = "ui/pass/inside_a_function.rs"]
mod inside_a_function;
#[path = "ui/pass/names_and_aliases.rs"]
mod names_and_aliases;
#[path = "ui/pass/raw_identifiers.rs"]
mod raw_identifiers;
#[path = "ui/pass/read_models.rs"]
mod read_models;
#[path = "ui/pass/renamed_crate.rs"]
mod renamed_crate;
#[path = "ui/pass/serde_attributes.rs"]
mod serde_attributes;
#[path = "ui/pass/sets_of_sets.rs"]
mod sets_of_sets;
#[path = "ui/pass/shadowed_prelude.rs"]
mod shadowed_prelude;
#[path = "ui/pass/versions_and_upcasters.rs"]
mod versions_and_upcasters;
