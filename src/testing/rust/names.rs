//! Names as Rust writes them.

/// Keywords that may not be raw identifiers.
const NEVER_RAW: &[&str] = &["self", "super", "crate", "_"];

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// A field: `itemName` is `item_name`.
pub(super) fn ident(name: &str) -> String {
    let mut ident = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !ident.is_empty() && !ident.ends_with('_') {
            ident.push('_');
        }
        ident.extend(if c.is_alphanumeric() { c.to_lowercase().next() } else { Some('_') });
    }
    if ident.is_empty() || ident.starts_with(|c: char| c.is_numeric()) {
        ident.insert(0, '_');
    }
    match ident.as_str() {
        word if NEVER_RAW.contains(&word) => format!("{word}_"),
        word if KEYWORDS.contains(&word) => format!("r#{word}"),
        _ => ident,
    }
}

/// A variant: `was_opened` and `WAS_OPENED` are `WasOpened`.
pub(super) fn camel(name: &str) -> String {
    let name = if name.contains(char::is_lowercase) { name.to_owned() } else { name.to_lowercase() };
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let camel: String = parts
        .map(|part| {
            let mut chars = part.chars();
            chars
                .next()
                .map(|first| first.to_uppercase().chain(chars).collect::<String>())
                .unwrap_or_default()
        })
        .collect();
    match camel.as_str() {
        "Self" => "Self_".to_owned(),
        word if word.is_empty() || word.starts_with(|c: char| c.is_numeric()) => format!("_{word}"),
        _ => camel,
    }
}

/// The path of an item of `module` in the code of another module.
pub(super) fn path(item: &str, module: &str, from: &str) -> String {
    if module == from || module.is_empty() {
        return item.to_owned();
    }
    format!("{}::{item}", module_path(module, from))
}

/// A module as it is named in the code of another one.
pub(super) fn module_path(module: &str, from: &str) -> String {
    let (krate, rest) = module.split_once("::").unwrap_or((module, ""));
    let is_own = krate == super::krate(from);
    let root = if is_own { "crate" } else { krate };
    if rest.is_empty() { root.to_owned() } else { format!("{root}::{rest}") }
}

/// Names of [`std::any::type_name`] that no code may use, and those that it may.
const PUBLIC: &[(&str, &str)] = &[
    ("alloc::string::String", "String"),
    ("alloc::vec::Vec", "Vec"),
    ("alloc::boxed::Box", "Box"),
    ("core::option::Option", "Option"),
    ("alloc::collections::btree::map::BTreeMap", "std::collections::BTreeMap"),
    ("alloc::collections::btree::set::BTreeSet", "std::collections::BTreeSet"),
    ("std::collections::hash::map::HashMap", "std::collections::HashMap"),
    ("std::collections::hash::set::HashSet", "std::collections::HashSet"),
];

/// The arguments of a type in the code of a module: `<String>` of `bank::Page<alloc::string::String>`.
pub(super) fn arguments(type_name: &str, from: &str) -> String {
    let Some(at) = type_name.find('<') else { return String::new() };
    let own = format!("{}::", super::krate(from));
    let mut arguments = type_name[at..].to_owned();
    for (private, public) in PUBLIC {
        arguments = arguments.replace(private, public);
    }
    for start in ["<", " ", "("] {
        arguments = arguments.replace(&format!("{start}{own}"), &format!("{start}crate::"));
    }
    arguments
}
