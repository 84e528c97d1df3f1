//! The kinds of change, by what changes.

mod containers;
mod defaults;
mod enums;
mod fields;
mod nested;
mod shapes;
mod types;
mod versions;

use super::kind::Kind;

/// The kinds with the titles of their sections in the guide.
pub(crate) fn sections() -> Vec<(&'static str, Vec<Kind>)> {
    vec![
        ("Fields of a variant", fields::kinds()),
        ("Defaults and options", defaults::kinds()),
        ("Types of fields", types::kinds()),
        ("Lists, sets, maps, tuples and newtypes", containers::kinds()),
        ("Enums in events", enums::kinds()),
        ("Structs in events", nested::kinds()),
        ("Other forms of fields and types", shapes::kinds()),
        ("Names and versions of events", versions::kinds()),
    ]
}

/// All of them.
pub(crate) fn all() -> Vec<Kind> {
    sections().into_iter().flat_map(|(_, kinds)| kinds).collect()
}
