//! The parsed input: serde's view of the enum, and our attributes.

use darling::{FromDeriveInput, FromVariant};
use heck::ToSnakeCase;
use serde_derive_internals::ast::{Container, Data};
use syn::{
    Data as SynData, DeriveInput, ExprPath, Fields, Ident, Lit, LitInt, LitStr, Meta, Path, Token, Type,
    Variant,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

use super::check::names;
use crate::{
    attributes::{function, list, malformed, number, refuse, text},
    errors::Errors,
    serde_attributes,
};

/// An enum of events.
pub(crate) struct EventEnum<'a> {
    pub(crate) input: &'a DeriveInput,
    /// Serde's view of the enum, unless serde refuses it.
    pub(crate) serde: Option<Container<'a>>,
    pub(crate) category: LitStr,
    /// Names of removed types.
    pub(crate) removed: Vec<LitStr>,
    /// Whether the enum has only some types of its category.
    pub(crate) partial: bool,
    /// Whether programs of the release before must read what is written.
    pub(crate) full: bool,
    /// In the order of serde's variants.
    pub(crate) variants: Vec<EventVariant<'a>>,
}

/// One type of event.
pub(crate) struct EventVariant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) fields: &'a Fields,
    /// Whether our attributes could be read. Otherwise the following fields are defaults.
    pub(crate) readable: bool,
    pub(crate) name: LitStr,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) version: Version,
    /// The types of the older versions, from 1.
    pub(crate) older: Option<Older>,
    pub(crate) upcasts: Vec<Upcast>,
    /// The version that is written, if it is an older one.
    pub(crate) write: Option<(u32, Lit)>,
    /// The function that makes the payload of that version.
    pub(crate) downcast: Option<ExprPath>,
}

/// The newest version, with its literal.
pub(crate) struct Version {
    pub(crate) number: u32,
    pub(crate) written: Option<Lit>,
}

/// `from(T1, T2)`.
pub(crate) struct Older {
    pub(crate) types: Vec<Type>,
    pub(crate) written: Meta,
}

/// `1 = path::to::function`.
pub(crate) struct Upcast {
    pub(crate) version: u32,
    pub(crate) written: LitInt,
    pub(crate) function: Path,
}

#[derive(Default, FromDeriveInput)]
#[darling(attributes(event), default)]
struct EnumOptions {
    #[darling(with = read_category)]
    category: Option<LitStr>,
    #[darling(with = read_removed)]
    removed: Vec<LitStr>,
    #[darling(with = read_partial)]
    partial: bool,
    #[darling(rename = "compatibility", with = read_compatibility)]
    full: bool,
}

#[derive(Default, FromVariant)]
#[darling(attributes(event), default)]
struct VariantOptions {
    #[darling(with = read_name)]
    name: Option<LitStr>,
    #[darling(with = read_was)]
    was: Vec<LitStr>,
    #[darling(with = read_version)]
    version: Option<(u32, Lit)>,
    #[darling(rename = "from", with = read_older)]
    older: Option<Older>,
    #[darling(with = read_upcasts)]
    upcast: Vec<Upcast>,
    #[darling(with = read_write)]
    write: Option<(u32, Lit)>,
    #[darling(with = read_downcast)]
    downcast: Option<ExprPath>,
}

const ON_ENUM: &str = "`#[event(…)]` on the enum takes `category`, `removed`, `partial` and `compatibility`";
const ON_VARIANT: &str =
    "`#[event(…)]` on a variant takes `name`, `was`, `version`, `from`, `upcast`, `write` and `downcast`";
const ON_FIELD: &str = "`#[event(…)]` belongs on the enum or on a variant; a field takes `#[serde(…)]` and \
                        `#[schema(…)]`";

pub(crate) fn parse<'a>(input: &'a DeriveInput, errors: &Errors) -> Option<EventEnum<'a>> {
    let SynData::Enum(data) = &input.data else {
        let kind = if let SynData::Union(_) = input.data { "a union" } else { "a struct" };
        let ident = &input.ident;
        let message = format!(
            "`{ident}` is {kind}; events are the variants of an enum: write \
             `enum {ident} {{ Happened {{ … }}, … }}` with one variant per type of event"
        );
        errors.at(ident, message);
        return None;
    };
    let options = errors.darling(EnumOptions::from_derive_input(input), ON_ENUM);
    if let Some(EnumOptions { category: None, .. }) = options {
        let message = "the category of the events' streams is missing: write `#[event(category = \"…\")]` on \
                       the enum, for example `\"account\"`";
        errors.at(&input.ident, message);
    }
    let EnumOptions { category, removed, partial, full } = options.unwrap_or_default();
    let category = category.filter(|category| names::category(category, errors));
    // A default name begins with the category. A missing category has been reported already.
    let category = category.unwrap_or_else(|| LitStr::new("category", input.ident.span()));
    let variants = data.variants.iter().map(|variant| event_variant(variant, &category, errors)).collect();
    let serde = serde_attributes::container(input, errors);
    Some(EventEnum { input, serde, category, removed, partial, full, variants })
}

/// Serde's variants; those of an [`EventEnum`] are in the same order.
pub(crate) fn serde_variants<'a, 'b>(
    container: &'b Container<'a>,
) -> &'b [serde_derive_internals::ast::Variant<'a>] {
    match &container.data {
        Data::Enum(variants) => variants,
        Data::Struct(..) => &[],
    }
}

impl EventVariant<'_> {
    pub(crate) fn older_types(&self) -> &[Type] {
        self.older.as_ref().map_or(&[], |older| &older.types)
    }

    /// The version that is written.
    pub(crate) fn writes(&self) -> u32 {
        self.write.as_ref().map_or(self.version.number, |(number, _)| *number)
    }

    /// The type of the older version that is written, and the function that makes it.
    pub(crate) fn downcast(&self) -> Option<(&Type, &ExprPath)> {
        let (number, _) = self.write.as_ref()?;
        let older = self.older_types().get(number.checked_sub(1)? as usize)?;
        Some((older, self.downcast.as_ref()?))
    }
}

fn event_variant<'a>(variant: &'a Variant, category: &LitStr, errors: &Errors) -> EventVariant<'a> {
    for field in &variant.fields {
        refuse(&field.attrs, "event", ON_FIELD, errors);
    }
    let options = errors.darling(VariantOptions::from_variant(variant), ON_VARIANT);
    let readable = options.is_some();
    let VariantOptions { name, was: aliases, version, older, upcast: upcasts, write, downcast } =
        options.unwrap_or_default();
    let (ident, fields) = (&variant.ident, &variant.fields);
    let name = name.unwrap_or_else(|| {
        let name = format!("{}.{}", category.value(), ident.unraw().to_string().to_snake_case());
        LitStr::new(&name, ident.span())
    });
    let version = match version {
        Some((number, written)) => Version { number, written: Some(written) },
        None => Version { number: 1, written: None },
    };
    EventVariant { ident, fields, readable, name, aliases, version, older, upcasts, write, downcast }
}

fn read_category(meta: &Meta) -> darling::Result<Option<LitStr>> {
    text(meta, "category = \"account\"").map(Some)
}

pub(crate) fn read_removed(meta: &Meta) -> darling::Result<Vec<LitStr>> {
    list(meta, "removed(\"account.suspended\")")
}

fn read_partial(meta: &Meta) -> darling::Result<bool> {
    match meta {
        Meta::Path(_) => Ok(true),
        _ => Err(malformed(meta, "partial")),
    }
}

fn read_compatibility(meta: &Meta) -> darling::Result<bool> {
    let form = "compatibility = \"full\"";
    match text(meta, form)?.value().as_str() {
        "full" => Ok(true),
        "backward" => Ok(false),
        _ => Err(malformed(meta, form)),
    }
}

fn read_name(meta: &Meta) -> darling::Result<Option<LitStr>> {
    text(meta, "name = \"account.opened\"").map(Some)
}

fn read_version(meta: &Meta) -> darling::Result<Option<(u32, Lit)>> {
    number(meta, "version = 2").map(Some)
}

fn read_was(meta: &Meta) -> darling::Result<Vec<LitStr>> {
    list(meta, "was(\"account.withdrawn\")")
}

pub(crate) fn read_older(meta: &Meta) -> darling::Result<Option<Older>> {
    let types = list(meta, "from(OpenedV1, OpenedV2)")?;
    Ok(Some(Older { types, written: meta.clone() }))
}

fn read_upcasts(meta: &Meta) -> darling::Result<Vec<Upcast>> {
    list(meta, "upcast(1 = path::to::function)")
}

fn read_write(meta: &Meta) -> darling::Result<Option<(u32, Lit)>> {
    number(meta, "write = 1").map(Some)
}

fn read_downcast(meta: &Meta) -> darling::Result<Option<ExprPath>> {
    function(meta, "downcast = path::to::function").map(Some)
}

impl Parse for Upcast {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let written: LitInt = input.parse()?;
        let version = written.base10_parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self { version, written, function: input.parse()? })
    }
}
