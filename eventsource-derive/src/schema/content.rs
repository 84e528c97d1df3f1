//! Fields and variants.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use serde_derive_internals::ast::{Container, Field, Style, Variant};
use syn::{GenericArgument, Path, PathArguments, Type};

use super::{literal, options::Options};
use crate::errors::{Errors, located};

/// Creates expressions that describe parts of a type. In them, `__types` are the definitions.
#[derive(Clone, Copy)]
pub(super) struct Describe<'a> {
    pub(super) krate: &'a Path,
    pub(super) errors: &'a Errors,
}

impl Describe<'_> {
    /// A `Variant`; `None` if it is neither written nor read.
    pub(super) fn variant(self, variant: &Variant<'_>, container: &Container<'_>) -> Option<TokenStream> {
        let Self { krate, .. } = self;
        let attrs = &variant.attrs;
        if attrs.skip_serializing() && attrs.skip_deserializing() {
            return None;
        }
        let name = &attrs.name().serialize_name().value;
        let reads = other_names(
            name,
            &attrs.name().deserialize_name().value,
            attrs.aliases().iter().map(|alias| &alias.value),
        );
        let content = match self.content(variant, container) {
            Some(form) => quote!(::core::option::Option::Some(#form)),
            None => quote!(::core::option::Option::None),
        };
        let other = attrs.other().then(|| quote!(.other()));
        let untagged = attrs.untagged().then(|| quote!(.untagged()));
        let one_way = one_way(attrs.skip_serializing(), attrs.skip_deserializing());
        Some(quote!(#krate::schema::Variant::new(#name, #content) #reads #other #untagged #one_way))
    }

    /// The form of a variant's content; `None` for a unit variant.
    pub(super) fn content(self, variant: &Variant<'_>, container: &Container<'_>) -> Option<TokenStream> {
        let options = Options::on(&variant.original.attrs, self.errors);
        if let Some(written_as) = options.written_as {
            return Some(literal::form(&written_as, self.krate, self.errors));
        }
        if variant.attrs.serialize_with().is_some() || variant.attrs.deserialize_with().is_some() {
            self.unknown(&variant.ident, &format!("variant `{}`", variant.ident));
        }
        match variant.style {
            Style::Unit => None,
            Style::Newtype => {
                let field = variant.fields.first()?;
                self.same_both_ways(field);
                (!field.attrs.skip_serializing()).then(|| self.value(field))
            }
            Style::Tuple => Some(self.tuple(&variant.fields, container)),
            Style::Struct => {
                let Self { krate, .. } = self;
                let object = self.object(&variant.fields, container);
                Some(quote!(#krate::schema::Form::Object(#object)))
            }
        }
    }

    /// An `Object`.
    pub(super) fn object(self, fields: &[Field<'_>], container: &Container<'_>) -> TokenStream {
        let Self { krate, .. } = self;
        let fields = fields
            .iter()
            .filter(|field| !(field.attrs.skip_serializing() && field.attrs.skip_deserializing()))
            .map(|field| self.field(field, container));
        let closed = container.attrs.deny_unknown_fields().then(|| quote!(.closed()));
        quote!(#krate::schema::Object::new() #(.field(#fields))* #closed)
    }

    /// A `Form` of elements without names.
    pub(super) fn tuple(self, fields: &[Field<'_>], container: &Container<'_>) -> TokenStream {
        let Self { krate, .. } = self;
        let kept = || {
            fields
                .iter()
                .filter(|field| !(field.attrs.skip_serializing() && field.attrs.skip_deserializing()))
        };
        for field in kept() {
            self.same_both_ways(field);
            if field.attrs.skip_serializing_if().is_some() {
                let message = "an element that is sometimes omitted moves all elements after it, and nothing \
                               reads that back; give the fields names, or drop `skip_serializing_if`";
                self.errors.at(field.original, message);
            }
        }
        let defaulted =
            |field: &&Field<'_>| !field.attrs.default().is_none() || !container.attrs.default().is_none();
        let required = kept().take_while(|field| !defaulted(field)).count();
        let items = kept().map(|field| self.value(field));
        quote! {
            #krate::schema::Form::Tuple {
                items: ::std::vec::Vec::from([#(#items),*]),
                required: #required,
            }
        }
    }

    /// The `Form` of a field's value.
    pub(super) fn value(self, field: &Field<'_>) -> TokenStream {
        let Self { krate, errors } = self;
        let options = Options::on(&field.original.attrs, errors);
        if let Some(written_as) = options.written_as {
            return literal::form(&written_as, krate, errors);
        }
        if field.attrs.serialize_with().is_some() || field.attrs.deserialize_with().is_some() {
            self.unknown(field.original, &named(field));
        }
        let ty = field.ty;
        for key in map_keys(ty) {
            let message = "JSON has no map with keys of this type, so serde cannot write it: use keys that are written as \
                           text or number, or a list of pairs, `Vec<(K, V)>`";
            errors.at(key, message);
        }
        quote_spanned!(located(ty)=> <#ty as #krate::Schema>::describe(__types))
    }

    fn field(self, field: &Field<'_>, container: &Container<'_>) -> TokenStream {
        let Self { krate, .. } = self;
        let attrs = &field.attrs;
        let name = &attrs.name().serialize_name().value;
        let form = self.value(field);
        let reads = other_names(
            name,
            &attrs.name().deserialize_name().value,
            attrs.aliases().iter().map(|alias| &alias.value),
        );
        let absent = if !attrs.default().is_none() || !container.attrs.default().is_none() {
            quote!(.defaulted())
        } else if attrs.deserialize_with().is_some() {
            quote!(.required())
        } else {
            quote!()
        };
        let left_out = attrs.skip_serializing_if().map(|condition| {
            let path: Vec<String> =
                condition.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let if_none = path.ends_with(&["Option".to_owned(), "is_none".to_owned()]);
            if if_none { quote!(.left_out_if_none()) } else { quote!(.left_out()) }
        });
        let flattened = attrs.flatten().then(|| quote!(.flattened()));
        let one_way = one_way(attrs.skip_serializing(), attrs.skip_deserializing());
        quote!(#krate::schema::Field::new(#name, #form) #reads #absent #left_out #flattened #one_way)
    }

    fn same_both_ways(self, field: &Field<'_>) {
        if field.attrs.skip_serializing() != field.attrs.skip_deserializing() {
            let message = "an element without a name must be written and read, or neither; use `#[serde(skip)]`, \
                           or give the fields names";
            self.errors.at(field.original, message);
        }
    }

    fn unknown(self, place: impl quote::ToTokens, what: &str) {
        let message = format!(
            "{what} is written by a function of its own, and what that writes is not known; say it with \
             `#[schema(as = \"…\")]`, for example `as = \"string\"`"
        );
        self.errors.at(place, message);
    }
}

/// The keys of maps within this type that serde cannot write as keys of JSON, as far as the type shows it.
fn map_keys(ty: &Type) -> Vec<&Type> {
    let mut found = Vec::new();
    match ty {
        Type::Group(group) => found.extend(map_keys(&group.elem)),
        Type::Paren(paren) => found.extend(map_keys(&paren.elem)),
        Type::Array(array) => found.extend(map_keys(&array.elem)),
        Type::Tuple(tuple) => found.extend(tuple.elems.iter().flat_map(map_keys)),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return found };
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return found };
            let mut types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            if last.ident == "HashMap" || last.ident == "BTreeMap" {
                found.extend(types.next().filter(|key| is_no_key(key)));
            }
            found.extend(types.flat_map(map_keys));
        }
        _ => {}
    }
    found
}

fn is_no_key(ty: &Type) -> bool {
    // Not `Option`: a key that is `Some` is written as its value.
    const COLLECTIONS: [&str; 6] = ["Vec", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet"];
    match ty {
        Type::Group(group) => is_no_key(&group.elem),
        Type::Paren(paren) => is_no_key(&paren.elem),
        Type::Tuple(_) | Type::Array(_) | Type::Slice(_) => true,
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| {
                COLLECTIONS.iter().any(|name| last.ident == name) && !last.arguments.is_none()
            })
        }
        _ => false,
    }
}

fn named(field: &Field<'_>) -> String {
    match &field.member {
        syn::Member::Named(ident) => format!("field `{ident}`"),
        syn::Member::Unnamed(index) => format!("field {}", index.index),
    }
}

/// `.reads([…])`, the principal name first, unless a field is read from exactly the name under which it is written.
fn other_names<'a>(
    written: &str,
    principal: &'a String,
    aliases: impl Iterator<Item = &'a String>,
) -> Option<TokenStream> {
    // Serde counts the principal name among the aliases.
    let aliases: Vec<&String> = aliases.filter(|alias| *alias != principal).collect();
    (principal != written || !aliases.is_empty()).then(|| quote!(.reads(&[#principal #(, #aliases)*])))
}

fn one_way(skip_serializing: bool, skip_deserializing: bool) -> Option<TokenStream> {
    match (skip_serializing, skip_deserializing) {
        (true, _) => Some(quote!(.read_only())),
        (false, true) => Some(quote!(.write_only())),
        (false, false) => None,
    }
}
