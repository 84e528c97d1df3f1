//! Releases with the proposed fixes, pasted as a user would.

use syn::{File, Item, ItemEnum, parse_quote};

use super::kind::Kind;

/// The code of all fixed releases.
pub(crate) fn fixed_releases(kinds: &[Kind]) -> String {
    let kinds = || kinds.iter().filter(|kind| kind.needs_a_fix());
    let mut modules: Vec<Item> = kinds().map(fixed).collect();
    let names = kinds().map(|kind| syn::parse_str::<syn::Ident>(kind.name).expect("a name"));
    let texts = kinds().map(|kind| kind.name);
    modules.push(parse_quote! {
        /// All of them.
        pub(crate) fn all() -> Vec<Release> {
            vec![#(Release::of::<#names::Set>(#texts)),*]
        }
    });
    let file: File = parse_quote! {
        use super::kind::Release;
        #(#modules)*
    };
    format!(
        "//! Releases with the fixes that the check proposes. Do not edit: run the test with `EVENTSOURCE_BLESS=1`.\n\n{}",
        prettyplease::unparse(&file)
    )
}

fn fixed(kind: &Kind) -> Item {
    let said = (kind.said)().expect("a report");
    // Then follow lines for those who accept the change as it is.
    let said = said.split("\nIf that is intended").next().unwrap_or_default();
    for (place, _) in kind.filled {
        assert!(said.contains(place), "{}: `{place}` is left open in:\n{said}", kind.name);
    }
    let name: syn::Ident = syn::parse_str(kind.name).expect("a name");
    let [set, items] = kind.code;
    let mut set: ItemEnum = parse(kind, set);
    let mut file: File = parse(kind, items);
    for block in blocks(said) {
        if let Some(variant) = block.variant {
            attach(&mut set, variant, &filled(kind, &block.code));
            continue;
        }
        let code = filled(kind, &block.code);
        code.lines().filter_map(|line| line.strip_prefix("// in place of `")).for_each(|replaced| {
            replace(&mut file, replaced.trim_end_matches("`:"));
        });
        for (module, code) in by_module(&code) {
            let code: File = parse(kind, &code);
            let items = items_of(&mut file, module.as_deref());
            if block.replaces {
                items.retain(|item| !code.items.iter().any(|new| is_of_the_same_name(item, new)));
            }
            items.extend(code.items);
        }
    }
    let items = file.items;
    parse_quote! {
        pub(crate) mod #name {
            use crate::schema_changes::prelude::*;
            #set
            #(#items)*
        }
    }
}

#[track_caller]
fn parse<T: syn::parse::Parse>(kind: &Kind, code: &str) -> T {
    syn::parse_str(code).unwrap_or_else(|error| panic!("{}: {error}:\n{code}", kind.name))
}

/// A part of a report that is code.
struct Block<'a> {
    /// The variant to which an attribute belongs.
    variant: Option<&'a str>,
    /// Whether it replaces types of the same names.
    replaces: bool,
    code: String,
}

fn blocks(said: &str) -> Vec<Block<'_>> {
    let (mut blocks, mut variant, mut replaces, mut code) = (Vec::new(), None, false, String::new());
    for line in said.lines().chain(["end"]) {
        if let Some(line) = line.strip_prefix("    ") {
            code.push_str(line);
            code.push('\n');
        } else if line.is_empty() {
            code.push('\n');
        } else {
            if !code.trim().is_empty() {
                blocks.push(Block { variant, replaces, code: std::mem::take(&mut code) });
            }
            code.clear();
            replaces = line.starts_with("The type of an older version must not change");
            variant = line.strip_prefix("on the variant `").and_then(|line| line.split('`').next());
        }
    }
    blocks
}

/// Replaces the attribute of a variant.
fn attach(set: &mut ItemEnum, variant: &str, attribute: &str) {
    let variant = set.variants.iter_mut().find(|it| it.ident == variant).expect("the variant");
    variant.attrs.retain(|attribute| !attribute.path().is_ident("event"));
    let holder: ItemEnum = syn::parse_str(&format!("{attribute} enum E {{}}")).expect("an attribute");
    variant.attrs.extend(holder.attrs);
}

/// Writes what the fix leaves open.
fn filled(kind: &Kind, code: &str) -> String {
    // The release with the fix is another module than the one with the change alone.
    let module = format!("crate::schema_changes::fixed::{}", kind.name);
    let mut code = code.replace(&kind.module, &module);
    for (place, with) in kind.filled {
        code = code.replace(place, with);
    }
    assert!(!code.contains("/*"), "{}: a place is left open in:\n{code}", kind.name);
    code
}

/// The code for each module, `None` for that of the enum.
fn by_module(code: &str) -> Vec<(Option<String>, String)> {
    let mut modules = vec![(None, String::new())];
    for line in code.lines() {
        if let Some(module) = line.strip_prefix("// in the module `") {
            let module = module.trim_end_matches("`:");
            modules.push((module.rsplit("::").next().map(str::to_owned), String::new()));
            continue;
        }
        // The code of the enum's module follows its conversion.
        if line.starts_with("impl From<crate::") {
            modules.push((None, String::new()));
        }
        if let Some((_, text)) = modules.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    modules
}

fn is_of_the_same_name(a: &Item, b: &Item) -> bool {
    let name = |item: &Item| match item {
        Item::Struct(item) => Some(item.ident.clone()),
        Item::Enum(item) => Some(item.ident.clone()),
        _ => None,
    };
    name(a).is_some_and(|ident| name(b) == Some(ident))
}

/// Removes the item with that head.
fn replace(file: &mut File, head: &str) {
    let plain = |code: String| code.split_whitespace().collect::<String>();
    let before = file.items.len();
    file.items.retain(|item| {
        let code = prettyplease::unparse(&parse_quote!(#item));
        !plain(code).starts_with(&plain(head.to_owned() + "{"))
    });
    assert_eq!(file.items.len() + 1, before, "`{head}` is replaced");
}

fn items_of<'a>(file: &'a mut File, module: Option<&str>) -> &'a mut Vec<Item> {
    let Some(module) = module else { return &mut file.items };
    let found = file.items.iter_mut().find_map(|item| match item {
        Item::Mod(item) if item.ident == module => item.content.as_mut(),
        _ => None,
    });
    &mut found.expect("the module").1
}
