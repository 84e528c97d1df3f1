//! The declaration of a type as data, with parts of its code as text.

use proc_macro2::{Delimiter, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use serde_derive_internals::ast::{Data, Field, Style, Variant};
use syn::{Attribute, DeriveInput, Meta, Path, ext::IdentExt};

use crate::{errors::Errors, serde_attributes};

/// A `Declaration`.
pub(super) fn of_type(input: &DeriveInput, krate: &Path) -> TokenStream {
    let name = input.ident.unraw().to_string();
    let generic = !input.generics.params.is_empty();
    let serde = attributes(&input.attrs, "serde", &[]);
    // Errors are reported where the form is made.
    let errors = Errors::default();
    let container = serde_attributes::container(input, &errors);
    drop(errors.into_tokens());
    let parts: Vec<TokenStream> = match container.map(|container| container.data) {
        Some(Data::Struct(_, fields)) => fields.iter().map(|field| of_field(field, krate)).collect(),
        Some(Data::Enum(variants)) => variants.iter().map(|variant| of_variant(variant, krate)).collect(),
        None => Vec::new(),
    };
    quote! {
        #krate::schema::Declaration {
            module: ::core::module_path!(),
            place: ::core::concat!(::core::file!(), ":", ::core::line!(), ":", ::core::column!()),
            name: #name,
            generic: #generic,
            serde: &[#(#serde),*],
            parts: &[#(#parts),*],
        }
    }
}

/// A `Part`, which is a variant.
pub(crate) fn of_variant(variant: &Variant<'_>, krate: &Path) -> TokenStream {
    let (name, ident) = (&variant.attrs.name().serialize_name().value, variant.ident.to_string());
    let brackets = match variant.style {
        Style::Unit => "",
        Style::Struct => "{}",
        Style::Newtype | Style::Tuple => "()",
    };
    let fields: Vec<TokenStream> = variant.fields.iter().map(|field| of_field(field, krate)).collect();
    part(name, &ident, brackets, &variant.original.attrs, &fields, krate)
}

fn of_field(field: &Field<'_>, krate: &Path) -> TokenStream {
    let (name, ident) = (&field.attrs.name().serialize_name().value, text(&field.member));
    part(name, &ident, &text(field.ty), &field.original.attrs, &[], krate)
}

fn part(
    name: &str,
    ident: &str,
    ty: &str,
    attrs: &[Attribute],
    parts: &[TokenStream],
    krate: &Path,
) -> TokenStream {
    let serde = attributes(attrs, "serde", &["rename", "alias"]);
    let schema = attributes(attrs, "schema", &[]);
    quote! {
        #krate::schema::Part {
            name: #name,
            ident: #ident,
            ty: #ty,
            serde: &[#(#serde),*],
            schema: &[#(#schema),*],
            parts: &[#(#parts),*],
        }
    }
}

/// The items of the attributes `#[name(…)]`, except for those with the given keys.
pub(crate) fn attributes(attributes: &[Attribute], name: &str, except: &[&str]) -> Vec<String> {
    let lists = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident(name) => Some(list.tokens.clone()),
        _ => None,
    });
    // Not parsed: a key may be a keyword, as in `as = "…"`.
    let mut items = vec![Vec::new()];
    for token in lists.flat_map(|tokens| tokens.into_iter().chain([Punct::new(',', Spacing::Alone).into()])) {
        match (&token, items.last_mut()) {
            (TokenTree::Punct(comma), _) if comma.as_char() == ',' => items.push(Vec::new()),
            (_, Some(item)) => item.push(token),
            (_, None) => {}
        }
    }
    let kept = |item: &Vec<TokenTree>| match item.first() {
        Some(TokenTree::Ident(key)) => !except.iter().any(|other| key == other),
        first => first.is_some(),
    };
    items.into_iter().filter(kept).map(|item| text(&item.into_iter().collect::<TokenStream>())).collect()
}

/// Tokens as code with the usual spaces.
pub(crate) fn text(tokens: &impl ToTokens) -> String {
    let mut text = String::new();
    write(tokens.to_token_stream(), &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    // Whether the previous token is half of `::` or `->`.
    let mut joint = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
                joint = false;
            }
            TokenTree::Punct(punct) => {
                let mark = punct.as_char();
                let spaced = "=+-".contains(mark) && !joint;
                if (spaced || mark == '\'')
                    && text.ends_with(|c: char| c.is_alphanumeric() || ">)]\"".contains(c))
                {
                    text.push(' ');
                }
                let arrow = joint && text.ends_with('-') && mark == '>';
                let path = joint && text.ends_with(':') && mark == ':';
                text.push(mark);
                let is_joint = punct.spacing() == Spacing::Joint;
                if arrow || ",;=+".contains(mark) || (mark == ':' && !path && !is_joint) {
                    text.push(' ');
                }
                joint = is_joint;
            }
            word => {
                if text.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"') {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
                joint = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_has_the_usual_spaces() {
        let plain = |code: &str| text(&code.parse::<TokenStream>().expect("tokens"));
        for code in [
            "Option<Vec<u8>>",
            "std::collections::BTreeMap<String, [u8; 3]>",
            "&'a str",
            "Box<dyn Fn(u8, ()) -> u8 + Send + 'static>",
            "<T as Iterator>::Item",
            "default = \"path::of\"",
            "rename(serialize = \"a\", deserialize = \"b\")",
            "T: Clone + 'static",
            "const N: usize",
            "upcast(1 = old::split)",
            "::std::string::String",
        ] {
            assert_eq!(plain(code), code);
        }
    }
}
